"""The book against a naive one."""

import random
from collections.abc import Callable

import pytest

from cxgame.engine.book import Book, Level
from cxgame.engine.orders import Order
from cxgame.model.commands import PlaceOrder
from cxgame.model.enums import OrderType, SelfTrade, Side, Verb


def make(id: int, side: Side, price: int, quantity: int = 10) -> Order:
    """A limit order."""
    command = PlaceOrder(1, 0, Verb.ORDER, side, OrderType.LIMIT, price, quantity)
    return Order(id, command, price, 0, SelfTrade.NONE, 0)


def ids(book: Book, side: Side) -> list[int]:
    """Order ids in priority order."""
    return [order.id for level in book.side(side) for order in level]


def assert_sound(book: Book) -> None:
    """Keys, links and sums are right."""
    for half in (book.bids, book.asks):
        assert half.is_sorted()
        for level in half:
            orders = list(level)
            assert level.walk() == (len(orders), sum(order.left for order in orders), level.last)
            assert level.lots == sum(order.left for order in orders)
            assert all(half.holds(order) for order in orders)


def test_better_prices_come_first_then_earlier_orders() -> None:
    """Price-time priority on both sides."""
    book = Book()
    for id, price in enumerate([100, 102, 101, 102], start=1):
        book.side(Side.BUY).add(make(id, Side.BUY, price))
        book.side(Side.SELL).add(make(id + 10, Side.SELL, price))
    assert ids(book, Side.BUY) == [2, 4, 3, 1]
    assert ids(book, Side.SELL) == [11, 13, 12, 14]
    assert (book.best_bid, book.best_ask) == (102, 100)


def test_depth_sums_each_level() -> None:
    """Depth shows lots per price, best first, no more levels than asked."""
    book = Book()
    for id, price in enumerate([100, 101, 100], start=1):
        book.side(Side.SELL).add(make(id, Side.SELL, price, quantity=id))
    assert book.depth(Side.SELL, 10) == [(100, 4), (101, 2)]
    assert book.depth(Side.SELL, 1) == [(100, 4)]
    assert book.depth(Side.BUY, 5) == []


def test_an_order_that_is_not_there_cannot_leave() -> None:
    """Taking an order out twice is a bug and says so."""
    book, order = Book(), make(1, Side.BUY, 100)
    book.side(Side.BUY).add(order)
    book.side(Side.BUY).remove(order)
    with pytest.raises(LookupError):
        book.side(Side.BUY).remove(order)
    assert book.best_bid is None


@pytest.mark.parametrize("seed", range(5))
def test_the_book_agrees_with_a_sorted_list(seed: int) -> None:
    """After any adds, removals and reductions the queue is that of a stable sort."""
    draw, book, naive, next_id = random.Random(seed), Book(), [], 0
    for _ in range(2_000):
        if naive and draw.random() < 0.5:
            order = draw.choice(naive)
            half = book.side(order.side)
            if order.left > 1 and draw.random() < 0.5:
                assert order.level is not None
                order.left -= 1
                order.level.lots -= 1
            else:
                half.remove(order)
                naive.remove(order)
        else:
            next_id += 1
            order = make(
                next_id, Side(draw.randrange(2)), draw.randrange(90, 110), draw.randrange(1, 9)
            )
            book.side(order.side).add(order)
            naive.append(order)
    assert_sound(book)
    for side, sign in ((Side.BUY, -1), (Side.SELL, 1)):
        expected = sorted(
            (o for o in naive if o.side is side), key=lambda o: (sign * o.price, o.id)
        )
        assert ids(book, side) == [order.id for order in expected]


def two_levels() -> tuple[Book, Order, Order]:
    """Bids of 10 at 100, orders 1 and 2, and one at 99."""
    book, first, second = Book(), make(1, Side.BUY, 100), make(2, Side.BUY, 100)
    for order in (first, second, make(3, Side.BUY, 99)):
        book.bids.add(order)
    assert_sound(book)
    return book, first, second


def test_a_level_walks_to_its_last_order() -> None:
    """Counting orders and what is left of them; an empty one leads nowhere."""
    book, _, second = two_levels()
    assert book.bids.levels[100].walk() == (2, 20, second)
    assert Level(book.bids, 98).walk() == (0, 0, None)


def test_keys_that_are_not_the_levels_in_order_are_noticed() -> None:
    """Unsorted, twice, too many or too few."""
    for keys in ([100, 99], [99, 99, 100], [99, 100, 101], [99]):
        book, _, _ = two_levels()
        book.bids.keys[:] = keys
        assert not book.bids.is_sorted()


@pytest.mark.parametrize(
    "damage",
    [
        lambda first, second: setattr(second, "previous", None),
        lambda first, second: setattr(first, "next", None),
        lambda first, second: setattr(second, "price", 99),
        lambda first, second: setattr(second, "price", 98),
        lambda first, second: setattr(second, "level", None),
        lambda first, second: setattr(second.level, "last", first),
    ],
)
def test_an_order_that_is_not_linked_both_ways_is_noticed(
    damage: Callable[[Order, Order], None],
) -> None:
    """Whatever is wrong about its place."""
    book, first, second = two_levels()
    damage(first, second)
    assert not (book.bids.holds(first) and book.bids.holds(second))
