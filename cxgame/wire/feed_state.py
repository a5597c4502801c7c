"""What the public knows of a game now: phase, clock, quotes, books, standings, as frames.

Folded from public events on top of a snapshot; nothing here comes from the engine's memory, so
nothing is shown that was not released.
"""

from collections.abc import Callable, Sequence
from functools import cache
from typing import NamedTuple

from msgspec import UNSET, UnsetType
from msgspec.structs import replace

from cxgame.model.enums import Phase
from cxgame.model.events import (
    AccountOpened,
    Event,
    MarketAdded,
    PhaseChanged,
    RulesSet,
    Standing,
    Ticker,
)
from cxgame.model.rules import MarketRules
from cxgame.wire import feed_types as types
from cxgame.wire.feed_book import Books, OpenOrder
from cxgame.wire.feed_frames import FrameMaker
from cxgame.wire.feed_names import Names
from cxgame.wire.feed_parts import RestingOrder, market_info
from cxgame.wire.feed_words import PHASES

BOOK_LEVELS = 20
STANDINGS_ROWS = 100  # what a page or a projector shows; the `csv` frame has all


class Now(NamedTuple):
    """A time: monotonic seconds to measure with, wall-clock milliseconds to show."""

    monotonic_s: float
    wall_ms: int

    @property
    def ts(self) -> float:
        """Seconds since 1970, as frames carry them."""
        return self.wall_ms / 1000


class Snapshot(NamedTuple):
    """Where a game stands after event `seq`: what a feed must know to go on from there."""

    game: str
    number: int
    markets: tuple[MarketRules, ...]
    phase: Phase
    remaining_ms: int | None  # at `wall_ms`
    seq: int
    wall_ms: int
    orders: Sequence[OpenOrder] = ()
    quotes: tuple[tuple[int, int, int], ...] = ()  # market, bid, ask (ticks) of those known
    users: Sequence[str] = ()  # the names of the accounts, by id
    bots: Sequence[int] = ()  # the accounts of house bots
    last_trade: int = 0  # the id of the last trade before it
    house: bool = False  # whether the house trades at the oracle's quotes
    clock: Callable[[], int | None] | None = None  # milliseconds left now, if told by another time


