"""Orders, trades, levels and tickers in the words of the simulator's dialect, as JSON text.

What its REST face and its WebSocket share. Functions end in `_members` where they give the inside
of an object, so that each face adds its own frame; what ends in `_row` is the whole object. Money
is decimal text, exact and as short as it can be: `"50000"`, `"0.001"`. Times are ISO 8601 in UTC.
Written by hand for speed, as `cxgame.wire.rows` is.
"""

from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from functools import lru_cache
from typing import NamedTuple, Protocol

from cxgame.model.enums import OrderStatus, OrderType, Side
from cxgame.model.market import Market
from cxgame.model.units import UNIT_PLACES, format_decimal
from cxgame.wire.row_states import OrderState, TradeState
from cxgame.wire.rows import text

SIDE_WORDS = tuple(side.name for side in Side)
TYPE_WORDS = tuple(kind.name for kind in OrderType)
STATUSES = ("PENDING", "OPEN", "PARTIALLY_FILLED", "FILLED", "CANCELLED", "REJECTED")

_REMEMBERED = 8_192  # texts per kind and market: about 1 MB each when full
_QUICK_PLACES = 10  # amounts with no more decimals are written the quick way
_QUICK_ONE = 10**_QUICK_PLACES
_QUICK_UNIT = 10 ** (UNIT_PLACES - _QUICK_PLACES)
_ENDED = {
    OrderStatus.FILLED: "FILLED",
    OrderStatus.CANCEL: "CANCELLED",
    OrderStatus.REJECTED: "REJECTED",
}
_LIMIT, _OPEN = OrderType.LIMIT, OrderStatus.OPEN  # globals are found faster than members


class Figures:
    """The numbers of one market, written; the same ones every time by `figures`."""

    __slots__ = ("base_json", "market", "mid", "price", "quote_json", "size", "symbol_json")

    def __init__(self, market: Market) -> None:
        self.market = market
        self.symbol_json = text(market.symbol)
        self.base_json, self.quote_json = text(market.base), text(market.quote)
        self.price: Callable[[int], str] = lru_cache(_REMEMBERED)(self._price)
        self.mid: Callable[[int], str] = lru_cache(_REMEMBERED)(self._mid)
        self.size: Callable[[int], str] = lru_cache(_REMEMBERED)(self._size)

    def _price(self, ticks: int) -> str:
        return format_decimal(ticks * self.market.tick, self.market.price_places, 0)

    def _mid(self, half_ticks: int) -> str:
        return format_decimal(half_ticks * self.market.tick * 5, self.market.price_places + 1, 0)

    def _size(self, lots: int) -> str:
        return format_decimal(lots * self.market.lot, self.market.size_places, 0)


@lru_cache(4_096)
def figures(market: Market) -> Figures:
    """The figures of a market."""
    return Figures(market)


def amount_text(units: int) -> str:
    """An amount of an asset: `"100000"`."""
    scaled, finer = divmod(units, _QUICK_UNIT)
    if finer or scaled < 0:
        return format_decimal(units, UNIT_PLACES, 0)
    whole, fraction = divmod(scaled, _QUICK_ONE)  # most amounts: a third of the time
    return f"{whole}.{fraction:0{_QUICK_PLACES}d}".rstrip("0") if fraction else str(whole)


@lru_cache(256)  # a batch of commands has one time
def iso_time(wall_ms: int) -> str:
    """Milliseconds since 1970 as `2026-11-21T14:30:00.125Z`."""
    seconds, ms = divmod(wall_ms, 1000)
    return f"{_second(seconds)}.{ms:03d}Z"


@lru_cache(1_024)
def _second(seconds: int) -> str:
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%S")


# Orders


def status_word(order: OrderState) -> str:
    """Where an order stands. One that waits, for its price or its time, is PENDING."""
    if order.status is not _OPEN:
        return _ENDED[order.status]
    trigger = order.trigger
    if order.type is not _LIMIT or (trigger is not None and trigger.armed):
        return "PENDING"
    return "PARTIALLY_FILLED" if order.filled else "OPEN"


