"""Tickers: best prices and the last 24 hours of a market, from `book` and `candles`."""

from collections.abc import Awaitable, Callable
from decimal import Decimal
from typing import Any

Row = dict[str, Any]
Ask = Callable[[str, Row], Awaitable[Any]]
"""Asks a command and returns the `data` of its reply; raises for a refusal."""

HOURS = 24


async def ticker(ask: Ask, symbol: str) -> Row:
    """One market; prices and sizes are decimal text, null where there is none."""
    time = await ask("time", {})
    book = await ask("book", {"symbol": symbol, "depth": 2})
    hours = await ask("candles", {"symbol": symbol, "interval": "1h", "limit": HOURS})
    bid, bid_size = _best(book["bids"])
    ask_price, ask_size = _best(book["asks"])
    return {
        "symbol": symbol,
        "timestamp": time["ts"],
        "bid": bid,
        "bid_size": bid_size,
        "ask": ask_price,
        "ask_size": ask_size,
        **_day(hours),
    }


def _best(levels: list[list[str | None]]) -> tuple[str | None, str | None]:
    """The best price and all that is there at it; the house may stand beside players."""
    if not levels:
        return None, None
    price = levels[0][0]
    sizes = [level[1] for level in levels if level[0] == price]
    if None in sizes:  # the house has no end there
        return price, None
    return price, str(sum(Decimal(size) for size in sizes if size))


def _day(hours: list[Row]) -> Row:
    """What the hours come to; all null before the first trade ever."""
    if not hours:
        return dict.fromkeys(("open", "high", "low", "last", "volume"))
    return {
        "open": hours[0]["open"],
        "high": max((hour["high"] for hour in hours), key=Decimal),
        "low": min((hour["low"] for hour in hours), key=Decimal),
        "last": hours[-1]["close"],
        "volume": str(sum(Decimal(hour["volume"]) for hour in hours)),
    }
