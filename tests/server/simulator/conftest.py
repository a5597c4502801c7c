"""Fixtures of the tests of `/ws`."""

from collections.abc import AsyncIterator

import pytest

from tests.server.simulator import clients
from tests.server.simulator.clients import Client, Floor


@pytest.fixture
async def floor() -> AsyncIterator[Floor]:
    """An open game: BTC at 50,000, the house at 49,997.50 and 50,002.50."""
    async with clients.floor() as one:
        yield one


@pytest.fixture
async def alice(floor: Floor) -> Client:
    """A connection with an account of its own."""
    return floor.client("alice")


@pytest.fixture
async def bob(floor: Floor) -> Client:
    """Another one."""
    return floor.client("bob")
