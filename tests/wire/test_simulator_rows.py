"""The simulator's rows: words, exact numbers, times."""

import json
from typing import Any

import pytest

from cxgame.engine.orders import Order
from cxgame.history.rows import PublicTrade
from cxgame.model.commands import PlaceOrder
from cxgame.model.enums import OrderStatus, OrderType, SelfTrade, Side, Verb
from cxgame.model.market import build_market
from cxgame.model.rules import MarketRules
from cxgame.wire.simulator_rows import (
    STATUSES,
    Watched,
    ack_members,
    amount_text,
    figures,
    iso_time,
    levels_row,
    order_members,
    status_word,
    ticker_row,
    trade_row,
)

MARKET = build_market(0, MarketRules("BTC/USD", "BTC", "USD"), 0, 1)
SHOWN = figures(MARKET)
WALL_MS = 1_700_000_000_007


def an_order(
    *, side: Side = Side.BUY, type: OrderType = OrderType.LIMIT, cid: str = "", **state: Any
) -> Order:
    """An order of 0.5 at 49,000."""
    command = PlaceOrder(1, 0, Verb.ORDER, side, type, 4_900_000, 5 * 10**9, cid=cid)
    order = Order(17, command, 4_900_000, 0, SelfTrade.NONE, WALL_MS)
    for name, value in state.items():
        setattr(order, name, value)
    return order


def test_an_order_in_the_words_of_rest() -> None:
    """Numbers as short as they can be, the client's own id only where there is one."""
    assert json.loads(f"{{{order_members(an_order(), SHOWN)}}}") == {
        "order_id": "17",
        "symbol": "BTC/USD",
        "side": "BUY",
        "type": "LIMIT",
        "status": "OPEN",
        "price": "49000",
        "quantity": "0.5",
        "filled_quantity": "0",
        "created_at": "2023-11-14T22:13:20.007Z",
    }
    named = order_members(an_order(cid='"mine'), SHOWN)
    assert json.loads(f"{{{named}}}")["client_order_id"] == '"mine'


def test_an_order_in_the_words_of_an_ack() -> None:
    """A market order has no price, and what it trades on is `order_type`."""
    order = an_order(side=Side.SELL, type=OrderType.MARKET, status=OrderStatus.FILLED)
    order.filled = order.quantity
    assert json.loads(f"{{{ack_members(order, SHOWN)}}}") == {
        "order_id": "17",
        "status": "FILLED",
        "symbol": "BTC/USD",
        "side": "SELL",
        "order_type": "MARKET",
        "price": None,
        "quantity": "0.5",
        "filled_quantity": "0.5",
    }


@pytest.mark.parametrize(
    ("state", "word"),
    [
        ({}, "OPEN"),
        ({"filled": 1}, "PARTIALLY_FILLED"),
        ({"type": OrderType.MARKET}, "PENDING"),
        ({"status": OrderStatus.FILLED}, "FILLED"),
        ({"status": OrderStatus.CANCEL, "filled": 1}, "CANCELLED"),
        ({"status": OrderStatus.REJECTED}, "REJECTED"),
    ],
)
def test_where_an_order_stands(state: dict[str, Any], word: str) -> None:
    """One word for each, all of them in the list."""
    order = an_order(**state)
    assert status_word(order) == word
    assert word in STATUSES


def test_an_order_for_an_amount_shows_what_it_has_got() -> None:
    """Other faces know market buys that spend an amount of money."""
    row = json.loads(f"{{{order_members(an_order(quantity=0, filled=10**9), SHOWN)}}}")
    assert (row["quantity"], row["filled_quantity"]) == ("0.1", "0.1")


def test_numbers() -> None:
    """Half ticks are exact, amounts whole where they are."""
    assert (SHOWN.mid(9_999_999), SHOWN.mid(10_000_000)) == ("49999.995", "50000")
    assert (SHOWN.price(10), SHOWN.size(1)) == ("0.1", "0.0000000001")
    assert (amount_text(10**29), amount_text(10**22)) == ("100000", "0.01")
    assert iso_time(0) == "1970-01-01T00:00:00.000Z"


def test_a_ticker() -> None:
    """A side that nobody is on is null."""
    watched = Watched(9_999_999, 0, 5_000_250, 10_000_000, 9_999_998, 5 * 10**9, WALL_MS)
    assert json.loads(ticker_row(watched, SHOWN)) == {
        "symbol": "BTC/USD",
        "last_price": "49999.995",
        "bid": None,
        "ask": "50002.5",
        "high_24h": "50000",
        "low_24h": "49999.99",
        "volume_24h": "0.5",
        "timestamp": "2023-11-14T22:13:20.007Z",
    }


def test_a_trade() -> None:
    """The side is the taker's."""
    trade = PublicTrade(3, 0, 5_000_000, 10**10, Side.SELL, 1, 2, WALL_MS)
    assert json.loads(trade_row(trade, SHOWN)) == {
        "trade_id": "3",
        "symbol": "BTC/USD",
        "price": "50000",
        "quantity": "1",
        "side": "SELL",
        "timestamp": "2023-11-14T22:13:20.007Z",
    }


def test_levels() -> None:
    """The house's are marked, and may have no end."""
    levels = [(5_000_000, 10**10, False), (4_999_999, None, True)]
    assert json.loads(levels_row(levels, SHOWN)) == [
        {"price": "50000", "quantity": "1"},
        {"price": "49999.99", "quantity": None, "house": True},
    ]
