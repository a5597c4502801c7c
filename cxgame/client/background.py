"""One event loop in a daemon thread, shared by all clients, for calls without `await`.

A loop of its own is what makes `r()` work where another loop is running already (a notebook),
and keeps connections alive while the caller's thread computes.
"""

import asyncio
import atexit
import logging
import os
import threading
from collections.abc import Callable, Coroutine
from typing import Any, NamedTuple, TypeVar

log = logging.getLogger(__name__)

_STOP_S = 2.0

T = TypeVar("T")


class _Background(NamedTuple):
    loop: asyncio.AbstractEventLoop
    thread: threading.Thread
    pid: int  # a fork copies this record, not the thread


_current: _Background | None = None
_starting = threading.Lock()


def run(call: Callable[[], Coroutine[Any, Any, T]], timeout_s: float) -> T:
    """Run a coroutine in the background loop and wait for it. Raises TimeoutError."""
    future = asyncio.run_coroutine_threadsafe(call(), _loop())
    try:
        return future.result(timeout_s)
    finally:
        future.cancel()  # matters only when the wait was cut short, e.g. by Ctrl-C


def wait_for(call: Callable[[], Coroutine[Any, Any, T]]) -> T:
    """Run a coroutine in the background loop and wait for it, however long that takes."""
    return asyncio.run_coroutine_threadsafe(call(), _loop()).result()


def soon(call: Callable[[], None]) -> None:
    """Have a function called in the background loop."""
    _loop().call_soon_threadsafe(call)


def owns(loop: asyncio.AbstractEventLoop) -> bool:
    """Whether this is the background loop."""
    return _current is not None and _current.loop is loop


def _loop() -> asyncio.AbstractEventLoop:
    global _current
    with _starting:
        if _current is None or _current.pid != os.getpid():
            loop = asyncio.new_event_loop()
            thread = threading.Thread(target=loop.run_forever, name="cxgame client", daemon=True)
            thread.start()
            _current = _Background(loop, thread, os.getpid())
        return _current.loop


@atexit.register
def _stop() -> None:
    """Close all connections and end the thread, so that the interpreter exits in silence."""
    global _current
    background, _current = _current, None
    if background is None or background.pid != os.getpid():
        return
    loop = background.loop
    try:
        asyncio.run_coroutine_threadsafe(_cancel_all(), loop).result(_STOP_S)
    except TimeoutError:
        log.debug("A connection did not close in time")
    loop.call_soon_threadsafe(loop.stop)
    background.thread.join(_STOP_S)
    if not background.thread.is_alive():
        loop.close()


async def _cancel_all() -> None:
    tasks = asyncio.all_tasks() - {asyncio.current_task()}
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
