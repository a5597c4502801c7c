"""Orders read from the simulator's dialect, and what it says when it says no."""

import pytest
from msgspec import Raw

from cxgame.model.commands import PlaceOrder
from cxgame.model.enums import OrderType, Side, TimeInForce
from cxgame.model.errors import Code, Rejection, reject
from cxgame.model.market import build_market
from cxgame.model.rules import MarketRules
from cxgame.wire.money import MarketMoney
from cxgame.wire.simulator_orders import (
    SIDES,
    TIMES_IN_FORCE,
    TYPES,
    checked_cid,
    order_command,
    said,
    word_of,
)

MONEY = MarketMoney(build_market(0, MarketRules("BTC/USD", "BTC", "USD"), 0, 1))


def command(
    quantity: bytes = b'"0.5"',
    price: bytes | None = b'"49000"',
    type: OrderType = OrderType.LIMIT,
    cid: str = "",
) -> PlaceOrder | Rejection:
    """An order to buy."""
    raw = None if price is None else Raw(price)
    return order_command(3, MONEY, Side.BUY, type, raw, Raw(quantity), TimeInForce.IOC, cid)


def code(found: PlaceOrder | Rejection) -> Code:
    """The code of a refusal."""
    assert isinstance(found, Rejection)
    return found.code


def test_an_order() -> None:
    """In ticks and lots, of the verb without a rule of its own."""
    found = command()
    assert isinstance(found, PlaceOrder)
    assert (found.account, found.market, found.side) == (3, 0, Side.BUY)
    assert (found.price, found.quantity) == (4_900_000, 5 * 10**9)
    assert (found.time_in_force, found.cid, found.fingerprint) == (TimeInForce.IOC, "", 0)


@pytest.mark.parametrize("quantity", [b"0.0001", b"1e-4", b'"0.00010"', b'"1E-4"', b'"1e-4"'])
def test_a_number_in_any_form(quantity: bytes) -> None:
    """JSON or text, with an exponent or without."""
    found = command(quantity)
    assert isinstance(found, PlaceOrder)
    assert found.quantity == 10**6


@pytest.mark.parametrize(
    "quantity",
    [
        b'"1E+400"',
        b"1E+400",
        b'"1E"',
        b'"E1"',
        b'"0x1E"',
        b'"1E5E5"',
        b'""',
        b'"1 E2"',
        b'"\\u0031E2"',
    ],
)
def test_what_is_no_number(quantity: bytes) -> None:
    """However it begins."""
    assert code(command(quantity)) is Code.PARAM_NUMBER


@pytest.mark.parametrize("quantity", [b"null", b"true", b"[]", b'{"a":1}'])
def test_what_is_something_else(quantity: bytes) -> None:
    """And the field is named as the client called it."""
    found = command(quantity)
    assert code(found) is Code.PARAM_TYPE
    assert isinstance(found, Rejection)
    assert '"quantity"' in found.text


def test_the_price_of_a_market_order_is_of_no_use() -> None:
    """It is not even read; a limit order needs one."""
    found = command(price=b'"nonsense"', type=OrderType.MARKET)
    assert isinstance(found, PlaceOrder)
    assert found.price == 0
    for price in (None, b"null"):
        refused = command(price=price)
        assert isinstance(refused, Rejection)
        assert said(refused) == "price required for LIMIT orders"


def test_a_named_order_is_known_by_its_body() -> None:
    """The same id with another body is told apart."""
    one, same, other = command(cid="a"), command(cid="a"), command(b'"0.6"', cid="a")
    assert isinstance(one, PlaceOrder)
    assert isinstance(other, PlaceOrder)
    assert one == same
    assert one.fingerprint not in (0, other.fingerprint)


def test_words() -> None:
    """As they are written, and nothing like them."""
    assert word_of("SELL", "side", SIDES) is Side.SELL
    assert word_of("LIMIT", "type", TYPES) is OrderType.LIMIT
    assert word_of("FOK", "time_in_force", TIMES_IN_FORCE) is TimeInForce.FOK
    refused = word_of("sell", "side", SIDES)
    assert isinstance(refused, Rejection)
    assert said(refused) == "Invalid \"side\": 'BUY' or 'SELL' expected."


def test_the_length_of_a_clients_own_id() -> None:
    """It is kept, so it is bounded."""
    assert checked_cid("x") is checked_cid("x" * 64) is None
    for given in ("", "x" * 65):
        refused = checked_cid(given)
        assert refused is not None
        assert refused.code is Code.PARAM_TYPE


@pytest.mark.parametrize(
    ("rejection", "words"),
    [
        (reject(Code.FUNDS_QUOTE, asset="USD", limit="1", got="2"), "Insufficient balance"),
        (reject(Code.FUNDS_BASE, asset="BTC", limit="1", got="2"), "Insufficient balance"),
        (reject(Code.ORDER_NOT_FOUND, got="5"), "Order not found"),
        (reject(Code.FILTER_SYMBOL, limit="", got="X/Y"), "Unknown symbol: X/Y"),
        (reject(Code.PARAM_MISSING, name="side, type"), "Missing required fields: side, type"),
        (reject(Code.STATE_PAUSED), reject(Code.STATE_PAUSED).text),
    ],
)
def test_what_is_said(rejection: Rejection, words: str) -> None:
    """The sentences that clients look for; all others are those of the codes."""
    assert said(rejection) == words
