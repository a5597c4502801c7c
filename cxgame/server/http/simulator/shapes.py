"""What requests and answers of this face look like, in the words of OpenAPI, with examples."""

from typing import Any

from cxgame.server.http.rest.openapi import (
    COUNT,
    NUMBER_IN,
    TEXT,
    YES_NO,
    Schema,
    in_path,
    one_of,
    or_null,
    query,
    row,
    rows,
)
from cxgame.server.http.rest.shapes import by_name
from cxgame.wire.fields import MAX_CID, MAX_DEPTH
from cxgame.wire.simulator_rows import SIDE_WORDS, STATUSES, TYPE_WORDS

DECIMAL: Schema = {"type": "string", "pattern": r"^[0-9]+(\.[0-9]+)?$"}
TIME: Schema = {"type": "string", "format": "date-time"}

# Parameters

ORDER_ID = in_path("order_id", "The order's id.", "17")
SYMBOL: Schema = {
    "name": "symbol",
    "in": "query",
    "required": True,
    "schema": TEXT,
    "description": "A market.",
    "example": "BTC/USD",
}
ORDER_FILTERS = (
    query("symbol", TEXT, "Only orders of this market."),
    query("status", one_of(*STATUSES), "Only orders that stand so, in any case of letters."),
)


def _count(name: str, most: int, otherwise: int, text: str) -> Schema:
    schema = {"type": "integer", "minimum": 1, "maximum": most, "default": otherwise}
    return query(name, schema, text)


PRICE_FILTERS = (
    SYMBOL,
    query("start", TIME, "From when on; then the first prices from there."),
    query("end", TIME, "Until when."),
    _count("limit", 2_000, 100, "How many."),
)
BOOK_FILTERS = (SYMBOL, _count("depth", MAX_DEPTH, 20, "How many levels of a side."))
TRADE_FILTERS = (
    SYMBOL,
    _count("limit", 1_000, 100, "How many."),
    query("after", {"type": "integer", "minimum": 0}, "The first trades after this id."),
)

# Orders

_ORDER_MEMBERS: dict[str, Schema] = {
    "order_id": TEXT,
    "symbol": TEXT,
    "side": one_of(*SIDE_WORDS),
    "type": one_of(*TYPE_WORDS),
    "status": one_of(*STATUSES),
    "price": or_null(DECIMAL),
    "quantity": DECIMAL,
    "filled_quantity": DECIMAL,
    "created_at": TIME,
    "client_order_id": TEXT,
    "updated_at": TIME,
}
ORDER = row(_ORDER_MEMBERS, ("client_order_id", "updated_at"))
ORDER_EXAMPLE: dict[str, Any] = {
    "order_id": "17",
    "symbol": "BTC/USD",
    "side": "BUY",
    "type": "LIMIT",
    "status": "OPEN",
    "price": "49000",
    "quantity": "0.5",
    "filled_quantity": "0",
    "created_at": "2026-11-21T14:30:00.125Z",
    "client_order_id": "first",
}
LOOKED_AT_EXAMPLE = {**ORDER_EXAMPLE, "updated_at": "2026-11-21T14:30:00.125Z"}
ORDERS = row({"orders": rows(ORDER)})
ORDERS_EXAMPLE = {"orders": [LOOKED_AT_EXAMPLE]}
CANCELLED = row({"order_id": TEXT, "status": one_of("cancelled")})
CANCELLED_EXAMPLE = {"order_id": "17", "status": "cancelled"}

_CID: Schema = {"type": "string", "minLength": 1, "maxLength": MAX_CID}
NEW_ORDER = row(
    {
        "symbol": TEXT,
        "side": one_of(*SIDE_WORDS),
        "type": one_of(*TYPE_WORDS),
        "quantity": NUMBER_IN,
        "price": or_null(NUMBER_IN),
        "time_in_force": or_null(one_of("GTC", "IOC", "FOK")),
        "client_order_id": or_null(_CID),
        "cid": or_null(_CID),
    },
    ("price", "time_in_force", "client_order_id", "cid"),
)
NEW_ORDER_EXAMPLE = {
    "symbol": "BTC/USD",
    "side": "BUY",
    "type": "LIMIT",
    "quantity": "0.5",
    "price": "49000",
    "time_in_force": "GTC",
    "client_order_id": "first",
}

