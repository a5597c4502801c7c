"""What every journal promises, asked of the one in memory and of the one in a real Valkey."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import pytest

from cxgame.ports import Batch, Entry, Events, JournalFault, View
from cxgame.store.api import GameStore
from cxgame.store.errors import StoreError
from cxgame.store.link import Link
from cxgame.store.memory import MemoryJournal, MemoryLog
from cxgame.store.valkey_store import ValkeyStore
from tests.store.batches import chain, hash_of, make_batch
from tests.store.embedded_fixture import ValkeyThread

LIMIT_S = 20


class Subject:
    """A game's journal, with the means to look behind it and to open it a second time."""

    def __init__(
        self,
        journal: MemoryJournal,
        usurp: Callable[[], Awaitable[MemoryJournal]],
        view: Callable[[str], Awaitable[dict[str, bytes]]],
    ) -> None:
        self.journal = journal
        self.usurp = usurp
        self.view = view

    async def commit(self, batch: Batch) -> None:
        async with asyncio.timeout(LIMIT_S):
            await self.journal.commit(batch)

    async def refusal(self, batch: Batch) -> str:
        with pytest.raises(JournalFault) as caught:
            await self.commit(batch)
        return caught.value.reason

    async def entries(self, after: int = 0) -> list[Entry]:
        return [entry async for entry in self.journal.replay(after)]

    async def events(self, after: int) -> list[Events]:
        return [events async for events in self.journal.events(after)]


async def memory_subject() -> AsyncIterator[Subject]:
    log = MemoryLog()

    async def usurp() -> MemoryJournal:
        return MemoryJournal(log)

    async def view(key: str) -> dict[str, bytes]:
        return log.views.get(key, {})

    yield Subject(MemoryJournal(log), usurp, view)


async def valkey_subject(shared: ValkeyThread, name: str) -> AsyncIterator[Subject]:
    stores = [ValkeyStore(shared.endpoint, "always", takeover=True) for _ in range(2)]
    await stores[0].prepare()
    game = await stores[0].open_game(name)
    link = Link(shared.endpoint)

    async def usurp() -> GameStore:
        return (await stores[1].open_game(name)).journal

    async def view(key: str) -> dict[str, bytes]:
        flat = await link.call("HGETALL", f"cx:{{{game.id}}}:{key}")
        return {name.decode(): blob for name, blob in zip(flat[::2], flat[1::2], strict=True)}

    yield Subject(game.journal, usurp, view)
    await link.close()
    for store in stores:
        await store.close()


@pytest.fixture(params=["memory", "valkey"])
async def subject(request: pytest.FixtureRequest, game_name: str) -> AsyncIterator[Subject]:
    made = (
        memory_subject()
        if request.param == "memory"
        else valkey_subject(request.getfixturevalue("shared_valkey"), game_name)
    )
    async for subject in made:
        yield subject


