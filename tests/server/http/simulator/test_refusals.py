"""Every refusal of `/api/v1`: its status, its sentence, its code; and never 500."""

from typing import Any

import pytest

from tests.server.http.simulator.exchange import Exchange, Session, order

NESTED = b"[" * 30_000
LIMIT = {"symbol": "BTC/USD", "side": "BUY", "type": "LIMIT", "quantity": "1", "price": "49000"}
NO_SYMBOL = "symbol parameter required"
STATUSES = "PENDING, OPEN, PARTIALLY_FILLED, FILLED, CANCELLED, REJECTED"


@pytest.mark.parametrize(
    ("body", "error", "code"),
    [
        (b"", "Invalid JSON", "PARAM_JSON"),
        (b"{", "Invalid JSON", "PARAM_JSON"),
        (b"\xff\xfe", "Invalid JSON", "PARAM_JSON"),
        (b'{"symbol":"\\ud800"}', "Invalid JSON", "PARAM_JSON"),
        (b'{"quantity":NaN}', "Invalid JSON", "PARAM_JSON"),
        (b'{"quantity":Infinity}', "Invalid JSON", "PARAM_JSON"),
        (b'{"symbol":' + NESTED, "Invalid JSON", "PARAM_JSON"),
        (b"null", "Invalid JSON: send an object", "PARAM_JSON"),
        (b"5", "Invalid JSON: send an object", "PARAM_JSON"),
        (b'"text"', "Invalid JSON: send an object", "PARAM_JSON"),
        (b"[]", "Invalid JSON: send an object", "PARAM_JSON"),
        (NESTED, "Invalid JSON: send an object", "PARAM_JSON"),
        (b"{}", "Missing required fields: symbol, side, type, quantity", "PARAM_MISSING"),
        (b'{"symbol":"BTC/USD","side":null}', None, "PARAM_MISSING"),
    ],
)
async def test_bodies_that_are_no_order(
    alice: Session, body: bytes, error: str | None, code: str
) -> None:
    """400, whatever is sent, with or without a content type."""
    status, said, found = await alice.refused("POST", "/orders", content=body)
    assert (status, found) == (400, code)
    assert said == (error or "Missing required fields: side, type, quantity")


@pytest.mark.parametrize(
    ("changes", "error", "code"),
    [
        ({"price": None}, "price required for LIMIT orders", "PARAM_MISSING"),
        ({"symbol": "XYZ/USD"}, "Unknown symbol: XYZ/USD", "FILTER_SYMBOL"),
        ({"symbol": ""}, "Unknown symbol: ", "FILTER_SYMBOL"),
        ({"symbol": "x" * 5_000}, None, "FILTER_SYMBOL"),
        ({"symbol": ["BTC/USD"]}, 'Invalid "symbol": text expected.', "PARAM_TYPE"),
        ({"symbol": 5}, 'Invalid "symbol": text expected.', "PARAM_TYPE"),
        ({"side": "buy"}, "Invalid \"side\": 'BUY' or 'SELL' expected.", "PARAM_TYPE"),
        ({"type": "STOP"}, "Invalid \"type\": 'LIMIT' or 'MARKET' expected.", "PARAM_TYPE"),
        ({"time_in_force": "GTD"}, None, "PARAM_TYPE"),
        ({"time_in_force": 1}, None, "PARAM_TYPE"),
        ({"client_order_id": ""}, None, "PARAM_TYPE"),
        ({"client_order_id": "x" * 65}, None, "PARAM_TYPE"),
        ({"client_order_id": 7}, None, "PARAM_TYPE"),
        ({"quantity": "0"}, None, "FILTER_MIN_SIZE"),
        ({"quantity": -1}, None, "FILTER_MIN_SIZE"),
        ({"quantity": "1E+400"}, None, "PARAM_NUMBER"),
        ({"quantity": "1E+30"}, None, "FILTER_MAX"),
        ({"quantity": 10**60}, None, "PARAM_NUMBER"),
        ({"quantity": "1e-30"}, None, "FILTER_LOT"),
        ({"quantity": "NaN"}, None, "PARAM_NUMBER"),
        ({"quantity": "\uff11"}, None, "PARAM_NUMBER"),
        ({"quantity": "1_0"}, None, "PARAM_NUMBER"),
        ({"quantity": " 1"}, None, "PARAM_NUMBER"),
        ({"quantity": "E1"}, None, "PARAM_NUMBER"),
        ({"quantity": True}, None, "PARAM_TYPE"),
        ({"quantity": {}}, None, "PARAM_TYPE"),
        ({"quantity": [[[]]]}, None, "PARAM_TYPE"),
        ({"quantity": [1] * 50}, 'Invalid "quantity": a number as text expected.', "PARAM_TYPE"),
        ({"price": {"of": "x" * 50}}, None, "PARAM_TYPE"),
        ({"price": "0"}, None, "FILTER_MIN_PRICE"),
        ({"price": "-5"}, None, "FILTER_MIN_PRICE"),
        ({"price": "1.001"}, None, "FILTER_TICK"),
        ({"price": "1E+400"}, None, "PARAM_NUMBER"),
        ({"price": []}, None, "PARAM_TYPE"),
        ({"quantity": "3"}, "Insufficient balance", "FUNDS_QUOTE"),
        ({"side": "SELL", "quantity": "11"}, "Insufficient balance", "FUNDS_BASE"),
        ({"type": "MARKET", "quantity": "3"}, "Insufficient balance", "FUNDS_QUOTE"),
    ],
)
async def test_orders_that_cannot_be(
    alice: Session, changes: dict[str, Any], error: str | None, code: str
) -> None:
    """400 with the code of what is wrong, in the words that clients look for; nothing moves."""
    status, said, found = await alice.refused("POST", "/orders", json={**LIMIT, **changes})
    assert (status, found) == (400, code)
    if error is not None:
        assert said == error
    assert await alice.available("USD") == ("100000", "100000")
    assert (await alice.do("GET", "/orders"))["orders"] == []


