"""Money on the wire: raw JSON to ticks, lots and units, and back to text, for one market.

A number may come as text (`"12.5"`) or as a JSON number, which alone may carry an exponent. Bots
name the same few prices and sizes again and again, so both directions are remembered.
"""

from collections.abc import Callable
from functools import lru_cache

import msgspec
from msgspec import Raw

from cxgame.model.errors import Code, Rejection, reject
from cxgame.model.market import Market, parse_amount
from cxgame.model.units import (
    MAX_NUMBER_CHARACTERS,
    MAX_TICKS,
    ONE,
    NotANumber,
    TooPrecise,
    format_decimal,
    format_units,
    parse_decimal,
)
from cxgame.wire.fields import EXPECTED

REMEMBERED = 8_192  # texts per kind and market: about 1 MB each when full
PERCENT_PLACES = 4  # of a percentage: it is counted in millionths
ONE_MILLION = 1_000_000
AVERAGE_PLACES = 8  # decimals of an average price beyond those of the tick

_QUICK_PLACES = 9  # amounts with no more decimals are written the quick way
_QUICK_ONE = 10**_QUICK_PLACES
_QUICK_CENT = _QUICK_ONE // 100
_QUICK_UNIT = ONE // _QUICK_ONE
_LEAST_PERCENT = "0.0001"
_LONGEST = MAX_NUMBER_CHARACTERS + 2  # with quotes
_NUMBER_STARTS = frozenset("-0123456789")


class MarketMoney:
    """The numbers of one market, read and written."""

    __slots__ = ("_lots", "_ticks", "market", "no_size", "price_text", "size_text", "symbol_json")

    def __init__(self, market: Market) -> None:
        self.market = market
        self.symbol_json = msgspec.json.encode(market.symbol).decode()
        self.price_text: Callable[[int], str] = lru_cache(REMEMBERED)(market.price_text)
        self.size_text: Callable[[int], str] = lru_cache(REMEMBERED)(market.size_text)
        self.no_size = market.size_text(0)
        self._ticks = lru_cache(REMEMBERED)(self._read_ticks)
        self._lots = lru_cache(REMEMBERED)(self._read_lots)

    def ticks(self, raw: Raw, name: str = "price") -> int | Rejection:
        """A limit price, or another price from the field `name`."""
        text = str(raw, "utf-8", "replace")
        ticks = self._ticks(text) if len(text) <= _LONGEST else _no_number(text, "price")
        if isinstance(ticks, int) or name == "price":
            return ticks
        return reject(ticks.code, **{**ticks.facts, "name": name})

    def lots(self, raw: Raw, name: str = "size") -> int | Rejection:
        """A quantity, from the field `name`."""
        text = str(raw, "utf-8", "replace")
        lots = self._lots(text) if len(text) <= _LONGEST else _no_number(text, "size")
        if isinstance(lots, int) or name == "size":
            return lots
        return reject(lots.code, **{**lots.facts, "name": name})

    def distance(self, raw: Raw, name: str) -> int | Rejection:
        """A distance between prices, at least a tick, from the field `name`."""
        market = self.market
        limit, most = market.rules.tick, market.price_text(MAX_TICKS)
        scaled = _read_scaled(raw, name, market.price_places, limit)
        if isinstance(scaled, Rejection):
            return scaled
        ticks, off = divmod(scaled[0], market.tick)
        if off:
            return reject(Code.FILTER_TICK, limit=limit, got=scaled[1])
        if not 1 <= ticks <= MAX_TICKS:
            return _outside(name, ticks < 1, limit, most, scaled[1])
        return ticks

    def budget(self, raw: Raw, name: str) -> int | Rejection:
        """What a market buy may spend, in units, from the field `name`."""
        amount = read_amount(raw, name)
        if isinstance(amount, int) and amount < self.market.min_amount:
            got = quote_text(amount)
            return reject(Code.FILTER_MIN_AMOUNT, limit=self.market.rules.min_amount, got=got)
        return amount

    def average_text(self, value: int, lots: int) -> str:
        """The price at which `lots` were traded for `value` units, rounded down if it must be."""
        ticks, rest = divmod(value, lots * self.market.tick_lot_units)
        if not rest:  # as for most orders: all of it at one price
            return self.price_text(ticks)
        places = self.market.price_places
        scaled = value * 10 ** (places + AVERAGE_PLACES) // (lots * self.market.lot_units)
        return format_decimal(scaled, places + AVERAGE_PLACES, places)

    def _read_ticks(self, text: str) -> int | Rejection:
        number = _number(text, "price")
        if isinstance(number, Rejection):
            return number
        return self.market.parse_price(number, exponent=number is text)

    def _read_lots(self, text: str) -> int | Rejection:
        number = _number(text, "size")
        if isinstance(number, Rejection):
            return number
        return self.market.parse_size(number, exponent=number is text)


