"""The latest fills and closed orders of each account and trades of each market, in memory.

A read model: folded from what the engine did, rebuilt by replay, and never asked by the engine.
Each list has a floor: the id from which on nothing is missing in it. What lies below the floor is
a matter for the database (`cxgame.history.reading`).
"""

from collections import defaultdict, deque
from collections.abc import Iterable, Iterator
from math import inf
from typing import Any

from msgspec import Struct

from cxgame.engine.orders import Order
from cxgame.engine.state import Applied
from cxgame.model.enums import Role, Side
from cxgame.model.events import Event, Trade

KEPT = 1_000  # per account: a page of the lists
KEPT_TRADES = 10_000  # per market: some 2 MB, and far more than the database may be behind


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


def _latest_trades() -> deque[Any]:
    return deque(maxlen=KEPT_TRADES)


class Recent:
    """What was done last."""

    def __init__(self, first_trade: int = 0, first_order: int | None = None) -> None:
        """Empty; `fold` must then be given all that happens.

        After a start from a snapshot, `first_trade` and `first_order` are the ids that come next:
        whatever has lower ones may have happened before. 0: from the beginning of the game.
        Without `first_order`, no list of closed orders counts as complete in that case.
        """
        self.first_trade = first_trade
        self._first_order: float = first_order if first_order is not None else 0
        if first_trade and first_order is None:
            self._first_order = inf
        # By account; what nobody asks for (the house's fills) is kept as well.
        self._fills: defaultdict[int, deque[tuple[Trade, Side, int]]] = defaultdict(_latest)
        self._closed: defaultdict[int, deque[Order]] = defaultdict(_latest)
        self._dropped: dict[int, int] = {}  # highest id among closed orders no longer kept
        self._trades: defaultdict[int, deque[tuple[Trade, int]]] = defaultdict(_latest_trades)

    def fold(self, applied: Applied, wall_ms: int) -> None:
        """Take in what one command did."""
        for event in applied.events:
            if type(event) is Trade:  # a struct's isinstance costs four times as much
                self._fills[event.buy_account].append((event, _BUY, wall_ms))
                self._fills[event.sell_account].append((event, _SELL, wall_ms))
                self._trades[event.market].append((event, wall_ms))
        for order in applied.ended:
            closed = self._closed[order.account]
            if len(closed) == KEPT:
                self._drop(closed[0])
            closed.append(order)

    def trades(self, market: int) -> Iterator[tuple[Trade, int]]:
        """A market's trades with their wall_ms, newest first. Not to be kept over other calls."""
        return reversed(self._trades.get(market, ()))

    def trades_floor(self, market: int) -> int:
        """The trade id from which on all of a market's trades are here."""
        trades = self._trades.get(market)
        if trades is None or len(trades) < KEPT_TRADES:
            return self.first_trade
        return trades[0][0].trade

    def fills_floor(self, account: int) -> int:
        """The trade id from which on all of an account's fills are here."""
        fills = self._fills.get(account)
        if fills is None or len(fills) < KEPT:
            return self.first_trade
        return fills[0][0].trade + 1  # the other half of a trade with oneself may be gone

    def closed_floor(self, account: int) -> float:
        """The order id from which on all closed orders of an account are here; inf: none is."""
        return max(self._first_order, self._dropped.get(account, 0) + 1)

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

    def _drop(self, order: Order) -> None:
        """Note that a closed order is about to be forgotten."""
        if order.id > self._dropped.get(order.account, 0):
            self._dropped[order.account] = order.id


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
