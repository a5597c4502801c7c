"""Waiting in an event loop: for something to become so, or for all that waits for nothing."""

import asyncio
from collections.abc import Callable
from typing import Any

WAIT_S = 20.0  # a bound for machines that stall, never a measure
_LOOK_S = 0.005


async def until(holds: Callable[[], Any]) -> None:
    """Return once it holds. Raises TimeoutError after `WAIT_S` seconds."""
    async with asyncio.timeout(WAIT_S):
        while not holds():
            await asyncio.sleep(_LOOK_S)


async def turns(count: int = 20) -> None:
    """Let the event loop go round: what waits for nothing has happened then."""
    for _ in range(count):
        await asyncio.sleep(0)