def quote_text(units: int) -> str:
    """An amount of a quote asset, exactly, with at least two decimals."""
    if not units:  # most fees
        return "0.00"
    scaled, rest = divmod(units, _QUICK_UNIT)
    if rest or scaled < 0:
        return format_units(units, 2)
    whole, fraction = divmod(scaled, _QUICK_ONE)  # most amounts: a third of the time
    cents, rest = divmod(fraction, _QUICK_CENT)
    if rest:
        return f"{whole}.{fraction:0{_QUICK_PLACES}d}".rstrip("0")
    return f"{whole}.{cents:02d}"


def base_text(units: int) -> str:
    """An amount of a base asset, exactly, with at least one decimal."""
    return format_units(units, 1)


def is_given(raw: Raw | None) -> bool:
    """Whether an optional number was given, and not as `null`."""
    return raw is not None and bytes(raw) != b"null"


def read_percent(raw: Raw, name: str) -> int | Rejection:
    """A share of a price, in millionths, from the field `name` in percent: at most all of it."""
    scaled = _read_scaled(raw, name, PERCENT_PLACES, _LEAST_PERCENT)
    if isinstance(scaled, Rejection):
        return scaled
    millionths, got = scaled
    if not 1 <= millionths <= ONE_MILLION:
        return _outside(name, millionths < 1, _LEAST_PERCENT, "100", got)
    return millionths


def percent_text(millionths: int) -> str:
    """A share of a price in percent, as short as it may be."""
    return format_decimal(millionths, PERCENT_PLACES, 0)


def _read_scaled(raw: Raw, name: str, places: int, step: str) -> tuple[int, str] | Rejection:
    """A number in 10**-places, and its text; `step` is what it must be a multiple of."""
    text = str(raw, "utf-8", "replace")
    number = _number(text, name) if len(text) <= _LONGEST else _no_number(text, name)
    if isinstance(number, Rejection):
        return number
    try:
        return parse_decimal(number, places, exponent=number is text), number
    except NotANumber:
        return reject(Code.PARAM_NUMBER, name=name)
    except TooPrecise:
        return reject(Code.FILTER_TICK, limit=step, got=number)


def _outside(name: str, too_little: bool, least: str, most: str, got: str) -> Rejection:
    if too_little:
        return reject(Code.FILTER_MIN_PRICE, limit=least, got=got)
    return reject(Code.FILTER_MAX, name=name, limit=most, got=got)


def read_amount(raw: Raw, name: str) -> int | Rejection:
    """An amount of an asset in units, from the field `name`."""
    text = str(raw, "utf-8", "replace")
    if len(text) > _LONGEST:
        return _no_number(text, name)
    number = _number(text, name)
    if isinstance(number, Rejection):
        return number
    return parse_amount(number, name, exponent=number is text)


def _number(text: str, name: str) -> str | Rejection:
    """The decimal within raw JSON: without its quotes, or `text` itself if it is a number."""
    if text[0] == '"':
        return text[1:-1]
    return text if text[0] in _NUMBER_STARTS else _no_number(text, name)


def _no_number(text: str, name: str) -> Rejection:
    """JSON of another type, or text and digits that are no number."""
    if text[0] == '"' or text[0] in _NUMBER_STARTS:
        return reject(Code.PARAM_NUMBER, name=name)
    return reject(Code.PARAM_TYPE, name=name, got=EXPECTED[name])
