"""Work that blocks, in a thread of its own.

`asyncio.to_thread` will not do here: Python stops its executor when the main thread ends, before it
joins the threads that go on, and `Thread(target=CxExchange().start).start()` may be the last line
of a program.
"""

import asyncio
import contextlib
import threading
from collections.abc import Callable
from typing import Any, TypeVar

Result = TypeVar("Result")


async def in_thread(work: Callable[..., Result], *arguments: Any) -> Result:
    """What `work(*arguments)` returns or raises; the event loop goes on meanwhile."""
    loop = asyncio.get_running_loop()
    future: asyncio.Future[Result] = loop.create_future()

    def settle(outcome: Callable[[Any], None], value: object) -> None:
        if not future.done():  # else it was cancelled
            outcome(value)

    def run() -> None:
        try:
            value = work(*arguments)
        except Exception as error:  # noqa: BLE001 handed on, to whoever awaits
            told: tuple[Any, ...] = (settle, future.set_exception, error)
        else:
            told = (settle, future.set_result, value)
        with contextlib.suppress(RuntimeError):  # the loop has ended
            loop.call_soon_threadsafe(*told)

    threading.Thread(target=run, name=f"cxgame {work.__name__}", daemon=True).start()
    return await future
