"""The keeper beside a game in a real Valkey: what it keeps, what it cuts, what it refuses."""

import asyncio
import os
import shutil
import sqlite3
from collections.abc import AsyncIterator
from io import BytesIO
from pathlib import Path

import pytest

from cxgame.history.schema import history_file
from cxgame.history.writing import HistoryWriter
from cxgame.keeper.keeper import Keeper, Unsound
from cxgame.keeper.program import keep
from cxgame.model.commands import Close
from cxgame.model.enums import Side
from cxgame.recovery import JournalDamaged, replay
from cxgame.store.api import GameStore
from cxgame.store.archive import Archive, ArchiveDamaged, archive_folder
from cxgame.store.archived import ArchivedJournal
from cxgame.store.keeping import ENDED, FAILED, KeeperTask
from cxgame.store.link import Link
from cxgame.store.segment import segment_paths
from cxgame.store.snapshots import Snapshots, snapshot_folder
from cxgame.store.valkey_store import ValkeyStore
from tests.store.embedded_fixture import ValkeyThread, shared_valkey
from tests.support.games import Bench, limit
from tests.support.waiting import WAIT_S

__all__ = ["shared_valkey"]


class Kept:
    """A game whose journal is in Valkey, and the folder of its keepers."""

    def __init__(self, store: GameStore, link: Link, data_dir: Path) -> None:
        assert store.keeper_access is not None
        self.store, self.link, self.data_dir = store, link, data_dir
        self.keys = store.keeper_access.keys
        self.bench = Bench()
        self.sent = 0
        self.keepers: list[Keeper] = []
        self.archive = archive_folder(data_dir, store.id)
        self.snapshots = snapshot_folder(data_dir, store.id)

    async def play(self, batches: int) -> None:
        """Batches of one order each, some of which trade."""
        if not self.sent:
            await self.bench.open_with("alice", "bob")
        for number in range(batches):
            player, side = ((1, Side.BUY), (2, Side.SELL))[number % 2]
            self.bench.submit(limit(player, side, 100_000 + number % 3 * 10, 10**5 + number))
            await self.bench.game.settled()
        await self.send()

    async def send(self) -> None:
        """Commit to Valkey what the bench has made."""
        batches = self.bench.journal.batches
        while self.sent < len(batches):
            await self.store.journal.commit(batches[self.sent])
            self.sent += 1

    def task(self, interval_s: float = 1e9, commands: int = 10**9) -> KeeperTask:
        """What a keeper is told."""
        assert self.store.keeper_access is not None
        access = self.store.keeper_access
        return KeeperTask(access, self.data_dir, interval_s, commands, "info", None)

    async def keeper(self, interval_s: float = 1e9, commands: int = 10**9) -> Keeper:
        """A keeper that has begun."""
        keeper = Keeper(self.task(interval_s, commands))
        self.keepers.append(keeper)
        await keeper.begin()
        return keeper

    async def first(self) -> int:
        """The oldest batch in Valkey."""
        page = await self.link.call("XRANGE", self.keys.journal, "-", "+", "COUNT", 1)
        return int(page[0][0].partition(b"-")[0])

    async def recovered(self) -> bytes:
        """The state hash of a start now."""
        journal = ArchivedJournal(self.store.journal, self.archive)
        return (await replay(journal, Snapshots(self.snapshots).sound())).engine.state_hash()

    @property
    def state_hash(self) -> bytes:
        return self.bench.game.engine.state_hash()


@pytest.fixture
async def kept(
    shared_valkey: ValkeyThread, tmp_path: Path, request: pytest.FixtureRequest
) -> AsyncIterator[Kept]:
    store = ValkeyStore(shared_valkey.endpoint, "always", takeover=False)
    await store.prepare()
    game = await store.open_game(f"k{abs(hash(request.node.name)) % 10**9}")
    link = Link(shared_valkey.endpoint)
    kept = Kept(game, link, tmp_path)
    yield kept
    for keeper in kept.keepers:
        await keeper.close()
    await kept.bench.game.stop()
    await link.close()
    await store.close()


async def test_what_is_kept_leads_to_the_same_game(kept: Kept) -> None:
    """Archive, history and snapshot are there, the journal is short, and a start goes on."""
    await kept.play(200)
    keeper = await kept.keeper(interval_s=0)
    await keeper.step()
    assert [each.seq for each in Snapshots(kept.snapshots).sound()] == [kept.sent]
    assert Archive(kept.archive).last_seq == kept.sent
    assert await kept.first() == kept.sent - 99
    await kept.play(10)
    assert await kept.recovered() == kept.state_hash
    await keeper.step()
    await keeper.close()
    history = HistoryWriter(history_file(kept.data_dir, kept.store.id))
    assert history.position == kept.sent
    history.close()


async def test_a_snapshot_is_due_by_commands_or_time_or_at_the_end(kept: Kept) -> None:
    """Not before; and not twice of the same batch."""
    await kept.play(20)
    keeper = await kept.keeper(commands=30)
    await keeper.step()
    assert list(Snapshots(kept.snapshots).sound()) == []
    await kept.play(20)
    await keeper.step()
    (by_commands,) = Snapshots(kept.snapshots).sound()
    assert by_commands.seq == kept.sent
    await kept.play(1)
    kept.bench.submit(Close("shutdown"))
    await kept.bench.game.settled()
    await kept.send()
    await keeper.step()
    assert next(Snapshots(kept.snapshots).sound()).seq == kept.sent
    await keeper.finish()
    assert len(list(kept.snapshots.iterdir())) == 2


