"""The last 24 hours of a market, minute by minute: highest and lowest price, and volume.

Exact to the minute: what happened in the minute that began 24 hours ago still counts. A price
costs a comparison; the hours are added up once a minute.
"""

from collections import deque
from collections.abc import Iterable
from typing import NamedTuple

MINUTES = 24 * 60
MS_PER_MINUTE = 60_000


class Minute(NamedTuple):
    """What happened in a minute. Prices in half ticks, volume in lots."""

    number: int  # since 1970
    high2: int
    low2: int
    volume: int


class RollingDay:
    """What the last 24 hours of one market come to; without a price, all is 0."""

    def __init__(self) -> None:
        self._minutes: deque[Minute] = deque()
        self._now = Minute(0, 0, 0, 0)  # the one that runs
        self._before = Minute(0, 0, 0, 0)  # all complete ones together

    def fold(self, wall_ms: int, price2: int, lots: int = 0) -> None:
        """Take in a price, of a tick or a trade of so many lots. Times may be a little late."""
        self.look(wall_ms)
        number, high, low, volume = self._now
        if not high:
            high = low = price2
        elif price2 > high:
            high = price2
        elif price2 < low:
            low = price2
        self._now = Minute(number, high, low, volume + lots)

    def know(self, minutes: Iterable[Minute]) -> None:
        """Take in all that was traded, minute by minute, the oldest first.

        What was told here counts once: its prices stay, which may be of ticks, its volumes go.
        """
        known = {minute.number: minute for minute in minutes}
        self.look(max(known, default=0) * MS_PER_MINUTE)
        for told in (*self._minutes, self._now):
            known[told.number] = _joined(told, known.get(told.number))
        self._now = known.pop(self._now.number)
        self._minutes = deque(known[number] for number in sorted(known))
        self._add_up()

    def look(self, wall_ms: int) -> None:
        """Let time pass: older minutes than 24 hours count no more."""
        number = wall_ms // MS_PER_MINUTE
        if number <= self._now.number:
            return
        if self._now.high2:
            self._minutes.append(self._now)
        self._now = Minute(number, 0, 0, 0)
        while self._minutes and self._minutes[0].number < number - MINUTES:
            self._minutes.popleft()
        self._add_up()

    @property
    def high2(self) -> int:
        """The highest price."""
        return max(self._now.high2, self._before.high2)

    @property
    def low2(self) -> int:
        """The lowest one."""
        lows = [minute.low2 for minute in (self._now, self._before) if minute.low2]
        return min(lows, default=0)

    @property
    def volume(self) -> int:
        """All that was traded."""
        return self._now.volume + self._before.volume

    def _add_up(self) -> None:
        minutes = self._minutes
        self._before = Minute(
            0,
            max((minute.high2 for minute in minutes), default=0),
            min((minute.low2 for minute in minutes), default=0),
            sum(minute.volume for minute in minutes),
        )


def _joined(told: Minute, traded: Minute | None) -> Minute:
    """A minute of which prices were told, with all that was traded in it."""
    if traded is None:
        return told._replace(volume=0)
    lows = [minute.low2 for minute in (told, traded) if minute.low2]
    high2 = max(told.high2, traded.high2)
    return Minute(told.number, high2, min(lows, default=0), traded.volume)
