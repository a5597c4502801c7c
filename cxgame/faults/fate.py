"""What becomes of one message when all faults that concern it have had their say."""

from collections.abc import Callable
from typing import NamedTuple

from cxgame.faults.modes import Corrupt, Cut
from cxgame.faults.pacing import Ban
from cxgame.faults.plan import Stream, corrupted, shuffled

Slot = Callable[[float], float]  # when a message may go on that has come at this time


class Window(NamedTuple):
    """Where a message waits for others, to go on in another order."""

    size: int
    stream: Stream
    n: int

    def order(self, count: int) -> list[int]:
        """In which order so many messages go on, of which this one came last."""
        return shuffled(self.stream, self.n, count)


class Change(NamedTuple):
    """A message is corrupted."""

    fault: Corrupt
    stream: Stream
    n: int

    def __call__(self, message: bytes) -> bytes:
        """The message as it goes on."""
        return corrupted(self.fault, self.stream, self.n, message)


class Fate(NamedTuple):
    """One message's fate. The fields stand in the order in which they come to pass."""

    cut: Cut | None = None  # the connection ends here
    is_lost: bool = False
    ban: Ban | None = None  # it is refused, with nothing of what follows but waiting its turn
    changes: tuple[Change, ...] = ()
    copies: int = 0  # so many times more
    window: Window | None = None
    slots: tuple[Slot, ...] = ()
    delay_s: float = 0.0

    @property
    def is_gone(self) -> bool:
        """Whether nothing else can become of it."""
        return self.is_lost or self.cut is not None or self.ban is not None

    def applied(self, message: bytes) -> bytes:
        """The message as it goes on."""
        for change in self.changes:
            message = change(message)
        return message

    def due_s(self, now_s: float) -> float:
        """When it goes on, if nothing but throttle and delay is between."""
        for slot in self.slots:
            now_s = slot(now_s)
        return now_s + self.delay_s


PLAIN = Fate()
