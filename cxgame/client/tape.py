"""The order of the feed, without I/O: which frames are next, repeated, or beyond a hole.

Every frame with `seq` names in `prev_seq` the frame before it that this subscription was due, so
that a filter is no hole and a loss is one.
"""

from enum import Enum
from typing import Any

Frame = dict[str, Any]


class Verdict(Enum):
    """What to do with a frame."""

    TAKE = "next, or without a number"
    DROP = "seen before"
    HOLE = "something between the last frame and this one is missing"


class Tape:
    """How far the feed was read; `seq` None: not known, the next frame says."""

    def __init__(self, after: int | None, *, full: bool) -> None:
        self.seq = after
        self._full = full  # the channel without filters: there each frame follows seq - 1
        self._game: Any = None

    def judge(self, frame: Frame) -> Verdict:
        """Place a frame; a frame that is taken moves the tape."""
        seq, prev_seq = frame.get("seq"), frame.get("prev_seq")
        if frame.get("type") == "resync":
            self.seq = None  # what was missed is out of reach: go on with what comes
            return Verdict.TAKE
        if not isinstance(seq, int) or not isinstance(prev_seq, int):
            return Verdict.TAKE
        if self.seq is not None:
            if seq <= self.seq:
                return Verdict.DROP
            if prev_seq > self.seq or (self._full and seq != self.seq + 1):
                return Verdict.HOLE
        self.seq = seq
        return Verdict.TAKE

    def greet(self, hello: Frame) -> bool:
        """Compare a `hello` with the tape; True if it begins another one (another game)."""
        seq, game = hello.get("seq"), hello.get("game")
        at = seq if isinstance(seq, int) else None
        another = self._game not in (None, game) or (
            self.seq is not None and at is not None and at < self.seq
        )
        self._game = game
        if another or self.seq is None:
            self.seq = at
        return another
