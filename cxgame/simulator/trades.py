"""Trades of one market, each told once: by the socket, or by REST where the socket lost some."""

from collections import OrderedDict
from collections.abc import Sequence

from cxgame.simulator.frames import Frame, Row

REMEMBERED = 2_000  # ids of trades that were told: what is older comes no more
PAGE = 1_000  # trades in one answer of REST


class Trades:
    """Which trades were told, and up to which of them none is missing (`whole_until`)."""

    def __init__(self) -> None:
        self.whole_until: int | None = None  # None: the last one is where it begins
        self._told: OrderedDict[int, None] = OrderedDict()
        self._losses = 0
        self._healed = 0  # losses that a look at REST has made good
        self._looking_after = 0

    def take(self, frame: Frame) -> bool:
        """A TRADE; whether it is news."""
        id = int(frame["trade_id"])
        if self._losses == self._healed:
            self.whole_until = max(self.whole_until or 0, id)
        return self._tell(id)

    def lose(self) -> None:
        """Something is missing, or may be."""
        self._losses += 1

    def begin_look(self) -> None:
        """Whatever was lost up to now will be in the answer that is asked for."""
        self._looking_after = self._losses

    def end_look(self, rows: Sequence[Row]) -> list[Frame]:
        """All trades after `whole_until`, or the last one; returns those that are news, as frames.

        A full page is not all: then something still is missing.
        """
        begins = self.whole_until is None
        frames: list[Frame] = []
        for row in rows:
            id = int(row["trade_id"])
            self.whole_until = max(self.whole_until or 0, id)
            if self._tell(id) and not begins:
                frames.append({"type": "TRADE", "request_id": None, **row, "sequence_id": None})
        if self.whole_until is None:  # nobody has traded yet: all that comes is news
            self.whole_until = 0
        if len(rows) < PAGE:
            self._healed = self._looking_after
        return frames

    @property
    def is_whole(self) -> bool:
        """Whether nothing is missing, as far as is known."""
        return self._losses == self._healed

    def _tell(self, id: int) -> bool:
        if id in self._told:
            return False
        self._told[id] = None
        while len(self._told) > REMEMBERED:
            self._told.popitem(last=False)
        return True
