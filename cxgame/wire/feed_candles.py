"""The channel `candles`: the candle that runs in each market, for the timeframes somebody wants.

A candle is folded from trades, by the time of their batch, and ended by the clock. Trades come in
order of that time, but a little after it: so a candle is ended a little late, and one that got a
trade later still is told again. What was traded before somebody wanted a timeframe comes from the
tape, and what was before the tape from whoever keeps the past.
"""

from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from cxgame.model.candles import TIMEFRAMES, Candle, empty_candle, first_trade
from cxgame.model.events import Trade
from cxgame.model.market import Market
from cxgame.wire.feed import TIMEFRAME_DUE
from cxgame.wire.feed_frames import NO_SEQ, Frame, encode_frame
from cxgame.wire.feed_state import Now
from cxgame.wire.feed_types import CandleFrame

SHOW_S = 0.5  # between two looks at a candle that runs
LATE_MS = 250  # what was traded at the end of an interval is released by then, as a rule
MOST_EMPTY = 1_000  # intervals ended at once; more are passed over, when a clock was set or slept

Key = tuple[str, int]  # timeframe and market


class Known(NamedTuple):
    """What is known of a market's past: the latest candle, with all trades up to `last_trade`."""

    candle: Candle | None = None
    last_trade: int = 0


class Taped(NamedTuple):
    """What the tape has: all trades after that of id `after`, and so all since `since_ms`."""

    trades: Sequence[tuple[Trade, int]]  # with their wall_ms
    after: int
    since_ms: int


class Candles:
    """The candles of the timeframes and markets that somebody wants."""

    def __init__(self) -> None:
        self._series: dict[Key, Series | None] = {}  # None: its past is not known yet
        self._of_market: dict[int, list[Series]] = {}  # those of which the past is known

    def __bool__(self) -> bool:
        return bool(self._series)

    def watch(self, wanted: Iterable[Key]) -> None:
        """Fold these from now on, and no others."""
        self._series = {key: self._series.get(key) for key in wanted}
        self._of_market = {}
        for (_, market), series in self._series.items():
            if series is not None:
                self._of_market.setdefault(market, []).append(series)

    @property
    def missing(self) -> list[Key]:
        """Those whose past is not known yet: they say nothing before `begin`."""
        return [key for key, series in self._series.items() if series is None]

    def begin(self, key: Key, known: Known, taped: Taped, now: Now) -> None:
        """Go on from a past. `taped` has the trades of all markets up to now."""
        if key in self._series:
            series = Series(TIMEFRAMES[key[0]], known, taped, key[1], now)
            self._series[key] = series
            self._of_market.setdefault(key[1], []).append(series)

    def fold(self, trade: Trade, wall_ms: int) -> None:
        """Follow a trade."""
        for series in self._of_market.get(trade.market, ()):
            series.take(trade, wall_ms)

    def due(self, markets: Sequence[Market], now: Now, *, halted: bool) -> Iterator[Frame]:
        """What is to be told now. While the game is `halted` no candle ends: trades may follow."""
        for key, series in self._series.items():
            if series is not None:
                for candle, closed in series.due(now, halted=halted):
                    yield _frame(key, candle, markets[key[1]], now.ts, closed=closed)

    def shown(self, keys: Iterable[Key], markets: Sequence[Market], ts: float) -> Iterator[Frame]:
        """The candles that run, for somebody new."""
        for key in keys:
            series = self._series.get(key)
            candle = None if series is None else series.running
            if candle is not None:
                yield _frame(key, candle, markets[key[1]], ts, closed=False)


class Series:
    """The candles of one market and timeframe, one after the other."""

    def __init__(self, seconds: int, known: Known, taped: Taped, market: int, now: Now) -> None:
        self._seconds = seconds
        is_whole = known.last_trade >= taped.after
        self._latest = known.candle if is_whole else None  # the last with trades, or a close
        self._last_trade = known.last_trade
        # Of candles from here on every trade is known; others are never told.
        self._first = 0 if is_whole else -(-taped.since_ms // (seconds * 1000)) * seconds
        self._ended: list[Candle] = []
        self._changed = True
        self._shown_s = float("-inf")
        for trade, wall_ms in taped.trades:
            if trade.market == market:
                self._fold(trade, self._interval(wall_ms))
        latest = 0 if self._latest is None else self._latest.start
        self._start = max(latest, self._interval(now.wall_ms))  # of the one that runs

    @property
    def running(self) -> Candle | None:
        """The candle that runs; None before the first trade, or while it is not known whole."""
        return self._candle(self._start)

    def take(self, trade: Trade, wall_ms: int) -> None:
        """Follow a trade; one that is known is passed over."""
        if trade.trade > self._last_trade:
            start = self._interval(wall_ms)
            self._end_until(start)
            latest = self._fold(trade, start)
            self._start = min(self._start, latest.start)  # told as ended: it comes again
            self._changed = True

    def due(self, now: Now, *, halted: bool) -> Iterator[tuple[Candle, bool]]:
        """The candles to be told now, and whether each is closed."""
        if not halted:
            self._end_until(self._interval(now.wall_ms - LATE_MS))
        ended, self._ended = self._ended, []
        yield from ((candle, True) for candle in ended)
        if self._changed and now.monotonic_s >= self._shown_s + SHOW_S:
            running = self.running
            if running is not None:
                self._changed, self._shown_s = False, now.monotonic_s
                yield running, False

    def _fold(self, trade: Trade, start: int) -> Candle:
        latest = self._latest
        if trade.trade > self._last_trade:
            self._last_trade = trade.trade
            if latest is not None and start <= latest.start:
                latest = latest.with_trade(trade.price, trade.quantity)
            else:
                latest = first_trade(start, trade.price, trade.quantity)
            self._latest = latest
        assert latest is not None
        return latest

    def _interval(self, wall_ms: int) -> int:
        second = wall_ms // 1000
        return second - second % self._seconds

    def _candle(self, start: int) -> Candle | None:
        latest = self._latest
        if latest is None or start < self._first:
            return None
        return latest if start == latest.start else empty_candle(start, latest.close)

    def _end_until(self, start: int) -> None:
        """End all candles that begin before `start`, which is the one that runs then."""
        if start <= self._start:
            return
        first = max(self._start, start - MOST_EMPTY * self._seconds)
        candles = map(self._candle, range(first, start, self._seconds))
        self._ended += [candle for candle in candles if candle is not None]
        self._start = start
        self._changed = True


def _frame(key: Key, candle: Candle, market: Market, ts: float, *, closed: bool) -> Frame:
    price_text = market.price_text
    frame = CandleFrame(
        ts=ts,
        symbol=market.symbol,
        timeframe=key[0],
        start=candle.start,
        open=price_text(candle.open),
        high=price_text(candle.high),
        low=price_text(candle.low),
        close=price_text(candle.close),
        volume=market.size_text(candle.quantity),
        trades=candle.trades,
        closed=closed,
    )
    return Frame(int(TIMEFRAME_DUE[key[0]]), key[1], NO_SEQ, encode_frame(frame))