async def test_a_keeper_goes_on_where_another_was_killed(kept: Kept) -> None:
    """Whatever it had not archived yet comes from the journal again."""
    await kept.play(150)
    await (await kept.keeper(interval_s=0)).step()
    await kept.play(120)
    await (await kept.keeper()).step()  # has archived nothing of these
    assert Archive(kept.archive).last_seq < kept.sent
    await kept.play(5)
    await (await kept.keeper()).finish()
    assert [entry.seq for entry in Archive(kept.archive).entries()] == [*range(1, kept.sent + 1)]
    assert await kept.recovered() == kept.state_hash


@pytest.mark.parametrize("newest_only", [True, False])
async def test_damaged_snapshots_are_survived(kept: Kept, newest_only: bool) -> None:
    """By the one before and the archive, or by the archive alone; by start and keeper alike."""
    for _ in range(2):
        await kept.play(150)
        await (await kept.keeper()).finish()
    paths = sorted(kept.snapshots.iterdir(), reverse=True)
    for path in paths[: 1 if newest_only else 2]:
        path.write_bytes(path.read_bytes()[:-3])
    await kept.play(3)
    assert await kept.recovered() == kept.state_hash
    await (await kept.keeper()).finish()
    assert next(Snapshots(kept.snapshots).sound()).seq == kept.sent


async def test_a_lost_history_is_written_again(kept: Kept) -> None:
    """From the archive's beginning, though there is a snapshot."""
    await kept.play(150)
    await (await kept.keeper()).finish()
    await kept.keepers.pop().close()
    shutil.rmtree(kept.data_dir / "history")
    await kept.keeper()
    await kept.keepers.pop().close()
    history = HistoryWriter(history_file(kept.data_dir, kept.store.id))
    assert history.position == kept.sent
    history.close()


async def test_a_damaged_history_is_given_up_and_written_again(kept: Kept) -> None:
    """Whatever page of it is damaged: it is a read model, and the archive has it all."""
    await kept.play(150)
    await (await kept.keeper()).finish()
    await kept.keepers.pop().close()
    path = history_file(kept.data_dir, kept.store.id)
    data = path.read_bytes()
    path.write_bytes(data[:4096] + b"?" * (len(data) - 4096))
    task = kept.task()
    assert await keep(task, BytesIO()) == FAILED
    assert not path.exists()
    assert await keep(task, BytesIO()) == ENDED
    history = HistoryWriter(path)
    assert history.position == kept.sent
    history.close()


async def test_a_history_that_is_damaged_in_play_ends_its_keeper(
    kept: Kept, monkeypatch: pytest.MonkeyPatch
) -> None:
    """To try the same again each five seconds would lead nowhere."""
    await kept.play(20)

    def refuse(_: HistoryWriter) -> None:
        error = sqlite3.DatabaseError("database disk image is malformed")
        error.sqlite_errorcode = sqlite3.SQLITE_CORRUPT_INDEX
        raise error

    monkeypatch.setattr(HistoryWriter, "commit", refuse)
    reading, writing = os.pipe()
    with open(reading, "rb") as orders, open(writing, "wb"):
        assert await asyncio.wait_for(keep(kept.task(), orders), WAIT_S) == FAILED
    assert not history_file(kept.data_dir, kept.store.id).exists()


async def test_a_damaged_archive_stops_the_keeper(kept: Kept) -> None:
    """It says at which batch, and trims nothing more."""
    await kept.play(150)
    await (await kept.keeper()).finish()
    (path,) = segment_paths(kept.archive)
    data = path.read_bytes()
    path.write_bytes(data[:70] + bytes([data[70] ^ 1]) + data[71:])
    await kept.play(150)
    first = await kept.first()
    with pytest.raises(ArchiveDamaged, match="at batch 1:"):
        await kept.keeper()
    assert await kept.first() == first
    assert await kept.recovered() == kept.state_hash


async def test_an_archive_of_another_history_stops_the_keeper(kept: Kept) -> None:
    """As when the store was emptied and the folder was not."""
    await kept.play(20)
    await (await kept.keeper()).finish()
    last = kept.bench.journal.batches[-1]
    await kept.link.call("XDEL", kept.keys.journal, f"{last.seq}-0")
    with pytest.raises(Unsound, match="not that of the journal"):
        await kept.keeper()


async def test_a_batch_that_was_altered_is_never_archived(kept: Kept) -> None:
    """The keeper replays each batch before it keeps it."""
    await kept.play(20)
    batch = kept.bench.journal.batches[-1]
    id, fields = f"{batch.seq}-0", ("hash", batch.hash, "record", batch.record[:-1] + b"?")
    await kept.link.call("DEL", kept.keys.journal)
    for each in kept.bench.journal.batches[:-1]:
        await kept.link.call(
            "XADD", kept.keys.journal, f"{each.seq}-0", "hash", each.hash, "record", each.record
        )
    await kept.link.call("XADD", kept.keys.journal, id, *fields)
    keeper = await kept.keeper(interval_s=0)
    with pytest.raises(JournalDamaged, match=f"batch {batch.seq}"):
        await keeper.step()
    assert Archive(kept.archive).last_seq == 0


async def test_an_unsound_game_is_not_kept(kept: Kept) -> None:
    """Every invariant holds in a snapshot."""
    await kept.play(20)
    keeper = await kept.keeper()
    await keeper.step()
    keeper._run.engine.accounts[1].free[0] += 1
    with pytest.raises(Unsound, match="unsound"):
        await keeper.finish()
    assert list(Snapshots(kept.snapshots).sound()) == []


async def test_what_waits_for_the_archive_stays_small(
    kept: Kept, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Much to catch up is archived on the way."""
    monkeypatch.setattr("cxgame.keeper.keeper._ARCHIVE_BYTES", 2_000)
    await kept.play(200)
    keeper = await kept.keeper()
    await keeper.step()
    assert keeper._waiting_bytes < 2_000
    assert Archive(kept.archive).last_seq > 100
