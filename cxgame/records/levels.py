"""The books of a recorded game, level by level, and which levels a command has changed."""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from typing import NamedTuple

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


class Level(NamedTuple):
    """What rests at a price: ticks and lots; no lots when the level is gone."""

    market: int
    side: Side
    price: int
    lots: int


class _Resting:
    __slots__ = ("left", "market", "price", "side")

    def __init__(self, placed: OrderPlaced) -> None:
        self.market, self.side, self.price = placed.market, placed.side, placed.price
        self.left = 0


class Levels:
    """Folded from events alone, command by command."""

    def __init__(self) -> None:
        self._orders: dict[int, _Resting] = {}
        self._lots: defaultdict[tuple[int, Side], dict[int, int]] = defaultdict(dict)
        self._before: dict[tuple[int, Side, int], int] = {}

    def fold(self, events: Iterable[Event]) -> list[Level]:
        """Follow one command; the levels that it left different."""
        for event in events:
            kind = type(event)
            if kind is OrderPlaced:
                self._placed(event)  # type: ignore[arg-type]
            elif kind is Trade:
                self._reach(event.buy_order, event.buy_left)  # type: ignore[attr-defined]
                self._reach(event.sell_order, event.sell_left)  # type: ignore[attr-defined]
            elif isinstance(event, OrderReduced):
                self._reach(event.order, event.left)
            elif isinstance(event, OrderAmended):
                self._amended(event)
            elif isinstance(event, OrderClosed | OrderRejected):
                self._reach(event.order, 0)
        return list(self._changes())

    def of(self, market: int) -> Iterator[Level]:
        """All levels of a market, best first, bids before asks."""
        for side in Side:
            lots = self._lots[market, side]
            for price in sorted(lots, reverse=side is Side.BUY):
                yield Level(market, side, price, lots[price])

    def _changes(self) -> Iterator[Level]:
        before, self._before = self._before, {}
        for (market, side, price), was in before.items():
            lots = self._lots[market, side].get(price, 0)
            if lots != was:
                yield Level(market, side, price, lots)

    def _placed(self, event: OrderPlaced) -> None:
        # One that takes at once stands in the book for the length of this command only.
        if event.type is OrderType.LIMIT:
            self._orders[event.order] = _Resting(event)
            self._reach(event.order, event.quantity)

    def _amended(self, event: OrderAmended) -> None:
        order = self._orders[event.order]
        self._reach(event.order, 0)
        order.price = event.price
        self._orders[event.order] = order
        self._reach(event.order, event.left)

    def _reach(self, order_id: int, left: int) -> None:
        """Set what is left of an order; market orders and the house's never rest."""
        order = self._orders.get(order_id)
        if order is None:
            return
        levels = self._lots[order.market, order.side]
        was = levels.get(order.price, 0)
        self._before.setdefault((order.market, order.side, order.price), was)
        lots = was + left - order.left
        order.left = left
        if lots:
            levels[order.price] = lots
        else:
            levels.pop(order.price, None)
        if not left:
            del self._orders[order_id]