class TestJournal:
    async def test_returns_what_was_committed_byte_for_byte(self, subject: Subject) -> None:
        """Replay gives seq, hash and record of every batch, whatever bytes they are of."""
        batches = list(chain(1, 3))
        for batch in batches:
            await subject.commit(batch)
        assert await subject.entries() == [Entry(b.seq, b.hash, b.record) for b in batches]

    async def test_replays_more_than_a_page(self, subject: Subject) -> None:
        """Reading in pages loses and repeats nothing."""
        for batch in chain(1, 120):
            await subject.commit(batch)
        assert [entry.seq for entry in await subject.entries()] == list(range(1, 121))
        assert [entry.seq for entry in await subject.entries(after=50)] == list(range(51, 121))
        assert [events.last for events in await subject.events(199)] == list(range(200, 241, 2))

    async def test_an_empty_journal_replays_nothing(self, subject: Subject) -> None:
        """A new game has no entries and no events."""
        assert await subject.entries() == []
        assert await subject.events(0) == []

    async def test_the_same_batch_again_is_no_error_and_no_entry(self, subject: Subject) -> None:
        """DUP: sending again what is there already changes nothing."""
        for batch in chain(1, 3):
            await subject.commit(batch)
        for batch in chain(1, 3):
            await subject.commit(batch)
        assert [entry.seq for entry in await subject.entries()] == [1, 2, 3]
        assert [events.last for events in await subject.events(0)] == [2, 4, 6]

    async def test_another_batch_of_a_known_seq_conflicts(self, subject: Subject) -> None:
        """CONFLICT: history is not rewritten."""
        for batch in chain(1, 2):
            await subject.commit(batch)
        assert await subject.refusal(make_batch(2)._replace(hash=b"other")) == "CONFLICT"

    async def test_a_batch_on_another_history_conflicts(self, subject: Subject) -> None:
        """CONFLICT: the previous hash must be that of the last batch."""
        await subject.commit(make_batch(1))
        assert await subject.refusal(make_batch(2)._replace(prev_hash=b"other")) == "CONFLICT"
        assert len(await subject.entries()) == 1

    async def test_a_missing_batch_is_a_gap(self, subject: Subject) -> None:
        """GAP: batch 3 cannot follow batch 1, and leaves no trace."""
        await subject.commit(make_batch(1))
        assert await subject.refusal(make_batch(3)) == "GAP"
        assert len(await subject.entries()) == 1

    async def test_batch_0_is_a_gap(self, subject: Subject) -> None:
        """Batches count from 1."""
        assert await subject.refusal(make_batch(1)._replace(seq=0)) == "GAP"

    @pytest.mark.parametrize("counter", ["first_event", "first_private"])
    async def test_events_never_go_back(self, subject: Subject, counter: str) -> None:
        """GAP: an event seq that was given is not given again."""
        await subject.commit(make_batch(1))
        assert await subject.refusal(make_batch(2)._replace(**{counter: 2})) == "GAP"
        assert len(await subject.entries()) == 1

    async def test_who_opens_a_game_fences_who_had_it(self, subject: Subject) -> None:
        """FENCED: the earlier writer can write nothing more, the later one goes on."""
        await subject.commit(make_batch(1))
        usurper = await subject.usurp()
        assert await subject.refusal(make_batch(2)) == "FENCED"
        await usurper.commit(make_batch(2))
        assert [entry.hash for entry in await subject.entries()] == [hash_of(1), hash_of(2)]

    async def test_two_commits_under_way_keep_their_order(self, subject: Subject) -> None:
        """The second may be sent before the first is answered."""
        for seq in range(1, 100, 2):
            await asyncio.gather(
                subject.commit(make_batch(seq)), subject.commit(make_batch(seq + 1))
            )
        assert [entry.seq for entry in await subject.entries()] == list(range(1, 101))

    async def test_batches_without_public_events_are_no_events(self, subject: Subject) -> None:
        """Only what the public may see is in the events, with its own seqs."""
        await subject.commit(make_batch(1))
        await subject.commit(make_batch(2)._replace(public=b"", private=b""))
        await subject.commit(
            make_batch(3)._replace(first_event=3, last_event=3, first_private=3, last_private=9)
        )
        assert [(e.first, e.last) for e in await subject.events(0)] == [(1, 2), (3, 3)]
        assert [(e.first, e.last) for e in await subject.events(2)] == [(3, 3)]

    async def test_events_from_the_middle_of_a_batch(self, subject: Subject) -> None:
        """The batch that holds the next event is given whole."""
        await subject.commit(make_batch(1, events=5))
        (events,) = await subject.events(3)
        assert (events.first, events.last, events.public) == (1, 5, make_batch(1, events=5).public)

    async def test_views_are_set_and_deleted(self, subject: Subject) -> None:
        """A view shows the last blob of each field, and no deleted field."""
        first = [View("wallets", "ann", b"1"), View("orders", "7", b"a"), View("orders", "8", b"b")]
        await subject.commit(make_batch(1, views=first))
        second = [
            View("orders", "7", None),
            View("wallets", "ann", b"2"),
            View("new", "\u00e9", b""),
        ]
        await subject.commit(make_batch(2, views=second))
        assert await subject.view("wallets") == {"ann": b"2"}
        assert await subject.view("orders") == {"8": b"b"}
        assert await subject.view("new") == {"\u00e9": b""}

    async def test_a_batch_may_have_9000_views(self, subject: Subject) -> None:
        """Views are many when a round starts; none is lost, and the batch is whole."""
        views = [View("wallets", f"user{i}", b"%d" % i) for i in range(9_000)]
        await subject.commit(make_batch(1, views=views))
        await subject.commit(make_batch(2, views=[view._replace(blob=None) for view in views[1:]]))
        assert await subject.view("wallets") == {"user0": b"0"}
        assert len(await subject.entries()) == 2

    async def test_large_records_and_views(self, subject: Subject) -> None:
        """A batch of a megabyte is one batch like any other."""
        big = make_batch(1)._replace(
            record=bytes(1_000_000), views=[View("markets", "X" * 2000, bytes(5000))]
        )
        await subject.commit(big)
        assert (await subject.entries())[0].record == big.record
        assert await subject.view("markets") == {"X" * 2000: bytes(5000)}

    async def test_a_fault_stays(self, subject: Subject) -> None:
        """After a refusal for good the same journal accepts nothing that continues the refusal."""
        await subject.commit(make_batch(1))
        assert await subject.refusal(make_batch(5)) == "GAP"
        assert await subject.refusal(make_batch(6)) == "GAP"


async def test_a_game_is_opened_once_per_store(shared_valkey: ValkeyThread, game_name: str) -> None:
    """Opening twice would fence ourselves."""
    store = ValkeyStore(shared_valkey.endpoint, "always", takeover=False)
    await store.prepare()
    await store.open_game(game_name)
    with pytest.raises(StoreError, match="open already"):
        await store.open_game(game_name)
    await store.close()


def test_the_lua_is_beside_the_code() -> None:
    """The functions are package data."""
    import cxgame.store.scripts as scripts

    assert {p.name for p in Path(scripts.__file__).parent.glob("*.lua")} == {
        "commit.lua",
        "keep.lua",
        "open.lua",
    }
