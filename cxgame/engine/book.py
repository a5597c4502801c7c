"""The order book of one market: price levels in order, and a queue of orders in each.

A level is an intrusive doubly linked list, so that any order leaves in constant time and dead
orders are never kept. The prices of a side stand in a sorted list, best price last, where a new
best level costs no shifting. The book knows order and quantity; it knows nothing of money.
"""

from bisect import bisect_left, insort
from collections.abc import Iterator
from operator import lt

from cxgame.engine.orders import Order
from cxgame.model.enums import Side

_BUY = Side.BUY  # a global is found faster than an enum's member


class Level:
    """The orders at one price, first come first."""

    __slots__ = ("first", "half", "last", "lots", "price")

    def __init__(self, half: "BookSide", price: int) -> None:
        self.half = half
        self.price = price
        self.first: Order | None = None
        self.last: Order | None = None
        self.lots = 0  # sum of what is left

    def __iter__(self) -> Iterator[Order]:
        order = self.first
        while order is not None:
            following = order.next
            yield order
            order = following

    def walk(self) -> tuple[int, int, Order | None]:
        """Where the queue leads: how many orders, what is left of them, and the last one."""
        order, last, count, lots = self.first, None, 0, 0
        while order is not None:
            count += 1
            lots += order.left
            last, order = order, order.next
        return count, lots, last


class BookSide:
    """One half of the book. `keys` holds each level's price with the sign that sorts best last."""

    __slots__ = ("keys", "levels", "sign")

    def __init__(self, side: Side) -> None:
        self.sign = 1 if side is Side.BUY else -1
        self.keys: list[int] = []
        self.levels: dict[int, Level] = {}

    def best_price(self) -> int | None:
        """The best price in ticks."""
        return self.sign * self.keys[-1] if self.keys else None

    def __iter__(self) -> Iterator[Level]:
        """Levels, best first. The side must not change meanwhile."""
        for key in reversed(self.keys):
            yield self.levels[self.sign * key]

    def add(self, order: Order) -> None:
        """Put an order at the end of its level. O(log levels), and a shift for a new level."""
        level = self.levels.get(order.price)
        if level is None:
            level = self.levels[order.price] = Level(self, order.price)
            insort(self.keys, self.sign * order.price)
        last = level.last
        order.previous = last
        if last is None:
            level.first = order
        else:
            last.next = order
        level.last = order
        order.level = level
        level.lots += order.left

    def remove(self, order: Order) -> None:
        """Take an order out of its level, and the level away when it was the last. O(1) mostly."""
        level = order.level
        if level is None:
            raise LookupError(f"order {order.id} is not in the book")
        previous, following = order.previous, order.next
        if previous is None:
            level.first = following
        else:
            previous.next = following
        if following is None:
            level.last = previous
        else:
            following.previous = previous
        order.previous = order.next = order.level = None
        level.lots -= order.left
        if level.first is None:
            del self.levels[level.price]
            keys, key = self.keys, self.sign * level.price
            if keys[-1] == key:
                keys.pop()
            else:
                del keys[bisect_left(keys, key)]

    def holds(self, order: Order) -> bool:
        """Whether an order stands in the queue of its price, linked both ways."""
        level = self.levels.get(order.price)
        if level is None or level is not order.level:
            return False
        before, after = order.previous, order.next
        return order is (level.first if before is None else before.next) and order is (
            level.last if after is None else after.previous
        )

    def is_sorted(self) -> bool:
        """Whether the keys are those of the levels, each once, best last."""
        keys = self.keys
        return all(map(lt, keys, keys[1:])) and {self.sign * key for key in keys} == set(
            self.levels
        )


class Book:
    """Both halves of one market's book."""

    __slots__ = ("asks", "bids")

    def __init__(self) -> None:
        self.bids = BookSide(Side.BUY)
        self.asks = BookSide(Side.SELL)

    def side(self, side: Side) -> BookSide:
        """The half in which orders of this side rest."""
        return self.bids if side is _BUY else self.asks

    @property
    def best_bid(self) -> int | None:
        """The highest bid in ticks."""
        return self.bids.best_price()

    @property
    def best_ask(self) -> int | None:
        """The lowest ask in ticks."""
        return self.asks.best_price()

    def depth(self, side: Side, count: int) -> list[tuple[int, int]]:
        """The best `count` levels as (price in ticks, lots), best first."""
        half = self.side(side)
        return [
            (half.sign * key, half.levels[half.sign * key].lots)
            for key in reversed(half.keys[-count:])
        ]
