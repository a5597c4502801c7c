"""An event loop without a clock, sockets or threads: time passes when nothing else is left to do.

Turns are those of asyncio: what is ready at the beginning of a turn runs in order, what comes in
during it waits for the next. A turn takes some simulated time, so that a busy loop finds several
messages at once, as a real one does; those of different streams come in any order. Everything
that runs belongs to a process (`Process`), which can be killed between two of its steps.
"""

from __future__ import annotations

import asyncio
import heapq
from collections.abc import Callable
from contextvars import ContextVar
from random import Random
from typing import Any

_TURN_S = 30e-6  # of work, at least
_LONG_TURN_S = 2e-3  # now and then: a list of orders, the collector
START_S = 1_000.0


class Process:
    """What lives and dies together: a server, a store, a player."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.alive = True
        self.stopped = False  # reads nothing, as after SIGSTOP


class Killed(BaseException):
    """Ends the step in which a process is killed; no product code may catch it."""


PROCESS: ContextVar[Process] = ContextVar("process")
_NOBODY = Process("nobody")


class Stuck(Exception):
    """Nothing will ever happen again, or far too much."""


class SimulatedLoop(asyncio.BaseEventLoop):
    """The loop. `arrive` is how the network brings something at a time."""

    def __init__(self, random: Random, max_turns: int = 500_000) -> None:
        super().__init__()
        self._random = random
        self._now_s = START_S
        self._arrivals: list[tuple[float, int, Callable[[], None]]] = []
        self._arrived = 0
        self._turns_left = max_turns
        self.tasks: list[asyncio.Task[Any]] = []  # all of them: none may be collected in a run
        self.set_task_factory(self._new_task)
        self._is_over = False
        self.host: Any = None  # where connections and servers are made: a `Network`

    def time(self) -> float:
        """Simulated seconds."""
        return self._now_s

    def arrive(self, at_s: float, what: Callable[[], None]) -> None:
        """Do something at a time, in any order with whatever else arrives in the same turn."""
        self._arrived += 1
        heapq.heappush(self._arrivals, (at_s, self._arrived, what))

    def spawn(self, process: Process, work: Any) -> asyncio.Task[Any]:
        """Run a coroutine as a part of a process."""
        token = PROCESS.set(process)
        try:
            return self.create_task(work)
        finally:
            PROCESS.reset(token)

    def _new_task(
        self, loop: asyncio.AbstractEventLoop, work: Any, context: Any = None
    ) -> asyncio.Task[Any]:
        task = _Task(work, loop=loop, context=context)
        task.number = len(self.tasks)
        self.tasks.append(task)
        return task

    def end(self) -> None:
        """Cancel whatever is left, so that nothing is collected in the middle of its work."""
        self.set_exception_handler(lambda *_: None)
        self._is_over = True
        self._turns_left += 50_000
        for _ in range(20):
            left = [task for task in self.tasks if not task.done()]
            if not left:
                break
            for task in left:
                task.cancel()
            for _ in range(10):
                self._run_once()
        for task in self.tasks:
            if task.done() and not task.cancelled():
                task.exception()
        self.close()

    # What asyncio asks of a loop.

    def _run_once(self) -> None:
        self._turns_left -= 1
        if self._turns_left < 0:
            raise Stuck("too many turns")
        ready: Any = self._ready  # type: ignore[attr-defined]
        timers: Any = self._scheduled  # type: ignore[attr-defined]
        arrivals = self._arrivals
        while timers and timers[0]._cancelled:
            heapq.heappop(timers)._scheduled = False
        if not ready:
            self._pass_time(timers, arrivals)
        now_s = self._now_s
        if arrivals and arrivals[0][0] <= now_s:
            self._take_arrivals(now_s)
        while timers and timers[0]._when <= now_s:
            timer = heapq.heappop(timers)
            timer._scheduled = False
            ready.append(timer)
        for _ in range(len(ready)):
            handle = ready.popleft()
            if handle._cancelled:
                continue
            if self._is_over or handle._context.get(PROCESS, _NOBODY).alive:
                handle._run()
        draw = self._random.random()
        self._now_s += _TURN_S * (1 + draw) if draw < 0.99 else _LONG_TURN_S

    def _pass_time(
        self, timers: Any, arrivals: list[tuple[float, int, Callable[[], None]]]
    ) -> None:
        """Go to the next thing that happens."""
        next_s = min(
            timers[0]._when if timers else float("inf"),
            arrivals[0][0] if arrivals else float("inf"),
        )
        if next_s == float("inf"):
            if not (self._stopping or self._is_over):  # type: ignore[attr-defined]
                raise Stuck("everybody waits for somebody else")
        elif next_s > self._now_s:
            self._now_s = next_s

    def _take_arrivals(self, now_s: float) -> None:
        due = []
        while self._arrivals and self._arrivals[0][0] <= now_s:
            due.append(heapq.heappop(self._arrivals)[2])
        if len(due) > 1:
            self._random.shuffle(due)
        for what in due:
            what()

    def _write_to_self(self) -> None:
        """There is no other thread to wake this one."""

    def _process_events(self, event_list: Any) -> None:
        """There are no file descriptors."""

    async def create_server(  # type: ignore[override]
        self, factory: Any, host: Any = None, port: Any = None, **rest: Any
    ) -> Any:
        """Listen in the simulated network."""
        return self.host.listen(PROCESS.get(), factory, port, rest.get("start_serving", True))

    async def create_connection(  # type: ignore[override]
        self, factory: Any, host: Any = None, port: Any = None, **_: Any
    ) -> Any:
        """Connect in the simulated network."""
        return await self.host.connect(PROCESS.get(), factory, host, port)

    def run_in_executor(  # type: ignore[override]
        self, executor: Any, func: Any, *args: Any
    ) -> Any:
        """Run it now, and say so a little later."""
        future = self.create_future()
        try:
            settle, outcome = future.set_result, func(*args)
        except Exception as error:  # noqa: BLE001 handed on, to whoever awaits
            settle, outcome = future.set_exception, error
        self.call_later(
            self._random.uniform(1e-4, 5e-3), lambda: None if future.done() else settle(outcome)
        )
        return future


class _Task(asyncio.Task):  # type: ignore[type-arg]
    """Tasks in sets are met in the order in which they were made."""

    number = 0
    _log_destroy_pending = False

    def __hash__(self) -> int:
        return self.number
