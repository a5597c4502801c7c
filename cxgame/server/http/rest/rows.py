"""What balances and tickers look like in an answer: names and JSON numbers."""

from functools import lru_cache
from typing import Any

import msgspec
from msgspec import Raw, Struct

from cxgame.engine.state import MarketState
from cxgame.model.market import Market
from cxgame.model.units import (
    MAX_EXPONENT,
    MAX_NUMBER_CHARACTERS,
    NotANumber,
    format_decimal,
    parse_decimal,
)
from cxgame.server.http.rest.numbers import REMEMBERED, figures, units_number
from cxgame.server.http.rest.valuing import Amounts

Row = dict[str, Any]

UNLIMITED = Raw(b"1000000000.0")
"""The volume of a side that has no end: a number, since clients calculate with it."""

_PLACES = MAX_NUMBER_CHARACTERS + MAX_EXPONENT  # no number that can be read has more decimals


class _Carry(Struct):
    """What a price source leaves with a tick, as far as it is shown."""

    price: str
    timestamp: float | None = None  # seconds, as another program has written it


_carry = msgspec.json.Decoder(_Carry)


def number(units: int) -> Raw:
    """An amount of an asset, exactly."""
    return Raw(units_number(units).encode())


def balance_row(asset: str, amounts: Amounts) -> Row:
    """What an account has of an asset."""
    return {
        "asset": asset,
        "free": number(amounts.free),
        "used": number(amounts.held),
        "total": number(amounts.total),
    }


def ticker_row(place: MarketState, wall_ms: int) -> Row:
    """What a market costs now; `wall_ms` is when that was set, unless its source says when."""
    market, carry = place.market, _read(place.carry)
    ticks = figures(market).ticks
    return {
        "symbol": market.symbol,
        "price": Raw(_price(place, carry).encode()),
        "timestamp": (carry and carry.timestamp) or wall_ms / 1000,
        "bid": Raw(ticks(place.bid).encode()),
        "ask": Raw(ticks(place.ask).encode()),
        "bid_volume": _volume(market, place.bid_volume),
        "ask_volume": _volume(market, place.ask_volume),
    }


def has_quote(place: MarketState) -> bool:
    """Whether somebody has quoted a market; until then it has no ticker."""
    return place.bid > 0


def _read(text: str) -> _Carry | None:
    try:
        return _carry.decode(text)
    except msgspec.DecodeError:  # of a source that leaves nothing, or something else
        return None


def _price(place: MarketState, carry: _Carry | None) -> str:
    """The price as its source wrote it, or the mid of the quotes, as a JSON number."""
    return (carry and _plain(carry.price)) or _mid(place)


@lru_cache(REMEMBERED)
def _plain(text: str) -> str:
    """A decimal as a JSON number; empty for what is none."""
    try:
        return format_decimal(parse_decimal(text, _PLACES, exponent=True), _PLACES, 1)
    except NotANumber:
        return ""


def _mid(place: MarketState) -> str:
    market = place.market
    doubled = (place.bid + place.ask) * market.tick  # half of it, with a place more
    return format_decimal(doubled * 5, market.price_places + 1, 1)


def _volume(market: Market, lots: int | None) -> Raw:
    return UNLIMITED if lots is None else Raw(figures(market).lots(lots).encode())
