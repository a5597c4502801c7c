"""Numbers of the REST face: JSON numbers to integers and back, exactly, without floats.

Clients send floats. What is finer than a market's steps is rounded so that nobody pays more than
he said: a quantity down to the lot, the price of a buy down and of a sell up to the tick. What is
sent is the decimal itself as a JSON number, with a point, so that it comes out a float.
"""

from collections.abc import Callable, Sequence
from functools import lru_cache

from msgspec import Raw

from cxgame.model.enums import Side
from cxgame.model.errors import Code
from cxgame.model.market import Market
from cxgame.model.units import (
    MAX_EXPONENT,
    MAX_LOTS,
    MAX_NUMBER_CHARACTERS,
    MAX_TICKS,
    MAX_UNITS,
    UNIT_PLACES,
    NotANumber,
    format_decimal,
    parse_decimal,
)
from cxgame.server.http.rest.errors import Refused, misshapen, problem, shown

REMEMBERED = 8_192  # texts per kind and market: about 1 MB each when full
AVERAGE_PLACES = 8  # decimals of an average price beyond those of the tick
# No number that is read has more decimals: so many digits, moved so far by its exponent.
_PLACES = MAX_NUMBER_CHARACTERS + MAX_EXPONENT
_NUMBER_STARTS = frozenset("-0123456789")


@lru_cache(REMEMBERED)
def units_number(units: int) -> str:
    """An amount of an asset as a JSON number: `500.0`."""
    return format_decimal(units, UNIT_PLACES, 1)


class Figures:
    """The numbers of one market, written."""

    __slots__ = ("lots", "market", "ticks")

    def __init__(self, market: Market) -> None:
        self.market = market
        self.ticks: Callable[[int], str] = lru_cache(REMEMBERED)(self._write_ticks)
        self.lots: Callable[[int], str] = lru_cache(REMEMBERED)(self._write_lots)

    def value(self, ticks: int, lots: int) -> str:
        """Price times quantity, in quote."""
        return units_number(ticks * lots * self.market.tick_lot_units)

    def average(self, value: int, lots: int) -> str:
        """The price at which `lots` were traded for `value` units, rounded down if it must be."""
        ticks, rest = divmod(value, lots * self.market.tick_lot_units)
        if not rest:
            return self.ticks(ticks)
        places = self.market.price_places + AVERAGE_PLACES
        return _number(value * 10**places // (lots * self.market.lot_units), places)

    def _write_ticks(self, ticks: int) -> str:
        return _number(ticks * self.market.tick, self.market.price_places)

    def _write_lots(self, lots: int) -> str:
        return _number(lots * self.market.lot, self.market.size_places)


@lru_cache(4_096)
def figures(market: Market) -> Figures:
    """The figures of a market; the same ones every time."""
    return Figures(market)


def read_amount(raw: Raw, loc: Sequence[str]) -> int:
    """An amount of an asset in units, rounded down; may be negative or nothing.

    `loc` is where it was found, such as `("body", "amount")`. Raises 422, or 400 beyond the most.
    """
    units = _scaled(raw, loc) // _ten(_PLACES - UNIT_PLACES)
    if units > MAX_UNITS:
        raise _too_much(loc, units_number(MAX_UNITS))
    return units


def read_lots(raw: Raw, loc: Sequence[str], market: Market) -> int:
    """A quantity in lots, rounded down; may be negative or nothing. Raises as `read_amount`."""
    lots = _scaled(raw, loc) // (market.lot * _ten(_PLACES - market.size_places))
    if lots > MAX_LOTS:
        raise _too_much(loc, market.size_text(MAX_LOTS))
    return lots


def read_price(raw: Raw, loc: Sequence[str], market: Market, side: Side) -> int:
    """A limit price in ticks: of a buy rounded down, of a sell up. Raises as `read_amount`."""
    scaled, step = _scaled(raw, loc), market.tick * _ten(_PLACES - market.price_places)
    ticks = scaled // step if side is Side.BUY else -(-scaled // step)
    if ticks > MAX_TICKS:
        raise _too_much(loc, market.price_text(MAX_TICKS))
    return ticks


def is_given(raw: Raw | None) -> bool:
    """Whether an optional number was given, and not as `null`."""
    return raw is not None and bytes(raw) != b"null"


def _scaled(raw: Raw, loc: Sequence[str]) -> int:
    """A number, or text that is one, in 10**-_PLACES."""
    text = str(raw, "utf-8", "replace")
    if text[0] == '"':
        found = text[1:-1].strip()
    elif text[0] in _NUMBER_STARTS:
        found = text
    else:
        got = shown(raw)
        raise misshapen(problem("float_type", loc, "Input should be a valid number", got))
    try:
        return parse_decimal(found, _PLACES, exponent=True)
    except NotANumber:
        msg = f"Input should be a decimal number of at most {MAX_NUMBER_CHARACTERS} characters"
        got = text[: MAX_NUMBER_CHARACTERS + 1].strip('"')
        raise misshapen(problem("float_parsing", loc, msg, got)) from None


def _ten(power: int) -> int:
    return int(10**power)


def _too_much(loc: Sequence[str], limit: str) -> Refused:
    return Refused(400, Code.FILTER_MAX, f"{loc[-1]} must be at most {limit}")


def _number(scaled: int, places: int) -> str:
    text = format_decimal(scaled, places, 1)
    return text if places else text + ".0"
