"""What was kept of batches that a store has lost, when the loss is accepted."""

import shutil
from pathlib import Path

import pytest

from cxgame.history.schema import history_file
from cxgame.history.writing import HistoryWriter
from cxgame.model.enums import Side
from cxgame.ports import Entry
from cxgame.recovery import Replay
from cxgame.server.play.rewinding import rewind
from cxgame.store.api import GameStore
from cxgame.store.archive import Archive, archive_folder
from cxgame.store.snapshots import Snapshots, snapshot_folder
from tests.support.games import Bench, limit

GAME = "main.1"
HEAD = 6


async def nothing() -> None:
    """Closes nothing."""


def standing_at(bench: Bench, head: int) -> GameStore:
    """The game as a store has it that ends at a batch."""
    batch = bench.journal.batches[head - 1] if head else None
    return GameStore("main", 1, bench.journal, None, head, batch.hash if batch else b"", nothing)  # type: ignore[arg-type]


@pytest.fixture
async def kept(tmp_path: Path) -> Bench:
    """A game with archive, snapshots and history, all up to its last batch."""
    bench = Bench()
    (alice,) = await bench.open_with("alice")
    for price in range(100, 110):
        bench.submit(limit(alice, Side.BUY, price, 10**6))
        await bench.game.settled()
    entries = [Entry(batch.seq, batch.hash, batch.record) for batch in bench.journal.batches]
    Archive(archive_folder(tmp_path, GAME)).append(entries)
    run, snapshots = Replay(), Snapshots(snapshot_folder(tmp_path, GAME))
    history = HistoryWriter(history_file(tmp_path, GAME))
    for entry in entries:
        history.take(entry.seq, 0, run.take(entry))
        if entry.seq in (4, 9):
            snapshots.write(run.snapshot())
    history.commit()
    history.close()
    return bench


async def test_what_is_later_than_the_head_is_set_aside(kept: Bench, tmp_path: Path) -> None:
    """The archive ends at the head, the newest snapshot is below it, the history begins anew."""
    rewind(standing_at(kept, HEAD), tmp_path)
    archive = Archive(archive_folder(tmp_path, GAME))
    assert archive.last_seq == HEAD
    assert archive.last_hash == kept.journal.batches[HEAD - 1].hash
    assert [each.seq for each in Snapshots(snapshot_folder(tmp_path, GAME)).sound()] == [4]
    assert not history_file(tmp_path, GAME).exists()
    (aside,) = (tmp_path / "set_aside").iterdir()
    assert Archive(aside / "archive").last_seq == len(kept.journal.batches)
    assert {"000000000009.snap", f"{GAME}.sqlite"} <= {path.name for path in aside.iterdir()}


async def test_a_history_that_is_ahead_of_its_archive_begins_anew(
    kept: Bench, tmp_path: Path
) -> None:
    """It has each batch at once, the archive each minute: trades that were lost must not stay."""
    folder = archive_folder(tmp_path, GAME)
    entries = [entry for entry in Archive(folder).entries() if entry.seq < HEAD]
    shutil.rmtree(folder)
    Archive(folder).append(entries)
    rewind(standing_at(kept, HEAD), tmp_path)
    assert Archive(folder).last_seq == HEAD - 1
    assert not history_file(tmp_path, GAME).exists()
    (aside,) = (tmp_path / "set_aside").iterdir()
    assert (aside / f"{GAME}.sqlite").exists()


async def test_a_journal_that_has_all_is_left_alone(kept: Bench, tmp_path: Path) -> None:
    """An archive that is behind, or level, stays as it is."""
    rewind(standing_at(kept, len(kept.journal.batches)), tmp_path)
    assert not (tmp_path / "set_aside").exists()
    assert history_file(tmp_path, GAME).exists()


async def test_nothing_is_left_of_a_game_that_is_lost_whole(kept: Bench, tmp_path: Path) -> None:
    """Then the archive begins anew."""
    rewind(standing_at(kept, 0), tmp_path)
    assert Archive(archive_folder(tmp_path, GAME)).last_seq == 0
    assert [*Snapshots(snapshot_folder(tmp_path, GAME)).sound()] == []
