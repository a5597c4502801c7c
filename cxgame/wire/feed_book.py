"""The books as the public sees them: folded from public events alone.

Knows which orders are open, in which order they stand at their price, and how many lots rest at
each price; no accounts. Folding an event costs about a microsecond, whether or not anybody looks.
"""

from collections.abc import Callable, Iterable, Mapping
from heapq import nlargest, nsmallest
from operator import attrgetter
from typing import Any, NamedTuple

from cxgame.model.enums import OrderType, Side
from cxgame.model.events import (
    Event,
    OrderAmended,
    OrderClosed,
    OrderPlaced,
    OrderReduced,
    OrderRejected,
    Trade,
)

Level = tuple[int, int]  # price in ticks, lots


class OpenOrder(NamedTuple):
    """An order that rests, as a snapshot lists it. `price` in ticks, `left` in lots."""

    id: int
    market: int
    side: Side
    price: int
    left: int


class Books:
    """The open orders of all markets, and the sum of lots per price.

    `orders` at one price come in the order of their queue.
    """

    def __init__(self, orders: Iterable[OpenOrder] = ()) -> None:
        self.changed: set[int] = set()  # markets since somebody cleared it
        # Market, side and price of what changed since somebody cleared it; None: nobody asks.
        self.touched: set[tuple[int, Side, int]] | None = None
        # Who comes later stands further behind, so of each price the order is that of the queue.
        self._orders: dict[int, OpenOrder] = {}
        self._levels: dict[tuple[int, Side], dict[int, int]] = {}
        for order in orders:
            self._put(order)

    def fold(self, event: Event) -> None:
        """Follow one public event; those that move no order are passed over."""
        folder = _FOLDERS.get(type(event))
        if folder is not None:
            folder(self, event)

    def top(self, market: int, count: int) -> tuple[list[Level], list[Level]]:
        """The best `count` bids and asks, best first."""
        bids = self._levels.get((market, Side.BUY), {})
        asks = self._levels.get((market, Side.SELL), {})
        return nlargest(count, bids.items()), nsmallest(count, asks.items())

    def levels(self, market: int, side: Side) -> Mapping[int, int]:
        """The lots at each price of one side, in no order."""
        return self._levels.get((market, side), {})

    def queues(self, market: int) -> tuple[list[OpenOrder], list[OpenOrder]]:
        """The bids and asks of a market one by one: best price first, then first come first."""
        resting = [order for order in self._orders.values() if order.market == market]
        bids = [order for order in resting if order.side is Side.BUY]
        asks = [order for order in resting if order.side is Side.SELL]
        bids.sort(key=_PRICE, reverse=True)  # orders of one price stay as they are
        asks.sort(key=_PRICE)
        return bids, asks

    def __len__(self) -> int:
        return len(self._orders)

    def _placed(self, event: OrderPlaced) -> None:
        # One that takes is in the book until the events of the same command take it out again;
        # nobody looks in between. Market orders never rest. An order may be known: a snapshot
        # read while play goes on can be ahead of the first events after it.
        if event.type is OrderType.LIMIT:
            order = OpenOrder(event.order, event.market, event.side, event.price, event.quantity)
            self._reach(event.order, 0)
            self._put(order)

    def _traded(self, event: Trade) -> None:
        self._reach(event.buy_order, event.buy_left)
        self._reach(event.sell_order, event.sell_left)

    def _reduced(self, event: OrderReduced) -> None:
        self._reach(event.order, event.left)

    def _amended(self, event: OrderAmended) -> None:
        order = self._orders.get(event.order)
        if order is None:
            return
        if event.in_place:
            self._set_left(order, order.left, event.left)
        else:
            self._set_left(order, order.left, 0)
            self._put(order._replace(price=event.price, left=event.left))

    def _closed(self, event: OrderClosed | OrderRejected) -> None:
        self._reach(event.order, 0)

    def _put(self, order: OpenOrder) -> None:
        """Add an order that is not known."""
        self._set_left(order, 0, order.left)

    def _reach(self, order_id: int, left: int) -> None:
        """Set what is left of an order; market orders and the house's are unknown here."""
        order = self._orders.get(order_id)
        if order is not None:
            self._set_left(order, order.left, left)

    def _set_left(self, order: OpenOrder, before: int, left: int) -> None:
        if left:
            if order.left != left:
                order = OpenOrder(order.id, order.market, order.side, order.price, left)
            self._orders[order.id] = order
        else:
            self._orders.pop(order.id, None)
        levels = self._levels.setdefault((order.market, order.side), {})
        lots = levels.get(order.price, 0) + left - before
        if lots:
            levels[order.price] = lots
        else:
            levels.pop(order.price, None)
        self.changed.add(order.market)
        if self.touched is not None:
            self.touched.add((order.market, order.side, order.price))


_PRICE = attrgetter("price")
_FOLDERS: dict[type[Event], Callable[[Books, Any], None]] = {
    OrderPlaced: Books._placed,
    Trade: Books._traded,
    OrderReduced: Books._reduced,
    OrderAmended: Books._amended,
    OrderClosed: Books._closed,
    OrderRejected: Books._closed,
}
