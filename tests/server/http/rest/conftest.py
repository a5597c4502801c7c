"""Fixtures of the REST face's tests."""

from collections.abc import AsyncIterator

import pytest

from tests.server.http.rest.office import Office
from tests.server.http.rest.office import office as opened


@pytest.fixture
async def office() -> AsyncIterator[Office]:
    """A game for one user, with prices of 60,000 for BTC/USDT and 3,000 for ETH/USDT."""
    async with opened() as one:
        await one.do("PATCH", "/admin/tickers/BTC/USDT/price", json={"price": 60_000})
        await one.do("PATCH", "/admin/tickers/ETH/USDT/price", json={"price": 3_000})
        yield one
