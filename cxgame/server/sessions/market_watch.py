"""What the simulator's dialect shows of markets: last price, 24 hours, and the prices of the past.

Fed by released events, so nothing in it can vanish, and asked by both of the dialect's faces, so
their numbers are the same. It costs something per tick and trade, and so begins with its first
use, or with a server that has sandbox sessions. The hours before that come from the history's
trades; prices of ticks are known from the beginning on.
"""

import asyncio
from typing import TYPE_CHECKING

from cxgame.game import Released
from cxgame.history.candles import KnownCandles, Window, with_trades
from cxgame.model.candles import Candle
from cxgame.model.events import Ticker, Trade
from cxgame.server.sessions.price_history import Point, PriceHistory
from cxgame.server.sessions.rolling_day import MINUTES, MS_PER_MINUTE, Minute, RollingDay
from cxgame.wire.simulator_rows import Watched

if TYPE_CHECKING:
    from cxgame.server.sessions.host import Host

MINUTE_S = MS_PER_MINUTE // 1000
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
        self._first_trade = 0  # later ones are told by events, once
        self._waiting: list[tuple[Trade, int]] | None = []  # that came while the hours were read

    async def ready(self) -> None:
        """Watch from now on; returns once the last 24 hours are known."""
        await asyncio.shield(self.begin())

    def begin(self) -> "asyncio.Task[None]":
        """The same, without waiting."""
        if self._beginning is None:
            engine = self._host.game.engine
            self._first_trade = engine.last_trade_id
            for place in engine.markets:
                self._watch(place.market.id)
            self._host.game.subscribe(self._take)
            self._beginning = self._host.run(self._read_day())
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
            elif type(event) is Trade and event.trade > self._first_trade:
                if self._waiting is not None:
                    self._waiting.append((event, wall_ms))
                else:
                    self._watch(event.market).trade(wall_ms, event.price, event.quantity)

    async def _read_day(self) -> None:
        """What was traded in the 24 hours before."""
        host = self._host
        now = host.clock.wall_ms() // MS_PER_MINUTE
        window = Window(MINUTE_S, (now - MINUTES) * MINUTE_S, (now + 1) * MINUTE_S)
        ids = list(self._watches)
        unread: dict[int, KnownCandles] = {}
        stored = await host.past.ask(lambda reader: reader.candles_of(ids, window), unread)
        waiting, self._waiting = self._waiting or [], None
        for id in ids:
            entries = host.game.recent.entries(id, stored.get(id, _NOTHING).last_trade)
            before = [entry for entry in entries if entry[0].trade <= self._first_trade]
            known = with_trades(stored.get(id, _NOTHING), window, before)
            self._watches[id].day.prime(map(_minute, known.candles))
        told = {id: known.last_trade for id, known in stored.items()}
        for trade, wall_ms in waiting:
            if trade.trade > told.get(trade.market, 0):
                self._watch(trade.market).trade(wall_ms, trade.price, trade.quantity)


def _minute(candle: Candle) -> Minute:
    return Minute(candle.start // MINUTE_S, 2 * candle.high, 2 * candle.low, candle.quantity)
