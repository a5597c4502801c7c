"""Which exception of ccxt each of our codes is.

By the code, never by the HTTP status: ccxt takes a 404 for an exchange that is down, and tries
again. What a code calls retryable is an exception that ccxt's programs try again, and nothing else.
"""

from typing import Any

import ccxt

from cxgame.model.errors import Code

EXCEPTIONS: dict[Code, type[Exception]] = {
    Code.PARAM_JSON: ccxt.BadRequest,
    Code.PARAM_COMMAND: ccxt.NotSupported,
    Code.PARAM_MISSING: ccxt.ArgumentsRequired,
    Code.PARAM_UNKNOWN: ccxt.BadRequest,
    Code.PARAM_TYPE: ccxt.BadRequest,
    Code.PARAM_NUMBER: ccxt.BadRequest,
    Code.PARAM_NAME: ccxt.BadRequest,
    Code.FILTER_SYMBOL: ccxt.BadSymbol,
    Code.FILTER_TICK: ccxt.InvalidOrder,
    Code.FILTER_LOT: ccxt.InvalidOrder,
    Code.FILTER_MIN_SIZE: ccxt.InvalidOrder,
    Code.FILTER_MIN_PRICE: ccxt.InvalidOrder,
    Code.FILTER_MIN_AMOUNT: ccxt.InvalidOrder,
    Code.FILTER_MAX: ccxt.InvalidOrder,
    Code.AUTH_REQUIRED: ccxt.AuthenticationError,
    Code.AUTH_UNKNOWN_USER: ccxt.AuthenticationError,
    Code.AUTH_TOKEN: ccxt.AuthenticationError,
    Code.AUTH_PASSWORD: ccxt.AuthenticationError,
    Code.AUTH_USER_TAKEN: ccxt.AuthenticationError,
    Code.AUTH_NOT_LISTED: ccxt.PermissionDenied,
    Code.AUTH_SECRET_REQUIRED: ccxt.PermissionDenied,
    Code.AUTH_SECRET: ccxt.PermissionDenied,
    Code.LIMIT_RATE: ccxt.RateLimitExceeded,
    Code.LIMIT_MESSAGE: ccxt.BadRequest,
    Code.LIMIT_USERS: ccxt.AccountNotEnabled,
    Code.LIMIT_ORDERS: ccxt.InvalidOrder,
    Code.LIMIT_LEVELS: ccxt.InvalidOrder,
    Code.LIMIT_TRIGGERS: ccxt.InvalidOrder,
    Code.LIMIT_CONNECTIONS: ccxt.DDoSProtection,
    Code.FUNDS_QUOTE: ccxt.InsufficientFunds,
    Code.FUNDS_BASE: ccxt.InsufficientFunds,
    Code.FUNDS_WITHDRAWAL: ccxt.InsufficientFunds,
    Code.ORDER_NOT_FOUND: ccxt.OrderNotFound,
    Code.ORDER_NOT_MAKER: ccxt.OrderImmediatelyFillable,
    Code.ORDER_POST_ONLY: ccxt.OrderImmediatelyFillable,
    Code.ORDER_FOK: ccxt.OrderNotFillable,
    Code.ORDER_NO_MATCH: ccxt.OrderNotFillable,
    Code.ORDER_CID_REUSED: ccxt.DuplicateOrderId,
    Code.ORDER_NOT_AMENDABLE: ccxt.InvalidOrder,
    Code.ORDER_WOULD_TRIGGER: ccxt.OrderImmediatelyFillable,
    Code.STATE_NOT_OPEN: ccxt.OnMaintenance,
    Code.STATE_PAUSED: ccxt.OnMaintenance,
    Code.STATE_CLOSED: ccxt.MarketClosed,
    Code.STATE_SHARED: ccxt.OperationRejected,
    Code.STATE_DEADLINE: ccxt.OperationRejected,
    Code.STATE_HALTED: ccxt.ExchangeNotAvailable,
    Code.STATE_UNKNOWN: ccxt.RequestTimeout,  # it may have been done: ask before trying again
    Code.INTERNAL_ENGINE: ccxt.ExchangeError,
}

# Of a server that is newer than this table: by the code's first word.
_FAMILIES: dict[str, type[Exception]] = {
    "PARAM": ccxt.BadRequest,
    "FILTER": ccxt.InvalidOrder,
    "AUTH": ccxt.AuthenticationError,
    "LIMIT": ccxt.OperationRejected,
    "FUNDS": ccxt.InsufficientFunds,
    "ORDER": ccxt.InvalidOrder,
    "STATE": ccxt.OperationRejected,
}
_UNKNOWN: type[Exception] = ccxt.ExchangeError


def exception_of(code: str) -> type[Exception]:
    """The exception of a code, also of one that is not known here."""
    for known, exception in EXCEPTIONS.items():
        if known == code:
            return exception
    return _FAMILIES.get(code.partition("_")[0], _UNKNOWN)


def raise_for(exchange: str, reply: Any) -> None:
    """Raise what a reply says; nothing for one that is no refusal."""
    if not isinstance(reply, dict) or not isinstance(reply.get("code"), str):
        return
    code = reply["code"]
    said = reply.get("message") or reply.get("error") or code
    raise exception_of(code)(f"{exchange} {said} ({code})")
