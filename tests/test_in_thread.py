"""Work in threads of its own."""

import asyncio
import threading

import pytest

from cxgame.in_thread import in_thread


async def test_the_result_comes_back_to_the_loop() -> None:
    """The work runs elsewhere, with its arguments."""
    here = threading.get_ident()
    assert await in_thread(lambda number: (number + 1, threading.get_ident() != here), 1) == (
        2,
        True,
    )


async def test_what_it_raises_is_raised_here() -> None:
    """An exception goes to whoever awaits."""
    with pytest.raises(ZeroDivisionError):
        await in_thread(divmod, 1, 0)


async def test_work_that_nobody_awaits_any_more_disturbs_nobody() -> None:
    """Its result is dropped."""
    release = threading.Event()
    waiting = asyncio.create_task(in_thread(release.wait, 10))
    await asyncio.sleep(0.01)
    waiting.cancel()
    release.set()
    with pytest.raises(asyncio.CancelledError):
        await waiting
    await asyncio.sleep(0.01)
