"""What everybody sees of a market: the book's levels and the oracle's quotes."""

from decimal import Decimal
from typing import ClassVar

from cxgame.engine.state import MarketState
from cxgame.exchange.numbers import MarketNumbers
from cxgame.exchange.rows import Row
from cxgame.model.enums import Side


class Level(Row, frozen=True):
    """The orders at one price together; `quantity` None is the house's, without end."""

    columns: ClassVar[tuple[str, ...]] = ("price", "quantity", "house")
    price: Decimal
    quantity: Decimal | None
    house: bool


class Book(Row, frozen=True):
    """The best levels of a market, best first; players before the house at the same price."""

    columns: ClassVar[tuple[str, ...]] = ("symbol", "bids", "asks")
    symbol: str
    bids: tuple[Level, ...]
    asks: tuple[Level, ...]


class Quote(Row, frozen=True):
    """The oracle's quotes, None before the first tick; a volume None is without end."""

    columns: ClassVar[tuple[str, ...]] = ("symbol", "bid", "ask", "bid_volume", "ask_volume", "mid")
    symbol: str
    bid: Decimal | None
    ask: Decimal | None
    bid_volume: Decimal | None
    ask_volume: Decimal | None
    mid: Decimal


def book_of(place: MarketState, numbers: MarketNumbers, depth: int, with_house: bool) -> Book:
    """The best levels on both sides, the house's among them if it quotes."""
    bids = _levels(place, numbers, Side.BUY, depth, with_house)
    asks = _levels(place, numbers, Side.SELL, depth, with_house)
    return Book(place.market.symbol, bids, asks)


def quote_of(place: MarketState, numbers: MarketNumbers) -> Quote:
    """The quotes of the last tick, and what is left of its volumes."""
    return Quote(
        place.market.symbol,
        numbers.price(place.bid) if place.bid else None,
        numbers.price(place.ask) if place.ask else None,
        _volume(numbers, place.bid_volume),
        _volume(numbers, place.ask_volume),
        Decimal(place.market.mid_text(place.mid2)),
    )


def _levels(
    place: MarketState, numbers: MarketNumbers, side: Side, depth: int, with_house: bool
) -> tuple[Level, ...]:
    levels = [
        Level(numbers.price(ticks), numbers.quantity(lots), False)
        for ticks, lots in place.book.depth(side, depth)
    ]
    quote, volume = (
        (place.bid, place.bid_volume) if side is Side.BUY else (place.ask, place.ask_volume)
    )
    if with_house and quote and volume != 0:
        levels.append(Level(numbers.price(quote), _volume(numbers, volume), True))
        sign = -1 if side is Side.BUY else 1
        levels.sort(key=lambda level: (sign * level.price, level.house))
    return tuple(levels[:depth])


def _volume(numbers: MarketNumbers, lots: int | None) -> Decimal | None:
    return None if lots is None else numbers.quantity(lots)
