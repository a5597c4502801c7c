"""Fixtures of the store's tests."""

import itertools
from collections.abc import AsyncIterator

import pytest

from cxgame.store.link import Link
from tests.store.embedded_fixture import ValkeyThread, shared_valkey

__all__ = ["shared_valkey"]

_counter = itertools.count(1)


@pytest.fixture
def game_name() -> str:
    """A game that no other test of the session plays."""
    return f"game{next(_counter)}"


@pytest.fixture
async def link(shared_valkey: ValkeyThread) -> AsyncIterator[Link]:
    """To look into the shared Valkey."""
    link = Link(shared_valkey.endpoint)
    yield link
    await link.close()
