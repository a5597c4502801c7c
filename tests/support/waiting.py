"""Waiting for something to become so, in an event loop."""

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
