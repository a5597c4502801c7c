"""One simulator for the tests of a module; each has a session of its own, and faults for that."""

from collections.abc import AsyncIterator

import pytest_asyncio

from cxgame.simulator import ExchangeServer
from tests.simulator.rig import simulator


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def server() -> AsyncIterator[ExchangeServer]:
    """A simulator that is up."""
    async with simulator(tick_s=0.1) as running:
        yield running