async def test_raw_numbers_that_json_cannot_hold(alice: Session) -> None:
    """They are read from the text: no float overflows on the way."""
    for number in (b"1E+400", b"-1e400", b"1" * 5_000):
        body = b'{"symbol":"BTC/USD","side":"BUY","type":"MARKET","quantity":%b}' % number
        status, _, code = await alice.refused("POST", "/orders", content=body)
        assert (status, code) == (400, "PARAM_NUMBER")


async def test_a_market_order_without_anybody(exchange: Exchange, alice: Session) -> None:
    """It is refused where there is nobody to trade with."""
    exchange.quote(4_999_700, 5_000_300, ask_volume=0, bid_volume=0)
    status, _, code = await alice.declined("BUY", "1")
    assert (status, code) == (400, "ORDER_NO_MATCH")


async def test_a_body_that_is_too_long(alice: Session) -> None:
    """413, of a length that is said and of one that is not."""

    async def parts() -> Any:
        for _ in range(80):
            yield b" " * 1_000

    for content in (b" " * 70_000, parts()):
        status, _, code = await alice.refused("POST", "/orders", content=content)
        assert (status, code) == (413, "LIMIT_MESSAGE")


@pytest.mark.parametrize(
    ("path", "status", "error", "code"),
    [
        ("/ticker", 400, NO_SYMBOL, "PARAM_MISSING"),
        ("/ticker?symbol=", 400, NO_SYMBOL, "PARAM_MISSING"),
        ("/ticker?symbol=X", 404, "Symbol X not found", "FILTER_SYMBOL"),
        ("/prices", 400, NO_SYMBOL, "PARAM_MISSING"),
        ("/prices?symbol=X", 404, "Symbol X not found", "FILTER_SYMBOL"),
        ("/prices?symbol=BTC/USD&start=soon", 400, "Invalid start timestamp", "PARAM_TYPE"),
        ("/prices?symbol=BTC/USD&start=", 400, "Invalid start timestamp", "PARAM_TYPE"),
        ("/prices?symbol=BTC/USD&end=2026-13-01", 400, "Invalid end timestamp", "PARAM_TYPE"),
        ("/prices?symbol=BTC/USD&limit=0", 400, "Invalid limit", "PARAM_TYPE"),
        ("/prices?symbol=BTC/USD&limit=2001", 400, "Invalid limit", "PARAM_TYPE"),
        ("/prices?symbol=BTC/USD&limit=x", 400, "Invalid limit", "PARAM_TYPE"),
        ("/prices?symbol=BTC/USD&limit=-1", 400, "Invalid limit", "PARAM_TYPE"),
        (f"/prices?symbol=BTC/USD&limit={'9' * 5000}", 400, "Invalid limit", "PARAM_TYPE"),
        ("/orderbook", 400, NO_SYMBOL, "PARAM_MISSING"),
        ("/orderbook?symbol=X", 404, "Symbol X not found", "FILTER_SYMBOL"),
        ("/orderbook?symbol=BTC/USD&depth=0", 400, "Invalid depth", "PARAM_TYPE"),
        ("/trades", 400, NO_SYMBOL, "PARAM_MISSING"),
        ("/trades?symbol=X", 404, "Symbol X not found", "FILTER_SYMBOL"),
        ("/trades?symbol=BTC/USD&after=x", 400, "Invalid after", "PARAM_TYPE"),
        ("/position", 400, NO_SYMBOL, "PARAM_MISSING"),
        ("/position?symbol=X", 404, "Symbol X not found", "FILTER_SYMBOL"),
        ("/orders?symbol=X", 404, "Symbol X not found", "FILTER_SYMBOL"),
        ("/orders?status=x", 400, f"Invalid status: use one of {STATUSES}", "PARAM_TYPE"),
        ("/orders/5", 404, "Order not found", "ORDER_NOT_FOUND"),
        ("/orders/x", 404, "Order not found", "ORDER_NOT_FOUND"),
        ("/orders/-1", 404, "Order not found", "ORDER_NOT_FOUND"),
        (f"/orders/{'9' * 60}", 404, "Order not found", "ORDER_NOT_FOUND"),
        ("/orders/%EF%BC%91", 404, "Order not found", "ORDER_NOT_FOUND"),
    ],
)
async def test_questions_that_cannot_be_answered(
    alice: Session, path: str, status: int, error: str, code: str
) -> None:
    """400 for what is wrong with the question, 404 for what is not there."""
    assert await alice.refused("GET", path) == (status, error, code)


