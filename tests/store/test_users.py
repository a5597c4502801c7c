"""Users, in memory and in Valkey."""

import asyncio
from collections.abc import AsyncIterator

import pytest

from cxgame.ports import UserStore
from cxgame.store import users
from cxgame.store.errors import StoreUnavailable
from cxgame.store.link import Link
from cxgame.store.memory import MemoryUsers
from cxgame.store.users import ValkeyUsers
from tests.store.batches import AWKWARD
from tests.store.embedded_fixture import ValkeyThread
from tests.store.proxy import Proxy

LIMIT_S = 20


@pytest.fixture(params=["memory", "valkey"])
async def store(request: pytest.FixtureRequest) -> AsyncIterator[UserStore]:
    if request.param == "memory":
        yield MemoryUsers()
        return
    shared: ValkeyThread = request.getfixturevalue("shared_valkey")
    store = ValkeyUsers(shared.endpoint)
    yield store
    await store.close()


class TestUserStore:
    async def test_a_user_is_created_once(self, store: UserStore, game_name: str) -> None:
        """The first record stays, and is what a second attempt gets."""
        assert await store.create(game_name, AWKWARD) is None
        assert await store.create(game_name, b"other") == AWKWARD
        assert (await store.load())[game_name] == AWKWARD

    async def test_the_same_record_again_is_no_creation(
        self, store: UserStore, game_name: str
    ) -> None:
        """Who asks twice learns that the user is there."""
        assert await store.create(game_name, b"record") is None
        assert await store.create(game_name, b"record") == b"record"

    async def test_a_record_is_replaced(self, store: UserStore, game_name: str) -> None:
        """`put` writes whatever was there before."""
        await store.put(game_name, b"one")
        await store.put(game_name, b"two")
        assert (await store.load())[game_name] == b"two"


async def test_a_lost_reply_does_not_lock_the_user_out(
    shared_valkey: ValkeyThread, game_name: str, link: Link
) -> None:
    """The user was created, the reply lost: sent again, it is still our creation."""
    async with Proxy(shared_valkey.endpoint.name) as proxy:
        store = ValkeyUsers(proxy.endpoint)
        proxy.lose_after = game_name.encode()
        created = await asyncio.wait_for(store.create(game_name, b"record"), LIMIT_S)
        await store.close()
    assert created is None
    assert proxy.connections == 2
    assert await link.call("HGET", "cx:{users}", game_name) == b"record"


async def test_an_absent_valkey_is_an_error_in_the_end(monkeypatch: pytest.MonkeyPatch) -> None:
    """Patience ends with a ConnectionError, which callers know without knowing Valkey."""
    monkeypatch.setattr(users, "_PATIENCE_S", 0.2)
    async with Proxy("/nonexistent") as proxy:
        proxy.refusing = True
        store = ValkeyUsers(proxy.endpoint)
        for attempt in (store.load(), store.create("a", b"r"), store.put("a", b"r")):
            with pytest.raises(ConnectionError) as caught:
                await asyncio.wait_for(attempt, LIMIT_S)
            assert isinstance(caught.value, StoreUnavailable)
        await store.close()
