"""Opening a store as the settings say, and games in it."""

import asyncio
import subprocess
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from cxgame.store.api import Store
from cxgame.store.embedded import EmbeddedValkey, find_embedded
from cxgame.store.endpoint import Endpoint
from cxgame.store.errors import DirectoryBusy, LeaseHeld, StoreError
from cxgame.store.link import Link
from cxgame.store.opening import open_events, open_store
from tests.store.batches import hash_of, make_batch
from tests.store.embedded_fixture import ValkeyThread, a_free_port

LIMIT_S = 30


async def opened(
    data_dir: Path,
    *,
    memory: bool = False,
    url: str | None = None,
    durability: str = "always",
    takeover: bool = False,
) -> Store:
    return await asyncio.wait_for(
        open_store(
            memory=memory,
            valkey_url=url,
            data_dir=data_dir,
            durability=durability,
            takeover=takeover,
        ),
        LIMIT_S,
    )


@pytest.fixture(params=["memory", "embedded", "url"])
async def store(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Store]:
    url = request.getfixturevalue("shared_valkey").url if request.param == "url" else None
    store = await opened(tmp_path, memory=request.param == "memory", url=url)
    yield store
    await store.close()


class TestStore:
    async def test_a_new_game_has_number_1(self, store: Store, game_name: str) -> None:
        """And nothing in it."""
        game = await store.open_game(game_name)
        assert (game.id, game.head_seq, game.head_hash) == (f"{game_name}.1", 0, b"")

    async def test_a_game_that_is_left_goes_on(self, store: Store, game_name: str) -> None:
        """The next opening finds the head, and continues it."""
        game = await store.open_game(game_name)
        await game.journal.commit(make_batch(1))
        await game.close()
        game = await store.open_game(game_name)
        assert (game.number, game.head_seq, game.head_hash) == (1, 1, hash_of(1))
        await game.journal.commit(make_batch(2))
        assert [entry.seq async for entry in game.journal.replay()] == [1, 2]

    async def test_fresh_begins_the_next_game(self, store: Store, game_name: str) -> None:
        """The old one keeps its number; an unplayed game is fresh as it is."""
        game = await store.open_game(game_name, fresh=True)
        assert game.number == 1
        await game.journal.commit(make_batch(1))
        await game.close()
        assert (await store.open_game(game_name, fresh=True)).number == 2
        await store.close()

    async def test_a_closed_game_is_followed_by_the_next(
        self, store: Store, game_name: str
    ) -> None:
        """`next_game` leaves the one that is open."""
        game = await store.open_game(game_name)
        await game.journal.commit(make_batch(1))
        following = await store.next_game(game_name)
        assert (following.number, following.head_seq) == (2, 0)
        await following.journal.commit(make_batch(1))
        await following.close()
        assert (await store.open_game(game_name)).number == 2

    async def test_games_share_nothing(self, store: Store, game_name: str) -> None:
        """Two games of one store have journals of their own."""
        first, second = [await store.open_game(f"{game_name}.{n}") for n in "ab"]
        await first.journal.commit(make_batch(1))
        assert [entry async for entry in second.journal.replay()] == []

    async def test_users_are_the_store_s(self, store: Store, game_name: str) -> None:
        """Beside the games."""
        assert await store.users.create(game_name, b"record") is None
        assert (await store.users.load())[game_name] == b"record"

    async def test_a_reader_reads_along(self, store: Store, game_name: str) -> None:
        """The events of an open game."""
        game = await store.open_game(game_name)
        reader = store.events_reader(game_name)
        await game.journal.commit(make_batch(1))
        assert reader.number == 1
        assert [events.last for events in await reader.wait(0, LIMIT_S)] == [2]
        await reader.close()

    @pytest.mark.parametrize("name", ["", "a b", "a}", "{a", "a/b", "-a", "a" * 33])
    async def test_names_are_checked(self, store: Store, name: str) -> None:
        """A name becomes part of keys and paths."""
        with pytest.raises(StoreError, match="cannot be called"):
            await store.open_game(name)

    async def test_a_game_is_opened_once(self, store: Store, game_name: str) -> None:
        """A second opening in the same server would fence the first."""
        await store.open_game(game_name)
        with pytest.raises(StoreError, match="open already"):
            await store.open_game(game_name)


async def test_each_kind_says_what_it_promises(tmp_path: Path, shared_valkey: ValkeyThread) -> None:
    """For the banner and for health."""
    for arguments, promise in (
        ({"memory": True}, "memory only: nothing is kept"),
        ({}, "always"),
        ({"url": shared_valkey.url}, "always"),
    ):
        store = await opened(tmp_path, **arguments)
        assert store.durability == promise
        await store.close()


async def test_an_embedded_store_ends_with_its_valkey(tmp_path: Path) -> None:
    """Closed, it leaves the directory to the next; open, it does not."""
    store = await opened(tmp_path)
    with pytest.raises(DirectoryBusy):
        await opened(tmp_path)
    await store.close()
    assert find_embedded(tmp_path) is None
    await (await opened(tmp_path)).close()


async def test_a_game_that_is_played_is_refused(
    shared_valkey: ValkeyThread, game_name: str, tmp_path: Path
) -> None:
    """Two servers on one Valkey: the second needs another game, or to take over."""
    first = await opened(tmp_path, url=shared_valkey.url)
    game = await first.open_game(game_name)
    second = await opened(tmp_path, url=shared_valkey.url)
    for fresh in (False, True):
        with pytest.raises(LeaseHeld, match=f"game {game_name}.1 is being played"):
            await asyncio.wait_for(second.open_game(game_name, fresh=fresh), LIMIT_S)
    await game.journal.commit(make_batch(1))
    usurper = await opened(tmp_path, url=shared_valkey.url, takeover=True)
    assert (await usurper.open_game(game_name)).head_seq == 1
    for store in (first, second, usurper):
        await store.close()


