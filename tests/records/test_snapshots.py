"""Snapshots beside a journal: right ones are counted, wrong ones named, old ones begun from."""

from pathlib import Path

import pytest

from cxgame.engine.snapshot import dump
from cxgame.ports import Snapshot
from cxgame.records.errors import Misuse, RecordsError
from cxgame.records.snapshots import begin
from cxgame.records.verifying import verify_source
from cxgame.recovery import JournalDamaged, Replay
from cxgame.store.snapshots import Snapshots, snapshot_folder
from tests.records.played import Record, record


async def snapshotted(folder: Path, *seqs: int) -> Record:
    """A record with a data directory that has snapshots of some batches."""
    source = await record()
    source.folder = folder
    run = Replay()
    for entry in source.list:
        run.take(entry)
        if entry.seq in seqs:
            keep(folder, Snapshot(entry.seq, entry.hash, dump(run.engine)))
    return source


def keep(folder: Path, snapshot: Snapshot) -> Path:
    return Snapshots(snapshot_folder(folder, "main.1")).write(snapshot)


async def test_snapshots_on_the_way_are_compared(tmp_path: Path) -> None:
    """Each of those that lie before the end."""
    source = await snapshotted(tmp_path, 10, 20)
    assert (await verify_source(source)).snapshots == 2
    assert (await verify_source(source, 15)).snapshots == 1


async def test_a_replay_may_begin_with_a_snapshot(tmp_path: Path) -> None:
    """It leads to the same state, and what came before is not looked at."""
    source = await snapshotted(tmp_path, 10, 20)
    whole = await verify_source(source)
    source.list[4] = source.list[4]._replace(record=b"not ours")
    verified = await verify_source(source, from_snapshot=True)
    assert (verified.state_hash, verified.snapshots) == (whole.state_hash, 1)
    assert verified.commands == whole.commands > whole.commands - verified.skipped > 0
    with pytest.raises(JournalDamaged, match="batch 5"):
        await verify_source(source)


async def test_without_a_snapshot_there_is_nothing_to_begin_from(tmp_path: Path) -> None:
    """Nor before the first one, nor where no directory is known."""
    source = await snapshotted(tmp_path, 10)
    with pytest.raises(Misuse, match="no snapshot to begin from"):
        await verify_source(source, 9, from_snapshot=True)
    source.folder = None
    with pytest.raises(Misuse, match="no snapshot to begin from"):
        await verify_source(source, from_snapshot=True)


async def test_a_snapshot_of_another_history_is_named(tmp_path: Path) -> None:
    """By the hash of its batch."""
    source = await snapshotted(tmp_path, 10)
    keep(tmp_path, Snapshot(20, b"another", {"schema": 1}))
    with pytest.raises(JournalDamaged, match="batch 20: the snapshot there belongs to another"):
        await verify_source(source)


async def test_a_snapshot_of_another_state_is_named(tmp_path: Path) -> None:
    """Though it claims to follow the same batch."""
    source = await snapshotted(tmp_path)
    run = Replay()
    for entry in source.list[:10]:
        run.take(entry)
    run.engine.accounts[1].free[0] += 1
    keep(tmp_path, Snapshot(10, run.batch_hash, dump(run.engine)))
    with pytest.raises(JournalDamaged, match="batch 10: the snapshot there shows another state"):
        await verify_source(source)


async def test_a_snapshot_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    """A flipped bit, or a schema of another time."""
    source = await snapshotted(tmp_path, 10)
    path = keep(tmp_path, Snapshot(20, source.list[19].hash, {"schema": 99}))
    with pytest.raises(RecordsError, match="snapshot of batch 20 cannot be read: schema 99"):
        await verify_source(source)
    with pytest.raises(RecordsError, match="snapshot of batch 20 cannot be read: schema 99"):
        begin({20: Snapshot(20, b"", {"schema": 99})}, 30)
    path.write_bytes(path.read_bytes()[:-1])
    with pytest.raises(RecordsError, match=r"000020\.snap is damaged"):
        await verify_source(source)


async def test_a_snapshot_of_what_came_later_is_left_alone(tmp_path: Path) -> None:
    """A server that goes on playing writes it while the journal is read."""
    source = await snapshotted(tmp_path, 10)
    keep(tmp_path, Snapshot(source.head.seq + 5, b"later", {"schema": 1}))
    assert (await verify_source(source)).snapshots == 1
