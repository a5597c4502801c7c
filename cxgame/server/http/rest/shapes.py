"""What balances, tickers and overviews look like, in the words of OpenAPI, with an example each."""

from cxgame.server.http.rest.openapi import (
    COUNT,
    NUMBER,
    TEXT,
    YES_NO,
    Schema,
    in_path,
    or_null,
    row,
    rows,
)


def by_name(schema: Schema) -> Schema:
    """An object whose members have names of their own: assets, symbols."""
    return {"type": "object", "additionalProperties": schema}


def numbers(*names: str) -> Schema:
    """An object of numbers."""
    return row(dict.fromkeys(names, NUMBER))


def number_in(text: str, otherwise: float | None = None) -> Schema:
    """A number above zero in a body, as JSON number or text; `otherwise` is the default."""
    return _number_in({"minimum": 1e-18}, "[1-9][0-9]{0,14}", (), text, otherwise)


def column_in(text: str, otherwise: float) -> Schema:
    """A number in a body that may be zero."""
    return _number_in({"minimum": 0}, "[0-9]{1,15}", (), text, otherwise)


def optional_in(text: str) -> Schema:
    """A number in a body that may be zero, and null as if it were not there."""
    return _number_in({"minimum": 0}, "[0-9]{1,15}", ({"type": "null"},), text, None)


def _number_in(
    least: Schema, whole: str, also: tuple[Schema, ...], text: str, otherwise: float | None
) -> Schema:
    number = {"type": "number", **least, "maximum": 1e15}
    in_text = {"type": "string", "pattern": rf"^{whole}(\.[0-9]{{1,18}})?$"}
    schema: Schema = {"anyOf": [number, in_text, *also], "description": text}
    return schema if otherwise is None else {**schema, "default": otherwise}


ASSET = in_path("asset", "An asset, as it is written in symbols: case matters.", "USDT")
STATUS = row({"status": TEXT})

_BALANCE = {"asset": TEXT, "free": NUMBER, "used": NUMBER, "total": NUMBER}
BALANCE = row(_BALANCE)
BALANCE_EXAMPLE = {"asset": "USDT", "free": 99500.0, "used": 500.0, "total": 100000.0}
BALANCES = by_name(BALANCE)
BALANCES_EXAMPLE = {"USDT": BALANCE_EXAMPLE}
ASSETS = row({"length": COUNT, "assets": rows(TEXT)})
ASSETS_EXAMPLE = {"length": 2, "assets": ["BTC", "USDT"]}

AMOUNT: Schema = {
    "type": "object",
    "properties": {"amount": number_in("How much of the asset.", 100000)},
}
AMOUNT_EXAMPLE = {"amount": 100000}
FUNDING: Schema = {
    "type": "object",
    "required": ["asset"],
    "properties": {
        "asset": TEXT,
        "amount": number_in("How much of it.", 100000),
        "user": {**TEXT, "description": "To whom; without one, to yourself."},
    },
}
FUNDING_EXAMPLE = {"asset": "USDT", "amount": 100000}
COLUMNS: Schema = {
    "type": "object",
    "properties": {
        "free": column_in("What can be spent.", 1),
        "used": optional_in("What is held; left out, it stays as it is."),
    },
}
COLUMNS_EXAMPLE = {"free": 1000, "used": 0}

SYMBOLS = rows(TEXT)
SYMBOLS_EXAMPLE = ["BTC/USDT", "ETH/USDT"]
_TICKER = {
    "symbol": TEXT,
    "price": NUMBER,
    "timestamp": NUMBER,
    "bid": NUMBER,
    "ask": NUMBER,
    "bid_volume": NUMBER,
    "ask_volume": NUMBER,
}
TICKER = row(_TICKER)
TICKER_EXAMPLE = {
    "symbol": "BTC/USDT",
    "price": 60000.0,
    "timestamp": 1795218184.25,
    "bid": 59994.0,
    "ask": 60006.0,
    "bid_volume": 1000000000.0,
    "ask_volume": 1000000000.0,
}
TICKERS = by_name({"anyOf": [row({**_TICKER, "info": TEXT}), row({"error": TEXT})]})
TICKERS_EXAMPLE = {
    "BTC/USDT": {**TICKER_EXAMPLE, "info": "Quotes of BTC/USDT"},
    "X/Y": {"error": "Ticker X/Y not available"},
}
PRICE: Schema = {
    "type": "object",
    "required": ["price"],
    "properties": {
        "price": number_in("Bid and ask from now on."),
        "bid_volume": optional_in("What the house buys; left out, 1e12 / price."),
        "ask_volume": optional_in("What the house sells; left out, 1e12 / price."),
    },
}
PRICE_EXAMPLE = {"price": 60000}

_FLOW = {"ref_symbol": TEXT, "asset_quantity": NUMBER, "ref_value": NUMBER}
FLOW = row(_FLOW, optional=tuple(_FLOW))
CAPITAL: Schema = {
    "anyOf": [
        numbers("equity", "deposits", "withdrawals", "profit_loss"),
        row(
            {
                "balance": by_name(row({**_BALANCE, "price": or_null(NUMBER), "value": NUMBER})),
                "investment_assets": by_name(row({"deposits": FLOW, "withdrawals": FLOW})),
            }
        ),
    ]
}
CAPITAL_EXAMPLE = {
    "equity": 100120.5,
    "deposits": 100000.0,
    "withdrawals": 0.0,
    "profit_loss": 120.5,
}

_FROZEN = ("assets_frozen_value", "cash_frozen_value", "total_frozen_value")
_OTHERS = (
    "assets_free_value",
    "assets_total_value",
    "cash_free_value",
    "cash_total_value",
    "total_free_value",
    "total_equity",
)
OVERVIEW = row(
    {
        "balance_source": numbers(*_OTHERS, *_FROZEN),
        "orders_source": numbers(*_FROZEN),
        "misc": row({"cash_asset": TEXT, "mismatch": row(dict.fromkeys(_FROZEN, YES_NO))}),
    }
)
OVERVIEW_EXAMPLE = {
    "balance_source": {
        "assets_free_value": 6000.0,
        "assets_total_value": 6000.0,
        "cash_free_value": 93500.0,
        "cash_total_value": 94000.0,
        "total_free_value": 99500.0,
        "total_equity": 100000.0,
        "assets_frozen_value": 0.0,
        "cash_frozen_value": 500.0,
        "total_frozen_value": 500.0,
    },
    "orders_source": {
        "assets_frozen_value": 0.0,
        "cash_frozen_value": 500.0,
        "total_frozen_value": 500.0,
    },
    "misc": {"cash_asset": "USDT", "mismatch": dict.fromkeys(_FROZEN, False)},
}

_MEASURES = row(dict.fromkeys(("count", "amount", "notional", "fee"), by_name(by_name(TEXT))))
TRADES = row({"BUY": _MEASURES, "SELL": _MEASURES}, optional=("BUY", "SELL"))
TRADES_EXAMPLE = {
    "BUY": {
        "count": {"BTC": {"USDT": "1"}},
        "amount": {"BTC": {"USDT": "0.1"}},
        "notional": {"BTC": {"USDT": "6000.6"}},
        "fee": {"BTC": {"USDT": "4.50045"}},
    },
    "SELL": {"count": {}, "amount": {}, "notional": {}, "fee": {}},
}
