"""Who may write a game."""

import asyncio
import os
import subprocess
import sys

import pytest

from cxgame.store.errors import LeaseHeld, StoreDamaged, StoreError
from cxgame.store.keys import GameKeys
from cxgame.store.lease import Head, load_functions, take_lease
from cxgame.store.link import Link
from cxgame.store.resp import renewal
from cxgame.store.writer import this_writer

LIMIT_S = 20


@pytest.fixture
async def keys(game_name: str, link: Link) -> GameKeys:
    await load_functions(link)
    return GameKeys(game_name, 1)


async def take(link: Link, keys: GameKeys, owner: str, *, takeover: bool = False) -> Head:
    return await asyncio.wait_for(take_lease(link, keys, owner, takeover=takeover), LIMIT_S)


async def test_a_new_game_is_empty(link: Link, keys: GameKeys) -> None:
    """The first writer has epoch 1 and nothing to replay."""
    assert await take(link, keys, "a") == Head(1, 0, b"", 0, 0)


async def test_every_opening_raises_the_epoch(link: Link, keys: GameKeys) -> None:
    """Also for the same owner: what it sent before must not count any more."""
    assert [(await take(link, keys, "a")).epoch for _ in range(3)] == [1, 2, 3]


async def test_a_live_lease_is_refused(link: Link, keys: GameKeys) -> None:
    """A lease that is renewed has an owner who lives; its name is told."""
    epoch = (await take(link, keys, "host:1")).epoch

    async def live() -> None:
        while True:
            await asyncio.sleep(0.1)
            assert await link.calls([renewal(keys, epoch)]) == [b"OK"]

    owner = asyncio.create_task(live())
    try:
        with pytest.raises(LeaseHeld, match=r"played by host:1.*--takeover"):
            await take(link, keys, "host:2")
    finally:
        owner.cancel()
    assert await link.call("HGET", keys.meta, "epoch") == b"1"


async def test_a_lease_is_taken_over_on_demand(link: Link, keys: GameKeys) -> None:
    """`takeover` fences a living owner at once: its renewal says so."""
    await take(link, keys, "host:1")
    assert (await take(link, keys, "host:2", takeover=True)).epoch == 2
    (answer,) = await link.calls([renewal(keys, 1)])
    assert answer.startswith(b"FENCED")


async def test_the_lease_of_a_dead_owner_runs_out(link: Link, keys: GameKeys) -> None:
    """A lease that nobody renews is waited for and then free."""
    await take(link, keys, "host:1")
    now = int((await link.call("TIME"))[0]) * 1000
    await link.call("HSET", keys.meta, "expires", now + 1500)
    assert (await take(link, keys, "host:2")).epoch == 2


@pytest.mark.ci
async def test_a_lease_ends_though_the_clock_was_set_back(link: Link, keys: GameKeys) -> None:
    """Valkey's clock may say that a dead owner's lease ends tomorrow: 5 s of silence count."""
    await take(link, keys, "host:1")
    now = int((await link.call("TIME"))[0]) * 1000
    await link.call("HSET", keys.meta, "expires", now + 86_400_000)
    assert (await take(link, keys, "host:2")).epoch == 2


async def test_a_living_owner_keeps_its_lease_when_the_clock_is_set_back(
    link: Link, keys: GameKeys
) -> None:
    """Its next renewal writes an earlier time, which is a sign of life like any other."""
    epoch = (await take(link, keys, "host:1")).epoch
    now = int((await link.call("TIME"))[0]) * 1000
    await link.call("HSET", keys.meta, "expires", now + 86_400_000)
    second = asyncio.create_task(take(link, keys, "host:2"))
    await asyncio.sleep(0.1)
    assert await link.calls([renewal(keys, epoch)]) == [b"OK"]
    with pytest.raises(LeaseHeld, match="played by host:1"):
        await second
    assert await link.calls([renewal(keys, epoch)]) == [b"OK"], "it is not fenced"


async def test_a_living_owner_writes_on_when_the_clock_is_set_forward(
    link: Link, keys: GameKeys
) -> None:
    """A lease whose time seems over fences nobody: only a new epoch does."""
    epoch = (await take(link, keys, "host:1")).epoch
    await link.call("HSET", keys.meta, "expires", 1)
    assert await link.calls([renewal(keys, epoch)]) == [b"OK"]
    assert int(await link.call("HGET", keys.meta, "expires")) > 1


@pytest.mark.parametrize("field", ["epoch", "seq", "event", "private", "expires", "hash"])
async def test_a_head_that_lost_a_field_is_reported(link: Link, keys: GameKeys, field: str) -> None:
    """It says which, and writes nothing."""
    await take(link, keys, "a")
    await link.call("HDEL", keys.meta, field)
    before = await link.call("HGETALL", keys.meta)
    with pytest.raises(StoreDamaged, match=field):
        await take(link, keys, "b", takeover=True)
    assert await link.call("HGETALL", keys.meta) == before


async def test_a_head_whose_number_is_none_is_reported(link: Link, keys: GameKeys) -> None:
    """A flipped bit makes a letter of a digit."""
    await take(link, keys, "a")
    await link.call("HSET", keys.meta, "event", "q")
    with pytest.raises(StoreDamaged, match="no number as its event"):
        await take(link, keys, "b", takeover=True)


async def test_a_key_of_another_kind_is_reported(link: Link, keys: GameKeys) -> None:
    """Something else under our key is refused before anything is written."""
    await link.call("SET", keys.events, "x")
    with pytest.raises(StoreError, match=r"damaged.*events is a string"):
        await take(link, keys, "a")
    assert await link.call("EXISTS", keys.meta) == 0


async def test_a_journal_without_its_head_is_reported(link: Link, keys: GameKeys) -> None:
    """Head and journal are written together; if they differ somebody else had a hand in it."""
    await link.call("XADD", keys.journal, "7-0", "hash", "h", "record", "r")
    with pytest.raises(StoreError, match="ends at 7-0, its head says 0"):
        await take(link, keys, "a")


def test_writers_have_names_of_their_own() -> None:
    """Two servers on one machine, or one after the other, are told apart."""
    assert this_writer() != this_writer()


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere nothing is certain")
async def test_a_lease_of_a_dead_process_is_taken_at_once(link: Link, keys: GameKeys) -> None:
    """A server that was killed on this machine is not waited for."""
    living = this_writer()
    ended = subprocess.Popen([sys.executable, "-c", ""])
    ended.wait()
    await take(link, keys, living.replace(f":{os.getpid()}:", f":{ended.pid}:"))
    expires_ms = int(await link.call("HGET", keys.meta, "expires"))
    assert (await take(link, keys, "another")).epoch == 2
    now_s, _ = await link.call("TIME")
    assert int(now_s) * 1000 < expires_ms, "it was waited for"
