"""A market's candles of the past, put together from what is stored and what is remembered.

Candles of some spans are stored as the trades come in; those of all other intervals are put
together from the longest span that divides them, at most four to one.
"""

from collections.abc import Iterable, Iterator
from itertools import chain
from typing import NamedTuple

from cxgame.model.candles import TIMEFRAMES, Candle, empty_candle, first_trade
from cxgame.model.events import Trade

SPANS = (1, 5, 15, 60, 300, 900, 3_600, 86_400)
"""Seconds of the candles that are stored."""

INTERVALS = TIMEFRAMES


class Window(NamedTuple):
    """The intervals that are asked for: starts from `first` to before `end`, multiples of both."""

    interval: int
    first: int
    end: int

    def starts(self) -> range:
        """The start of each interval."""
        return range(self.first, self.end, self.interval)


class KnownCandles(NamedTuple):
    """Candles of a window, as far as somebody knows its trades."""

    candles: list[Candle]  # oldest first, those without trades left out
    last_close: int | None = None  # of the last trade before the window
    last_trade: int = 0  # id of the last that is known: later ones are not in here


def span_for(interval: int) -> int:
    """The longest stored span of which an interval is a multiple."""
    return max(span for span in SPANS if interval % span == 0)


def roll_up(candles: Iterable[Candle], interval: int) -> Iterator[Candle]:
    """Candles, oldest first, as those of an interval that their own spans divide."""
    current: Candle | None = None
    for candle in candles:
        start = candle.start - candle.start % interval
        if current is not None and current.start == start:
            current = current.joined(candle)
            continue
        if current is not None:
            yield current
        current = candle._replace(start=start)
    if current is not None:
        yield current


def with_trades(
    known: KnownCandles, window: Window, trades: Iterable[tuple[Trade, int]]
) -> KnownCandles:
    """Candles and the trades that came after them; `trades` with their wall_ms, oldest first."""
    last_close, last_trade = known.last_close, known.last_trade
    single: list[Candle] = []
    for trade, wall_ms in trades:
        if trade.trade <= last_trade:
            continue
        second = wall_ms // 1000
        if second < window.first:
            last_close = trade.price
        elif second < window.end:
            single.append(first_trade(second, trade.price, trade.quantity))
        last_trade = trade.trade
    candles = list(roll_up(chain(known.candles, single), window.interval))
    return KnownCandles(candles, last_close, last_trade)


def without_gaps(known: KnownCandles, window: Window) -> Iterator[Candle]:
    """A candle for each interval; where nobody traded, an empty one at the last close.

    Before the first price ever there is no candle.
    """
    last_close = known.last_close
    candles = iter(known.candles)
    upcoming = next(candles, None)
    for start in window.starts():
        if upcoming is not None and upcoming.start == start:
            yield upcoming
            last_close = upcoming.close
            upcoming = next(candles, None)
        elif last_close is not None:
            yield empty_candle(start, last_close)
