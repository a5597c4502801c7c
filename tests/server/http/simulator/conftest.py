"""Fixtures of the tests of `/api/v1`."""

from collections.abc import AsyncIterator

import pytest

from tests.server.http.simulator.exchange import Exchange, Session, simulator


@pytest.fixture
async def exchange() -> AsyncIterator[Exchange]:
    """A sandbox with the house at 49,997.50 and 50,002.50 for BTC."""
    async with simulator() as one:
        yield one


@pytest.fixture
def alice(exchange: Exchange) -> Session:
    """A session."""
    return exchange.session("alice")


@pytest.fixture
def bob(exchange: Exchange) -> Session:
    """Another one."""
    return exchange.session("bob")
