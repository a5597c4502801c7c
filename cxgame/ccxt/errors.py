"""Which exception of ccxt each of our codes is.

By the code, never by the HTTP status: ccxt takes a 404 for an exchange that is down, and tries
again. What a code calls retryable is an exception that ccxt's programs try again, and nothing else.
"""

from typing import Any

import ccxt

from cxgame.model.errors import MEANINGS, Code

EXCEPTIONS: dict[Code, type[Exception]] = {
    code: getattr(ccxt, meaning.ccxt) for code, meaning in MEANINGS.items()
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
    code, data = reply["code"], reply.get("data")
    said = reply.get("message") or reply.get("error") or code
    error = exception_of(code)(f"{exchange} {said} ({code})")
    if isinstance(data, dict) and isinstance(data.get("wait_ms"), int):
        error.wait_ms = data["wait_ms"]  # type: ignore[attr-defined]
    raise error
