"""A feed that is told some time later, for an event whose players might look at the screen.

Whatever a source tells waits its time, in order; and the hub's own time of day is as much behind,
so that clocks, candles and the age of what is shown fit what is told.
"""

import asyncio
from collections import deque
from collections.abc import Callable, Sequence
from typing import Any

from cxgame.model.events import Standing
from cxgame.server.broadcast.hub import FeedHub
from cxgame.wire.feed_state import Snapshot
from cxgame.wire.feed_tape import Stretch


class DelayedHub(FeedHub):
    """A hub whose spectators learn everything `delay_s` seconds later."""

    def __init__(self, delay_s: float, *, counts: bool = False, masked: bool = False) -> None:
        super().__init__(counts=counts, masked=masked)
        self.delay_s = delay_s
        self._entered = 0  # the last event that waits
        self._halted = False
        self._waiting: deque[tuple[float, Callable[[], Any]]] = deque()  # loop time, what to do
        self._due: asyncio.TimerHandle | None = None

    def begin(self, snapshot: Snapshot) -> None:
        """A game is there: known to sources at once, and to spectators when its time has come."""
        self._entered = snapshot.seq
        self.followed.set()
        begin = super().begin
        self._later(lambda: begin(snapshot))

    def release(self, stretch: Stretch) -> bool:
        """Events have happened. False: some before them are missing, `begin` again."""
        if stretch.first > self._entered + 1:
            return False
        self._entered = max(self._entered, stretch.last)
        release = super().release
        self._later(lambda: release(stretch))
        return True

    def set_standings(self, standings: Sequence[Standing]) -> None:
        """New standings, best first."""
        tell = super().set_standings
        self._later(lambda: tell(standings))

    def set_halted(self, halted: bool, reason: str = "") -> None:
        """The game waits for its store, or goes on; said once each."""
        if halted is not self._halted:
            self._halted = halted
            tell = super().set_halted
            self._later(lambda: tell(halted, reason))

    def set_clock(self, remaining_ms: int | None, wall_ms: int) -> None:
        """So much playing time was left then."""
        tell = super().set_clock
        self._later(lambda: tell(remaining_ms, wall_ms))

    def notice(self, text: str) -> None:
        """Say something that is no event; it waits as well."""
        tell = super().notice
        self._later(lambda: tell(text))

    async def told(self) -> None:
        """Wait until the spectators know what has happened by now, whatever comes meanwhile."""
        if self._waiting:
            known = asyncio.Event()
            self._waiting.append((self._waiting[-1][0], known.set))
            await known.wait()

    def finish(self) -> None:
        """Write what was told; what still waits is not."""
        if self._due is not None:
            self._due.cancel()
            self._due = None
        self._waiting.clear()
        super().finish()

    def _later(self, tell: Callable[[], Any]) -> None:
        self._waiting.append((self._loop.time() + self.delay_s, tell))
        if self._due is None:
            self._wake()

    def _wake(self) -> None:
        self._due = self._loop.call_at(self._waiting[0][0], self._tell)

    def _tell(self) -> None:
        """Tell what is due, and wait for the next."""
        self._due = None
        while self._waiting and self._waiting[0][0] <= self._loop.time():
            self._waiting.popleft()[1]()
        if self._waiting:
            self._wake()
