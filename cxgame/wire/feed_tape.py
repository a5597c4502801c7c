"""The recent events, kept so that a spectator can catch up on what was missed."""

from bisect import bisect_right
from collections import deque
from collections.abc import Iterator, Sequence
from operator import attrgetter

from cxgame.model.events import Event
from cxgame.wire.feed_frames import EVENT_DUE, Frame, FrameMaker

# A minute of a very busy game: with the frames of each about 40 MB.
KEPT_EVENTS = 50_000


class Stretch:
    """The public events of one batch; event `i` has the seq `first + i`.

    Keeps the frames of an event once they were wanted: a class that lost its network for a
    moment asks for the same events again, all at once.
    """

    __slots__ = ("_frames", "events", "first", "wall_ms")

    def __init__(self, first: int, wall_ms: int, events: Sequence[Event]) -> None:
        self.first = first
        self.wall_ms = wall_ms
        self.events = events
        self._frames: list[list[Frame] | None] = []

    @property
    def last(self) -> int:
        """The seq of its last event."""
        return self.first + len(self.events) - 1

    def without(self, count: int) -> "Stretch":
        """The same without its first `count` events."""
        return Stretch(self.first + count, self.wall_ms, self.events[count:])

    def frames(self, after: int, wants: int, maker: FrameMaker) -> Iterator[Frame]:
        """The frames of its events after a seq, as far as anybody `wants` them."""
        if not self._frames:
            self._frames = [None] * len(self.events)
        for index in range(max(0, after + 1 - self.first), len(self.events)):
            event = self.events[index]
            if EVENT_DUE[type(event)] & wants:
                frames = self._frames[index]
                if frames is None:
                    frames = maker.of_event(event, self.first + index, self.wall_ms)
                    self._frames[index] = frames
                yield from frames


class Tape:
    """Whole stretches, the oldest dropped when there are more than `kept` events."""

    def __init__(self, kept: int = KEPT_EVENTS) -> None:
        self._kept = kept
        self._stretches: deque[Stretch] = deque()
        self._count = 0

    @property
    def first(self) -> int | None:
        """The oldest seq that is still here."""
        return self._stretches[0].first if self._stretches else None

    def __iter__(self) -> Iterator[Stretch]:
        """Oldest first."""
        return iter(self._stretches)

    def add(self, stretch: Stretch) -> None:
        """Append what follows the last stretch."""
        self._stretches.append(stretch)
        self._count += len(stretch.events)
        while self._count > self._kept and len(self._stretches) > 1:
            self._count -= len(self._stretches.popleft().events)

    def after(self, seq: int, least: int) -> list[Stretch]:
        """The next stretches that hold events after a seq, with `least` events if there are."""
        found: list[Stretch] = []
        index = bisect_right(self._stretches, seq, key=attrgetter("last"))
        while index < len(self._stretches) and least > 0:
            found.append(self._stretches[index])
            least -= len(found[-1].events)
            index += 1
        return found
