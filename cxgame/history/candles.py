"""Candles: what a market's trades of an interval come to. Times in seconds since 1970.

Candles of some spans are stored as the trades come in; those of all other intervals are put
together from the longest span that divides them, at most four to one.
"""

from collections.abc import Iterable, Iterator
from itertools import chain
from typing import NamedTuple

from cxgame.model.events import Trade

SPANS = (1, 5, 15, 60, 300, 900, 3_600, 86_400)
"""Seconds of the candles that are stored."""

INTERVALS = {
    "1s": 1,
    "5s": 5,
    "15s": 15,
    "30s": 30,
    "1m": 60,
    "5m": 300,
    "15m": 900,
    "30m": 1_800,
    "1h": 3_600,
    "4h": 14_400,
    "1d": 86_400,
}
"""What may be asked for: the word of each interval, and its seconds."""


class Candle(NamedTuple):
    """One interval of one market. Prices in ticks, quantity in lots."""

    start: int
    open: int
    high: int
    low: int
    close: int
    quantity: int = 0
    trades: int = 0

    def with_trade(self, price: int, lots: int) -> "Candle":
        """The candle after one more trade."""
        return Candle(
            self.start,
            self.open,
            max(self.high, price),
            min(self.low, price),
            price,
            self.quantity + lots,
            self.trades + 1,
        )

    def joined(self, later: "Candle") -> "Candle":
        """This candle and a later one as one."""
        return Candle(
            self.start,
            self.open,
            max(self.high, later.high),
            min(self.low, later.low),
            later.close,
            self.quantity + later.quantity,
            self.trades + later.trades,
        )


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


def first_trade(start: int, price: int, lots: int) -> Candle:
    """The candle of a first trade."""
    return Candle(start, price, price, price, price, lots, 1)


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
            yield Candle(start, last_close, last_close, last_close, last_close)
