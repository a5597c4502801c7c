"""Numbered messages: which is next, which came twice, which came late, and what is missing.

`Sequence` places a number and leaves it to its owner whether to go on: for who can have the
missing ones sent again. `SequenceTracker` goes on and remembers what it has missed: for who can
not, and has to look elsewhere.
"""

from collections.abc import Hashable
from enum import Enum
from typing import Generic, NamedTuple, TypeVar

# Numbers that are remembered as missing, per stream: beyond that a late one looks like a repeat.
REMEMBERED = 10_000

Key = TypeVar("Key", bound=Hashable)


class Arrival(Enum):
    """How a numbered message came."""

    NEXT = "the one that was expected, or the first"
    GAP = "before it, others are missing"
    REPEAT = "it was here before"
    LATE = "it was missing, and has come after a later one"


class Sequence:
    """How far one stream was read; `at` None: not known, the next message says."""

    __slots__ = ("at",)

    def __init__(self, at: int | None = None) -> None:
        self.at = at

    def place(self, number: int, after: int | None = None) -> Arrival:
        """Where a message belongs, and nothing is changed.

        `after` is the number of the message before it, where messages name that one because
        numbers may jump; None: it is the number below.
        """
        if self.at is None:
            return Arrival.NEXT
        if number <= self.at:
            return Arrival.REPEAT
        before = number - 1 if after is None else after
        return Arrival.GAP if before > self.at else Arrival.NEXT


class Noted(NamedTuple):
    """What a tracker says of a message."""

    arrival: Arrival
    missing: int = 0  # of `GAP`: how many messages


class _Stream:
    """A stream and the numbers that it owes."""

    __slots__ = ("missing", "sequence")

    def __init__(self) -> None:
        self.sequence = Sequence()
        self.missing: dict[int, None] = {}  # in order, so that the oldest is forgotten first


class SequenceTracker(Generic[Key]):
    """Follows many numbered streams, one per key, such as a channel and a symbol."""

    def __init__(self) -> None:
        self._streams: dict[Key, _Stream] = {}

    def note(self, key: Key, number: int) -> Noted:
        """Take a message in. A gap moves the stream on to what has come."""
        stream = self._streams.setdefault(key, _Stream())
        arrival = stream.sequence.place(number)
        if arrival is Arrival.REPEAT:
            late = number in stream.missing
            stream.missing.pop(number, None)
            return Noted(Arrival.LATE if late else Arrival.REPEAT)
        before, stream.sequence.at = stream.sequence.at, number
        if arrival is Arrival.NEXT or before is None:
            return Noted(Arrival.NEXT)
        self._owe(stream, before + 1, number)
        return Noted(Arrival.GAP, number - before - 1)

    def begin(self, key: Key, at: int) -> None:
        """The stream begins anew, behind this number: whoever sends it has said so."""
        stream = self._streams[key] = _Stream()
        stream.sequence.at = at

    def missing(self, key: Key) -> list[int]:
        """The numbers that have not come, as far as they are remembered."""
        return list(self._streams[key].missing) if key in self._streams else []

    def at(self, key: Key) -> int | None:
        """The highest number that has come; None: none has."""
        return self._streams[key].sequence.at if key in self._streams else None

    def forget(self, key: Key) -> None:
        """The stream begins anew, at whatever number comes next."""
        self._streams.pop(key, None)

    def forget_all(self) -> None:
        """All streams begin anew, as they do on another connection."""
        self._streams.clear()

    @staticmethod
    def _owe(stream: _Stream, first: int, end: int) -> None:
        stream.missing.update(dict.fromkeys(range(max(first, end - REMEMBERED), end)))
        while len(stream.missing) > REMEMBERED:
            del stream.missing[next(iter(stream.missing))]
