"""Every frame of `/ws`: what is asked, and what is answered."""

import json
from pathlib import Path
from typing import Any

import pytest

from cxgame.history import recent as memory
from cxgame.limits import Limits
from cxgame.server.sessions.old_orders import NOT_KNOWN_YET
from cxgame.server.sessions.past_reader import PastReader
from tests.server.simulator import clients
from tests.server.simulator.clients import BTC, Client, Floor, Frame

NEVER_FILLED = {"symbol": BTC, "side": "BUY", "order_type": "LIMIT", "price": "300"}


def inside(frame: Frame) -> Frame:
    """A frame without what every frame has."""
    assert frame["timestamp"].endswith("Z")
    return {name: value for name, value in frame.items() if name not in ("request_id", "timestamp")}


async def test_an_order_is_acknowledged(alice: Client) -> None:
    """With the members and texts that clients of the dialect know."""
    answer = await alice.ask("PLACE_ORDER", quantity="0.001", **NEVER_FILLED)
    assert inside(answer) == {
        "type": "ORDER_ACK",
        "order_id": "1",
        "status": "OPEN",
        "symbol": BTC,
        "side": "BUY",
        "order_type": "LIMIT",
        "price": "300",
        "quantity": "0.001",
        "filled_quantity": "0",
    }


@pytest.mark.parametrize("number", ["0.001", 0.001, "1e-3"])
async def test_a_number_and_its_text_are_alike(alice: Client, number: Any) -> None:
    """No float comes between."""
    answer = await alice.ask("PLACE_ORDER", quantity=number, **NEVER_FILLED)
    assert (answer["type"], answer["quantity"]) == ("ORDER_ACK", "0.001")


@pytest.mark.parametrize(
    ("order", "code", "reason"),
    [
        ({"quantity": "1000"}, "FUNDS_QUOTE", "Insufficient balance"),
        ({"quantity": "11", "side": "SELL", "price": "60000"}, "FUNDS_BASE", "Insufficient"),
        ({"quantity": "1", "symbol": "DOGE/USD"}, "FILTER_SYMBOL", "Unknown symbol: DOGE/USD"),
        ({"quantity": "0"}, "FILTER_MIN_SIZE", "0"),
        ({"quantity": "-1"}, "FILTER_MIN_SIZE", "-1"),
        ({"quantity": "1", "price": "300.001"}, "FILTER_TICK", "300.001"),
        ({"quantity": "1", "time_in_force": "FOK"}, "ORDER_FOK", ""),
    ],
)
async def test_an_order_that_may_not_be_is_a_reject(
    alice: Client, order: dict[str, str], code: str, reason: str
) -> None:
    """With the game's code; nothing has changed."""
    answer = await alice.ask("PLACE_ORDER", **{**NEVER_FILLED, **order})
    assert (answer["type"], answer["status"], answer["code"]) == ("ORDER_REJECT", "REJECTED", code)
    assert reason in json.dumps(answer)
    assert (await alice.ask("GET_ORDERS"))["orders"] == []


async def test_a_market_order_ends(alice: Client) -> None:
    """Filled at the house's price; what nobody sells is not waited for."""
    answer = await alice.place("BUY", "1")
    assert (answer["status"], answer["price"], answer["filled_quantity"]) == ("FILLED", None, "1")


async def test_immediate_or_cancel(alice: Client) -> None:
    """What is not had at once is cancelled, and nobody tells its sender of that twice."""
    answer = await alice.ask("PLACE_ORDER", quantity="1", time_in_force="IOC", **NEVER_FILLED)
    assert answer["status"] == "CANCELLED"
    assert alice.types() == ["ORDER_ACK"]


