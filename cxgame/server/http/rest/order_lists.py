"""Which of an account's orders are asked for, found in three places.

Open ones are in the engine, the last that ended in memory, older ones in the database. An account
that was reset has none from before that.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import NamedTuple

from cxgame.history.reading import HistoryReader
from cxgame.history.rows import MAX_ID, Bounds, ClosedOrder, Fill
from cxgame.model.enums import OrderStatus, Side
from cxgame.server.http.rest.desk import Desk
from cxgame.server.http.rest.order_rows import (
    CLOSED_STATUSES,
    OPEN_STATUSES,
    UNTRADED,
    AnyOrder,
    Traded,
    ended_of,
    status_of,
)

PAGE = 1_000  # rows that the database is asked for at once
_OPEN = OrderStatus.OPEN


class Wanted(NamedTuple):
    """Which orders: None and 0 leave all."""

    status: str | None = None
    market: int | None = None
    side: Side | None = None
    tail: int = 0

    def takes(self, order: AnyOrder) -> bool:
        """Whether an order is among them."""
        return (
            (self.market is None or order.market == self.market)
            and (self.side is None or order.side is self.side)
            and (self.status is None or status_of(order) == self.status)
        )


class Row(NamedTuple):
    """An order of a list, and what it had traded when it was listed."""

    order: AnyOrder
    filled: int  # lots; if it has more now, `traded` is out of date
    traded: Traded


class Book:
    """One account's orders as one request sees them."""

    def __init__(self, desk: Desk, account: int, hidden_before_ms: int = 0) -> None:
        """Orders that ended before `hidden_before_ms` are not shown. After `desk.look`."""
        self._desk = desk
        self._account = account
        self._first = desk.engine.accounts[account].first_order
        self._hidden_before_ms = hidden_before_ms

    async def listed(self, wanted: Wanted) -> list[Row]:
        """Those that are wanted, the one that changed last first."""
        orders: list[AnyOrder] = []
        if wanted.status not in CLOSED_STATUSES:
            orders += filter(wanted.takes, self._open())
        if wanted.status not in OPEN_STATUSES:
            ended = list(filter(wanted.takes, self._ended()))
            orders += ended
            if wanted.tail <= 0 or len(ended) < wanted.tail:  # memory has those that ended last
                orders += await self._older(wanted, {order.id for order in ended})
        return _newest(orders, await self._trades(orders), wanted.tail)

    async def find(self, order_id: int) -> AnyOrder | None:
        """One order, wherever it is; None if the account has none of this id."""
        if order_id < self._first:
            return None
        open_order = self._desk.engine.orders.get(order_id)
        if open_order is not None:
            return open_order if open_order.account == self._account else None
        ended = self._desk.recent.order(self._account, order_id)
        if ended is not None:
            return self._shown(ended)
        account, nothing = self._account, None
        found: ClosedOrder | None = await self._desk.host.past.ask(
            lambda reader: reader.order(account, order_id), nothing
        )
        return None if found is None else self._shown(found)

    async def fills(self, order: AnyOrder) -> list[Fill]:
        """The fills of an order, oldest first."""
        if not order.filled:
            return []
        account, id = self._account, order.id
        kept = [fill for fill in self._desk.recent.fills(account) if fill.order == id][::-1]
        if _lots(kept) >= order.filled:
            return kept
        stored: list[Fill] = await self._desk.host.past.ask(
            lambda reader: reader.fills_of(account, id, MAX_ID), []
        )
        known = {fill.trade: fill for fill in (*stored, *kept)}  # memory may be ahead
        return [known[trade] for trade in sorted(known)]

    async def traded(self, order: AnyOrder) -> Traded:
        """How often an order has traded, and when last."""
        return _traded(await self.fills(order))

    async def _trades(self, orders: Iterable[AnyOrder]) -> dict[int, Traded]:
        """The same of many; only of those that have."""
        filled = [order for order in orders if order.filled]
        if not filled:
            return {}
        kept: dict[int, list[Fill]] = {}
        for fill in reversed(self._desk.recent.fills(self._account)):
            kept.setdefault(fill.order, []).append(fill)
        found = {}
        for order in filled:
            fills = kept.get(order.id, [])
            if _lots(fills) < order.filled:
                fills = await self.fills(order)
            found[order.id] = _traded(fills)
        return found

    def _open(self) -> Iterator[AnyOrder]:
        orders = self._desk.engine.accounts[self._account].orders
        return (order for order in orders.values() if order.id >= self._first)

    def _ended(self) -> Iterator[AnyOrder]:
        return filter(self._shown, self._desk.recent.closed(self._account))

    def _shown(self, order: AnyOrder) -> AnyOrder | None:
        if order.id < self._first or ended_of(order) < self._hidden_before_ms:
            return None
        return order

    async def _older(self, wanted: Wanted, known: set[int]) -> list[AnyOrder]:
        """What ended so long ago that only the database has it."""
        past, floor = self._desk.host.past, self._desk.recent.closed_floor(self._account)
        before, first = int(min(floor, MAX_ID)), max(self._first, 1)
        older: list[AnyOrder] = []
        while past.is_there and before > first:
            page: list[ClosedOrder] = await past.ask(self._page(before, first), [])
            older += [order for order in page if order.id not in known and wanted.takes(order)]
            if len(page) < PAGE:
                break
            before = page[-1].id
        return older

    def _page(self, before: int, first: int) -> Callable[[HistoryReader], list[ClosedOrder]]:
        account, since_ms = self._account, self._hidden_before_ms
        bounds = Bounds(before)
        return lambda reader: reader.closed(
            account, bounds, PAGE, first=first, ended_since_ms=since_ms
        )


def _traded(fills: Sequence[Fill]) -> Traded:
    return Traded(len(fills), fills[-1].wall_ms) if fills else UNTRADED


def _lots(fills: Iterable[Fill]) -> int:
    return sum(fill.quantity for fill in fills)


def _newest(orders: list[AnyOrder], traded: dict[int, Traded], tail: int) -> list[Row]:
    """Those that changed last, newest first."""
    rows = [Row(order, order.filled, traded.get(order.id, UNTRADED)) for order in orders]
    rows.sort(key=_changed, reverse=True)
    return rows[:tail] if tail > 0 else rows


def _changed(row: Row) -> tuple[int, int]:
    order = row.order
    if order.status is _OPEN:
        return row.traded.last_ms or order.wall_ms, order.id
    return ended_of(order), order.id
