"""Reading public events as a feed does, from memory and from Valkey."""

import asyncio
import threading
from collections.abc import AsyncIterator

import pytest

from cxgame.model.batch import DamagedRecord
from cxgame.ports import Events
from cxgame.store.endpoint import Endpoint
from cxgame.store.errors import EventsGap, StoreUnavailable
from cxgame.store.events import EventsReader, ValkeyEvents
from cxgame.store.keys import GameKeys
from cxgame.store.link import Link
from cxgame.store.memory import MemoryEvents, MemoryJournal, MemoryLog
from cxgame.store.streams import read_events
from cxgame.store.valkey_store import ValkeyStore
from tests.store.batches import chain, make_batch
from tests.store.embedded_fixture import ValkeyThread
from tests.store.proxy import Proxy

LIMIT_S = 20


class Subject:
    """A reader, with the journal it reads."""

    def __init__(self, journal: MemoryJournal, reader: EventsReader) -> None:
        self.journal = journal
        self.reader = reader

    async def range(self, after: int) -> list[Events]:
        return [events async for events in self.reader.range(after)]

    async def wait(self, after: int, timeout_s: float = LIMIT_S) -> list[Events]:
        return await asyncio.wait_for(self.reader.wait(after, timeout_s), 2 * LIMIT_S)


@pytest.fixture(params=["memory", "valkey"])
async def subject(request: pytest.FixtureRequest, game_name: str) -> AsyncIterator[Subject]:
    if request.param == "memory":
        log = MemoryLog(events_kept=5)
        yield Subject(MemoryJournal(log), MemoryEvents(log))
        return
    shared: ValkeyThread = request.getfixturevalue("shared_valkey")
    store = ValkeyStore(shared.endpoint, "always", takeover=True)
    await store.prepare()
    game = await store.open_game(game_name)
    reader = store.events_reader(game_name)
    yield Subject(game.journal, reader)
    await reader.close()
    await store.close()


class TestEventsReader:
    async def test_an_unplayed_game_has_no_events(self, subject: Subject) -> None:
        """Nothing there, and nothing comes."""
        assert await subject.reader.last() == 0
        assert await subject.range(0) == []
        assert await subject.wait(0, timeout_s=0.05) == []
        assert not await subject.reader.moved()

    async def test_gives_what_is_there(self, subject: Subject) -> None:
        """Range and wait give the batches whose last event is later."""
        for batch in chain(1, 3):
            await subject.journal.commit(batch)
        assert await subject.reader.last() == 6
        assert [(e.first, e.last) for e in await subject.range(2)] == [(3, 4), (5, 6)]
        assert [(e.first, e.last) for e in await subject.wait(3)] == [(3, 4), (5, 6)]
        assert (await subject.range(4))[0].public == make_batch(3).public

    async def test_wakes_when_events_come(self, subject: Subject) -> None:
        """A waiting reader gets the events of the next commit."""
        waiting = asyncio.create_task(subject.wait(0))
        await asyncio.sleep(0.05)
        await subject.journal.commit(make_batch(1))
        assert [(e.first, e.last) for e in await waiting] == [(1, 2)]

    async def test_says_when_events_are_missing(self, subject: Subject) -> None:
        """Seqs that were skipped are a gap, and the reader learns where it can go on."""
        await subject.journal.commit(make_batch(1))
        await subject.journal.commit(make_batch(2)._replace(first_event=10, last_event=12))
        for question in (subject.range(2), subject.wait(2)):
            with pytest.raises(EventsGap) as caught:
                await question
            assert (caught.value.wanted, caught.value.first) == (3, 10)
        assert [(e.first, e.last) for e in await subject.range(9)] == [(10, 12)]


async def test_memory_lets_old_events_go() -> None:
    """Only the last batches' events are kept; asking for older ones is a gap."""
    log = MemoryLog(events_kept=5)
    journal, reader = MemoryJournal(log), MemoryEvents(log)
    for batch in chain(1, 20):
        await journal.commit(batch)
    assert [events.last for events in await reader.wait(30, LIMIT_S)] == [32, 34, 36, 38, 40]
    with pytest.raises(EventsGap) as caught:
        await reader.wait(0, LIMIT_S)
    assert caught.value.first == 31


