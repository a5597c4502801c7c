"""The prices of one market as they were: so many of the last ones, in compact arrays.

Forty-eight bytes a price. When the room is used up the oldest make place. Times never go back, so
what lies between two of them is found by bisection.
"""

from array import array
from bisect import bisect_left, bisect_right
from typing import NamedTuple

MOST = 1_000_000  # prices of a market: seven hours of 25 ms, in 48 MB
_COLUMNS = 6
# A day's volume has two columns: ten orders of the most that an order may be are beyond 64 bits.
_VOLUME_BITS = 62
_VOLUME_MASK = (1 << _VOLUME_BITS) - 1


class Point(NamedTuple):
    """One price: in half ticks; the best ones in ticks (0: there was none), volume in lots."""

    wall_ms: int
    last2: int
    bid: int
    ask: int
    volume: int  # of the 24 hours up to then


class PriceHistory:
    """The last prices of a market, oldest first."""

    def __init__(self, most: int = MOST) -> None:
        self._most = most
        self._columns = tuple(array("q") for _ in range(_COLUMNS))
        self._oldest = 0  # where it lies, once the room is used up

    def __len__(self) -> int:
        return len(self._columns[0])

    def add(self, point: Point) -> None:
        """Keep one more price."""
        *plain, volume = point
        cells = (*plain, volume >> _VOLUME_BITS, volume & _VOLUME_MASK)
        if len(self) < self._most:
            for column, cell in zip(self._columns, cells, strict=True):
                column.append(cell)
            return
        at = self._oldest
        for column, cell in zip(self._columns, cells, strict=True):
            column[at] = cell
        self._oldest = (at + 1) % self._most

    def first(self, since_ms: int, until_ms: int, limit: int) -> list[Point]:
        """The first prices from one time up to another."""
        begin, end = self._range(since_ms, until_ms)
        return self._points(begin, min(end, begin + limit))

    def last(self, until_ms: int, limit: int) -> list[Point]:
        """The last prices up to a time, oldest first."""
        _, end = self._range(0, until_ms)
        return self._points(max(0, end - limit), end)

    def _range(self, since_ms: int, until_ms: int) -> tuple[int, int]:
        """Which places, counted from the oldest, lie between two times, both included."""
        everything, wall_ms = range(len(self)), self._wall_ms
        begin = bisect_left(everything, since_ms, key=wall_ms)
        return begin, bisect_right(everything, until_ms, lo=begin, key=wall_ms)

    def _points(self, begin: int, end: int) -> list[Point]:
        size = len(self)
        places = ((self._oldest + place) % size for place in range(begin, end))
        return [self._point(at) for at in places]

    def _point(self, at: int) -> Point:
        wall_ms, last2, bid, ask, high, low = (column[at] for column in self._columns)
        return Point(wall_ms, last2, bid, ask, high << _VOLUME_BITS | low)

    def _wall_ms(self, place: int) -> int:
        return self._columns[0][(self._oldest + place) % len(self)]
