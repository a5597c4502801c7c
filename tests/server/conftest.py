"""Fixtures of the server's tests."""

from collections.abc import AsyncIterator

import pytest

from tests.server.rig import Rig


@pytest.fixture
async def rig() -> AsyncIterator[Rig]:
    """An open game with a price of 1000.00, without limits on rates."""
    rig = await Rig().start()
    yield rig
    await rig.stop()