class GameState:
    """One game, from a snapshot on."""

    def __init__(self, snapshot: Snapshot, *, masked: bool = False) -> None:
        self.game = snapshot.game
        self.number = snapshot.number
        self.phase = snapshot.phase
        self.frames = FrameMaker(
            snapshot.markets, Names(snapshot.users, snapshot.bots, masked=masked)
        )
        self.books = Books(snapshot.orders)
        self.halted = False
        self._house = snapshot.house
        self._remaining_ms = snapshot.remaining_ms  # at `_remaining_at_ms`
        self._remaining_at_ms = snapshot.wall_ms
        self._clock = snapshot.clock
        self._quotes = {market: (bid, ask) for market, bid, ask in snapshot.quotes}
        self._standings: types.StandingsFrame | None = None
        self._orders: dict[int, types.OrdersSnapshot] = {}  # as they were asked for last

    def fold(self, event: Event, wall_ms: int) -> None:
        """Follow one public event."""
        self.books.fold(event)
        if type(event) is Ticker:
            self._quotes[event.market] = (event.bid, event.ask)
        elif type(event) is PhaseChanged:
            self.phase = event.phase
            self._remaining_ms = event.remaining_ms
            self._remaining_at_ms = wall_ms
        elif type(event) is RulesSet:  # markets may be added, never altered
            self.frames.set_rules(event.markets)
        elif type(event) is MarketAdded:
            self.frames.add_market(event.market)
        elif type(event) is AccountOpened:
            self.frames.names.enter(event.account, event.name, bot=event.bot)

    def set_halted(self, halted: bool, now: Now) -> None:
        """The game waits for its store, or goes on; its clock stands still meanwhile."""
        self._remaining_ms, self._remaining_at_ms = self._left_ms(now), now.wall_ms
        self.halted = halted

    def set_clock(self, remaining_ms: int | None, wall_ms: int) -> None:
        """So much playing time was left then."""
        self._remaining_ms, self._remaining_at_ms = remaining_ms, wall_ms

    def hello(self, seq: int, now: Now, delay_s: float = 0.0) -> types.Hello:
        """Where the game stands, for somebody who knows nothing."""
        return types.Hello(
            ts=now.ts,
            game=self.game,
            number=self.number,
            phase=PHASES[self.phase],
            remaining=self._remaining(now),
            markets=[market_info(market.rules) for market in self.frames.markets],
            house=self._house,
            delay=delay_s or UNSET,
            seq=seq,
        )

    def heartbeat(self, seq: int, now: Now, spectators: int | UnsetType = UNSET) -> types.Heartbeat:
        """That nothing happened, and the clock."""
        return types.Heartbeat(
            ts=now.ts,
            last_seq=seq,
            phase=PHASES[self.phase],
            remaining=self._remaining(now),
            halted=self.halted,
            spectators=spectators,
        )

    def book(self, market: int, seq: int, now: Now) -> types.BookFrame:
        """The best levels of a market."""
        of = self.frames.markets[market]
        bids, asks = (
            [(of.price_text(price), of.size_text(lots)) for price, lots in levels]
            for levels in self.books.top(market, BOOK_LEVELS)
        )
        return types.BookFrame(ts=now.ts, symbol=of.symbol, bids=bids, asks=asks, last_seq=seq)

    def orders(self, market: int, seq: int, now: Now) -> types.OrdersSnapshot:
        """The book of a market, order by order.

        It takes two milliseconds for a thousand orders, so it is made once for all who ask before
        something happens.
        """
        known = self._orders.get(market)
        if known is not None and known.seq == seq:
            return replace(known, ts=now.ts)
        of = self.frames.markets[market]
        price_text = cache(of.price_text)  # many orders share few prices
        bids, asks = (
            [
                RestingOrder(str(each.id), price_text(each.price), of.size_text(each.left))
                for each in queue
            ]
            for queue in self.books.queues(market)
        )
        made = types.OrdersSnapshot(ts=now.ts, symbol=of.symbol, bids=bids, asks=asks, seq=seq)
        self._orders[market] = made
        return made

    def tickers(self, now: Now) -> dict[int, types.TickerFrame]:
        """How the oracle's quotes stand, by market; none for a market it never quoted."""
        return {
            market: self.frames.ticker(market, bid, ask, now.ts)
            for market, (bid, ask) in sorted(self._quotes.items())
        }

    @property
    def standings(self) -> types.StandingsFrame | None:
        """The standings that were set last."""
        return self._standings

    def set_standings(
        self, standings: Sequence[Standing], now: Now, spectators: int | UnsetType = UNSET
    ) -> bool:
        """Take standings, best first; return whether they tell anything new.

        How many watch is told along with them, and is no news by itself.
        """
        best, players = self.frames.rows(standings[:STANDINGS_ROWS]), len(standings)
        known = self._standings
        if known is not None and (known.standings, known.players) == (best, players):
            return False
        self._standings = types.StandingsFrame(
            ts=now.ts, standings=best, players=players, spectators=spectators
        )
        return True

    def _remaining(self, now: Now) -> float | None:
        """Seconds of play left."""
        left_ms = self._left_ms(now)
        return None if left_ms is None else left_ms / 1000

    def _left_ms(self, now: Now) -> int | None:
        """The same in milliseconds; the game's clock runs only while it is open and not halted."""
        if self._clock is not None:
            return self._clock()
        if self._remaining_ms is None:
            return None
        runs = self.phase is Phase.OPEN and not self.halted
        passed = now.wall_ms - self._remaining_at_ms if runs else 0
        return max(0, self._remaining_ms - passed)
