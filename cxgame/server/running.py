"""Running a server to its end in the calling thread: the event loop, and Ctrl-C."""

import asyncio
import contextlib
import gc
import signal
import sys
import threading
from collections.abc import Callable, Coroutine, Generator
from typing import Any

_SIGNALS = (signal.SIGINT, signal.SIGTERM)
# Orders and events live long and are in no cycles that outlive them, so looking for cycles often
# finds nothing: a tenth of an order's time at Python's defaults (700, 10, 10).
_COLLECT_AFTER = (10_000, 20, 50)


def run_to_end(serve: Callable[[], Coroutine[Any, Any, None]], stop: Callable[[], None]) -> None:
    """Run `serve` in a loop of its own, by uvloop where that is installed.

    Ctrl-C and SIGTERM call `stop`, which makes `serve` return; a second one cancels it. In a
    thread other than the main one signals are left to the main thread.
    """
    if threading.current_thread() is threading.main_thread():  # else the process is another's
        _collect_rarely()
    with asyncio.Runner(loop_factory=_loop_factory()) as runner:
        runner.run(_under_signals(serve, stop))


def say_on_terminal(text: str) -> None:
    """Write to standard output at once, also when that is a pipe."""
    sys.stdout.write(text)
    sys.stdout.flush()


def _collect_rarely() -> None:
    """Leave what is imported out of every later collection, and collect less often."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(*_COLLECT_AFTER)


async def _under_signals(
    serve: Callable[[], Coroutine[Any, Any, None]], stop: Callable[[], None]
) -> None:
    serving = asyncio.ensure_future(serve())
    asked = False

    def on_signal() -> None:
        nonlocal asked
        if asked:
            serving.cancel()
        asked = True
        stop()

    with _handling(on_signal):
        with contextlib.suppress(asyncio.CancelledError):
            await serving


@contextlib.contextmanager
def _handling(on_signal: Callable[[], None]) -> Generator[None, None, None]:
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    loop = asyncio.get_running_loop()
    handled = []
    for number in _SIGNALS:
        with contextlib.suppress(NotImplementedError):  # Windows: Ctrl-C raises as it always did
            loop.add_signal_handler(number, on_signal)
            handled.append(number)
    try:
        yield
    finally:
        for number in handled:
            loop.remove_signal_handler(number)


def _loop_factory() -> Callable[[], asyncio.AbstractEventLoop] | None:
    try:
        import uvloop
    except ImportError:
        return None
    return uvloop.new_event_loop
