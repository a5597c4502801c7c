"""What a halted game had released is found again without its store."""

from pathlib import Path

import pytest

from cxgame.model.enums import Side
from cxgame.ports import Entry, Snapshot
from cxgame.recovery import Replay
from cxgame.server.play import reading_back
from cxgame.server.play.reading_back import TailJournal, reader
from cxgame.store.archive import Archive
from tests.support.games import Bench, limit

ORDERS = 20


@pytest.fixture
async def played() -> tuple[TailJournal, list[Entry], dict[int, bytes]]:
    """A journal with its tail, its entries, and the state hash after each batch."""
    bench = Bench()
    tail = TailJournal(bench.journal)
    (alice,) = await bench.open_with("alice")
    for number in range(ORDERS):
        bench.submit(limit(alice, Side.BUY, 100 + number, 10**6))
        await bench.game.settled()
    entries = [entry async for entry in tail.replay()]
    run, hashes = Replay(), {}
    for entry in entries:
        run.take(entry)
        hashes[entry.seq] = run.engine.state_hash()
    return tail, entries, hashes


def snapshot_at(entries: list[Entry], seq: int) -> Snapshot:
    """The snapshot of a batch."""
    run = Replay()
    for entry in entries[:seq]:
        run.take(entry)
    return run.snapshot()


Played = tuple[TailJournal, list[Entry], dict[int, bytes]]


async def test_a_young_game_is_read_back_from_memory_alone(played: Played) -> None:
    """Any batch of it, without snapshot and archive."""
    tail, _, hashes = played
    read_back = reader(tail, lambda seq: (), None)
    for seq, hash_ in hashes.items():
        replayed = read_back(seq)
        assert replayed is not None
        assert replayed.engine.state_hash() == hash_


async def test_snapshot_archive_and_memory_make_one_game(
    played: Played, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Memory holds the last records only; the archive overlaps them, the snapshot the archive."""
    _, entries, hashes = played
    monkeypatch.setattr(reading_back, "TAIL_BYTES", sum(len(e.record) for e in entries[-5:]))
    tail = TailJournal(Bench().journal)
    for entry in entries:
        tail._keep(entry)
    assert [entry.seq for entry in tail.tail] == [entry.seq for entry in entries[-5:]]
    archive = Archive(tmp_path)
    archive.append(entries[:-3])
    last = entries[-1].seq
    snapshots = [snapshot_at(entries, 10), snapshot_at(entries, 4)]
    for kept in (snapshots, snapshots[1:], []):
        replayed = reader(tail, lambda seq, kept=kept: kept, tmp_path)(last)  # type: ignore[misc]
        assert replayed is not None
        assert replayed.engine.state_hash() == hashes[last]


async def test_what_is_missing_or_damaged_is_not_made_up(played: Played, tmp_path: Path) -> None:
    """A gap between archive and memory, a foreign snapshot, a batch that never was: nothing."""
    tail, entries, _ = played
    last = entries[-1].seq
    foreign = snapshot_at(entries, 4)._replace(hash=b"\0" * 16)
    assert reader(tail, lambda seq: [foreign], None)(last) is None
    assert reader(tail, lambda seq: (), None)(last + 1) is None
    short = TailJournal(tail)
    short._keep(entries[-1])
    Archive(tmp_path).append(entries[:5])
    assert reader(short, lambda seq: (), tmp_path)(last) is None


async def test_a_damaged_snapshot_is_passed_over(played: Played) -> None:
    """The one before it leads to the same state."""
    tail, entries, hashes = played
    foreign = snapshot_at(entries, 10)._replace(hash=b"\0" * 16)
    sound, last = snapshot_at(entries, 4), entries[-1].seq
    replayed = reader(tail, lambda seq: [foreign, sound], None)(last)
    assert replayed is not None
    assert replayed.engine.state_hash() == hashes[last]
