"""The journal in Valkey when things go wrong on the way."""

import asyncio
import logging
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from cxgame.ports import JournalFault, View
from cxgame.store import child, valkey
from cxgame.store.binary import find_binary
from cxgame.store.endpoint import Endpoint
from cxgame.store.errors import StoreUnavailable
from cxgame.store.keys import GameKeys
from cxgame.store.lease import load_functions, take_lease
from cxgame.store.link import Link
from cxgame.store.scripts import script
from cxgame.store.valkey import ValkeyJournal
from tests.store.batches import chain, make_batch
from tests.store.embedded_fixture import ValkeyThread, a_free_port
from tests.store.proxy import Proxy

LIMIT_S = 20


@pytest.fixture
async def proxy(shared_valkey: ValkeyThread) -> AsyncIterator[Proxy]:
    async with Proxy(shared_valkey.endpoint.name) as proxy:
        yield proxy


@pytest.fixture
def keys(game_name: str) -> GameKeys:
    return GameKeys(game_name, 1)


async def open_journal(endpoint: Endpoint, keys: GameKeys, link: Link) -> ValkeyJournal:
    await load_functions(link)
    head = await take_lease(link, keys, "tester", takeover=True)
    journal = ValkeyJournal(endpoint, keys, head)
    journal.start()
    return journal


@pytest.fixture
async def journal(proxy: Proxy, keys: GameKeys, link: Link) -> AsyncIterator[ValkeyJournal]:
    """A journal that reaches Valkey through the proxy."""
    journal = await open_journal(proxy.endpoint, keys, link)
    yield journal
    await journal.close()


async def seqs(journal: ValkeyJournal) -> list[int]:
    return [entry.seq async for entry in journal.replay()]


