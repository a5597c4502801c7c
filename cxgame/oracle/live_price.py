"""What an exchange says of a market, made into one price that can be written.

ccxt gives a dict of fields that may be missing, None, zero or nonsense, each exchange in its own
way. Nothing here knows of connections: a dict comes in, a price or None goes out.
"""

from collections.abc import Mapping
from decimal import Context, Decimal
from typing import NamedTuple

from cxgame.oracle.numbers import MAX_PRICE, MIN_PRICE, OracleError, read_decimal

# Stamps above are milliseconds: as seconds they would lie thirty thousand years ahead.
_LATEST_SECOND = Decimal("1e12")
# All that a double says, and short enough for every reader of tickers.
_DIGITS = Context(prec=18)


class LivePrice(NamedTuple):
    """One market's price as an exchange has it; None where it does not say."""

    symbol: str
    price: Decimal
    timestamp_s: Decimal  # since 1970
    bid: Decimal | None = None
    ask: Decimal | None = None
    bid_volume: Decimal | None = None
    ask_volume: Decimal | None = None


def live_price(symbol: str, ticker: object, now_s: float) -> LivePrice | None:
    """The price in a ccxt ticker: the last one, else the close, else the middle of bid and ask.

    What is not above zero does not count; None when no price is left. `now_s` stands in where the
    exchange gives no time.
    """
    if not isinstance(ticker, Mapping):
        return None
    bid, ask = _sensible(ticker.get("bid")), _sensible(ticker.get("ask"))
    if bid is not None and ask is not None and bid > ask:  # a glitch: neither can be believed
        bid = ask = None
    middle = (bid + ask) / 2 if bid is not None and ask is not None else None
    price = _sensible(ticker.get("last")) or _sensible(ticker.get("close")) or middle
    if price is None:
        return None
    if ask is None and bid is not None and bid > price:
        bid = None  # it would stand above the price, which is the ask then
    if bid is None and ask is not None and ask < price:
        ask = None
    return LivePrice(
        symbol,
        price,
        _seconds(ticker.get("timestamp"), now_s),
        bid,
        ask,
        bid and _sensible(ticker.get("bidVolume")),
        ask and _sensible(ticker.get("askVolume")),
    )


def _sensible(value: object) -> Decimal | None:
    """A number that can be a price or a volume."""
    number = _positive(value)
    return number if number is not None and MIN_PRICE <= number <= MAX_PRICE else None


def _seconds(value: object, now_s: float) -> Decimal:
    stamp = _positive(value)
    if stamp is None:
        return Decimal(f"{now_s:.6f}")
    return stamp / 1000 if stamp > _LATEST_SECOND else stamp


def _positive(value: object) -> Decimal | None:
    """A number above zero, whatever type it came in; None for anything else."""
    if isinstance(value, bool) or not isinstance(value, int | float | str | Decimal):
        return None
    try:
        number = read_decimal(str(value))
    except OracleError:
        return None
    return _DIGITS.create_decimal(number) if number > 0 else None
