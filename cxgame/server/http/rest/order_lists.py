"""Which of an account's orders are asked for, found in three places.

Open ones are in the engine, the last that ended in memory, older ones in the database. An account
that was reset has none from before that. While the database is so far behind that orders are in
none of the three, what would lack them is refused: to ask again helps.
"""

import asyncio
from collections.abc import Callable, Iterable, Sequence
from typing import NamedTuple, TypeAlias

from cxgame.history.reading import HistoryReader, Reach
from cxgame.history.rows import MAX_ID, Bounds, ClosedOrder, Fill
from cxgame.model.enums import OrderStatus, Side
from cxgame.model.errors import Code, Rejection
from cxgame.server.http.rest.desk import Desk
from cxgame.server.http.rest.errors import Refused
from cxgame.server.http.rest.order_rows import (
    CLOSED_STATUSES,
    OPEN_STATUSES,
    AnyOrder,
    changed_of,
    ended_of,
    status_of,
)
from cxgame.server.sessions.old_orders import NOT_KNOWN_YET, is_behind, old_order

PAGE = 1_000  # rows that the database is asked for at once
ANY_OPEN = "open"  # as a status: any of those that are open
_OPEN = OrderStatus.OPEN

# When it changed last, its id, the order, and the fills and filled lots that it had then. A plain
# tuple: a named one takes three times as long to make, and lists may have thousands.
Row: TypeAlias = tuple[int, int, AnyOrder, Sequence[Fill], int]


class Wanted(NamedTuple):
    """Which orders; None and 0 leave all."""

    status: str | None = None
    market: int | None = None
    side: Side | None = None
    tail: int = 0

    def of(self, orders: Iterable[AnyOrder]) -> list[AnyOrder]:
        """Those that are wanted: a condition at a time, which is fast for many."""
        status, market, side = self.status, self.market, self.side
        if market is not None:
            orders = [order for order in orders if order.market == market]
        if side is not None:
            orders = [order for order in orders if order.side is side]
        if status == "new":
            orders = [order for order in orders if order.status is _OPEN and not order.filled]
        elif status == ANY_OPEN:
            orders = [order for order in orders if order.status is _OPEN]
        elif status is not None:
            orders = [order for order in orders if status_of(order) == status]
        return list(orders)


