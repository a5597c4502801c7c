"""Who may write a game."""

import asyncio

import pytest

from cxgame.store.errors import LeaseHeld, StoreError
from cxgame.store.keys import GameKeys
from cxgame.store.lease import Head, load_functions, take_lease, this_writer
from cxgame.store.link import Link
from cxgame.store.resp import renewal

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
