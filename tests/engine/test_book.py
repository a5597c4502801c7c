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


def problems(book: Book) -> list[str]:
    """What is wrong with a book."""
    found = []
    for half in (book.bids, book.asks):
        found += half.problems()
        for level in half.levels.values():
            found += level.problems(list(level))
    return found


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
    assert problems(book) == []
    for side, sign in ((Side.BUY, -1), (Side.SELL, 1)):
        expected = sorted(
            (o for o in naive if o.side is side), key=lambda o: (sign * o.price, o.id)
        )
        assert ids(book, side) == [order.id for order in expected]


def _lots(level: Level) -> None:
    level.lots += 1


def _left(level: Level) -> None:
    assert level.last is not None
    level.last.left = 0


def _price(level: Level) -> None:
    assert level.last is not None
    level.last.price = 99


def _link(level: Level) -> None:
    assert level.last is not None
    level.last.previous = None


def _end(level: Level) -> None:
    level.last = level.first


def _empty(level: Level) -> None:
    level.first = None


def _unknown(level: Level) -> None:
    level.half.keys.append(500)


def _unsorted(level: Level) -> None:
    level.half.add(make(3, Side.BUY, 99))
    level.half.keys.reverse()


@pytest.mark.parametrize(
    ("damage", "expected"),
    [
        (_lots, ["level 100 does not sum to its lots"]),
        (_left, ["level 100 does not sum to its lots", "order 2 does not belong in level 100"]),
        (_price, ["order 2 does not belong in level 100"]),
        (_link, ["level 100 has a broken link at order 2"]),
        (_end, ["level 100 has loose ends"]),
        (_empty, ["level 100 is empty"]),
        (_unknown, ["price keys and levels differ"]),
        (_unsorted, ["price keys are not sorted and unique"]),
    ],
)
def test_damage_is_told_in_words(damage: Callable[[Level], None], expected: list[str]) -> None:
    """Each kind of damage to a level of two orders is named, and nothing else."""
    book = Book()
    for id in (1, 2):
        book.side(Side.BUY).add(make(id, Side.BUY, 100))
    assert problems(book) == []
    damage(book.bids.levels[100])
    assert problems(book) == expected