async def test_an_unfit_valkey_is_refused(shared_valkey: ValkeyThread, tmp_path: Path) -> None:
    """Unless less is allowed, which then is said."""
    link = Link(shared_valkey.endpoint)
    await link.call("CONFIG", "SET", "appendfsync", "everysec")
    try:
        with pytest.raises(StoreError, match="relaxed"):
            await opened(tmp_path, url=shared_valkey.url)
        store = await opened(tmp_path, url=shared_valkey.url, durability="relaxed")
        assert store.durability == "everysec (relaxed)"
        await store.close()
    finally:
        await link.call("CONFIG", "SET", "appendfsync", "always")
        await link.close()


async def test_a_feed_beside_finds_the_game_by_its_directory(
    tmp_path: Path, game_name: str
) -> None:
    """Whoever is started first; after a restart of the server the feed goes on."""
    opening = asyncio.create_task(open_events(data_dir=tmp_path, game=game_name))
    await asyncio.sleep(0.05)
    store = await opened(tmp_path)
    game = await store.open_game(game_name)
    reader = await asyncio.wait_for(opening, LIMIT_S)
    await game.journal.commit(make_batch(1))
    assert [events.last for events in await reader.wait(0, LIMIT_S)] == [2]
    await store.close()
    assert await reader.wait(2, 0.1) == []
    store = await opened(tmp_path)
    game = await store.open_game(game_name)
    await game.journal.commit(make_batch(2))
    found = []
    async with asyncio.timeout(LIMIT_S):
        while not found:
            found = await reader.wait(2, 1.0)
    assert [events.last for events in found] == [4]
    await reader.close()
    await store.close()


async def test_a_feed_beside_learns_how_the_game_ended(
    tmp_path: Path, game_name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A Valkey of ours ends once whoever reads there waits for more, whatever kept him before."""
    monkeypatch.setattr("cxgame.store.valkey_store._READ_WITHIN_S", LIMIT_S)
    store = await opened(tmp_path)
    game = await store.open_game(game_name)
    reader = await open_events(data_dir=tmp_path, game=game_name)
    await game.journal.commit(make_batch(1))
    assert [events.last for events in await reader.wait(0, LIMIT_S)] == [2]
    await game.journal.commit(make_batch(2))
    closing = asyncio.create_task(store.close())
    await asyncio.sleep(0.2)
    assert [events.last for events in await reader.wait(2, LIMIT_S)] == [4]
    assert not closing.done()
    assert await reader.wait(4, LIMIT_S) == []
    await closing
    await reader.close()


async def test_a_feed_elsewhere_finds_the_game_by_url(
    shared_valkey: ValkeyThread, tmp_path: Path, game_name: str
) -> None:
    """A reader on another machine needs the address and the game's name."""
    store = await opened(tmp_path, url=shared_valkey.url)
    game = await store.open_game(game_name)
    await game.journal.commit(make_batch(1))
    reader = await asyncio.wait_for(
        open_events(valkey_url=shared_valkey.url, game=game_name), LIMIT_S
    )
    assert await reader.last() == 2
    await reader.close()
    await store.close()


async def test_a_feed_must_be_told_where(tmp_path: Path) -> None:
    """Neither an address nor a directory is no place to look."""
    with pytest.raises(StoreError, match="URL or the data directory"):
        await open_events()


def test_a_store_in_memory_loads_no_redis() -> None:
    """Tests of the game, and people who only try something, start faster."""
    code = "import sys, cxgame.store.memory_store; assert 'redis' not in sys.modules"
    subprocess.run([sys.executable, "-c", code], check=True, timeout=LIMIT_S)


async def test_a_wrong_password_is_one_clear_line(tmp_path: Path) -> None:
    """Not retried, not quoted."""
    port = a_free_port()
    valkey = await EmbeddedValkey.start(tmp_path, port=port, password="right")
    with pytest.raises(StoreError, match="refuses the user name or password") as caught:
        await opened(tmp_path, url=f"redis://:wrong@127.0.0.1:{port}")
    assert "wrong" not in str(caught.value)
    await valkey.stop()
    assert Endpoint.url(f"redis://:wrong@127.0.0.1:{port}").name == f"127.0.0.1:{port}"


async def test_a_password_beside_the_url_is_used(
    shared_valkey: ValkeyThread, link: Link, game_name: str, tmp_path: Path
) -> None:
    """A Valkey that asks for a password lets the store in with the one that is set, or not."""
    await link.call("ACL", "SETUSER", game_name, "on", ">hush", "~*", "&*", "+@all")
    url = shared_valkey.url.replace("unix://", f"unix://{game_name}@")

    async def enter(password: str | None) -> Store:
        return await open_store(
            memory=False, valkey_url=url, data_dir=tmp_path, valkey_password=password
        )

    store = await asyncio.wait_for(enter("hush"), LIMIT_S)
    try:
        assert (await store.open_game(game_name)).id == f"{game_name}.1"
    finally:
        await store.close()
    with pytest.raises(StoreError, match="refuses the user name or password"):
        await asyncio.wait_for(enter("other"), LIMIT_S)
