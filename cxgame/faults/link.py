"""One direction of one connection, with its faults: what is sent comes out changed, late or never.

Carries out the fates of messages in time; the only part that knows an event loop. Nothing waits
in a task: what is held lies in one queue and one window, each with a timer of its own.
"""

import asyncio
from collections import deque
from collections.abc import Callable
from typing import TYPE_CHECKING, Final, NamedTuple, Protocol

from cxgame.faults.fate import Fate, Window
from cxgame.faults.line import Line
from cxgame.faults.modes import Cut, Delay, Direction, Reorder, Throttle
from cxgame.faults.pacing import Ban

if TYPE_CHECKING:
    from cxgame.faults.board import InForce

HOLDING: Final = (Reorder, Throttle, Delay)  # faults for which messages wait
QUIET_S: Final = 1.0  # when nothing has come for so long, who waits to be shuffled goes on


class Parcel(NamedTuple):
    """A message on its way."""

    payload: bytes
    kind: str  # its type, as a fault's `messages` names it
    ban: Ban | None = None  # it is to be refused


class End(Protocol):
    """Where a link leads. None of it may raise."""

    def is_open(self) -> bool:
        """Whether a message may come now; when it may again, somebody calls `Link.pump`."""
        ...

    def take(self, parcel: Parcel) -> None:
        """A message has come through."""
        ...

    def flush(self) -> None:
        """No other comes in this turn."""
        ...

    def cut(self, fault: Cut) -> None:
        """The connection ends; nothing comes any more."""
        ...


class Loop(Protocol):
    """What a link needs of an event loop."""

    def time(self) -> float:
        """Seconds of a clock that never goes back."""
        ...

    def call_at(self, when: float, callback: Callable[[], None]) -> asyncio.TimerHandle:
        """Call at that time."""
        ...


class Link:
    """One direction of one connection."""

    def __init__(self, line: Line, direction: Direction, end: End, loop: Loop) -> None:
        self.held_bytes = 0  # of what is on its way
        self._line = line
        self._direction = direction
        self._end = end
        self._loop = loop
        self._is_closed = False
        self._queue: deque[tuple[float, Parcel]] = (
            deque()
        )  # with the times they are due, if the one before has gone
        self._waiting: list[tuple[Parcel, Fate]] = []  # to be shuffled
        self._window: Window | None = None  # of the last of these
        self._timer: asyncio.TimerHandle | None = None
        self._quiet: asyncio.TimerHandle | None = None
        self._holding = self._now_holding()

    @property
    def held(self) -> int:
        """How many messages are on their way."""
        return len(self._queue) + len(self._waiting)

    def send(self, kind: str, payload: bytes) -> None:
        """Put a message, of this type, on its way; `pump` hands over what may arrive now."""
        if self._is_closed:
            return
        fate = self._line.next(self._direction, kind, self._loop.time())
        if fate.cut is not None:
            self._break(fate.cut)
        elif not fate.is_lost:
            self._carry(Parcel(fate.applied(payload), kind, fate.ban), fate)

    def pump(self) -> None:
        """Hand over what is due, as far as the end is open."""
        if self._is_closed:
            return
        _cancel(self._timer)
        self._timer = None
        now_s = self._loop.time()
        # One at a time: what takes it may close this link, or pump it itself.
        while self._queue and self._queue[0][0] <= now_s and self._end.is_open():
            self._end.take(self._left(self._queue.popleft()[1]))
        self._end.flush()
        if self._queue and self._queue[0][0] > now_s and self._timer is None:
            self._timer = self._loop.call_at(self._queue[0][0], self.pump)

    def refresh(self) -> None:
        """The line's faults have changed: when one has ended for which messages wait, they go."""
        was, self._holding = self._holding, self._now_holding()
        if not was <= self._holding:
            self.let_go()

    def let_go(self) -> None:
        """Hand over everything that is held, without further delay."""
        self._end_window()
        self._queue = deque((0.0, parcel) for _, parcel in self._queue)
        self.pump()

    def close(self) -> None:
        """Drop what is held; nothing passes any more."""
        self._is_closed = True
        self._queue.clear()
        self._waiting.clear()
        self.held_bytes = 0
        for timer in (self._timer, self._quiet):
            _cancel(timer)
        self._timer = self._quiet = None

    def _now_holding(self) -> "frozenset[InForce]":
        aims = self._line.ways[self._direction].aims
        return frozenset(aim.in_force for aim in aims if isinstance(aim.fault, HOLDING))

    def _break(self, fault: Cut) -> None:
        """End at a message: what is due has arrived, what is held is lost."""
        self.pump()
        if not self._is_closed:
            self.close()
            self._end.cut(fault)

    def _carry(self, parcel: Parcel, fate: Fate) -> None:
        for _ in range(1 + fate.copies):
            self.held_bytes += len(parcel.payload)
            if fate.window is None:
                self._enqueue(parcel, fate)
            else:
                self._wait(parcel, fate, fate.window)

    def _wait(self, parcel: Parcel, fate: Fate, window: Window) -> None:
        self._waiting.append((parcel, fate))
        self._window = window
        _cancel(self._quiet)
        self._quiet = None
        if len(self._waiting) >= window.size:
            self._end_window()
        else:
            self._quiet = self._loop.call_at(self._loop.time() + QUIET_S, self._grow_quiet)

    def _grow_quiet(self) -> None:
        self._end_window()
        self.pump()

    def _end_window(self) -> None:
        _cancel(self._quiet)
        self._quiet = None
        waiting, self._waiting = self._waiting, []
        if self._window is not None:
            for place in self._window.order(len(waiting)):
                self._enqueue(*waiting[place])

    def _enqueue(self, parcel: Parcel, fate: Fate) -> None:
        self._queue.append((fate.due_s(self._loop.time()), parcel))

    def _left(self, parcel: Parcel) -> Parcel:
        self.held_bytes -= len(parcel.payload)
        return parcel


def _cancel(timer: asyncio.TimerHandle | None) -> None:
    if timer is not None:
        timer.cancel()
