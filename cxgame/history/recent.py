"""The latest fills and closed orders of each account and trades of each market, in memory.

A read model: folded from what the engine did, rebuilt by replay, and never asked by the engine.
Each list has a floor: the id from which on nothing is missing in it. What lies below the floor is
a matter for the database (`cxgame.history.reading`).
"""

from bisect import bisect_left, bisect_right
from collections import defaultdict, deque
from collections.abc import Callable, Iterable
from itertools import takewhile
from math import inf
from operator import attrgetter
from typing import Any, TypeVar

from cxgame.engine.orders import Order
from cxgame.engine.state import Applied
from cxgame.history.rows import ALL, MAX_ID, Bounds, Fill, PublicTrade
from cxgame.model.enums import Role, Side
from cxgame.model.events import Trade

KEPT = 1_000  # per account: a page of the lists
KEPT_TRADES = 10_000  # per market: some 3 MB, and far more than the database may be behind


# Globals are found faster than an enum's members.
_BUY, _SELL = Side.BUY, Side.SELL
_MAKER, _TAKER = Role.MAKER, Role.TAKER

Row = TypeVar("Row")


def _latest() -> deque[Any]:
    return deque(maxlen=KEPT)


def _latest_trades() -> deque[Any]:
    return deque(maxlen=KEPT_TRADES)


class Recent:
    """What was done last."""

    def __init__(
        self, first_trade: int = 0, first_order: int | None = None, begin_ms: int = 0
    ) -> None:
        """Empty; `fold` must then be given all that happens.

        After a start from a snapshot, `first_trade` and `first_order` are the ids that come next:
        whatever has lower ones may have happened before. 0: from the beginning of the game.
        Without `first_order`, no list of closed orders counts as complete in that case. All of it
        had happened by `begin_ms`.
        """
        self.first_trade = first_trade
        self._first_order: float = first_order if first_order is not None else 0
        if first_trade and first_order is None:
            self._first_order = inf
        # By account; what nobody asks for (the house's fills) is kept as well.
        self._fills: defaultdict[int, deque[tuple[Trade, Side, int]]] = defaultdict(_latest)
        self._closed: defaultdict[int, deque[Order]] = defaultdict(_latest)
        self._dropped: dict[int, int] = {}  # highest id among closed orders no longer kept
        self._begin_ms = begin_ms
        self._dropped_ms: dict[int, int] = {}  # when the last of those had ended
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

    def trades(self, market: int, bounds: Bounds = ALL, limit: int = MAX_ID) -> list[PublicTrade]:
        """A market's trades."""
        rows = _within(self._trades.get(market, ()), bounds, limit, _trade_of, _time_of)
        return [_public(trade, wall_ms) for trade, wall_ms in rows]

    def entries(self, market: int, after: int = 0) -> list[tuple[Trade, int]]:
        """A market's trades with their wall_ms, oldest first; for another thread to go through.

        Only those `after` a trade: it costs no more than what came since.
        """
        trades = self._trades.get(market, ())
        if not after:
            return list(trades)
        newest_first = takewhile(lambda entry: entry[0].trade > after, reversed(trades))
        return list(newest_first)[::-1]

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

    def closed_before_ms(self, account: int) -> int:
        """When the last of an account's closed orders that may not be here had ended."""
        return self._dropped_ms.get(account, self._begin_ms)

    def fills(self, account: int, bounds: Bounds = ALL, limit: int = MAX_ID) -> list[Fill]:
        """An account's fills; of the two of a trade with oneself the buy is the older one."""
        rows = _within(self._fills.get(account, ()), bounds, limit, _trade_of, _time_of)
        return [_fill(*row) for row in rows]

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

    def closed(self, account: int, bounds: Bounds = ALL, limit: int = MAX_ID) -> list[Order]:
        """An account's orders that are over, by id."""
        by_id = sorted(self._closed.get(account, ()), key=_order_id)  # they ended in another order
        return _within(by_id, bounds, limit, _order_id, _placed_at)

    def order(self, account: int, order_id: int) -> Order | None:
        """A closed order of an account, if it is still kept."""
        for order in reversed(self._closed.get(account, ())):
            if order.id == order_id:
                return order
        return None

    def _drop(self, order: Order) -> None:
        """Note that a closed order is about to be forgotten."""
        self._dropped_ms[order.account] = order.ended_ms
        if order.id > self._dropped.get(order.account, 0):
            self._dropped[order.account] = order.id


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


def _public(trade: Trade, wall_ms: int) -> PublicTrade:
    return PublicTrade(
        trade.trade,
        trade.market,
        trade.price,
        trade.quantity,
        trade.taker_side,
        trade.buy_order,
        trade.sell_order,
        wall_ms,
    )


def _within(
    rows: Iterable[Row],
    bounds: Bounds,
    limit: int,
    id_of: Callable[[Row], int],
    time_of: Callable[[Row], int],
) -> list[Row]:
    """Rows within bounds, of rows that are sorted by id and so by time."""
    rows = list(rows)  # a deque is slow to look into
    first, end = 0, len(rows)
    if bounds.before < MAX_ID:
        end = bisect_left(rows, bounds.before, key=id_of)
    if bounds.until_ms < MAX_ID:
        end = min(end, bisect_left(rows, bounds.until_ms, key=time_of))
    if bounds.since_ms > 0:
        first = bisect_left(rows, bounds.since_ms, key=time_of)
    if bounds.after > 0:
        first = max(first, bisect_right(rows, bounds.after, key=id_of))
    if bounds.oldest_first:
        return rows[first : min(end, first + limit)]
    return rows[max(first, end - limit) : end][::-1]


def _trade_of(entry: Any) -> int:
    trade: int = entry[0].trade
    return trade


def _time_of(entry: Any) -> int:
    wall_ms: int = entry[-1]
    return wall_ms


_order_id: Callable[[Order], int] = attrgetter("id")
_placed_at: Callable[[Order], int] = attrgetter("wall_ms")
