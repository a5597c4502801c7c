"""The frames of `/ws`, as the client reads them. Without I/O; what is in them, nobody has checked.

A line may change bytes, so a frame that lacks something, or has nonsense in it, is no bug: whoever
takes one apart does so within `readable`.
"""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

Frame = dict[str, Any]
Row = dict[str, Any]

CHANNELS = ("TICKER", "TRADES", "ORDERBOOK", "ORDERBOOK_L2")
BOOKS = frozenset({"ORDERBOOK", "ORDERBOOK_L2"})
OVER = frozenset({"FILLED", "CANCELLED", "REJECTED"})  # states from which an order never returns
OPEN = ("OPEN", "PARTIALLY_FILLED", "PENDING")

_CHANNEL_OF = {"MARKET_DATA": "TICKER", "TRADE": "TRADES"}


class Unreadable(Exception):
    """Something that came is not what it says it is."""


@contextmanager
def readable() -> Iterator[None]:
    """Within, whatever a mangled message does to a reader becomes `Unreadable`."""
    try:
        yield
    except (LookupError, TypeError, ValueError, ArithmeticError, AttributeError) as error:
        raise Unreadable(f"{type(error).__name__}: {error}") from error


def read_frame(raw: str | bytes) -> Frame:
    """A message as a frame. Raises `Unreadable`."""
    try:
        frame = json.loads(raw)
    except (ValueError, RecursionError):
        raise Unreadable("no JSON") from None
    if not isinstance(frame, dict) or not isinstance(frame.get("type"), str):
        raise Unreadable("no frame")
    return frame


def stream_of(frame: Frame) -> tuple[str, str] | None:
    """The channel and symbol that number this frame; None: it has no number."""
    if not isinstance(frame.get("sequence_id"), int):
        return None
    channel = _CHANNEL_OF.get(frame["type"], frame.get("channel"))
    symbol = frame.get("symbol")
    return (channel, symbol) if channel in CHANNELS and isinstance(symbol, str) else None


def order_in(frame: Frame) -> Row:
    """The order of an ORDER_ACK, in the words of REST."""
    row = {
        "order_id": frame["order_id"],
        "symbol": frame["symbol"],
        "side": frame["side"],
        "type": frame["order_type"],
        "status": frame["status"],
        "price": frame["price"],
        "quantity": frame["quantity"],
        "filled_quantity": frame.get("filled_quantity", "0"),
        "created_at": frame.get("timestamp"),
    }
    for name in ("client_order_id", "replayed"):
        if name in frame:
            row[name] = frame[name]
    return row