def order_members(order: OrderState, shown: Figures) -> str:
    """An order, as REST shows it: `"order_id":"17","symbol":"BTC/USD",…`."""
    price = f'"{shown.price(order.price)}"' if order.type is _LIMIT else "null"
    more = f',"client_order_id":{text(order.cid)}' if order.cid else ""
    return (
        f'"order_id":"{order.id}","symbol":{shown.symbol_json},'
        f'"side":"{SIDE_WORDS[order.side]}","type":"{TYPE_WORDS[order.type]}",'
        f'"status":"{status_word(order)}","price":{price},'
        f'"quantity":"{quantity_text(order, shown)}",'
        f'"filled_quantity":"{shown.size(order.filled)}",'
        f'"created_at":"{iso_time(order.wall_ms)}"{more}'
    )


def ack_members(order: OrderState, shown: Figures) -> str:
    """The same as `ORDER_ACK` has it: `"order_id":"17","status":"OPEN","symbol":"BTC/USD",…`."""
    price = f'"{shown.price(order.price)}"' if order.type is _LIMIT else "null"
    more = f',"client_order_id":{text(order.cid)}' if order.cid else ""
    return (
        f'"order_id":"{order.id}","status":"{status_word(order)}","symbol":{shown.symbol_json},'
        f'"side":"{SIDE_WORDS[order.side]}","order_type":"{TYPE_WORDS[order.type]}",'
        f'"price":{price},"quantity":"{quantity_text(order, shown)}",'
        f'"filled_quantity":"{shown.size(order.filled)}"{more}'
    )


def quantity_text(order: OrderState, shown: Figures) -> str:
    """How much was ordered; of an order that spends an amount, what it has got."""
    return shown.size(order.quantity or order.filled)


# The market


class Watched(NamedTuple):
    """A market as it was last seen: prices in half ticks, best ones in ticks (0: there is none)."""

    last2: int
    bid: int
    ask: int
    high2: int  # of 24 hours, as the next two
    low2: int
    volume: int  # lots
    wall_ms: int


def ticker_members(watched: Watched, shown: Figures) -> str:
    """A ticker without its symbol: `"last_price":"50000","bid":…,"timestamp":…`."""
    return (
        f'"last_price":"{shown.mid(watched.last2)}",{_quote_members(watched, shown)},'
        f'"high_24h":"{shown.mid(watched.high2)}","low_24h":"{shown.mid(watched.low2)}",'
        f'"volume_24h":"{shown.size(watched.volume)}","timestamp":"{iso_time(watched.wall_ms)}"'
    )


def ticker_row(watched: Watched, shown: Figures) -> str:
    """A ticker, as REST shows it."""
    return f'{{"symbol":{shown.symbol_json},{ticker_members(watched, shown)}}}'


class PricePoint(Protocol):
    """One price of the past; the price in half ticks, volume in lots."""

    @property
    def wall_ms(self) -> int: ...
    @property
    def bid(self) -> int: ...
    @property
    def ask(self) -> int: ...
    @property
    def last2(self) -> int: ...
    @property
    def volume(self) -> int: ...


def price_row(point: PricePoint, shown: Figures) -> str:
    """One price of the past."""
    return (
        f'{{"timestamp":"{iso_time(point.wall_ms)}","price":"{shown.mid(point.last2)}",'
        f'{_quote_members(point, shown)},"volume_24h":"{shown.size(point.volume)}"}}'
    )


def trade_members(trade: TradeState, shown: Figures) -> str:
    """A trade as everybody may see it; `side` is the taker's."""
    return (
        f'"trade_id":"{trade.trade}","symbol":{shown.symbol_json},'
        f'"price":"{shown.price(trade.price)}","quantity":"{shown.size(trade.quantity)}",'
        f'"side":"{SIDE_WORDS[trade.taker_side]}"'
    )


def trade_row(trade: TradeState, shown: Figures) -> str:
    """A trade, as REST shows it."""
    return f'{{{trade_members(trade, shown)},"timestamp":"{iso_time(trade.wall_ms)}"}}'


def levels_row(levels: Iterable[tuple[int, int | None, bool]], shown: Figures) -> str:
    """Levels, best first, as (ticks, lots, whether it is the house's); lots None: without end."""
    rows = []
    for price, lots, is_house in levels:
        size = "null" if lots is None else f'"{shown.size(lots)}"'
        mark = ',"house":true' if is_house else ""
        rows.append(f'{{"price":"{shown.price(price)}","quantity":{size}{mark}}}')
    return f"[{','.join(rows)}]"


def _quote_members(quote: PricePoint, shown: Figures) -> str:
    bid = f'"{shown.price(quote.bid)}"' if quote.bid else "null"
    ask = f'"{shown.price(quote.ask)}"' if quote.ask else "null"
    return f'"bid":{bid},"ask":{ask}'