async def test_a_repeat_is_placed_once(alice: Client) -> None:
    """It is answered with the order as it is, also when that is over; another body is refused."""
    order = {**NEVER_FILLED, "quantity": "1", "client_order_id": "mine"}
    first = await alice.ask("PLACE_ORDER", **order)
    again = await alice.ask("PLACE_ORDER", **order)
    assert first["client_order_id"] == "mine"
    assert inside(again) == {**inside(first), "replayed": True}
    await alice.ask("CANCEL_ORDER", order_id=first["order_id"])
    over = await alice.ask("PLACE_ORDER", **order)
    assert (over["status"], over["replayed"]) == ("CANCELLED", True)
    other = await alice.ask("PLACE_ORDER", **{**order, "quantity": "2"})
    assert (other["type"], other["code"]) == ("ORDER_REJECT", "ORDER_CID_REUSED")
    assert other["client_order_id"] == "mine"


async def test_a_cancel_is_acknowledged(alice: Client) -> None:
    """By the order's id, as text or as an integer; a second one finds nothing."""
    await alice.place("BUY", "1", "300")
    answer = await alice.ask("CANCEL_ORDER", order_id=1)
    assert inside(answer) == {"type": "ORDER_CANCEL", "order_id": "1", "symbol": BTC}
    again = await alice.ask("CANCEL_ORDER", order_id="1")
    assert (again["type"], again["code"]) == ("ERROR", "CANCEL_FAILED")
    assert again["message"] == "Order not found"


@pytest.mark.parametrize("id", ["1", "2", "-1", "x", "1" * 40, 0, "²", "0x1"])
async def test_nobody_cancels_or_sees_a_foreign_order(
    alice: Client, bob: Client, id: str | int
) -> None:
    """Nor one that cannot be."""
    await alice.place("BUY", "1", "300")
    assert (await bob.ask("CANCEL_ORDER", order_id=id))["code"] == "CANCEL_FAILED"
    assert (await bob.ask("GET_ORDER", order_id=id))["code"] == "ORDER_NOT_FOUND"


async def test_orders_are_looked_at(alice: Client) -> None:
    """One by its id or its client's, open or over; the open ones of all markets or one."""
    placed = await alice.place("BUY", "1", "300", client_order_id="mine")
    await alice.place("SELL", "1", "2900", symbol="ETH/USD", time_in_force="IOC")
    for which in ({"order_id": "1"}, {"client_order_id": "mine"}):
        assert inside(await alice.ask("GET_ORDER", **which)) == inside(placed)
    assert (await alice.ask("GET_ORDER", order_id="2"))["status"] == "FILLED"
    assert (await alice.ask("GET_ORDER"))["code"] == "INVALID_MESSAGE"
    both = await alice.ask("GET_ORDERS")
    assert [order["order_id"] for order in both["orders"]] == ["1"]
    assert (await alice.ask("GET_ORDERS", symbol="ETH/USD"))["orders"] == []
    assert (await alice.ask("GET_ORDERS", symbol="X"))["code"] == "INVALID_MESSAGE"


