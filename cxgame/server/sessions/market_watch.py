"""What the simulator's dialect shows of markets: last price, 24 hours, and the prices of the past.

Fed by released events, so nothing in it can vanish, and asked by both of the dialect's faces, so
their numbers are the same. It costs something per tick and trade, and so begins with its first
use, or with a server that has sandbox sessions. The hours before that come from the history's
trades, also where the history is written anew and gets there later; prices of ticks are known from
the beginning on.
"""

import asyncio
from typing import TYPE_CHECKING

from cxgame.game import Released
from cxgame.history.candles import KnownCandles, Window, with_trades
from cxgame.history.reading import Reach
from cxgame.model.candles import Candle
from cxgame.model.events import Ticker, Trade
from cxgame.server.sessions.price_history import Point, PriceHistory
from cxgame.server.sessions.rolling_day import MINUTES, MS_PER_MINUTE, Minute, RollingDay
from cxgame.wire.simulator_rows import Watched

if TYPE_CHECKING:
    from cxgame.server.sessions.host import Host

MINUTE_S = MS_PER_MINUTE // 1000
AHEAD = 60  # minutes that are read with the day: time goes on while the database is asked
AGAIN_S = 5.0  # between two looks at a history that lacks trades
_NOTHING = KnownCandles([])


class Watch:
    """One market."""

    def __init__(self, last2: int, bid: int, ask: int, wall_ms: int) -> None:
        """As it stands when it is first looked at."""
        self.last2 = last2
        self.bid = bid
        self.ask = ask
        self.wall_ms = wall_ms
        self.day = RollingDay()
        self.history = PriceHistory()

    def tick(self, wall_ms: int, bid: int, ask: int, *, is_price: bool) -> None:
        """Take in a quote of the oracle; is it the market's price?"""
        self.bid, self.ask, self.wall_ms = bid, ask, wall_ms
        if is_price:
            self.last2 = bid + ask
            self.day.fold(wall_ms, self.last2)
        else:
            self.day.look(wall_ms)
        self.history.add(Point(wall_ms, self.last2, bid, ask, self.day.volume))

    def trade(self, wall_ms: int, price: int, lots: int) -> None:
        """Take in a trade."""
        self.last2 = 2 * price
        self.wall_ms = wall_ms
        self.day.fold(wall_ms, self.last2, lots)

    def watched(self, now_ms: int, best: tuple[int, int] | None) -> Watched:
        """The market as it is now, with these best prices instead of the oracle's quote."""
        self.day.look(now_ms)
        bid, ask = best or (self.bid, self.ask)
        high2, low2 = self.day.high2 or self.last2, self.day.low2 or self.last2
        wall_ms = max(now_ms, self.wall_ms)
        return Watched(self.last2, bid, ask, high2, low2, self.day.volume, wall_ms)


class MarketWatch:
    """All markets of one game. Call from the event loop; `ready` comes before anything is asked."""

    def __init__(self, host: "Host") -> None:
        self._host = host
        self._watches: dict[int, Watch] = {}  # by market
        self._beginning: asyncio.Task[None] | None = None
        self._told = 0  # the last trade that is in the days: later ones are told by events, once
        self._read = 0  # and the last one whose volume is, as the history was ahead of the events

    async def ready(self) -> None:
        """Watch from now on; returns once the last 24 hours are known."""
        await asyncio.shield(self.begin())

    def begin(self) -> "asyncio.Task[None]":
        """The same, without waiting."""
        if self._beginning is None:
            engine = self._host.game.engine
            self._told = engine.last_trade_id
            for place in engine.markets:
                self._watch(place.market.id)
            self._host.game.subscribe(self._take)
            self._beginning = self._host.run(self._begin())
        return self._beginning

    def watched(self, market: int, best: tuple[int, int] | None = None) -> Watched:
        """A market as it is now. `best`: the best prices of the book, in ticks, 0 for none.

        Without `best` they are the oracle's quote, at which the house stands where it trades.
        """
        return self._watch(market).watched(self._host.clock.wall_ms(), best)

    def history(self, market: int) -> PriceHistory:
        """The prices of a market's ticks."""
        return self._watch(market).history

    def _watch(self, market: int) -> Watch:
        watch = self._watches.get(market)
        if watch is None:
            place = self._host.game.engine.markets[market]
            now_ms = self._host.clock.wall_ms()
            watch = self._watches[market] = Watch(place.mid2, place.bid, place.ask, now_ms)
            if place.bid:
                watch.day.fold(now_ms, place.mid2)
        return watch

    def _take(self, released: Released) -> None:
        is_price = not self._host.game.engine.mid_by_book
        wall_ms = released.wall_ms
        for event in released.events:
            if type(event) is Ticker:
                watch = self._watch(event.market)
                watch.tick(wall_ms, event.bid, event.ask, is_price=is_price)
            elif type(event) is Trade and event.trade > self._told:
                lots = event.quantity if event.trade > self._read else 0
                self._watch(event.market).trade(wall_ms, event.price, lots)
                self._told = event.trade

    async def _begin(self) -> None:
        """The day as far as it is known now, and the rest once the history has it."""
        if not await self._read_day() and self._host.past.is_there:
            self._host.run(self._read_on())

    async def _read_on(self) -> None:
        """Look until the history has caught up with what memory holds."""
        past = self._host.past
        while True:
            await asyncio.sleep(AGAIN_S)
            reach = await past.ask(lambda reader: reader.reach(), Reach())
            if self._joins(reach.trade) and await self._read_day():
                return

    def _joins(self, last_trade: int) -> bool:
        """Whether memory goes on from this trade, in all markets."""
        recent = self._host.game.recent
        return all(recent.trades_floor(id) <= last_trade + 1 for id in self._watches)

    async def _read_day(self) -> bool:
        """What was traded in the 24 hours before; returns whether that is all of it."""
        host = self._host
        now = host.clock.wall_ms() // MS_PER_MINUTE
        window = Window(MINUTE_S, (now - MINUTES) * MINUTE_S, (now + AHEAD) * MINUTE_S)
        ids = list(self._watches)
        unread: dict[int, KnownCandles] = {}
        stored = await host.past.ask(lambda reader: reader.candles_of(ids, window), unread)
        last_trade = max((known.last_trade for known in stored.values()), default=0)
        for id in ids:
            known = stored.get(id, _NOTHING)
            entries = host.game.recent.entries(id, known.last_trade)
            told = [entry for entry in entries if entry[0].trade <= self._told]
            self._watches[id].day.know(map(_minute, with_trades(known, window, told).candles))
        self._read = last_trade
        return self._joins(last_trade)


def _minute(candle: Candle) -> Minute:
    return Minute(candle.start // MINUTE_S, 2 * candle.high, 2 * candle.low, candle.quantity)
