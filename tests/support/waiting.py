"""Waiting for something to become so, in an event loop."""

import asyncio
from collections.abc import Callable
from typing import Any

WAIT_S = 20.0  # a bound for machines that stall, never a measure
_LOOK_S = 0.005


async def until(holds: Callable[[], Any], within_s: float = WAIT_S) -> None:
    """Return once it holds. Raises TimeoutError after `within_s` seconds."""
    async with asyncio.timeout(within_s):
        while not holds():
            await asyncio.sleep(_LOOK_S)
