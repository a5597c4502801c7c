"""Asking a server to stop: from any thread, at any time, as often as one likes."""

import asyncio
import contextlib
import threading
from collections.abc import Coroutine
from typing import Any


class Stop:
    """A wish that is either made or not. One event loop waits for it."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._asked = False
        self._loop: asyncio.AbstractEventLoop | None = None
        self._event: asyncio.Event | None = None

    @property
    def asked(self) -> bool:
        """Whether somebody has asked."""
        return self._asked

    def ask(self) -> None:
        """Ask, also before anybody waits."""
        with self._lock:
            self._asked = True
            if self._loop is not None and self._event is not None:
                with contextlib.suppress(RuntimeError):  # the loop has ended
                    self._loop.call_soon_threadsafe(self._event.set)

    async def wait(self) -> None:
        """Return once somebody has asked."""
        with self._lock:
            if self._asked:
                return
            if self._event is None:
                self._loop, self._event = asyncio.get_running_loop(), asyncio.Event()
        await self._event.wait()

    async def comes_after(self, work: Coroutine[Any, Any, Any]) -> bool:
        """Do the work; False if somebody asked before it was done, which cancels it.

        Raises what the work raises.
        """
        working = asyncio.ensure_future(work)
        waiting = asyncio.ensure_future(self.wait())
        try:
            await asyncio.wait({working, waiting}, return_when=asyncio.FIRST_COMPLETED)
            if working.done():
                working.result()
                return True
            return False
        finally:
            for task in (working, waiting):
                task.cancel()
            await asyncio.gather(working, waiting, return_exceptions=True)
