"""What accounts were worth as time passed, for spectators who come late.

Whole standings, kept now and then while the market is open. When there are too many, every other
one is dropped and the next ones are kept half as often: however long a game lasts, its curves have
as many points as a screen can show, spread evenly over it.
"""

from collections.abc import Iterable
from typing import NamedTuple

from cxgame.wire.feed_parts import EquityCurve, Row
from cxgame.wire.feed_state import Now
from cxgame.wire.feed_types import EquityHistory

MOST_SAMPLES = 240
SPACING_S = 5.0  # to begin with: twenty minutes until the first thinning


class Sample(NamedTuple):
    """The best accounts at one time."""

    ts: float
    equity: dict[str, str]  # by user


class Equity:
    """The samples of one game."""

    def __init__(self) -> None:
        self._samples: list[Sample] = []
        self._spacing_s = SPACING_S
        self._next_s = float("-inf")  # monotonic time from which the next sample is taken
        self._told: EquityHistory | None = None  # as it was asked for last

    def is_due(self, now: Now) -> bool:
        """Whether it is time for the next sample."""
        return now.monotonic_s >= self._next_s

    def take(self, rows: Iterable[Row], now: Now) -> None:
        """Keep how things stand."""
        self._samples.append(Sample(now.ts, {row.user: row.equity for row in rows}))
        if len(self._samples) > MOST_SAMPLES:
            # The newest stays, so that the spacing holds for the one after it.
            self._samples = self._samples[::-2][::-1]
            self._spacing_s *= 2
        self._next_s = now.monotonic_s + self._spacing_s
        self._told = None

    def frame(self, rows: Iterable[Row], now: Now) -> EquityHistory | None:
        """The curves of who is among the best now; None while there is nothing to draw.

        Made once for all who ask before the next sample.
        """
        if len(self._samples) < 2:
            return None
        if self._told is None:
            curves = [
                EquityCurve(row.user, [each.equity.get(row.user) for each in self._samples])
                for row in rows
            ]
            times = [each.ts for each in self._samples]
            self._told = EquityHistory(ts=now.ts, times=times, curves=curves)
        return self._told
