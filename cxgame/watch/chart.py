"""Prices over time: kept second by second, and drawn as a line of braille dots.

A letter of braille is two dots wide and four high, so 40 columns show 80 moments.
"""

from collections import deque
from collections.abc import Sequence
from typing import NamedTuple

KEPT_S = 900
SHORTEST_S = 60.0  # what a young chart spans: it grows from the left
_DOTS_WIDE, _DOTS_HIGH = 2, 4
_BLANK = 0x2800
# Which bit a dot is, by its row in the letter, left and right.
_BITS = ((0x01, 0x08), (0x02, 0x10), (0x04, 0x20), (0x40, 0x80))


class Second(NamedTuple):
    """The prices within one second."""

    at: int
    low: float
    high: float
    last: float


Column = tuple[float, float] | None  # lowest and highest price of a moment; None: before the first


class History:
    """The last quarter of an hour of one market."""

    def __init__(self) -> None:
        self.seconds: deque[Second] = deque(maxlen=KEPT_S)

    def add(self, ts: float, price: float) -> None:
        """Note a price; one from before the last second counts for that."""
        at = int(ts)
        if self.seconds and at <= self.seconds[-1].at:
            known = self.seconds.pop()
            low, high = min(known.low, price), max(known.high, price)
            self.seconds.append(Second(known.at, low, high, price))
        else:
            self.seconds.append(Second(at, price, price, price))

    def span(self, ts: float) -> float:
        """How many seconds a chart of it shows at a time."""
        return max(SHORTEST_S, min(KEPT_S, ts - self.seconds[0].at)) if self.seconds else SHORTEST_S

    def change(self) -> float:
        """How many percent the last price is above the first one that is kept."""
        first, last = self.seconds[0].last, self.seconds[-1].last
        return 100 * (last / first - 1) if first else 0.0

    def columns(self, count: int, ts: float) -> list[Column]:
        """The span in so many moments, joined: each begins at the last price of the one before."""
        step = self.span(ts) / count
        start = max(self.seconds[0].at, ts - self.span(ts)) if self.seconds else ts
        found: list[Column] = []
        seconds = deque(self.seconds)
        last: float | None = None
        for number in range(1, count + 1):
            end = start + number * step
            prices = [] if last is None or end - step > ts else [last]
            while seconds and seconds[0].at < end:
                second = seconds.popleft()
                prices += (second.low, second.high)
                last = second.last
            found.append((min(prices), max(prices)) if prices else None)
        return found


def braille(columns: Sequence[Column], height: int) -> list[str]:
    """Lines of text, two moments to a letter; the lowest price is at the bottom."""
    letters = [[_BLANK] * ((len(columns) + 1) // _DOTS_WIDE) for _ in range(height)]
    low, high = bounds(columns)
    top = height * _DOTS_HIGH - 1
    for x, column in enumerate(columns):
        if column is None:
            continue
        lowest, highest = (_scaled(price, low, high, top) for price in column)
        for y in range(top - highest, top - lowest + 1):
            letters[y // _DOTS_HIGH][x // _DOTS_WIDE] |= _BITS[y % _DOTS_HIGH][x % _DOTS_WIDE]
    return ["".join(map(chr, line)).replace(chr(_BLANK), " ") for line in letters]


def bounds(columns: Sequence[Column]) -> tuple[float, float]:
    """The lowest and the highest price; 0 and 0 of nothing."""
    known = [column for column in columns if column is not None]
    if not known:
        return 0.0, 0.0
    return min(low for low, _ in known), max(high for _, high in known)


def line_of(price: float, low: float, high: float, height: int) -> int:
    """In which of the lines of text a price is, counted from the top."""
    top = height * _DOTS_HIGH - 1
    return (top - _scaled(price, low, high, top)) // _DOTS_HIGH


def _scaled(price: float, low: float, high: float, top: int) -> int:
    """How many dots above the bottom; a price that never moved runs through the middle."""
    return round((price - low) / (high - low) * top) if high > low else top // 2
