"""One connection as the board of faults knows it: whose it is, and its two ways."""

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from functools import lru_cache
from typing import TYPE_CHECKING, Final

from cxgame.faults.fate import Fate
from cxgame.faults.modes import Direction, Face, Fault
from cxgame.faults.plan import Stream, stream_name
from cxgame.faults.way import Way

if TYPE_CHECKING:
    from cxgame.faults.board import InForce

WAYS: Final = (Direction.IN, Direction.OUT)
NOBODY: Final = "-"  # who is not logged in, and spectators


class Line:
    """One connection, or all requests of one user over HTTP. Made by `Board.join`."""

    def __init__(self, face: Face, who: str, nth: int, names: Iterable[str]) -> None:
        self.face = face
        self.who = who  # in the names of its streams
        self.nth = nth  # of the connections of `who` at this face
        self.names = _folded(names)  # by which a fault's `to` finds it
        self.hits: Counter[str] = Counter()  # by mode
        self.ways = {each: Way(each, self._hit) for each in WAYS}
        self.faults: tuple[InForce, ...] = ()  # that concern it now
        self._is_renamed = False  # since it was told of its faults
        self.changed: Callable[[], None] = _nothing  # called when these have changed
        self.round_trip_s: Callable[[], float] = _unmeasured  # of the last ping; 0: there was none

    def is_meant(self, fault: Fault) -> bool:
        """Whether a fault is for this connection."""
        if self.face not in fault.faces:
            return False
        return not fault.to or not self.names.isdisjoint(_called(fault.to))

    def next(self, direction: Direction, kind: str, now_s: float) -> Fate:
        """What becomes of the next message in a direction; `now_s` of a clock that never goes back.

        `kind` is the message's type, as a fault's `messages` names it.
        """
        return self.ways[direction].next(kind, now_s)

    def is_concerned(self, direction: Direction) -> bool:
        """Whether messages in a direction may be hit now."""
        return bool(self.ways[direction].aims)

    # Called by the board

    def rename(self, who: str, nth: int, names: Iterable[str]) -> None:
        """It is somebody's, or somebody else's, from now on."""
        self.who, self.nth, self.names = who, nth, _folded(names)
        self._is_renamed = True

    def set(self, faults: "Sequence[InForce]", seed: int) -> None:
        """Be concerned by these faults from now on."""
        was = self.faults
        self.faults = tuple(faults)
        if self.faults == was and not self._is_renamed:
            return  # most faults are about others
        for direction, way in self.ways.items():
            stream = self._streams(seed, direction)
            if self._is_renamed:
                way.follow(stream)
            way.set(faults, stream)
        self._is_renamed = False
        if self.faults != was:
            self.changed()

    def _hit(self, fault: "InForce") -> None:
        fault.hits += 1
        self.hits[fault.fault.mode] += 1

    def _streams(self, seed: int, direction: Direction) -> "Callable[[InForce], Stream]":
        def stream(each: "InForce") -> Stream:
            return Stream(seed, stream_name(self.who, self.nth, self.face, direction, each.label))

        return stream


def _folded(names: Iterable[str]) -> frozenset[str]:
    """Names as they are compared: a user's spelling of capitals does not matter."""
    return frozenset(name.casefold() for name in names)


@lru_cache(maxsize=256)  # a fault's names are asked for by every connection
def _called(names: tuple[str, ...]) -> frozenset[str]:
    return _folded(names)


def _nothing() -> None:
    """Nobody listens."""


def _unmeasured() -> float:
    """Nobody has measured."""
    return 0.0
