"""Reading messages: every command, with all its fields."""

import json
from typing import Any

import pytest
from msgspec import Raw
from msgspec.structs import fields

from cxgame.wire.diagnosis import BadRequest
from cxgame.wire.requests import COMMANDS, REQUESTS, Auth, Buy, PlaceOrder, Price, Request, parse

TOKEN = "0123456789abcdef" * 4

# Every command with every field it knows.
FULL: dict[str, dict[str, Any]] = {
    "register": {"username": "alice", "token": TOKEN, "password": "p", "team": "red"},
    "auth": {"username": "alice", "token": "anything", "password": "p"},
    "rotate": {"token": TOKEN},
    "bcast": {"message": "hello: world"},
    "buy": {"price": "900.00", "size": 0.5, "symbol": "BTC/USD", "cid": "a:b"},
    "sell": {"price": 900, "size": "0.5", "symbol": "BTC/USD", "cid": "ä"},
    "buy_market": {"amount": "10.00", "symbol": "BTC/USD", "cid": "1"},
    "sell_market": {"amount": "10.00", "symbol": "BTC/USD", "cid": "1"},
    "order": {
        "side": "buy",
        "type": "limit",
        "price": "900",
        "size": "1",
        "amount": "10",
        "symbol": "BTC/USD",
        "time_in_force": "gtc",
        "post_only": True,
        "stp": "decrement",
        "cid": "1",
    },
    "cancel": {"order_id": "7"},
    "cancel_all": {"symbol": "BTC/USD", "side": "sell"},
    "price": {"symbol": "BTC/USD"},
    "wallets": {},
    "orders": {"limit": 10, "before": "7"},
    "all_orders": {"limit": 10, "before": 7},
    "fills": {"limit": 10, "before": "7", "since": 0, "until": 1700000000000},
    "completed": {"limit": 10, "before": "7", "since": 0, "until": 1},
    "trades": {"symbol": "BTC/USD", "limit": 10, "before": 7, "since": 0, "until": 1},
    "candles": {"symbol": "BTC/USD", "interval": "1m", "limit": 10, "since": 0, "until": 1},
    "markets": {},
    "book": {"symbol": "BTC/USD", "depth": 1000},
    "time": {},
    "audit": {"secret": "s"},
    "start": {"secret": "s"},
    "pause": {"secret": "s"},
    "shutdown": {"secret": "s"},
    "grant": {"username": "alice", "secret": "s"},
}


def good(text: str) -> Request:
    """A request that must parse."""
    request = parse(text.encode())
    assert not isinstance(request, BadRequest), request
    return request


def test_the_table_has_every_command() -> None:
    """The 18 commands of the seed, and ours."""
    assert set(COMMANDS) == set(FULL)
    assert len(REQUESTS) == len(COMMANDS)


@pytest.mark.parametrize("command", FULL)
def test_a_command_with_all_its_fields_is_read(command: str) -> None:
    """Each field arrives under its own name."""
    message = {"cmd": command, "params": FULL[command], "id": 7}
    request = good(json.dumps(message))
    assert type(request) is COMMANDS[command]
    assert request.id == 7
    params = request.params  # type: ignore[attr-defined]
    for name, value in FULL[command].items():
        got = getattr(params, name)
        assert (json.loads(bytes(got)) if isinstance(got, Raw) else got) == value


@pytest.mark.parametrize("command", FULL)
def test_null_is_as_good_as_absent(command: str) -> None:
    """An optional field may be null; whether a number is needed, the command itself says."""
    shape = next(field for field in fields(COMMANDS[command]) if field.name == "params").type
    needed = {field.name for field in fields(shape) if field.required}
    params = {name: value if name in needed else None for name, value in FULL[command].items()}
    good(json.dumps({"cmd": command, "params": params, "id": None}))


@pytest.mark.parametrize("id", [0, -(2**63), 2**63 - 1, "", "x" * 64, 'quo"te', "ü", None])
def test_an_id_is_a_64_bit_integer_or_a_short_text(id: str | int | None) -> None:
    """It comes back as it was given."""
    assert good(json.dumps({"cmd": "time", "params": {}, "id": id})).id == id


def test_members_come_in_any_order_and_spacing() -> None:
    """JSON objects have no order."""
    text = '\n{ "id" : "a" ,"params" : {"size":1 , "price":"2"}, "cmd" : "b\\u0075y" }\r\n'
    request = good(text)
    assert isinstance(request, Buy)
    assert (bytes(request.params.price), bytes(request.params.size)) == (b'"2"', b"1")


def test_colons_in_text_are_no_members() -> None:
    """What looks like a key within a text is text."""
    request = good('{"cmd":"auth","params":{"username":"a","token":"\\"token\\":::"},"id":"::"}')
    assert isinstance(request, Auth)
    assert request.params.token == '"token":::'


def test_numbers_stay_as_they_were_sent() -> None:
    """Neither float nor integer gets to see the money."""
    digits = "9" * 5000
    request = good(
        f'{{"cmd":"order","params":{{"side":"buy","type":"limit","price":{digits},"size":1e400}}}}'
    )
    assert isinstance(request, PlaceOrder)
    assert bytes(request.params.price) == digits.encode()
    assert bytes(request.params.size) == b"1e400"
    assert request.params.amount is None


def test_requests_do_not_change() -> None:
    """A message is what it was when it came."""
    request = good('{"cmd":"price","params":{}}')
    assert isinstance(request, Price)
    with pytest.raises(AttributeError):
        request.id = 8  # type: ignore[misc]