async def test_orders_that_cannot_be_cancelled(alice: Session, bob: Session) -> None:
    """None, another session's, one that is over: each has its own sentence."""
    assert await alice.refused("DELETE", "/orders/77") == (
        404,
        "Order not found",
        "ORDER_NOT_FOUND",
    )
    id = (await alice.place("BUY", "1", "49000"))["order_id"]
    foreign = await bob.refused("DELETE", f"/orders/{id}")
    assert foreign == (404, "Order does not belong to this session", "ORDER_NOT_FOUND")
    assert (await bob.refused("GET", f"/orders/{id}"))[:2] == (404, "Order not found")
    await alice.do("DELETE", f"/orders/{id}")
    filled = (await alice.place("BUY", "1"))["order_id"]
    for over, word in ((id, "CANCELLED"), (filled, "FILLED")):
        said = await alice.refused("DELETE", f"/orders/{over}")
        text = f"Cannot cancel order with status OrderStatus.{word}"
        assert said == (404, text, "ORDER_NOT_FOUND")


async def test_what_is_not_there_at_all(alice: Session) -> None:
    """Other paths and methods are refused by the framework, in a body with a code, too."""
    nowhere = await alice.ask("GET", "/nothing")
    assert (nowhere.status_code, nowhere.json()["code"]) == (404, "PARAM_COMMAND")
    put = await alice.ask("PUT", "/orders", json=order("BUY", "1"))
    assert (put.status_code, put.json()["code"]) == (405, "PARAM_COMMAND")


async def test_a_halted_game_answers_503(exchange: Exchange, alice: Session) -> None:
    """Orders are not taken; what was released can still be looked at."""
    await alice.place("BUY", "1", "49000")
    await exchange.rig.halt()
    answer = await alice.ask("POST", "/orders", json=order("BUY", "1", "49000"))
    assert (answer.status_code, answer.json()["code"]) == (503, "STATE_HALTED")
    assert answer.headers["retry-after"] == "1"
    assert len((await alice.do("GET", "/orders"))["orders"]) == 1
    await exchange.rig.resume()
    assert len((await alice.do("GET", "/orders"))["orders"]) == 1
