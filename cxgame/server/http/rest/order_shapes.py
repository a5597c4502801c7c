"""What orders look like on this face, in the words of OpenAPI, with an example each."""

from cxgame.server.http.rest.openapi import (
    COUNT,
    NUMBER,
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
from cxgame.server.http.rest.order_rows import CLOSED_STATUSES, OPEN_STATUSES
from cxgame.wire.fields import MAX_CID

_STATUS = one_of(*OPEN_STATUSES, *CLOSED_STATUSES)
_SIDE, _TYPE = one_of("buy", "sell"), one_of("market", "limit")
_NUMBER = or_null(NUMBER)
_PLUS: Schema = {"type": "number", "exclusiveMinimum": 0, "maximum": 1e15}
_PLUS_TEXT: Schema = {"type": "string", "pattern": r"^[1-9][0-9]{0,14}(\.[0-9]{1,18})?$"}
_AMOUNT: Schema = {"anyOf": [_PLUS, _PLUS_TEXT]}

_ENTRY = {
    "ts": COUNT,
    "status": _STATUS,
    "price": _NUMBER,
    "amount_remain": NUMBER,
    "actual_filled": _NUMBER,
    "actual_notion": _NUMBER,
    "actual_fee": _NUMBER,
    "reserved_notion_left": NUMBER,
    "reserved_fee_left": NUMBER,
    "comment": or_null(TEXT),
}
_ORDER = {
    "id": TEXT,
    "symbol": TEXT,
    "side": _SIDE,
    "type": _TYPE,
    "amount": NUMBER,
    "notion_currency": TEXT,
    "fee_currency": TEXT,
    "fee_rate": NUMBER,
    "actual_filled": NUMBER,
    "price": _NUMBER,
    "limit_price": _NUMBER,
    "status": _STATUS,
    "initial_booked_notion": NUMBER,
    "reserved_notion_left": NUMBER,
    "actual_notion": NUMBER,
    "initial_booked_fee": NUMBER,
    "reserved_fee_left": NUMBER,
    "actual_fee": NUMBER,
    "ts_create": COUNT,
    "ts_update": COUNT,
    "ts_finish": or_null(COUNT),
    "comment": or_null(TEXT),
    "history_count": COUNT,
    "history": {"type": "object", "additionalProperties": row(_ENTRY)},
}
ORDER = row(_ORDER, ("history",))
ORDER_EXAMPLE = {
    "id": "17",
    "symbol": "BTC/USDT",
    "side": "buy",
    "type": "limit",
    "amount": 0.01,
    "notion_currency": "USDT",
    "fee_currency": "USDT",
    "fee_rate": 0.001,
    "actual_filled": 0.0,
    "price": None,
    "limit_price": 50000.0,
    "status": "new",
    "initial_booked_notion": 500.0,
    "reserved_notion_left": 500.0,
    "actual_notion": 0.0,
    "initial_booked_fee": 0.5,
    "reserved_fee_left": 0.5,
    "actual_fee": 0.0,
    "ts_create": 1795218692738,
    "ts_update": 1795218692738,
    "ts_finish": None,
    "comment": None,
    "history_count": 1,
}
ORDERS = rows(ORDER)
ORDERS_EXAMPLE = [ORDER_EXAMPLE]
IDS = row({"length": COUNT, "orders": rows(TEXT)})
IDS_EXAMPLE = {"length": 1, "orders": ["17"]}

_NEW = {
    "symbol": {
        "type": "string",
        "description": "A market; without it BTC/USDT, or the game's first if there is none.",
    },
    "side": _SIDE,
    "type": {**_TYPE, "default": "market"},
    "amount": {**_AMOUNT, "description": "Of the base asset; rounded down to the lot."},
    "limit_price": {
        "anyOf": [_PLUS, _PLUS_TEXT, {"type": "null"}],
        "description": "Of a limit order; a buy's is rounded down to the tick, a sell's up.",
    },
}
NEW_ORDER: Schema = {
    "type": "object",
    "required": ["side", "amount"],
    "properties": {
        **_NEW,
        "cid": {
            "anyOf": [{"type": "string", "minLength": 1, "maxLength": MAX_CID}, {"type": "null"}],
            "description": "An id of your own: sent again, the order is answered, not repeated.",
        },
    },
}
NEW_ORDER_EXAMPLE = {
    "symbol": "BTC/USDT",
    "side": "buy",
    "type": "limit",
    "amount": 0.01,
    "limit_price": 50000,
}
DRY_RUN: Schema = {
    "type": "object",
    "required": ["side", "amount"],
    "properties": {**_NEW, "price": {**_NEW["limit_price"], "description": "As limit_price."}},
}
DRY_RUN_EXAMPLE = {"symbol": "BTC/USDT", "side": "buy", "amount": 0.05}
VERDICT = row({"ok": YES_NO, "reason": or_null(TEXT)})
VERDICT_EXAMPLE = {"ok": False, "reason": "need 10010000.00 USDT, have 99098.51"}
CANCELED = row(
    {"canceled_order": ORDER, "freed": {"type": "object", "additionalProperties": NUMBER}}
)
CANCELED_EXAMPLE = {
    "canceled_order": {**ORDER_EXAMPLE, "status": "canceled", "comment": "Order canceled by user"},
    "freed": {"BTC": 0.0, "USDT": 500.5},
}

ORDER_ID = in_path("oid", "The order's id.", "17")
WITH_HISTORY = query("include_history", YES_NO, "Whether every change is shown, too.")
FILTERS = (
    query("status", _STATUS, "Only orders that stand there."),
    query("symbol", TEXT, "Only orders of this market."),
    query("side", _SIDE, "Only buys, or sells."),
    query("tail", {**COUNT, "format": "int32"}, "The last so many; all of them for 0 or less."),
)
