"""What the keeper of a game may see of its journal, and take from it."""

import json
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from cxgame.ports import JournalFault, Snapshot
from cxgame.store.endpoint import Endpoint
from cxgame.store.keeping import KeeperAccess, KeptJournal
from cxgame.store.keys import GameKeys
from cxgame.store.lease import Head, load_functions, take_lease
from cxgame.store.link import Link
from cxgame.store.valkey import ValkeyJournal
from tests.store.batches import chain, hash_of, make_batch
from tests.store.embedded_fixture import ValkeyThread

BATCHES = 150


class Bench:
    """A journal of 150 batches, its writer and its keeper."""

    def __init__(self, link: Link, head: Head, writer: ValkeyJournal, access: KeeperAccess) -> None:
        self.link, self.head, self.writer, self.access = link, head, writer, access
        self.keeper = KeptJournal(access)

    async def seqs(self) -> list[int]:
        page = await self.link.call("XRANGE", self.access.keys.journal, "-", "+")
        return [int(id.partition(b"-")[0]) for id, _ in page]


@pytest.fixture
async def bench(shared_valkey: ValkeyThread, game_name: str, link: Link) -> AsyncIterator[Bench]:
    endpoint, keys = shared_valkey.endpoint, GameKeys(game_name, 1)
    await load_functions(link)
    head = await take_lease(link, keys, "writer", takeover=False)
    writer = ValkeyJournal(endpoint, keys, head)
    writer.start()
    for batch in chain(1, BATCHES):
        await writer.commit(batch)
    plain = json.loads(json.dumps(KeeperAccess(endpoint, keys, head.epoch).plain()))
    bench = Bench(link, head, writer, KeeperAccess.from_plain(plain))
    yield bench
    await bench.keeper.close()
    await writer.close()


def snapshot(seq: int) -> Snapshot:
    return Snapshot(seq, hash_of(seq), {})


async def test_a_keeper_reads_on_from_where_it_is(bench: Bench) -> None:
    """In pages, until there is nothing more."""
    seq, seen = 7, []
    while page := await bench.keeper.page(seq):
        seen += page
        seq = page[-1].seq
    assert [entry.seq for entry in seen] == list(range(8, BATCHES + 1))
    assert seen[0].record == make_batch(8).record


async def test_the_journal_is_trimmed_below_the_recorded_snapshot_only(bench: Bench) -> None:
    """And never its last hundred batches before that: a commit in doubt must find itself."""
    await bench.keeper.trim(BATCHES)
    assert await bench.seqs() == list(range(1, BATCHES + 1))
    await bench.keeper.record(snapshot(140), Path("somewhere/140.snap"))
    await bench.keeper.trim(BATCHES)
    assert await bench.seqs() == list(range(41, BATCHES + 1))
    meta = await bench.link.call("HMGET", bench.access.keys.meta, "snapshot", "snapshot_seq")
    assert meta == [b"140.snap", b"140"]


async def test_play_goes_on_after_a_trim(bench: Bench) -> None:
    """The head is known, a repeated commit finds itself, and what is gone is a gap."""
    await bench.keeper.record(snapshot(BATCHES), Path("x.snap"))
    await bench.keeper.trim(BATCHES)
    await bench.writer.commit(make_batch(BATCHES))
    await bench.writer.commit(make_batch(BATCHES + 1))
    head = await take_lease(bench.link, bench.access.keys, "writer", takeover=True)
    assert (head.seq, head.hash) == (BATCHES + 1, hash_of(BATCHES + 1))
    with pytest.raises(JournalFault, match="batch 50 is missing before 51-0"):
        await bench.keeper.page(49)
    assert [entry.seq async for entry in bench.writer.replay(50)] == list(range(51, BATCHES + 2))


async def test_a_snapshot_of_another_history_is_not_recorded(bench: Bench) -> None:
    """Nor one of a batch that is not there."""
    with pytest.raises(JournalFault, match="CONFLICT"):
        await bench.keeper.record(Snapshot(140, b"another", {}), Path("x.snap"))
    with pytest.raises(JournalFault, match="GAP"):
        await bench.keeper.record(snapshot(BATCHES + 1), Path("x.snap"))


async def test_the_keeper_of_an_earlier_writer_is_fenced(bench: Bench) -> None:
    """It may read, but record and trim no more."""
    await bench.keeper.record(snapshot(140), Path("x.snap"))
    await take_lease(bench.link, bench.access.keys, "another", takeover=True)
    with pytest.raises(JournalFault, match="FENCED: by epoch 2, ours is 1"):
        await bench.keeper.record(snapshot(150), Path("x.snap"))
    with pytest.raises(JournalFault, match="FENCED"):
        await bench.keeper.trim(140)
    assert len(await bench.seqs()) == BATCHES
    assert len(await bench.keeper.page(0)) > 0


@pytest.mark.parametrize("url", ["valkeys://u:p@h:1/2", "redis://h", "unix:///a/b?db=1"])
def test_an_endpoint_survives_the_way_to_another_program(url: str) -> None:
    """With all it takes to get in, and a text without secrets."""
    endpoint = Endpoint.url(url)
    again = Endpoint.from_plain(json.loads(json.dumps(endpoint.plain())))
    assert again == endpoint
    assert "p@" not in repr(again)
