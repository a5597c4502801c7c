"""The clock of a replay: when a recorded moment is due, at what speed, from which point."""

import asyncio
import math
from typing import NamedTuple

LONGEST_GAP_MS = 10_000  # of recorded silence; a pause or a night between two starts is cut to it
AT_ONCE = math.inf  # the speed that waits for nothing


class Point(NamedTuple):
    """A point of a recording; the last of the given conditions counts."""

    event: int = 0  # after the public event of this seq
    after_ms: int = 0  # so long after the beginning of the recording
    wall_ms: int = 0  # at this time of day, since 1970

    def is_before(self, first_ms: int, event: int, wall_ms: int) -> bool:
        """Whether the point is reached before the batch of `wall_ms`, after event `event`."""
        return event >= self.event and wall_ms >= max(self.wall_ms, first_ms + self.after_ms)


BEGINNING = Point()


class Player:
    """Plays, pauses, changes speed, jumps. Lives in one event loop; a replay asks `until`."""

    def __init__(self, speed: float = 1.0, start: Point = BEGINNING) -> None:
        self._speed = speed
        self._playing = True
        self._start: Point | None = start  # asked for, and not yet gone to
        self._moment_ms: float | None = None  # recorded time at `_since_s`; None: not known yet
        self._since_s = 0.0
        self._changed = asyncio.Event()

    @property
    def speed(self) -> float:
        """Recorded seconds per second."""
        return self._speed

    @speed.setter
    def speed(self, speed: float) -> None:
        self._hold()
        self._speed = speed
        self._changed.set()

    @property
    def playing(self) -> bool:
        """Whether recorded time passes."""
        return self._playing

    @property
    def moment_ms(self) -> float | None:
        """Where it stands in recorded time; None while it is on its way to a point."""
        return None if self._moment_ms is None or self._start is not None else self._now_ms()

    @property
    def is_asked_elsewhere(self) -> bool:
        """Whether a jump was asked for that was not made yet."""
        return self._start is not None

    def play(self) -> None:
        """Go on."""
        self._hold()
        self._playing = True
        self._changed.set()

    def pause(self) -> None:
        """Stand still."""
        self._hold()
        self._playing = False
        self._changed.set()

    def seek(self, point: Point) -> None:
        """Go to a point, before or behind where it stands."""
        self._start = point
        self._changed.set()

    def take_start(self) -> Point | None:
        """The point that was asked for, once; the clock is set by the next moment there."""
        start, self._start = self._start, None
        self._moment_ms = None
        return start

    async def until(self, wall_ms: int) -> bool:
        """Wait for a recorded moment; False if a jump was asked for instead."""
        if self._moment_ms is None:
            self._set(wall_ms)
        while self._start is None:
            wait_s = self._wait_s(wall_ms)
            if wait_s <= 0:
                return True
            self._changed.clear()
            try:
                async with asyncio.timeout(wait_s if math.isfinite(wait_s) else None):
                    await self._changed.wait()
            except TimeoutError:
                continue
        return False

    def _wait_s(self, wall_ms: int) -> float:
        """How long to wait for a moment as things are now; endless while paused."""
        if not self._playing:
            return math.inf
        if self._speed == AT_ONCE:
            self._set(wall_ms)
            return 0.0
        gap_ms = wall_ms - self._now_ms()
        if gap_ms > LONGEST_GAP_MS:
            self._set(wall_ms - LONGEST_GAP_MS)
            gap_ms = LONGEST_GAP_MS
        return gap_ms / 1000 / self._speed

    def _now_ms(self) -> float:
        assert self._moment_ms is not None
        if not self._playing or self._speed == AT_ONCE:
            return self._moment_ms
        passed_s = asyncio.get_running_loop().time() - self._since_s
        return self._moment_ms + passed_s * 1000 * self._speed

    def _hold(self) -> None:
        """Note where the clock stands, before it goes on differently."""
        if self._moment_ms is not None:
            self._set(self._now_ms())

    def _set(self, moment_ms: float) -> None:
        self._moment_ms = moment_ms
        self._since_s = asyncio.get_running_loop().time()
