"""The keeper of a game, which is a process of its own, on the loop of everything else.

`KeeperChild` is what `subprocess.Popen` gives a simulated server: it runs the real `keep` as a
process of the simulation, which dies alone or learns of its parent's end, as the real one does.
"""

from __future__ import annotations

import asyncio
import subprocess
from collections.abc import Callable
from typing import Any

from cxgame.keeper.program import keep
from cxgame.store.keeping import KeeperTask
from tests.simulation.loop import PROCESS, Process

_INTERVAL_S, _COMMANDS = 3.0, 30  # between snapshots: a run is short
_LOOK_S = 0.05
_KILLED = -9


class KeeperChild:
    """A keeper, and the pipe to its standard input."""

    def __init__(self, *_: Any, **__: Any) -> None:
        self.stdin = self
        self._parent = PROCESS.get()
        self._process = Process("keeper")
        self._closed = asyncio.Event()
        self._status: int | None = None

    # The pipe

    def write(self, line: bytes) -> None:
        """The task: it begins."""
        task = KeeperTask.from_line(line)._replace(interval_s=_INTERVAL_S, commands=_COMMANDS)
        loop: Any = asyncio.get_running_loop()
        loop.spawn(self._process, self._keep(task)).add_done_callback(_tell_of_a_bug)
        loop.spawn(Process("pipe"), self._watch_parent())

    def flush(self) -> None:
        """Nothing waits."""

    def close(self) -> None:
        """The keeper shall finish."""
        self._closed.set()

    def read(self) -> bytes:
        """Until the pipe is closed; see `until_closed`."""
        raise AssertionError("nothing waits for a pipe in a thread here")

    async def until_closed(self) -> bytes:
        """The same, on the loop."""
        await self._closed.wait()
        return b""

    # The process

    def poll(self) -> int | None:
        """Its status, once it has ended."""
        return self._status if self._process.alive else _KILLED

    def wait(self, timeout: float | None = None) -> int:
        """There is no time to wait for it: it is killed."""
        status = self.poll()
        if status is None:
            raise subprocess.TimeoutExpired("keeper", timeout or 0.0)
        return status

    def kill(self) -> None:
        """At once."""
        loop: Any = asyncio.get_running_loop()
        loop.host.kill(self._process)

    async def _keep(self, task: KeeperTask) -> None:
        self._status = await keep(task, self)  # type: ignore[arg-type]

    async def _watch_parent(self) -> None:
        while self._parent.alive and self.poll() is None:
            await asyncio.sleep(_LOOK_S)
        self.close()


def _tell_of_a_bug(task: asyncio.Task[None]) -> None:
    """A keeper that failed is missed by nobody at once; the auditor shall hear of it."""
    if not task.cancelled() and (error := task.exception()) is not None:
        context = {"message": "the keeper failed", "exception": error}
        asyncio.get_running_loop().call_exception_handler(context)


async def until_closed(read: Callable[[], bytes]) -> bytes:
    """In place of a thread that waits for the pipe."""
    child: KeeperChild = read.__self__  # type: ignore[attr-defined]
    return await child.until_closed()
