"""The latest fills and closed orders of each account, in memory, for quick answers.

A read model: folded from what the engine did, rebuilt by replay, and never asked by the engine.
"""

from collections import defaultdict, deque
from collections.abc import Iterable
from typing import Any

from msgspec import Struct

from cxgame.engine.orders import Order
from cxgame.engine.state import Applied
from cxgame.model.enums import Role, Side
from cxgame.model.events import Event, Trade

KEPT = 1_000  # per account; older ones are a matter for the archive


# Globals are found faster than an enum's members.
_BUY, _SELL = Side.BUY, Side.SELL
_MAKER, _TAKER = Role.MAKER, Role.TAKER


class Fill(Struct, frozen=True, gc=False):
    """One account's side of a trade. Price in ticks, quantity in lots, fee in units of quote."""

    trade: int
    market: int
    order: int
    side: Side
    price: int
    quantity: int
    fee: int
    role: Role
    buy_order: int
    sell_order: int
    wall_ms: int


def _latest() -> deque[Any]:
    return deque(maxlen=KEPT)


class Recent:
    """What the accounts did last."""

    def __init__(self) -> None:
        # By account; what nobody asks for (the house's fills) is kept as well.
        self._fills: defaultdict[int, deque[tuple[Trade, Side, int]]] = defaultdict(_latest)
        self._closed: defaultdict[int, deque[Order]] = defaultdict(_latest)

    def fold(self, applied: Applied, wall_ms: int) -> None:
        """Take in what one command did."""
        for event in applied.events:
            if type(event) is Trade:  # a struct's isinstance costs four times as much
                self._fills[event.buy_account].append((event, _BUY, wall_ms))
                self._fills[event.sell_account].append((event, _SELL, wall_ms))
        for order in applied.ended:
            self._closed[order.account].append(order)

    def fills(self, account: int) -> list[Fill]:
        """An account's fills, oldest first."""
        return [_fill(*entry) for entry in self._fills.get(account, ())]

    def fills_of(self, order: Order) -> list[Fill]:
        """The kept fills of one order, oldest first."""
        newest_first: list[Fill] = []
        lots = 0
        for trade, side, wall_ms in reversed(self._fills.get(order.account, ())):
            if lots >= order.filled:
                break
            if order.id == (trade.buy_order if side is _BUY else trade.sell_order):
                newest_first.append(_fill(trade, side, wall_ms))
                lots += trade.quantity
        return newest_first[::-1]

    def closed(self, account: int) -> list[Order]:
        """An account's orders that are over, oldest first."""
        return list(self._closed.get(account, ()))

    def order(self, account: int, order_id: int) -> Order | None:
        """A closed order of an account, if it is still kept."""
        for order in reversed(self._closed.get(account, ())):
            if order.id == order_id:
                return order
        return None


def fills_in(events: Iterable[Event], order: Order) -> list[Fill]:
    """The fills of an order that was placed just now, out of all that placing it did."""
    side, wall_ms = order.side, order.wall_ms
    return [_fill(event, side, wall_ms) for event in events if type(event) is Trade]


def _fill(trade: Trade, side: Side, wall_ms: int) -> Fill:
    is_buy = side is _BUY
    return Fill(
        trade.trade,
        trade.market,
        trade.buy_order if is_buy else trade.sell_order,
        side,
        trade.price,
        trade.quantity,
        int(trade.buy_fee if is_buy else trade.sell_fee),
        _TAKER if trade.taker_side is side else _MAKER,
        trade.buy_order,
        trade.sell_order,
        wall_ms,
    )
