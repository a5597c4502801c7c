"""Rows in ccxt's structures, without a server."""

from decimal import Decimal
from typing import Any

import ccxt
import pytest
from ccxt.base.precise import Precise
from hypothesis import given
from hypothesis import strategies as st

import cxgame.ccxt
from cxgame.ccxt.rows import as_floats_add_up, milliseconds

MARKET = {
    "symbol": "XBT/USD",
    "base": "XBT",
    "quote": "USD",
    "tick": "0.01",
    "lot": "0.0000000001",
    "min_size": "0.00000001",
    "min_price": "0.1",
    "min_amount": "10.00",
    "maker_fee": "0",
    "taker_fee": "0.001",
    "phase": "open",
}
DIGITS = 27  # that a Decimal adds up exactly: nine before the point
amounts = st.integers(0, 10**DIGITS).map(lambda units: Decimal(units).scaleb(-18))


@pytest.fixture
def exchange() -> Any:
    """The class with one market, whose base ccxt would rename."""
    assert cxgame.ccxt.ID in ccxt.exchanges
    made = ccxt.cxgame()
    made.set_markets([made.parse_market(MARKET)])
    return made


@given(free=amounts, used=amounts)
def test_a_balance_adds_up_in_floats(free: Decimal, used: Decimal) -> None:
    """To the last digit that is shown, and none of it is invented."""
    texts = as_floats_add_up(f"{free:f}", f"{used:f}", f"{free + used:f}")
    shown = [repr(float(text)) for text in texts]
    assert Precise.string_eq(shown[2], Precise.string_add(shown[0], shown[1]))
    for text, exact in zip(shown, (free, used, free + used), strict=True):
        assert Decimal(text) <= exact
        assert exact - Decimal(text) <= (free + used) * Decimal("1e-13")


def test_a_balance_that_floats_can_hold_is_untouched() -> None:
    """Cents stay cents."""
    assert as_floats_add_up("9900.10", "99.90", "10000.00") == ("9900.10", "99.90", "10000.00")


def test_times_are_whole_milliseconds() -> None:
    """Rounded, as a float of seconds lies a little beside them."""
    assert [milliseconds(ms / 1000) for ms in range(1795218107000, 1795218108000)] == [
        *range(1795218107000, 1795218108000)
    ]


def test_symbols_keep_their_names(exchange: Any) -> None:
    """Also one that ccxt has another name for."""
    assert exchange.market("XBT/USD")["base"] == "XBT"
    assert exchange.market("XBT/USD")["limits"]["cost"] == {"min": 10.0, "max": None}


def test_the_house_joins_the_players_at_its_price(exchange: Any) -> None:
    """One row per price; a house without end shows a large amount."""
    bids = [["10.00", "1.5"], ["10.00", "2", "house"], ["9.00", None, "house"]]
    book = {"symbol": "XBT/USD", "seq": 7, "bids": bids, "asks": []}
    shown = exchange.parse_book(book, 1)
    assert shown["bids"] == [[10.0, 3.5], [9.0, 1_000_000.0]]
    assert shown["nonce"] == 7


@pytest.mark.parametrize(
    ("status", "filled", "shown", "amount", "remaining"),
    [
        ("open", "0.0", "open", None, None),
        ("filled", "0.5", "closed", 0.5, 0.0),
        ("cancel", "0.2", "canceled", 0.2, 0.0),
    ],
)
def test_what_a_budget_buys_is_its_amount_at_the_end(
    exchange: Any, status: str, filled: str, shown: str, amount: float | None, remaining: Any
) -> None:
    """Before that nobody knows it."""
    row = {
        "timestamp": 1795218107.816,
        "id": "5",
        "amount": "110.00",
        "price": "1000.00",
        "side": "buy_market",
        "status": status,
        "filled_size": filled,
        "user": "alice",
        "symbol": "XBT/USD",
        "quantity": None,
        "type": "market",
        "average_price": "1100.00" if filled != "0.0" else None,
        "fee": "0.00",
    }
    order = exchange.parse_order(row)
    assert (order["side"], order["status"], order["amount"]) == ("buy", shown, amount)
    assert order["remaining"] == remaining


def test_an_orders_cost_is_that_of_its_fills(exchange: Any) -> None:
    """Exactly, though its average is rounded."""
    fill = {"fill_id": "1", "side": "buy", "fee": "0.01", "role": "taker", "order_id": "7"}
    fill |= {"timestamp": 1.5, "symbol": "XBT/USD"}
    row = {
        "timestamp": 1.0,
        "id": "7",
        "price": "10.00",
        "side": "buy",
        "status": "filled",
        "filled_size": "0.3",
        "symbol": "XBT/USD",
        "quantity": "0.3",
        "type": "limit",
        "time_in_force": "gtc",
        "average_price": "6.6666666666",
        "fee": "0.02",
        "fills": [
            {**fill, "price": "5.00", "filled_size": "0.1"},
            {**fill, "price": "7.50", "filled_size": "0.2"},
        ],
    }
    order = exchange.parse_order(row)
    assert order["cost"] == 2.0
    assert [trade["cost"] for trade in order["trades"]] == [0.5, 1.5]
    assert order["fee"] == {"cost": 0.02, "currency": "USD"}
    assert order["lastTradeTimestamp"] == 1500
