"""What the client believes, frame by frame."""

from typing import Any

import pytest

from cxgame.simulator.health import Health
from cxgame.simulator.view import About, Taken, View

BOOK, TRADES, TICKER = ("ORDERBOOK_L2", "BTC/USD"), ("TRADES", "BTC/USD"), ("TICKER", "BTC/USD")
NEWS, OLD = Taken(is_news=True), Taken(is_news=False)


@pytest.fixture
def view() -> View:
    """A view that follows three channels."""
    made = View(Health())
    for stream in (BOOK, TRADES, TICKER):
        made.follow(stream)
    return made


def book(number: int, *, whole: bool = False) -> dict[str, Any]:
    return {
        "type": "ORDERBOOK_UPDATE",
        "request_id": None,
        "channel": "ORDERBOOK_L2",
        "symbol": "BTC/USD",
        "snapshot": whole,
        "bids": [{"price": "99", "quantity": str(number)}],
        "asks": [],
        "sequence_id": number,
    }


def price(number: int) -> dict[str, Any]:
    return {
        "type": "MARKET_DATA",
        "request_id": None,
        "symbol": "BTC/USD",
        "last_price": "50000",
        "sequence_id": number,
    }


def trade(number: int) -> dict[str, Any]:
    return {
        "type": "TRADE",
        "request_id": None,
        "symbol": "BTC/USD",
        "trade_id": str(number),
        "sequence_id": number,
    }


def subscribed(channel: str, number: int) -> dict[str, Any]:
    return {
        "type": "SUBSCRIBED",
        "request_id": 1,
        "channel": channel,
        "symbol": "BTC/USD",
        "sequence_id": number,
    }


def test_a_lost_first_frame_is_noticed(view: View) -> None:
    """The acknowledgement says after which number the channel begins."""
    assert view.take(subscribed("ORDERBOOK_L2", 6), is_awaited=True) == OLD
    assert view.take(book(8)) == Taken(is_news=True, doubts=(BOOK,))


def test_a_hole_puts_a_book_in_doubt_until_a_whole_one_comes(view: View) -> None:
    """Changes after it are taken, and the doubt stays."""
    assert view.take(book(1, whole=True)) == NEWS
    assert view.take(book(2)) == NEWS
    assert view.take(book(4)) == Taken(is_news=True, doubts=(BOOK,))
    assert view.take(book(5)) == Taken(is_news=True, doubts=(BOOK,))
    assert view.take(book(8, whole=True)) == NEWS
    assert view.book("BTC/USD") is not None


def test_old_news_is_none(view: View) -> None:
    """A price or a book that comes again, or late, would set the clock back."""
    for make in (price, book):
        view.take(make(1) if make is price else book(1, whole=True))
        view.take(make(3))
        assert view.take(make(2)) == OLD
        assert view.take(make(3)) == OLD
    known = view.book("BTC/USD")
    assert known is not None
    assert known.bids[0]["quantity"] == "3"


def test_a_late_trade_is_news_once(view: View) -> None:
    """It has happened all the same; the hole before that is looked into."""
    assert view.take(trade(1)) == NEWS
    assert view.take(trade(3)) == Taken(is_news=True, doubts=(TRADES,))
    assert view.take(trade(2)) == NEWS
    assert view.take(trade(2)) == OLD


def test_answers_are_no_news(view: View) -> None:
    """They go to who asked; what they say is taken in."""
    ack = {
        "type": "ORDER_ACK",
        "request_id": 7,
        "order_id": "1",
        "symbol": "BTC/USD",
        "side": "BUY",
        "order_type": "LIMIT",
        "status": "OPEN",
        "price": "49000",
        "quantity": "1",
    }
    assert view.take(ack) == OLD
    assert view.orders.open.keys() == {"1"}
    over = {"type": "ORDER_CANCEL", "request_id": None, "order_id": "1"}
    assert view.take(over) == NEWS
    assert view.orders.open == {}


@pytest.mark.parametrize("kind", ["ORDER_FILL", "ORDER_CANCEL", "ORDER_REJECT"])
def test_news_of_an_unknown_order_is_a_doubt(view: View, kind: str) -> None:
    """Its acknowledgement was lost."""
    frame = {"type": kind, "request_id": None, "order_id": "9", "remaining_quantity": "0"}
    assert view.take(frame) == Taken(is_news=True, doubts=(About.ORDERS,))


@pytest.mark.parametrize(
    "frame",
    [
        {"type": "ORDER_ACK", "order_id": "1"},
        {"type": "ORDER_FILL"},
        {"type": "BALANCE_UPDATE", "timestamp": "t", "balances": {"USD": "1"}, "available": 3},
        {**book(1, whole=True), "bids": [{"price": "99"}]},
        {**book(1, whole=True), "bids": "9"},
        {**trade(1), "trade_id": "x"},
        {"type": "ORDER_CANCEL", "order_id": ["1"]},
    ],
)
def test_a_mangled_frame_puts_everything_in_doubt(view: View, frame: dict[str, Any]) -> None:
    """It may have been about anything, and is nothing for the caller."""
    assert view.take({"request_id": None, **frame}) == Taken(
        is_news=False, doubts=(*About, BOOK, TRADES, TICKER)
    )


def test_a_new_connection_begins_its_own_numbers(view: View) -> None:
    """What was lost in between is looked for by REST, not in the numbers."""
    view.take(trade(5))
    view.take(book(9, whole=True))
    view.disconnected()
    known = view.book("BTC/USD")
    assert known is not None
    assert not known.synced
    assert view.take(book(1, whole=True)) == NEWS
    assert view.take({**trade(1), "trade_id": "6"}) == NEWS
    assert not view.trades[TRADES].is_whole


def test_what_is_ignored_is_gone(view: View) -> None:
    """Frames that still come of it are handed on as they are."""
    view.ignore(BOOK)
    assert view.book("BTC/USD") is None
    assert BOOK not in view.everything()
    assert view.take(book(1)) == NEWS
