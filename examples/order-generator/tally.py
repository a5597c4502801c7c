"""What was sent and what became of it: lines of progress, and the summary."""

from collections import Counter
from collections.abc import Iterator
from decimal import Decimal

from api import Api, Json, Refused, Unreachable


class Tally:
    """The counts of a run."""

    def __init__(self, wanted: int) -> None:
        self.wanted = wanted
        self.tried = 0
        self.placed: dict[str, str] = {}  # id → type; those that were rejected too
        self.rejected = 0
        self.skipped = 0  # the balance allowed no order
        self.failed = 0  # refused, or without an answer
        self.last_failure = ""

    def add(self, order: dict[str, Json]) -> None:
        """An order that the exchange answered with."""
        self.placed[str(order["id"])] = order["type"]
        self.rejected += order["status"] == "rejected"

    def fail(self, reason: Exception) -> None:
        """An order that did not become one."""
        self.failed += 1
        self.last_failure = str(reason)

    def market_ids(self) -> set[str]:
        """The orders that end by themselves."""
        return {order for order, kind in self.placed.items() if kind == "market"}

    def progress(self, seconds: float) -> str:
        """How far it has come."""
        share = self.tried / self.wanted
        return (
            f"{self.tried}/{self.wanted} ({share:.0%}): {len(self.placed)} placed, "
            f"{self.rejected} of them rejected, {self.failed} failed, {self.skipped} skipped, "
            f"{self.tried / max(seconds, 1e-3):.1f}/s"
        )

    def summary(self, api: Api, equity_before: Decimal | None, seconds: float) -> Iterator[str]:
        """What became of them, by asking the exchange once more."""
        yield f"Summary: {len(self.placed)} of {self.wanted} orders placed in {seconds:.1f} s"
        try:
            mine = [order for order in api.orders() if str(order["id"]) in self.placed]
            equity_after: Decimal | None = api.equity()
        except (Refused, Unreachable) as error:
            yield _row("unknown", f"what became of them: {error}")
            mine, equity_after = [], None
        for status, count in sorted(Counter(order["status"] for order in mine).items()):
            yield _row(status, count)
        if self.skipped:
            yield _row("skipped", f"{self.skipped} without the funds for any")
        if self.failed:
            yield _row("failed", f"{self.failed}, at last: {self.last_failure}")
        yield _row("fees", _fees(mine))
        yield _row("equity", _change(equity_before, equity_after))


def _row(name: str, value: object) -> str:
    return f"  {name:<20}{value}"


def _fees(orders: list[dict[str, Json]]) -> str:
    """Their sum, by currency."""
    sums: dict[str, Decimal] = {}
    for order in orders:
        asset = order["fee_currency"]
        sums[asset] = sums.get(asset, Decimal()) + Decimal(order["actual_fee"])
    return ", ".join(f"{_money(sums[asset])} {asset}" for asset in sorted(sums)) or "none"


def _change(before: Decimal | None, after: Decimal | None) -> str:
    if before is None or after is None:
        return "unknown"
    return f"{_money(before)} -> {_money(after)} ({after - before:+.2f})"


def _money(amount: Decimal) -> str:
    return f"{amount:.2f}"
