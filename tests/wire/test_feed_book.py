"""The public's book follows from events alone."""

import random

from cxgame.engine.engine import Engine
from cxgame.model.commands import (
    AmendOrder,
    CancelOrder,
    Command,
    Open,
    OpenAccount,
    PlaceOrder,
    SetRules,
)
from cxgame.model.enums import OrderType, SelfTrade, Side, TimeInForce, Verb
from cxgame.model.events import Message, OrderRejected
from cxgame.wire.feed_book import Books
from tests.support.games import rules
from tests.wire.feed_samples import ONE, amended, closed, placed, reduced, resting, trade


def test_a_snapshot_is_where_the_book_begins() -> None:
    """Lots of one price add up, best prices come first."""
    books = Books(
        [
            resting(1, Side.BUY, 100, 5),
            resting(2, Side.BUY, 101, 7),
            resting(3, Side.BUY, 100, 1),
            resting(4, Side.SELL, 110, 2),
            resting(5, Side.SELL, 105, 3),
            resting(6, Side.SELL, 1, 9, market=1),
        ]
    )
    assert books.top(0, 20) == ([(101, 7), (100, 6)], [(105, 3), (110, 2)])
    assert books.top(0, 1) == ([(101, 7)], [(105, 3)])
    assert books.top(2, 20) == ([], [])


def test_events_move_the_book() -> None:
    """Placed, traded, cut and cancelled orders show; a market order never does."""
    books = Books()
    books.fold(placed(1, quantity=10))
    books.fold(placed(2, Side.SELL, 90_001, quantity=8))
    books.fold(placed(3, Side.SELL, type=OrderType.MARKET, quantity=4))
    books.fold(trade(1, buy=1, sell=3, quantity=4, buy_left=6, sell_left=0))
    assert books.top(0, 20) == ([(90_000, 6)], [(90_001, 8)])
    books.fold(reduced(2, 3, 5))
    assert books.top(0, 20)[1] == [(90_001, 5)]
    books.fold(closed(2))
    assert books.top(0, 20) == ([(90_000, 6)], [])
    assert len(books) == 1
    books.fold(OrderRejected(0, 1, 1, 6, "why"))
    assert (books.top(0, 20), len(books)) == (([], []), 0)


def test_an_amended_order_moves_to_its_new_price() -> None:
    """With what is left of it; what then trades there is less. An unknown one is nowhere."""
    books = Books([resting(1, Side.BUY, 100, 5), resting(2, Side.BUY, 100, 3)])
    books.fold(amended(1, 102, 4))
    assert books.top(0, 20)[0] == [(102, 4), (100, 3)]
    books.fold(trade(1, buy=1, sell=9, quantity=1, buy_left=3))
    books.fold(amended(2, 100, 2, in_place=True))
    assert books.top(0, 20)[0] == [(102, 3), (100, 2)]
    books.fold(amended(8, 103, 4))
    books.fold(closed(1))
    assert (books.top(0, 20)[0], len(books)) == ([(100, 2)], 1)


def test_what_moves_no_order_changes_no_book() -> None:
    """A message leaves the market unchanged."""
    books = Books([resting(1, Side.BUY, 100, 5)])
    books.changed.clear()
    books.fold(Message(1, "alice", "hello"))
    books.fold(closed(99))
    assert books.changed == set()


def test_a_snapshot_ahead_of_the_events_comes_out_right() -> None:
    """Views are read after the last event was: the events between happen twice."""
    events = [
        placed(1, quantity=10),
        placed(2, Side.SELL, 90_100, quantity=6),
        amended(1, 90_050, 10),
        trade(1, buy=1, sell=9, quantity=4, buy_left=6),
        closed(2),
    ]
    ahead = Books([resting(1, Side.BUY, 90_050, 6)])
    plain = Books()
    for event in events:
        ahead.fold(event)
        plain.fold(event)
    assert ahead.top(0, 20) == plain.top(0, 20) == ([(90_050, 6)], [])
    assert len(ahead) == len(plain) == 1


def test_the_folded_book_is_the_engines() -> None:
    """After every command of a random game both books have the same depth."""
    draw = random.Random(4)
    engine, books = Engine(), Books()
    setup = [SetRules(rules(max_open_orders=0)), OpenAccount("a"), OpenAccount("b"), Open()]
    time_ns = 0
    for step in range(2_000):
        if setup:
            command: Command = setup.pop(0)
        elif step % 3 == 0 and engine.orders:
            order = engine.orders[draw.choice(list(engine.orders))]
            command = CancelOrder(order.account, order.id)
            if step % 2:
                price, quantity = draw.randrange(995, 1005), draw.randrange(1, 12) * ONE // 1000
                command = AmendOrder(order.account, order.id, price, quantity)
        else:
            command = PlaceOrder(
                draw.choice((1, 2)),
                0,
                Verb.ORDER,
                draw.choice((Side.BUY, Side.SELL)),
                OrderType.LIMIT,
                draw.randrange(995, 1005),
                draw.randrange(1, 9) * ONE // 1000,
                time_in_force=draw.choice((TimeInForce.GTC, TimeInForce.GTC, TimeInForce.IOC)),
                self_trade=draw.choice(list(SelfTrade)),
            )
        time_ns += 1_000
        for event in engine.apply(command, time_ns, 1).events:
            books.fold(event)
        if engine.markets:
            book = engine.markets[0].book
            assert books.top(0, 50) == (book.depth(Side.BUY, 50), book.depth(Side.SELL, 50))
            assert len(books) == len(engine.orders)
    assert engine.last_trade_id > 100