async def test_a_writer_that_is_fenced_in_silence_is_told(
    journal: ValkeyJournal, keys: GameKeys, link: Link, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In a game in which nothing happens its renewal finds out; who listens later is told too."""
    monkeypatch.setattr(valkey, "_RENEW_AFTER_S", 0.05)
    told: asyncio.Future[Exception] = asyncio.get_running_loop().create_future()
    journal.on_fault(told.set_result)
    await journal.commit(make_batch(1))
    await take_lease(link, keys, "other", takeover=True)
    fault = await asyncio.wait_for(told, LIMIT_S)
    assert isinstance(fault, JournalFault)
    assert fault.reason == "FENCED"
    late: list[Exception] = []
    journal.on_fault(late.append)
    assert late == [fault]


async def test_a_store_that_was_emptied_in_silence_is_no_other_writer(
    journal: ValkeyJournal, keys: GameKeys, link: Link, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever runs the server must look for the data, not for another server."""
    monkeypatch.setattr(valkey, "_RENEW_AFTER_S", 0.05)
    told: asyncio.Future[Exception] = asyncio.get_running_loop().create_future()
    await journal.commit(make_batch(1))
    await link.call("DEL", keys.meta, keys.journal)
    journal.on_fault(told.set_result)
    fault = await asyncio.wait_for(told, LIMIT_S)
    assert isinstance(fault, JournalFault)
    assert fault.reason == "GAP"


async def test_a_lost_reply_is_resolved_exactly_once(
    journal: ValkeyJournal, proxy: Proxy, keys: GameKeys, link: Link
) -> None:
    """The commit was applied, its reply lost: it is sent again, answered DUP, and is there once."""
    await journal.commit(make_batch(1))
    proxy.lose_after = make_batch(2).hash
    async with asyncio.timeout(LIMIT_S):
        await journal.commit(make_batch(2))
    assert proxy.requests.count(make_batch(2).record) == 2
    assert await seqs(journal) == [1, 2]
    assert await link.call("XLEN", keys.events) == 2


async def test_two_lost_replies_are_resolved_in_order(
    journal: ValkeyJournal, proxy: Proxy, keys: GameKeys, link: Link
) -> None:
    """With two commits under way both are sent again, in order, and both are there once."""
    await journal.commit(make_batch(1))
    proxy.lose_after = make_batch(3).hash
    async with asyncio.timeout(LIMIT_S):
        await asyncio.gather(*(journal.commit(batch) for batch in chain(2, 3)))
        await journal.commit(make_batch(4))
    assert await seqs(journal) == [1, 2, 3, 4]


async def test_commits_wait_while_valkey_cannot_be_reached(
    journal: ValkeyJournal, proxy: Proxy, caplog: pytest.LogCaptureFixture
) -> None:
    """A commit does not return before it is durable, and does when the connection comes back."""
    proxy.refusing = True
    proxy.lose_after = make_batch(1).hash
    with caplog.at_level(logging.WARNING, logger="cxgame.store"):
        commits = [asyncio.create_task(journal.commit(batch)) for batch in chain(1, 2)]
        async with asyncio.timeout(LIMIT_S):
            while proxy.connections < 4:
                await asyncio.sleep(0.01)
        assert not any(commit.done() for commit in commits)
        proxy.refusing = False
        async with asyncio.timeout(LIMIT_S):
            await asyncio.gather(*commits)
    assert await seqs(journal) == [1, 2]
    assert caplog.messages[-1].endswith("answers again")
    assert len(caplog.messages) < 4, "trouble is logged once, not at every attempt"


async def test_a_hung_valkey_is_given_up_and_tried_anew(
    journal: ValkeyJournal, proxy: Proxy, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without a reply the connection is dropped after a while; the bytes are sent again."""
    monkeypatch.setattr(valkey, "_REPLY_TIMEOUT_S", 0.2)
    monkeypatch.setattr(valkey, "_WATCH_S", 0.05)
    await journal.commit(make_batch(1))
    before = proxy.connections
    proxy.hold()
    commit = asyncio.create_task(journal.commit(make_batch(2)))
    async with asyncio.timeout(LIMIT_S):
        while proxy.connections == before:
            await asyncio.sleep(0.01)
        proxy.let_pass()
        await commit
    assert await seqs(journal) == [1, 2]


async def test_a_full_valkey_halts_and_heals(
    journal: ValkeyJournal, keys: GameKeys, link: Link
) -> None:
    """OOM is not final: the function is refused before its first write, and goes through later."""
    await journal.commit(make_batch(1))
    await link.call("CONFIG", "SET", "maxmemory", 1)
    try:
        commits = [asyncio.create_task(journal.commit(batch)) for batch in chain(2, 3)]
        await asyncio.sleep(0.3)
        assert not any(commit.done() for commit in commits)
        assert await link.call("XLEN", keys.journal) == 1
    finally:
        await link.call("CONFIG", "SET", "maxmemory", 0)
    async with asyncio.timeout(LIMIT_S):
        await asyncio.gather(*commits)
    assert await seqs(journal) == [1, 2, 3]


async def test_functions_that_vanished_are_loaded_again(journal: ValkeyJournal, link: Link) -> None:
    """Somebody flushed the functions: the next commit brings them back."""
    await journal.commit(make_batch(1))
    await link.call("FUNCTION", "FLUSH")
    async with asyncio.timeout(LIMIT_S):
        await journal.commit(make_batch(2))
    assert await seqs(journal) == [1, 2]


async def test_a_cancelled_commit_keeps_its_place(journal: ValkeyJournal, proxy: Proxy) -> None:
    """Who stops waiting for a commit does not undo it, nor disturb the one after it."""
    proxy.hold()
    commit = asyncio.create_task(journal.commit(make_batch(1)))
    await asyncio.sleep(0.05)
    commit.cancel()
    proxy.let_pass()
    async with asyncio.timeout(LIMIT_S):
        await journal.commit(make_batch(2))
    assert await seqs(journal) == [1, 2]


async def test_what_waits_behind_a_refused_commit_fails_too(
    journal: ValkeyJournal, link: Link
) -> None:
    """A fault ends every commit under way, and all later ones."""
    await journal.commit(make_batch(1))
    outcomes = await asyncio.wait_for(
        asyncio.gather(*(journal.commit(b) for b in chain(3, 4)), return_exceptions=True), LIMIT_S
    )
    assert [type(outcome) for outcome in outcomes] == [JournalFault, JournalFault]
    with pytest.raises(JournalFault, match="batch 3 does not follow batch 1"):
        await journal.commit(make_batch(2))


async def test_a_store_that_lost_the_game_is_a_gap(
    journal: ValkeyJournal, keys: GameKeys, link: Link
) -> None:
    """A Valkey that kept nothing over its restart must not be written on as if nothing were."""
    await journal.commit(make_batch(1))
    await link.call("DEL", keys.meta, keys.journal)
    with pytest.raises(JournalFault, match="does not know this game") as caught:
        await asyncio.wait_for(journal.commit(make_batch(2)), LIMIT_S)
    assert caught.value.reason == "GAP"


async def test_a_journal_with_a_hole_is_not_replayed(
    journal: ValkeyJournal, keys: GameKeys, link: Link
) -> None:
    """XRANGE skips what is missing without a word; replay does not."""
    for batch in chain(1, 3):
        await journal.commit(batch)
    await link.call("XDEL", keys.journal, "2-0")
    with pytest.raises(JournalFault, match="batch 2 is missing"):
        await seqs(journal)


async def test_a_journal_cut_at_its_end_is_not_replayed(
    journal: ValkeyJournal, proxy: Proxy, keys: GameKeys, link: Link
) -> None:
    """The next writer finds the head as it was, and misses what was cut off."""
    for batch in chain(1, 3):
        await journal.commit(batch)
    await link.call("XDEL", keys.journal, "3-0")
    second = await open_journal(proxy.endpoint, keys, link)
    with pytest.raises(JournalFault, match="ends at batch 2, before 3"):
        await seqs(second)
    await second.close()


async def test_a_view_that_is_not_ours_does_not_stop_the_journal(
    journal: ValkeyJournal, keys: GameKeys, link: Link
) -> None:
    """Views are a cache: a key of another type is passed over."""
    await link.call("SET", keys.view("wallets"), "mine")
    await journal.commit(
        make_batch(1, views=[View("wallets", "a", b"1"), View("orders", "2", b"x")])
    )
    assert await seqs(journal) == [1]
    assert await link.call("HGET", keys.view("orders"), "2") == b"x"


async def test_old_events_are_let_go(keys: GameKeys, link: Link, proxy: Proxy) -> None:
    """The events streams are capped, the journal is not; the kept events say where they begin."""
    await load_functions(link)
    head = await take_lease(link, keys, "tester", takeover=True)
    journal = ValkeyJournal(proxy.endpoint, keys, head, events_kept=10)
    journal.start()
    for batch in chain(1, 300):
        await journal.commit(batch)
    kept = [events async for events in journal.events(0)]
    await journal.close()
    assert kept[-1].last == 600
    assert 10 <= len(kept) < 300
    assert kept[0].first == 600 - 2 * len(kept) + 1
    assert await link.call("XLEN", keys.private) < 300
    assert await link.call("XLEN", keys.journal) == 300


async def test_a_quiet_game_keeps_its_lease(
    journal: ValkeyJournal, keys: GameKeys, link: Link, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without commits the lease is renewed all the same."""
    monkeypatch.setattr(valkey, "_RENEW_AFTER_S", 0.05)
    monkeypatch.setattr(valkey, "_WATCH_S", 0.05)
    before = int(await link.call("HGET", keys.meta, "expires"))
    async with asyncio.timeout(LIMIT_S):
        while int(await link.call("HGET", keys.meta, "expires")) <= before + 200:
            await asyncio.sleep(0.05)
    await journal.commit(make_batch(1))


async def test_closing_gives_the_lease_back(proxy: Proxy, keys: GameKeys, link: Link) -> None:
    """The next server need not wait for a lease that nobody uses."""
    journal = await open_journal(proxy.endpoint, keys, link)
    await journal.close()
    head = await asyncio.wait_for(take_lease(link, keys, "other", takeover=False), LIMIT_S)
    assert head.epoch == 2


async def test_function_names_carry_a_hash_of_their_source(link: Link) -> None:
    """Two versions of this program can share a Valkey."""
    await load_functions(link)
    listed = str(await link.call("FUNCTION", "LIST"))
    for stem, function in (("commit", "cx_commit"), ("open", "cx_open")):
        assert script(stem).function(function) in listed
        assert script(stem).suffix in script(stem).source.splitlines()[0]


async def test_a_bug_leaves_no_commit_waiting(
    journal: ValkeyJournal, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A task that dies takes the commits that rely on it along, and all later ones."""

    async def broken(connection: object) -> None:
        raise ZeroDivisionError

    await journal.commit(make_batch(1))
    monkeypatch.setattr(journal, "_hear", broken)
    assert journal._live is not None
    await journal._live.disconnect(nowait=True)
    for _ in range(2):
        with pytest.raises(StoreUnavailable, match="ZeroDivisionError"):
            await asyncio.wait_for(journal.commit(make_batch(2)), LIMIT_S)


async def test_a_closed_journal_commits_nothing(proxy: Proxy, keys: GameKeys, link: Link) -> None:
    """Rather than wait for ever."""
    journal = await open_journal(proxy.endpoint, keys, link)
    await journal.close()
    with pytest.raises(StoreUnavailable, match="closed"):
        await asyncio.wait_for(journal.commit(make_batch(1)), LIMIT_S)


@pytest.fixture
async def cluster(tmp_path: Path) -> AsyncIterator[Endpoint]:
    """A Valkey Cluster of one node: it refuses keys of other slots, and undeclared ones."""
    path = tmp_path / "socket"
    settings = child.settings(str(path), a_free_port(), "", None)
    settings += f"bind 127.0.0.1\ncluster-enabled yes\ncluster-port {a_free_port()}\n"
    with (tmp_path / "log").open("wb") as output, (tmp_path / "lock").open("wb") as lock:
        node = child.spawn(find_binary(), settings, tmp_path, lock.fileno(), output)
    link = Link(Endpoint.unix(str(path)))
    try:
        await link.patient("CLUSTER", "ADDSLOTSRANGE", 0, 16383)
        async with asyncio.timeout(LIMIT_S):
            while b"cluster_state:ok" not in await link.call("CLUSTER", "INFO"):
                await asyncio.sleep(0.05)
        yield Endpoint.unix(str(path))
    finally:
        await link.close()
        node.kill()
        node.wait()


async def test_all_keys_of_a_commit_are_declared_and_in_one_slot(cluster: Endpoint) -> None:
    """An undeclared key would fail in a cluster after the first write."""
    link, keys = Link(cluster), GameKeys("main", 1)
    journal = await open_journal(cluster, keys, link)
    views = [View("wallets", "a", b"1"), View("unheard-of", "b", b"2"), View("orders", "3", None)]
    async with asyncio.timeout(LIMIT_S):
        await journal.commit(make_batch(1, views=views))
    assert await seqs(journal) == [1]
    assert await link.call("HGET", keys.view("unheard-of"), "b") == b"2"
    await journal.close()
    await link.close()
