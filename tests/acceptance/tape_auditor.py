"""Follows the full feed and checks that every match was the right one.

Keeps a book of its own, as a sorted list, from what was announced. So a restart that lost an
order, or its place in the queue, shows at the first trade that goes to someone else.
"""

from decimal import Decimal
from typing import Any


class TapeAuditor:
    """Checks frames of the `full` channel, in order."""

    def __init__(self) -> None:
        self.seq = 0
        self.matches = 0
        self.problems: list[str] = []
        self._resting: dict[int, tuple[str, Decimal, Decimal]] = {}  # id → side, price, left
        self._taker: tuple[int, str, Decimal | None, Decimal] | None = None

    def take(self, frame: dict[str, Any]) -> None:
        """One frame; those that are no events (hello, heartbeats) have no `prev_seq`."""
        if "prev_seq" not in frame:
            return
        seq: int = frame["seq"]
        if seq not in (self.seq, self.seq + 1) or frame["prev_seq"] != seq - 1:
            self.problems.append(f"seq {seq} (prev {frame['prev_seq']}) came after {self.seq}")
        self.seq = seq
        kind, message = frame["type"], frame.get("message")
        if kind in ("buy", "sell", "buy_market", "sell_market"):
            self._settle_taker()
            self._placed(kind, message)
        elif kind == "match":
            self._matched(message)
        elif kind == "cancel":
            self._cancelled(int(message))

    def _placed(self, kind: str, order: dict[str, Any]) -> None:
        side = kind.removesuffix("_market")
        is_market = kind.endswith("_market") or order["type"] == "market"
        price = None if is_market else Decimal(order["price"])
        self._taker = (int(order["id"]), side, price, Decimal(order["quantity"]))

    def _matched(self, match: dict[str, Any]) -> None:
        self.matches += 1
        if self._taker is None:
            self.problems.append(f"match {match} without an order")
            return
        id, side, limit, left = self._taker
        maker = int(match["sell_id"] if side == "buy" else match["buy_id"])
        size, price = Decimal(match["size"]), Decimal(match["price"])
        expected = self._first(side)
        if expected != maker or self._resting[maker][1] != price:
            self.problems.append(f"order {id} met {maker} at {price}, should meet {expected}")
            return
        self._take_from(maker, size)
        self._taker = (id, side, limit, left - size)

    def _first(self, taker_side: str) -> int | None:
        """Whom the next order of that side should meet: best price, then lowest id."""
        sign = 1 if taker_side == "buy" else -1
        others = [(sign * price, id) for id, (side, price, _) in self._resting.items()
                  if side != taker_side]  # fmt: skip
        return min(others)[1] if others else None

    def _take_from(self, id: int, size: Decimal) -> None:
        side, price, left = self._resting[id]
        if size > left:
            self.problems.append(f"order {id} traded {size} and had {left}")
        if size >= left:
            del self._resting[id]
        else:
            self._resting[id] = (side, price, left - size)

    def _cancelled(self, id: int) -> None:
        if self._taker is not None and self._taker[0] == id:
            self._taker = None
            return
        self._settle_taker()
        if self._resting.pop(id, None) is None:
            self.problems.append(f"order {id} was cancelled and is not known")

    def _settle_taker(self) -> None:
        """What is left of the last order rests, now that something else came."""
        if self._taker is None:
            return
        id, side, limit, left = self._taker
        self._taker = None
        if left > 0 and limit is not None:
            self._resting[id] = (side, limit, left)

    def book(self) -> dict[str, list[int]]:
        """Open order ids per side in priority order."""
        self._settle_taker()
        rows = {"buy": [], "sell": []}  # type: dict[str, list[tuple[Decimal, int]]]
        for id, (side, price, _) in self._resting.items():
            rows[side].append((-price if side == "buy" else price, id))
        return {side: [id for _, id in sorted(pairs)] for side, pairs in rows.items()}