# The account

_AMOUNTS = by_name(DECIMAL)
BALANCES = row({"balances": _AMOUNTS, "available": _AMOUNTS, "held": _AMOUNTS})
BALANCES_EXAMPLE = {
    "balances": {"BTC": "10", "USD": "100000"},
    "available": {"BTC": "10", "USD": "75500"},
    "held": {"BTC": "0", "USD": "24500"},
}
POSITION = row({"symbol": TEXT, "asset": TEXT, "quantity": DECIMAL})
POSITION_EXAMPLE = {"symbol": "BTC/USD", "asset": "BTC", "quantity": "10"}

# The market

SYMBOLS = row({"symbols": rows(TEXT)})
SYMBOLS_EXAMPLE = {"symbols": ["BTC/USD", "ETH/USD"]}
TICKER = row(
    {
        "symbol": TEXT,
        "last_price": DECIMAL,
        "bid": or_null(DECIMAL),
        "ask": or_null(DECIMAL),
        "high_24h": DECIMAL,
        "low_24h": DECIMAL,
        "volume_24h": DECIMAL,
        "timestamp": TIME,
    }
)
TICKER_EXAMPLE = {
    "symbol": "BTC/USD",
    "last_price": "50000",
    "bid": "49997.5",
    "ask": "50002.5",
    "high_24h": "50011.25",
    "low_24h": "49987.4",
    "volume_24h": "1.5",
    "timestamp": "2026-11-21T14:30:00.125Z",
}
_PRICE = row(
    {
        "timestamp": TIME,
        "price": DECIMAL,
        "bid": or_null(DECIMAL),
        "ask": or_null(DECIMAL),
        "volume_24h": DECIMAL,
    }
)
PRICES = row({"symbol": TEXT, "prices": rows(_PRICE)})
PRICES_EXAMPLE = {
    "symbol": "BTC/USD",
    "prices": [
        {
            "timestamp": "2026-11-21T14:30:00.125Z",
            "price": "50000",
            "bid": "49997.5",
            "ask": "50002.5",
            "volume_24h": "1.5",
        }
    ],
}
_LEVEL = row({"price": DECIMAL, "quantity": or_null(DECIMAL), "house": YES_NO}, ("house",))
ORDERBOOK = row(
    {
        "symbol": TEXT,
        "timestamp": TIME,
        "seq": COUNT,
        "bids": rows(_LEVEL),
        "asks": rows(_LEVEL),
    }
)
ORDERBOOK_EXAMPLE = {
    "symbol": "BTC/USD",
    "timestamp": "2026-11-21T14:30:00.125Z",
    "seq": 417,
    "bids": [
        {"price": "49997.5", "quantity": "10", "house": True},
        {"price": "49000", "quantity": "0.5"},
    ],
    "asks": [{"price": "50002.5", "quantity": "10", "house": True}],
}
_TRADE = row(
    {
        "trade_id": TEXT,
        "symbol": TEXT,
        "price": DECIMAL,
        "quantity": DECIMAL,
        "side": one_of(*SIDE_WORDS),
        "timestamp": TIME,
    }
)
TRADES = row({"symbol": TEXT, "trades": rows(_TRADE)})
TRADES_EXAMPLE = {
    "symbol": "BTC/USD",
    "trades": [
        {
            "trade_id": "3",
            "symbol": "BTC/USD",
            "price": "50002.5",
            "quantity": "0.5",
            "side": "BUY",
            "timestamp": "2026-11-21T14:30:00.125Z",
        }
    ],
}