async def test_an_old_order_is_not_known_while_the_history_is_written(
    alice: Client, floor: Floor, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """That is told, and not that there is no such order; also of a repeat."""
    monkeypatch.setattr(memory, "KEPT", 2)
    for number in range(4):
        await alice.place("BUY", "0.1", client_order_id=f"c{number}")
    floor.rig.host.past = PastReader(tmp_path / "h.sqlite")  # there is nothing yet
    told = {"type": "ERROR", "code": "STATE_UNKNOWN", "message": NOT_KNOWN_YET, "details": None}
    for which in ({"order_id": "1"}, {"client_order_id": "c0"}):
        assert inside(await alice.ask("GET_ORDER", **which)) == told
    assert inside(await alice.place("BUY", "0.1", client_order_id="c0")) == told
    assert (await alice.ask("GET_ORDER", order_id="4"))["status"] == "FILLED"
    assert (await alice.ask("GET_ORDER", order_id="5"))["code"] == "ORDER_NOT_FOUND"


async def test_a_long_list_is_cut() -> None:
    """And says so."""
    async with clients.floor(Limits(rate_limit=0, max_page=2)) as floor:
        alice = floor.client("alice")
        for _ in range(3):
            last = await alice.place("BUY", "0.001", "300")
        page = await alice.ask("GET_ORDERS")
        assert page["more"]
        assert [order["order_id"] for order in page["orders"]] == [last["order_id"], "2"]


async def test_what_is_owned_is_looked_at(alice: Client) -> None:
    """All of it, and what of it is free; a position is what is owned of the coin."""
    await alice.place("BUY", "1", "300")
    answer = await alice.ask("GET_BALANCE")
    assert inside(answer) == {
        "type": "BALANCE_UPDATE",
        "balances": {"BTC": "10", "USD": "100000", "ETH": "100"},
        "available": {"BTC": "10", "USD": "99700", "ETH": "100"},
    }
    position = await alice.ask("GET_POSITION", symbol=BTC)
    assert inside(position) == {
        "type": "POSITION_UPDATE",
        "symbol": BTC,
        "asset": "BTC",
        "quantity": "10",
    }
    unknown = await alice.ask("GET_POSITION", symbol="X")
    assert (unknown["code"], unknown["details"]["code"]) == ("INVALID_MESSAGE", "FILTER_SYMBOL")


async def test_a_ping_is_answered(alice: Client) -> None:
    """With nothing but what every frame has."""
    assert inside(await alice.ask("PING")) == {"type": "PONG"}


@pytest.mark.parametrize("request_id", ["", "a" * 64, 0, -5, 2**63 - 1, None, "ümläut \n"])
async def test_the_request_id_comes_back(alice: Client, request_id: str | int | None) -> None:
    """Text or an integer, as it was sent."""
    alice.send(json.dumps({"type": "PING", "request_id": request_id}).encode())
    assert (await alice.came("PONG"))["request_id"] == request_id


@pytest.mark.parametrize(
    "raw",
    [
        b"null",
        b"1E+400",
        b"[]",
        b'"PING"',
        b"",
        b"{",
        b"{}",
        b"NaN",
        b"[" * 100_000,
        b'{"type":"PING","x":' + b"[" * 100_000 + b"]" * 100_000 + b"}",
        b'{"type":"PLACE_ORDER"}',
        b'{"type":"ping"}',
        b'{"type":null}',
        b'{"type":"PING","request_id":1.5}',
        b'{"type":"PING","request_id":' + b"9" * 5000 + b"}",
        b'{"type":"SUBSCRIBE","channel":"ALL","symbol":"BTC/USD"}',
        b'{"type":"PLACE_ORDER","symbol":"BTC/USD","side":"buy","order_type":"LIMIT","quantity":1}',
        b'{"type":"PLACE_ORDER","symbol":"\\ud800","side":"BUY","order_type":"LIMIT","quantity":1}',
        b'{"type":"PLACE_ORDER","symbol":"BTC/USD","side":"BUY","order_type":"LIMIT","quantity":1}',
        b'{"type":"PLACE_ORDER","symbol":"BTC/USD","side":"BUY","order_type":"LIMIT",'
        b'"quantity":1E+400,"price":1}',
        b'{"type":"PLACE_ORDER","symbol":"BTC/USD","side":"BUY","order_type":"LIMIT",'
        b'"quantity":[1],"price":{}}',
        b'{"type":"PLACE_ORDER","symbol":"BTC/USD","side":"BUY","order_type":"MARKET",'
        b'"quantity":"NaN"}',
        b'{"type":"PLACE_ORDER","symbol":"BTC/USD","side":"BUY","order_type":"MARKET",'
        b'"quantity":[' + b"1," * 50 + b"1]}",
        b'{"type":"' + b"x" * 100_000 + b'"}',
    ],
    ids=range(24),
)
async def test_what_cannot_be_read_gets_an_error(alice: Client, raw: bytes) -> None:
    """A short one, and the connection stays."""
    alice.send(raw)
    answer = await alice.came("ERROR")
    assert answer["code"] == "INVALID_MESSAGE"
    assert len(answer["message"]) < 300
    assert answer.keys() == {
        "type",
        "request_id",
        "timestamp",
        "code",
        "message",
        "details",
    }
    assert (await alice.ask("PING"))["type"] == "PONG"
    assert alice.line.closing is None
    assert alice.line.owes == 0


async def test_the_request_id_of_a_bad_frame_comes_back(alice: Client) -> None:
    """Where it can be read."""
    alice.send(b'{"type":"NOTHING","request_id":"mine"}')
    assert (await alice.came("ERROR"))["request_id"] == "mine"


async def test_a_binary_message_gets_an_error(alice: Client) -> None:
    """As does one that is longer than any may be."""
    alice.line.owes += 2
    alice.session.binary()
    alice.session.too_long(4_194_305)
    first, second = await alice.came("ERROR"), await alice.came("ERROR", 2)
    assert (first["code"], second["code"]) == ("INVALID_MESSAGE", "LIMIT_MESSAGE")
    assert second["details"] == {"limit": "4194304 bytes", "got": "4194305 bytes"}
    assert second["details"]["limit"] == "4194304 bytes"  # not as on the order server
    assert alice.line.owes == 0


async def test_who_floods_is_refused_and_closed() -> None:
    """With LIMIT_RATE first; the others are answered as before."""
    async with clients.floor(Limits(rate_limit=10, rate_burst=20)) as floor:
        flooder, other = floor.client("flooder"), floor.client("other")
        for _ in range(200):
            flooder.say("PING")
        assert (await other.ask("PING"))["type"] == "PONG"
        refused = await flooder.came("ERROR")
        assert (refused["code"], refused["request_id"]) == ("LIMIT_RATE", "r21")
        assert refused["details"]["wait_ms"] == "100"
        assert flooder.line.closing == (1008, "Too many messages, in spite of LIMIT_RATE.")
        assert other.line.closing is None


async def test_a_long_message_counts_as_several() -> None:
    """It takes as long to read."""
    async with clients.floor(Limits(rate_limit=10, rate_burst=20)) as floor:
        alice = floor.client("alice")
        alice.send(b'{"type":"PING","x":"' + b"x" * 10 * 65_536 + b'"}')
        assert (await alice.came("PONG"))["type"] == "PONG"
        alice.send(b'{"type":"PING","x":"' + b"x" * 10 * 65_536 + b'"}')
        assert (await alice.came("ERROR"))["code"] == "LIMIT_RATE"


async def test_a_halted_game_takes_no_order(floor: Floor, alice: Client) -> None:
    """It says so, shows what it had released, and resumes; the connection stays."""
    await alice.place("BUY", "1", "300")
    await floor.game.settled()
    await floor.rig.halt()
    assert (await alice.place("BUY", "1", "300"))["code"] == "STATE_HALTED"
    assert (await alice.ask("CANCEL_ORDER", order_id="1"))["code"] == "STATE_HALTED"
    assert (await alice.ask("PING"))["type"] == "PONG"
    shown = await alice.ask("GET_ORDERS")
    assert (len(shown["orders"]), shown["halted"]) == (1, True)
    assert (await alice.ask("GET_BALANCE"))["available"]["USD"] == "99700"
    early = await alice.ask("SUBSCRIBE", channel="TRADES", symbol=BTC)
    assert (early["type"], early["code"]) == ("ERROR", "STATE_HALTED")
    await floor.rig.resume()
    assert (await alice.place("BUY", "1", "300"))["type"] == "ORDER_ACK"
    assert alice.line.closing is None


async def test_a_lost_commit_leaves_orders_open(floor: Floor, alice: Client) -> None:
    """STATE_UNKNOWN: nobody knows yet; the repeat under its own id finds out."""
    order = {**NEVER_FILLED, "quantity": "1", "client_order_id": "mine"}
    floor.rig.bench.journal.gate.clear()
    asked = alice.say("PLACE_ORDER", **order)
    await floor.rig.halt()
    answer = await alice.until(lambda frame: frame["request_id"] == asked)
    assert (answer["type"], answer["code"]) == ("ERROR", "STATE_UNKNOWN")
    await floor.rig.resume()
    assert (await alice.ask("PLACE_ORDER", **order))["replayed"]
