"""The order of the feed, without I/O: which frames are next, repeated, or beyond a hole.

Every frame with `seq` names in `prev_seq` the frame before it that this subscription was due, so
that a filter is no hole and a loss is one.
"""

from enum import Enum
from typing import Any

from cxgame.client.channels import Frame
from cxgame.network import Arrival, Sequence

# Pictures of a book and what changes them: their `seq` says how new they are, and `prev_seq` which
# picture they change. They come whenever they come, and are no part of the tape.
_OF_BOOKS = frozenset({"depth_snapshot", "depth", "orders_snapshot"})


class Verdict(Enum):
    """What to do with a frame."""

    TAKE = "next, or without a number"
    DROP = "seen before"
    HOLE = "something between the last frame and this one is missing"


class Tape:
    """How far the feed was read; `seq` None: not known, the next frame says."""

    def __init__(self, after: int | None = None) -> None:
        self._sequence = Sequence(after)
        self._game: tuple[Any, Any] | None = None

    @property
    def seq(self) -> int | None:
        """The last event's number."""
        return self._sequence.at

    def judge(self, frame: Frame) -> Verdict:
        """Place a frame; a numbered frame that is taken moves the tape."""
        seq, prev_seq = frame.get("seq"), frame.get("prev_seq")
        if not isinstance(seq, int) or frame.get("type") in _OF_BOOKS:
            return Verdict.TAKE
        if frame.get("type") == "resync":
            self._sequence.at = seq  # what was missed is out of reach: go on from there
            return Verdict.TAKE
        if not isinstance(prev_seq, int):
            return Verdict.TAKE
        match self._sequence.place(seq, prev_seq):
            case Arrival.REPEAT:
                return Verdict.DROP
            case Arrival.GAP:
                return Verdict.HOLE
        self._sequence.at = seq
        return Verdict.TAKE

    def greet(self, hello: Frame) -> bool:
        """Compare a `hello` with the tape; True if it begins another one (another game)."""
        seq = hello.get("seq")
        at = seq if isinstance(seq, int) else None
        known, self._game = self._game, (hello.get("game"), hello.get("number"))
        another = known is not None and known != self._game
        if self.seq is not None and at is not None and at < self.seq:
            another = True  # numbers only grow within a game
        if another or self.seq is None:
            self._sequence.at = at
        return another