class Book:
    """One account's orders as one request sees them."""

    def __init__(self, desk: Desk, account: int, hidden_before_ms: int = 0) -> None:
        """Orders that ended before `hidden_before_ms` are not shown. To be made after `look`."""
        self._desk = desk
        self._account = account
        self._first = desk.engine.accounts[account].first_order
        self._hidden_before_ms = hidden_before_ms

    async def listed(self, wanted: Wanted) -> list[Row]:
        """Those that are wanted, the one that changed last first. Raises 503 for a hole in them."""
        orders: list[AnyOrder] = []
        if wanted.status not in CLOSED_STATUSES:
            orders += wanted.of(self._desk.engine.accounts[self._account].orders.values())
        if wanted.status not in (*OPEN_STATUSES, ANY_OPEN):
            ended = wanted.of(filter(self._is_shown, self._desk.recent.closed(self._account)))
            orders += ended
            if wanted.tail <= 0 or len(ended) < wanted.tail:  # memory has those that ended last
                # Also an open one: it may end while the database is asked.
                orders += await self._older(wanted, {order.id for order in orders})
        rows = await self._rows(orders)
        await asyncio.sleep(0)
        rows.sort(key=_by_change, reverse=True)
        return rows[: wanted.tail] if wanted.tail > 0 else rows

    async def find(self, order_id: int) -> AnyOrder | None:
        """One order, wherever it is; None if the account has none of this id.

        Raises 503 while that is not known.
        """
        if order_id < self._first:
            return None
        open_order = self._desk.engine.orders.get(order_id)
        if open_order is not None:
            return open_order if open_order.account == self._account else None
        found: AnyOrder | None = self._desk.recent.order(self._account, order_id)
        if found is None:
            older = await old_order(self._desk.host, self._account, order_id)
            if isinstance(older, Rejection):
                raise _not_known_yet()
            found = older
        return found if found is not None and self._is_shown(found) else None

    async def row(self, order: AnyOrder) -> Row:
        """One order with its fills as they are now."""
        fills: Sequence[Fill] = ()
        filled = -1
        while order.filled != filled:  # else it was filled while the database was asked
            filled = order.filled
            fills = (await self._fills([order])).get(order.id, ()) if filled else ()
        return changed_of(order, fills), order.id, order, fills, filled

    async def _rows(self, orders: list[AnyOrder]) -> list[Row]:
        """All of them with their fills."""
        none: Sequence[Fill] = ()
        rows: list[Row] = [
            (order.wall_ms, order.id, order, none, 0)
            for order in orders
            if order.status is _OPEN and not order.filled
        ]
        if len(rows) == len(orders):
            return rows
        others = [order for order in orders if order.status is not _OPEN or order.filled]
        lots = [order.filled for order in others]
        fills = await self._fills([order for order in others if order.filled])
        for order, filled in zip(others, lots, strict=True):
            own = fills.get(order.id, none)
            rows.append((changed_of(order, own), order.id, order, own, filled))
        return rows

    async def _fills(self, orders: list[AnyOrder]) -> dict[int, list[Fill]]:
        """The fills of orders, oldest first: from memory, else from the database."""
        found: dict[int, list[Fill]] = {order.id: [] for order in orders}
        if not found:
            return found
        for fill in reversed(self._desk.recent.fills(self._account)):
            if fill.order in found:
                found[fill.order].append(fill)
        lacking = [order.id for order in orders if _lots(found[order.id]) < order.filled]
        for begin in range(0, len(lacking), PAGE):
            ids = lacking[begin : begin + PAGE]
            nothing: dict[int, list[Fill]] = {}
            of_orders = await self._desk.host.past.ask(self._stored(ids), nothing)
            for id, stored in of_orders.items():
                known = {fill.trade: fill for fill in (*stored, *found[id])}  # memory may be ahead
                found[id] = [known[trade] for trade in sorted(known)]
        return found

    def _stored(self, ids: list[int]) -> Callable[[HistoryReader], dict[int, list[Fill]]]:
        account = self._account
        return lambda reader: {id: reader.fills_of(account, id, MAX_ID) for id in ids}

    def _is_shown(self, ended: AnyOrder) -> bool:
        return ended.id >= self._first and ended_of(ended) >= self._hidden_before_ms

    async def _older(self, wanted: Wanted, known: set[int]) -> list[AnyOrder]:
        """What ended so long ago that only the database has it."""
        past, floor = self._desk.host.past, self._desk.recent.closed_floor(self._account)
        before, first = int(min(floor, MAX_ID)), max(self._first, 1)
        older: list[AnyOrder] = []
        unread: tuple[Reach | None, list[ClosedOrder]] = None, []
        while past.is_there and before > first:
            reach, page = await past.ask(self._page(before, first), unread)
            if self._lacks(reach):
                raise _not_known_yet()
            older += wanted.of(order for order in page if order.id not in known)
            if len(page) < PAGE:
                break
            before = page[-1].id
        return older

    def _lacks(self, reach: Reach | None) -> bool:
        """Whether orders may be missing in the database, and are shown."""
        recent, account = self._desk.recent, self._account
        is_shown = recent.closed_before_ms(account) >= self._hidden_before_ms
        return is_shown and is_behind(reach, recent, account)

    def _page(
        self, before: int, first: int
    ) -> Callable[[HistoryReader], tuple[Reach, list[ClosedOrder]]]:
        account, since_ms = self._account, self._hidden_before_ms
        bounds = Bounds(before)
        return lambda reader: (
            reader.reach(),
            reader.closed(account, bounds, PAGE, first=first, ended_since_ms=since_ms),
        )


def _not_known_yet() -> Refused:
    return Refused(503, Code.STATE_UNKNOWN, NOT_KNOWN_YET)


def _by_change(row: Row) -> tuple[int, int]:
    return row[:2]


def _lots(fills: Iterable[Fill]) -> int:
    return sum(fill.quantity for fill in fills)
