"""Writing to many spectators: what each is owed, some of them at a time, and pauses between.

Some are written to at a time, and others have the processor as long before the next: an order
server on the same loop or the same core waits less than a millisecond for its feed, and not for all
spectators of a great game.
"""

import asyncio
import time
from collections import deque
from collections.abc import Callable, Iterable
from typing import Protocol

from cxgame.wire.feed import Subscription
from cxgame.wire.feed_lanes import Lane

COALESCE_S = 0.01  # events of this time leave in one write
SHARE = 3  # the feed pauses this many times as long as a round has taken it, if that is more
SLICE, LARGE_SLICE = 40, 100  # spectators written to before others have their turn
SLICES = 10  # a round of many spectators has larger slices sooner than more of them
_TICK_S = 0.001  # what every loop's clock can tell apart


class Spectator(Protocol):
    """Who watches over one connection."""

    subscription: Subscription
    owed: bytes  # what the last flush gave its lane, until it is written

    @property
    def gone(self) -> bool:
        """Whether nothing that is written now will arrive."""
        ...

    @property
    def unread_bytes(self) -> int:
        """What lies in our hands because the spectator does not read."""
        ...

    def pay(self) -> bool:
        """Write what is owed. False: it is gone, perhaps dropped for not reading just now."""
        ...

    def send(self, data: bytes) -> bool:
        """Write `data` after what is owed. False: as above."""
        ...


Packed = Iterable[tuple[Lane[Spectator], bytes]]


class Writing:
    """The writing of one feed; `leave` is told of spectators who are gone."""

    def __init__(self, leave: Callable[[Spectator], None]) -> None:
        self.not_before = 0.0  # loop time of the next round
        self._leave = leave
        self._loop = asyncio.get_running_loop()
        self._unpaid: deque[Spectator] = deque()
        self._slice = SLICE
        self._spent = self._paused = 0.0  # seconds of this round
        self._pausing: asyncio.TimerHandle | None = None

    @property
    def is_busy(self) -> bool:
        """Whether somebody is still owed something."""
        return bool(self._unpaid)

    def begin(self, packed: Packed, spent_s: float) -> None:
        """Begin a round, whose bytes took so long to make."""
        self._spent = spent_s
        self.rest()
        self.owe(packed)

    def rest(self) -> None:
        """Let some time pass before the next round."""
        self.not_before = self._loop.time() + COALESCE_S

    def owe(self, packed: Packed) -> None:
        """Give every member its lane's bytes, and begin to write."""
        for lane, data in packed:
            for spectator in lane.members:
                if not spectator.owed:
                    self._unpaid.append(spectator)
                spectator.owed += data
        if self._pausing is None:
            self._slice = min(LARGE_SLICE, max(SLICE, len(self._unpaid) // SLICES))
            self._pay()

    def send(self, spectator: Spectator, data: bytes) -> None:
        """Write to one spectator, after what it is owed."""
        if data and not spectator.send(data):
            self._leave(spectator)

    def finish(self) -> None:
        """Write everything, now."""
        if self._pausing is not None:
            self._pausing.cancel()
            self._pausing = None
        while self._unpaid:
            self._pay_slice()

    def _pay(self) -> None:
        self._pausing = None
        started = time.monotonic()
        self._pay_slice()
        slice_s = time.monotonic() - started
        self._spent += slice_s
        if self._unpaid:
            pause_s = max(_TICK_S, slice_s)
            self._paused += pause_s
            self._pausing = self._loop.call_later(pause_s, self._pay)
        else:
            pause_s = max(COALESCE_S, SHARE * self._spent - self._paused)
            self.not_before = max(self.not_before, self._loop.time() + pause_s)
            self._spent = self._paused = 0.0

    def _pay_slice(self) -> None:
        for _ in range(min(self._slice, len(self._unpaid))):
            spectator = self._unpaid.popleft()
            if not spectator.pay():
                self._leave(spectator)
