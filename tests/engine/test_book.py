"""The book against a naive one."""

import random

import pytest

from cxgame.engine.book import Book
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
    with pytest.raises(LookupError):
        book.side(Side.BUY).reduce(order, 1)
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
                half.reduce(order, 1)
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
    assert not list(book.problems())
    assert len(book) == len(naive)
    for side, sign in ((Side.BUY, -1), (Side.SELL, 1)):
        expected = sorted(
            (o for o in naive if o.side is side), key=lambda o: (sign * o.price, o.id)
        )
        assert ids(book, side) == [order.id for order in expected]


@pytest.mark.parametrize("damage", ["lots", "left", "keys", "link", "end"])
def test_problems_finds_what_is_wrong(damage: str) -> None:
    """Each kind of damage is named."""
    book = Book()
    for id in (1, 2):
        book.side(Side.BUY).add(make(id, Side.BUY, 100))
    level = book.bids.levels[100]
    assert level.first is not None
    assert level.last is not None
    if damage == "lots":
        level.lots += 1
    elif damage == "left":
        level.first.left = 0
    elif damage == "keys":
        book.bids.keys.append(50)
    elif damage == "link":
        level.last.previous = None
    else:
        level.last = level.first
    assert list(book.problems())
