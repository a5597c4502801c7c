"""Reading messages: every command, with all its fields."""

import json
from typing import Any

import pytest
from msgspec import Raw
from msgspec.structs import fields

from cxgame.wire.diagnosis import BadRequest
from cxgame.wire.request_types import (
    Auth,
    Batch,
    Buy,
    PlaceOrder,
    Price,
    Request,
)
from cxgame.wire.requests import COMMANDS, REQUESTS, Asking, parse

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
        "expires": "+30s",
        "deadline_ms": 1_700_000_000_000,
        "validate": True,
        "trigger": "trailing",
        "trigger_price": "900",
        "trigger_by": "mid",
        "trail": "5",
        "trail_percent": 0.5,
        "max_price": "950",
    },
    "amend": {
        "order_id": "7",
        "cid": "1",
        "price": "900",
        "size": "1",
        "post_only": True,
        "deadline_ms": 1,
    },
    "cancel": {"order_id": "7", "cid": "1"},
    "cancel_all": {"symbol": "BTC/USD", "side": "sell"},
    "batch": {"requests": [{"cmd": "price", "params": {}}]},
    "cancel_on_disconnect": {"on": True},
    "cancel_all_after": {"ms": 60_000},
    "subscribe": {"channels": ["candles"], "symbol": "BTC/USD", "timeframe": "1m"},
    "unsubscribe": {"channels": ["candles"]},
    "resync": {"symbol": "BTC/USD"},
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
    "tickers": {"symbols": ["BTC/USD"]},
    "time": {},
    "audit": {"secret": "s"},
    "start": {"secret": "s"},
    "pause": {"secret": "s"},
    "shutdown": {"secret": "s"},
    "grant": {"username": "alice", "secret": "s"},
    "end_round": {"secret": "s"},
    "start_round": {"secret": "s"},
    "announce": {"message": "Ten: nine.", "secret": "s"},
    "players": {"secret": "s"},
    "whitelist": {"add": {"red": ["a"], "": []}, "remove": ["b"], "everyone": True, "secret": "s"},
    "kick": {"username": "alice", "secret": "s"},
    "rotate_user": {"username": "alice", "secret": "s"},
    "adjust": {"username": "alice", "asset": "USD", "free": "1", "held": 2, "secret": "s"},
    "set_price": {"symbol": "BTC/USD", "price": "1000", "secret": "s"},
    "faults": {"set": [{"fault": "silence"}], "clear": "all", "deck": "", "secret": "s"},
}


def good(text: str) -> Request:
    """A request that must parse, and asks for nothing besides."""
    request = parse(text.encode())
    assert isinstance(request, Request), request
    return request


def plain(value: Any) -> Any:
    """What was read, with raw JSON read on."""
    if isinstance(value, list):
        return [plain(one) for one in value]
    return json.loads(bytes(value)) if isinstance(value, Raw) else value


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
        assert plain(got) == value


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


@pytest.mark.parametrize("name", ["ts", "limits"])
def test_a_message_may_ask_for_more_in_its_reply(name: str) -> None:
    """It is the same request, marked as one that asks; false and null ask for nothing."""
    asking = parse(b'{"cmd":"time","params":{},"id":3,"%b":true}' % name.encode())
    assert isinstance(asking, Asking)
    assert getattr(asking.request, name) is True
    assert asking.id == asking.request.id == 3
    for word in ("false", "null"):
        assert getattr(good(f'{{"cmd":"time","params":{{}},"{name}":{word}}}'), name) is not True


@pytest.mark.parametrize("member", ['"ts":1', '"ts":"true"', '"limits":[]'])
def test_asking_is_true_or_false(member: str) -> None:
    """And nothing that could be taken for it."""
    bad = parse(b'{"cmd":"time","params":{},"id":3,%b}' % member.encode())
    assert isinstance(bad, BadRequest)
    assert bad.rejection.facts == {"name": member.split('"')[1], "got": "true or false"}
    assert bad.id == 3


def test_a_key_that_stands_twice_is_seen_beside_what_was_asked_for() -> None:
    """The members that ask are counted like the others."""
    bad = parse(b'{"cmd":"buy","params":{"price":1,"size":2,"size":3},"ts":true,"limits":true}')
    assert isinstance(bad, BadRequest)
    assert bad.rejection.code == "PARAM_JSON"


def test_requests_of_a_batch_are_read_when_their_turn_comes() -> None:
    """What is wrong within one is not the batch's fault; around them it is."""
    entry = '{"cmd":"buy","cmd":"sell"}'
    batch = good(f'{{"cmd":"batch","params":{{"requests":[{entry},17]}},"id":1}}')
    assert isinstance(batch, Batch)
    assert [bytes(one) for one in batch.params.requests] == [entry.encode(), b"17"]
    twice = parse(f'{{"cmd":"batch","id":1,"params":{{"requests":[{entry}]}},"id":1}}'.encode())
    assert isinstance(twice, BadRequest)
    assert twice.rejection.code == "PARAM_JSON"


def test_requests_do_not_change() -> None:
    """A message is what it was when it came."""
    request = good('{"cmd":"price","params":{}}')
    assert isinstance(request, Price)
    with pytest.raises(AttributeError):
        request.id = 8  # type: ignore[misc]
