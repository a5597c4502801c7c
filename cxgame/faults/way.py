"""One direction of one connection: its messages, numbered for each fault, and their fates.

Time is an argument; who carries the fates out is not known here.
"""

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from cxgame.faults.fate import PLAIN, Change, Fate, Window
from cxgame.faults.modes import (
    MODES,
    Corrupt,
    Cut,
    Delay,
    Direction,
    Drop,
    Duplicate,
    Fault,
    RateLimit,
    Reorder,
    Silence,
    Throttle,
)
from cxgame.faults.pacing import Ban, Bans, Spacing
from cxgame.faults.plan import Stream, copies, delay_ms

if TYPE_CHECKING:
    from cxgame.faults.board import InForce

_ORDER = {mode: place for place, mode in enumerate(MODES)}
MS_PER_S = 1000.0


class Way:
    """The messages of one direction of one connection."""

    def __init__(self, direction: Direction, hit: "Callable[[InForce], None]") -> None:
        self.direction = direction
        self._hit = hit  # called for each message that a fault hits
        self.aims: list[Aim] = []  # in the order in which a message passes them

    def set(self, faults: "Sequence[InForce]", stream: "Callable[[InForce], Stream]") -> None:
        """Be concerned by these faults from now on; who was before goes on counting."""
        known = {aim.in_force: aim for aim in self.aims}
        concerned = [each for each in faults if each.fault.acts_on(self.direction)]
        aims = [known.get(each) or self._aim(each, stream) for each in concerned]
        self.aims = sorted(aims, key=lambda aim: (_ORDER[aim.fault.mode], aim.in_force.id))

    def follow(self, stream: "Callable[[InForce], Stream]") -> None:
        """Draw from these streams from now on: the connection is somebody else's."""
        for aim in self.aims:
            aim.follow(stream(aim.in_force))

    def next(self, kind: str, now_s: float) -> Fate:
        """What becomes of the next message, which is of this type and comes now."""
        fate = PLAIN
        for aim in self.aims:
            if not aim.fault.concerns(kind):
                continue
            n = aim.count()  # also of what another fault has taken away: no fault moves another's
            if not fate.is_gone:
                fate = aim.add_to(fate, n, now_s)
        return fate

    def _aim(self, fault: "InForce", stream: "Callable[[InForce], Stream]") -> "Aim":
        aim = Aim(fault, self._hit)
        aim.follow(stream(fault))
        return aim


class Aim:
    """One fault at one direction of one connection."""

    def __init__(self, in_force: "InForce", hit: "Callable[[InForce], None]") -> None:
        self.in_force = in_force
        self._hit = hit
        self.fault: Fault = in_force.fault
        self._stream = Stream(0, "")
        self._n = 0  # messages of this stream so far
        self._seen = 0  # the same, under whatever name: a login changes it
        self._spacing = Spacing(self.fault) if isinstance(self.fault, Throttle) else None
        self._bans = Bans(self.fault) if isinstance(self.fault, RateLimit) else None

    def follow(self, stream: Stream) -> None:
        """Draw from this stream; from its beginning, if it is another one than before."""
        if stream != self._stream:
            self._stream = stream
            self._n = 0

    def count(self) -> int:
        """Number a message."""
        self._n += 1
        self._seen += 1
        return self._n - 1

    def add_to(self, fate: Fate, n: int, now_s: float) -> Fate:
        """The fate of message n when this fault has had its say too."""
        changed = self._after(fate, n, now_s)
        if changed is not fate and self._spacing is None:  # a throttle hits who must wait
            self._hit(self.in_force)
        return changed

    def _after(self, fate: Fate, n: int, now_s: float) -> Fate:
        match self.fault:
            case Cut() as fault if self._is_cut(fault, n):
                return fate._replace(cut=fault)
            case Silence(after_messages=after) if self._seen > after:
                return fate._replace(is_lost=True)
            case Drop(probability=share) if self._stream.is_hit(n, share):
                return fate._replace(is_lost=True)
            case RateLimit() if (ban := self._judge(now_s)) is not None:
                return fate._replace(ban=ban)
            case Corrupt() as fault if self._stream.is_hit(n, fault.probability):
                return fate._replace(changes=(*fate.changes, Change(fault, self._stream, n)))
            case Duplicate() as fault if self._stream.is_hit(n, fault.probability):
                return fate._replace(copies=fate.copies + copies(fault, self._stream, n))
            case Reorder() as fault if self._stream.is_hit(n, fault.probability):
                return fate._replace(window=Window(fault.window_size, self._stream, n))
            case Throttle():
                return fate._replace(slots=(*fate.slots, self._slot_s))
            case Delay() as fault if self._stream.is_hit(n, fault.probability):
                delay_s = delay_ms(fault, self._stream, n) / MS_PER_S
                return fate._replace(delay_s=fate.delay_s + delay_s)
        return fate

    def _is_cut(self, fault: Cut, n: int) -> bool:
        if fault.after_messages is not None:
            return self._seen > fault.after_messages
        return self._stream.is_hit(n, fault.probability)

    def _judge(self, now_s: float) -> Ban | None:
        assert self._bans is not None
        return self._bans.judge(now_s)

    def _slot_s(self, now_s: float) -> float:
        assert self._spacing is not None
        slot_s = self._spacing.slot_s(now_s)
        if slot_s > now_s:
            self._hit(self.in_force)
        return slot_s
