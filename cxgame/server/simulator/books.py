"""The books that the dialect's channels show: folded from released events, the house's quotes in.

Nothing here is read from the engine but where it stands when the books begin, and that is used
once it was released; so nobody is shown what may still vanish.
"""

from collections import deque
from typing import NamedTuple

from cxgame.engine.engine import Engine
from cxgame.engine.state import Applied
from cxgame.model.enums import Side
from cxgame.model.events import Ticker, Trade
from cxgame.pipeline import Released
from cxgame.server.broadcast.snapshot import resting_orders
from cxgame.wire.feed_book import Books, OpenOrder

Level = tuple[int, int | None, bool]
"""Ticks, lots (None: without end), whether it is the house's."""

BUY, SELL = Side.BUY, Side.SELL
DEPTH = 20  # levels a side of the channel that shows the best ones


class Quotes(NamedTuple):
    """At which prices the house trades, in ticks, and how many lots; price 0: it does not."""

    bid: int = 0
    bid_lots: int | None = 0
    ask: int = 0
    ask_lots: int | None = 0

    def level(self, side: Side) -> Level | None:
        """The house's level on a side."""
        price, lots = (self.bid, self.bid_lots) if side is BUY else (self.ask, self.ask_lots)
        return (price, lots, True) if price and lots != 0 else None


class Opening(NamedTuple):
    """Where the books stand after event `seq`."""

    seq: int
    orders: tuple[OpenOrder, ...]
    quotes: dict[int, Quotes]


class HouseNotes:
    """The house's quotes as commands leave them, kept until what did it is released."""

    def __init__(self) -> None:
        self._notes: deque[tuple[int, int, Quotes]] = deque()  # last event, market, quotes

    def note(self, engine: Engine, applied: Applied) -> None:
        """After a command: note where it has moved the house's quotes."""
        if not engine.house_quotes:
            return
        for event in applied.events:
            if type(event) is Ticker or (
                type(event) is Trade and not (event.buy_order and event.sell_order)
            ):
                market = event.market
                self._notes.append((engine.event_seq, market, quotes_of(engine, market)))

    def until(self, seq: int) -> dict[int, Quotes]:
        """How they stand after this event, where they moved since the last call."""
        moved: dict[int, Quotes] = {}
        while self._notes and self._notes[0][0] <= seq:
            _, market, quotes = self._notes.popleft()
            moved[market] = quotes
        return moved


class ShownBooks:
    """All markets' books after event `seq`."""

    def __init__(self, opening: Opening) -> None:
        self.seq = opening.seq
        self.books = Books(opening.orders)
        self._quotes = dict(opening.quotes)

    def watch_levels(self, *, wanted: bool) -> None:
        """Before `take`: whether anybody wants to know which levels change."""
        if not wanted:
            self.books.touched = None
        elif self.books.touched is None:
            self.books.touched = set()

    def take(self, released: Released, moved: dict[int, Quotes]) -> set[int]:
        """Follow a batch, of which the beginning may be known; returns the markets of events."""
        for event in released.events[max(0, self.seq + 1 - released.first_event) :]:
            self.books.fold(event)
        if released.events:
            self.seq = max(self.seq, released.last_event)
        self._quotes.update(moved)
        changed, self.books.changed = self.books.changed, set()
        return changed | moved.keys()

    def house(self, market: int, side: Side) -> Level | None:
        """The house's level."""
        return self._quotes.get(market, Quotes()).level(side)

    def best(self, market: int) -> tuple[int, int]:
        """Best bid and ask in ticks; 0 for a side that nobody is on."""
        bids, asks = self.top(market, 1)
        return bids[0][0] if bids else 0, asks[0][0] if asks else 0

    def top(self, market: int, count: int = DEPTH) -> tuple[list[Level], list[Level]]:
        """The best bids and asks, best first; at a price of both the players' come first."""
        bids, asks = self.books.top(market, count)
        return (
            _with_house(bids, self.house(market, BUY), -1)[:count],
            _with_house(asks, self.house(market, SELL), 1)[:count],
        )

    def side(self, market: int, side: Side) -> dict[int, int]:
        """The players' lots at each price of a side."""
        return dict(self.books.levels(market, side))

    def touched(self) -> set[tuple[int, Side, int]]:
        """Market, side and price of what changed since the last call, if that is wanted."""
        touched = self.books.touched
        if touched is None:
            return set()
        self.books.touched = set()
        return touched


def opening_of(engine: Engine) -> Opening:
    """Where the books of a game in play stand; to be shown once that was released."""
    quotes = {}
    if engine.house_quotes:
        quotes = {market: quotes_of(engine, market) for market in range(len(engine.markets))}
    return Opening(engine.event_seq, resting_orders(engine), quotes)


def quotes_of(engine: Engine, market: int) -> Quotes:
    """The house's quotes as they are."""
    place = engine.markets[market]
    return Quotes(place.bid, place.bid_volume, place.ask, place.ask_volume)


def _with_house(levels: list[tuple[int, int]], house: Level | None, sign: int) -> list[Level]:
    shown: list[Level] = [(price, lots, False) for price, lots in levels]
    if house is not None:
        shown.append(house)
        shown.sort(key=lambda level: (sign * level[0], level[2]))
    return shown
