"""What one holds of each asset, from pushed frames that may be old, and from REST."""

from collections.abc import Mapping

from cxgame.simulator.frames import Frame


class Balances:
    """Totals and what is free of them, by asset, as decimal text."""

    def __init__(self) -> None:
        self.total: dict[str, str] = {}
        self.available: dict[str, str] = {}
        self.version = 0  # grows with each change that was heard of
        self._as_of: dict[str, str] = {}  # by asset: the timestamp of the last frame

    def take(self, frame: Frame) -> None:
        """A BALANCE_UPDATE: of some assets, unless later ones have told of them."""
        as_of = str(frame["timestamp"])
        total, available = dict(frame["balances"]), dict(frame["available"])
        new = {asset for asset in total if as_of >= self._as_of.get(asset, "")}
        for asset in new:
            self._as_of[asset] = as_of
            self.total[asset] = str(total[asset])
            self.available[asset] = str(available[asset])
        self.version += bool(new)

    def are(
        self, total: Mapping[str, str], available: Mapping[str, str] | None, asked_in: int
    ) -> bool | None:
        """All holdings, as of when `version` was `asked_in` or later.

        Returns whether something was believed otherwise; None: more was heard since, which counts.
        """
        if self.version != asked_in:
            return None
        was = self.total, self.available
        self.total = dict(total)
        self.available = dict(self.available if available is None else available)
        return was != (self.total, self.available)
