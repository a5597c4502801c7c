"""Faults of the network on one spectator's connection, between its socket and the feed.

While a fault concerns it, what the feed writes to it and what it asks goes through links; while
none does, nothing stands between. The others in its lanes never notice.
"""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from typing import Final

from cxgame.faults import NOBODY, Board, Direction, Face, HalfOpen, Line, Link, Parcel
from cxgame.faults.modes import Cut
from cxgame.limits import NS_PER_S, too_fast
from cxgame.model.errors import Rejection
from cxgame.server.broadcast.spectator import TOO_SLOW, TRY_AGAIN_LATER, Spectator
from cxgame.server.sessions.session import FOR_GOOD_S
from cxgame.server.sockets.frames import text_frames
from cxgame.server.sockets.kinds import kind_in, kind_out, messages

MOST_BYTES: Final = 4_194_304  # on their way to one spectator: beyond, it is dropped as too slow
MOST_ASKED: Final = 1_000  # requests on their way from it: what comes beyond is lost

Answer = Callable[[str | bytes], Awaitable[None]]  # deals with a message of the spectator's
Refuse = Callable[[Rejection], Awaitable[None]]


@contextmanager
def tapped(
    board: Board | None, spectator: Spectator, answer: Answer, refuse: Refuse
) -> Iterator[Answer]:
    """Let a board's faults act on a spectator while this lasts; what to hand its messages to."""
    if board is None:
        yield answer
        return
    line = board.join(spectator, Face.FEED, NOBODY)
    line.round_trip_s = lambda: spectator.connection.latency
    tap = FeedTap(line, spectator, answer, refuse)
    try:
        yield tap.hear
    finally:
        board.leave(spectator)
        tap.close()


class FeedTap:
    """What stands, or may stand, between one spectator and the feed."""

    def __init__(self, line: Line, spectator: Spectator, answer: Answer, refuse: Refuse) -> None:
        self._line = line
        self._spectator = spectator
        self._answer = answer
        self._cut: Cut | None = None  # what has ended the connection
        self._out = Outward(self, line, spectator)
        self._in = Inward(self, line, answer, refuse)
        self._is_between = False
        line.changed = self._change
        self._change()

    async def hear(self, message: str | bytes) -> None:
        """Take what the spectator sends."""
        if self._is_between and isinstance(message, str):
            self._in.hear(message)
        else:
            await self._answer(message)

    # Called by the ways

    def cut(self, fault: Cut) -> None:
        """End the connection: cut it off, or neither read nor write any more."""
        self._cut = fault
        self._in.close()
        self._out.close()
        self._spectator.connection.cut(is_silent=isinstance(fault, HalfOpen))

    def emptied(self) -> None:
        """Nothing is on its way in one direction: perhaps nothing need stand between any more."""
        if not (self._line.faults or self._in.is_busy or self._out.is_busy or self._cut):
            self._stand_aside()

    def close(self) -> None:
        """The connection is gone: hold nothing."""
        self._in.close()
        self._out.close()
        self._stand_aside()

    def _change(self) -> None:
        """Other faults concern the connection than before."""
        if self._cut is not None:
            if all(each.fault is not self._cut for each in self._line.faults):
                self._spectator.connection.cut(is_silent=False)  # what was cut does not heal
        elif self._line.faults:
            self._is_between = True
            self._spectator.divert(self._out)
        for way in (self._in, self._out):
            way.link.refresh()
        self.emptied()

    def _stand_aside(self) -> None:
        self._is_between = False
        self._spectator.divert(None)


class Outward:
    """From the feed to the network."""

    def __init__(self, tap: FeedTap, line: Line, spectator: Spectator) -> None:
        self.link = Link(line, Direction.OUT, self, spectator.connection.loop)
        self._tap = tap
        self._spectator = spectator
        self._through: list[bytes] = []

    @property
    def is_busy(self) -> bool:
        """Whether anything is on its way."""
        return self.link.held > 0

    def write(self, frames: bytes) -> None:
        """Take frames from the feed, as a transport does."""
        for message in messages(frames):
            self.link.send(kind_out(message), message)
        self.link.pump()
        if self.link.held_bytes > MOST_BYTES:
            self.link.close()
            self._spectator.close(TRY_AGAIN_LATER, TOO_SLOW)

    def let_out(self) -> None:
        """A close frame comes next: what was told before leaves now."""
        self.link.let_go()

    def close(self) -> None:
        """Hold nothing."""
        self.link.close()

    # As the end of its link

    def is_open(self) -> bool:
        """Always: who does not read is the spectator's own matter."""
        return True

    def take(self, parcel: Parcel) -> None:
        """Send it with the others of this turn."""
        self._through.append(parcel.payload)

    def flush(self) -> None:
        """Write what came through."""
        payloads, self._through = self._through, []
        if payloads:
            self._spectator.connection.write(text_frames(payloads))
        if not self.link.held:
            self._tap.emptied()

    def cut(self, fault: Cut) -> None:
        """The connection ends."""
        self._tap.cut(fault)


class Inward:
    """From the network to the feed; what comes through is answered one after the other."""

    def __init__(self, tap: FeedTap, line: Line, answer: Answer, refuse: Refuse) -> None:
        self.link = Link(line, Direction.IN, self, asyncio.get_running_loop())
        self._tap = tap
        self._answer = answer
        self._refuse = refuse
        self._asked: deque[Parcel] = deque()
        self._task: asyncio.Task[None] | None = None

    @property
    def is_busy(self) -> bool:
        """Whether anything is on its way, or being answered."""
        return self.link.held > 0 or self._task is not None

    def hear(self, message: str) -> None:
        """Put a message on its way."""
        if self.link.held + len(self._asked) < MOST_ASKED:
            raw = message.encode()
            self.link.send(kind_in(Face.ORDERS, raw), raw)  # both dialects ask by `cmd`
            self.link.pump()

    def close(self) -> None:
        """Hold nothing."""
        self.link.close()
        self._asked.clear()
        if self._task is not None:
            self._task.cancel()

    # As the end of its link

    def is_open(self) -> bool:
        """Always: it waits here for its turn."""
        return True

    def take(self, parcel: Parcel) -> None:
        """Answer it when its turn comes."""
        self._asked.append(parcel)
        if self._task is None:
            self._task = asyncio.get_running_loop().create_task(self._answer_all())

    def flush(self) -> None:
        """There is nothing to put together."""
        if not self.is_busy:
            self._tap.emptied()

    def cut(self, fault: Cut) -> None:
        """The connection ends."""
        self._tap.cut(fault)

    async def _answer_all(self) -> None:
        try:
            while self._asked:
                parcel = self._asked.popleft()
                if parcel.ban is not None:
                    wait_s = parcel.ban.retry_after_s
                    wait_s = FOR_GOOD_S if wait_s is None else wait_s
                    await self._refuse(too_fast(round(wait_s * NS_PER_S)))
                else:
                    await self._answer(parcel.payload.decode())
        finally:
            self._task = None
        self._tap.emptied()
