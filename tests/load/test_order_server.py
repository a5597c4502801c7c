"""The order server's dialect: what is sent is taken, what comes is understood."""

import json
from decimal import Decimal

import pytest

from cxgame.load.dialect import Answer, Market, Target
from cxgame.load.order_server import OrderServer
from cxgame.wire.requests import parse

TOKEN = "ab" * 32


def dialect(**target: str) -> OrderServer:
    """The dialect of a server that is not asked."""
    return OrderServer(Target("ws://127.0.0.1:9877/main", **target))


def body(message: bytes) -> bytes:
    """The text of a frame with a mask of zeros."""
    return message[message.index(b"{") :]


def test_every_message_is_one_that_the_server_reads() -> None:
    """Orders, cancels, questions and logins."""
    server = dialect(symbol="BTC/USD")
    messages = [
        server.order(7, "buy", "999.50", "0.05"),
        server.cancel(8, "12"),
        server.look(9),
        *server.hello(3, trades=True),
        *dialect(user="alice", token=TOKEN).hello(3, trades=True),
    ]
    for message in messages:
        parse(body(message))
    assert [json.loads(body(message))["id"] for message in messages] == [7, 8, 9, 1, 2, 1, 2]


def test_who_looks_needs_no_login() -> None:
    """A client that trades has a user of its own; it is the same one when it comes again."""
    server = dialect()
    assert server.hello(0, trades=False) == ()
    assert server.hello(0, trades=True) == server.hello(0, trades=True)
    assert server.hello(0, trades=True) != server.hello(1, trades=True)


@pytest.mark.parametrize(
    ("reply", "answer"),
    [
        ({"status": True, "data": {"id": "5", "status": "open"}, "id": 1}, Answer(1, order="5")),
        ({"status": True, "data": {"id": "5", "status": "filled"}, "id": 1}, Answer(1)),
        ({"status": True, "data": None, "id": 2}, Answer(2)),
        ({"status": True, "data": {"ts": 1.5}, "id": 3}, Answer(3)),
        ({"status": True, "data": "1000.00", "id": 3}, Answer(3)),
        ({"status": False, "code": "LIMIT_RATE", "id": 4}, Answer(4, "LIMIT_RATE", is_later=True)),
        ({"status": False, "code": "FUNDS_QUOTE", "id": 4}, Answer(4, "FUNDS_QUOTE")),
        (
            {"status": False, "code": "INTERNAL_ENGINE", "id": 4},
            Answer(4, "INTERNAL_ENGINE", is_fault=True),
        ),
        ({"status": False, "code": "PARAM_JSON"}, Answer(None, "PARAM_JSON")),
        ({"type": "ticker", "symbol": "BTC/USD"}, None),
    ],
)
def test_a_reply_is_understood(reply: dict[str, object], answer: Answer | None) -> None:
    """Done, refused, refused for now, a fault of the server; what is pushed answers nothing."""
    assert dialect().read(json.dumps(reply).encode(), 0) == answer


def test_what_is_no_reply_is_unreadable() -> None:
    """The client counts it as an error."""
    with pytest.raises(ValueError, match="JSON"):
        dialect().read(b"<html>", 0)


def test_prices_and_sizes_are_on_the_markets_steps() -> None:
    """A size is worth at least what the market demands, whatever the price is."""
    market = Market("A/B", Decimal("3.333"), Decimal("0.05"), Decimal("0.1"), Decimal(10))
    assert market.price(Decimal("0.01")) == "3.35"
    assert market.size(1) == "3.1"
    assert Decimal(market.size(3)) * market.mid >= 30
    market.mid = Decimal("0.0001")
    assert market.price(Decimal("-0.5")) == "0.05"
