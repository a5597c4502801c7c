"""A fake exchange for each test that wants one."""

from collections.abc import Iterator

import pytest

from tests.client.fakes import FakeExchange


@pytest.fixture
def exchange() -> Iterator[FakeExchange]:
    """A running fake exchange."""
    with FakeExchange() as running:
        yield running