async def test_a_feed_in_another_thread_reads_memory() -> None:
    """The waiting loop is woken across threads, and every event arrives once."""
    log = MemoryLog()
    journal, seen, ready = MemoryJournal(log), [], threading.Event()

    async def read() -> None:
        reader, last = MemoryEvents(log), 0
        ready.set()
        while last < 200:
            for events in await asyncio.wait_for(reader.wait(last, LIMIT_S), LIMIT_S):
                seen.append((events.first, events.last))
                last = events.last

    thread = threading.Thread(target=lambda: asyncio.run(read()))
    thread.start()
    ready.wait(LIMIT_S)
    for batch in chain(1, 100):
        await journal.commit(batch)
        await asyncio.sleep(0)
    await asyncio.to_thread(thread.join, LIMIT_S)
    assert seen == [(n, n + 1) for n in range(1, 200, 2)]
    assert log.wakers == set()


async def test_the_reader_follows_to_the_next_game(
    shared_valkey: ValkeyThread, game_name: str
) -> None:
    """A closed game is followed by the next; `moved` says so once."""
    store = ValkeyStore(shared_valkey.endpoint, "always", takeover=True)
    await store.prepare()
    game = await store.open_game(game_name)
    await game.journal.commit(make_batch(1))
    reader = ValkeyEvents(lambda: shared_valkey.endpoint, game_name)
    await asyncio.wait_for(reader.open(), LIMIT_S)
    assert (reader.number, await reader.last()) == (1, 2)
    await store.next_game(game_name)
    assert await reader.moved()
    assert not await reader.moved()
    assert (reader.number, await reader.last()) == (2, 0)
    await reader.close()
    await store.close()


async def test_the_reader_waits_for_the_game(shared_valkey: ValkeyThread, game_name: str) -> None:
    """A feed may be started before the exchange: neither Valkey nor game need be there."""
    there: list[Endpoint] = []
    reader = ValkeyEvents(lambda: there[0] if there else None, game_name)
    opening = asyncio.create_task(reader.open())
    await asyncio.sleep(0.05)
    there.append(shared_valkey.endpoint)
    await asyncio.sleep(0.05)
    assert not opening.done()
    store = ValkeyStore(shared_valkey.endpoint, "always", takeover=True)
    await store.prepare()
    await store.open_game(game_name)
    await asyncio.wait_for(opening, LIMIT_S)
    assert reader.number == 1
    await reader.close()
    await store.close()


async def test_the_reader_outlives_a_lost_connection(
    shared_valkey: ValkeyThread, game_name: str, link: Link
) -> None:
    """While Valkey is away `wait` finds nothing; afterwards it goes on where it was."""
    await link.call("SET", f"cx:{{{game_name}}}:current", 1)
    events = GameKeys(game_name, 1).events
    async with Proxy(shared_valkey.endpoint.name) as proxy:
        reader = ValkeyEvents(lambda: proxy.endpoint, game_name)
        await asyncio.wait_for(reader.open(), LIMIT_S)
        assert await asyncio.wait_for(reader.wait(0, 0.01), LIMIT_S) == []
        proxy.lose_after = b"XREAD"
        proxy.refusing = True
        assert await asyncio.wait_for(reader.wait(0, 0.3), LIMIT_S) == []
        with pytest.raises(StoreUnavailable):
            await asyncio.wait_for(reader.moved(), LIMIT_S)
        proxy.refusing = False
        await link.call("XADD", events, "3-0", "first", 1, "events", "x")
        assert await asyncio.wait_for(reader.wait(0, LIMIT_S), LIMIT_S) == [Events(1, 3, b"x")]
        await reader.close()


@pytest.mark.parametrize("fields", [["first", "q", "events", "x"], ["a", "1", "b", "2"]])
async def test_an_entry_that_is_not_ours_is_told(
    link: Link, game_name: str, fields: list[str]
) -> None:
    """A flipped bit may make anything of it."""
    keys = GameKeys(game_name, 1)
    await link.call("XADD", keys.events, "7-0", *fields)
    with pytest.raises(DamagedRecord, match="entry 7-0 of the events is not one of ours"):
        [events async for events in read_events(link, keys, 0)]
