"""Snapshots in files: whole or not at all, and a damaged one is passed over."""

import logging
import os
from pathlib import Path

import pytest

from cxgame.ports import Snapshot
from cxgame.store import snapshots as module
from cxgame.store.snapshots import SnapshotDamaged, Snapshots, read_snapshot, snapshot_folder


def make(seq: int) -> Snapshot:
    return Snapshot(seq, bytes([seq]) * 16, {"schema": 1, "owed": -(10**40), "names": ["ä", ""]})


@pytest.fixture
def snapshots(tmp_path: Path) -> Snapshots:
    return Snapshots(snapshot_folder(tmp_path, "main.1"))


def test_what_was_written_comes_back_newest_first(snapshots: Snapshots) -> None:
    """Two are kept, also of integers of any size."""
    assert list(snapshots.sound()) == []
    for seq in (1, 9, 10):
        path = snapshots.write(make(seq))
    assert read_snapshot(path) == make(10)
    assert list(Snapshots(snapshots.folder).sound()) == [make(10), make(9)]
    assert len(list(snapshots.folder.iterdir())) == 2


def test_any_flipped_bit_is_noticed(snapshots: Snapshots) -> None:
    """And any cut."""
    path = snapshots.write(make(1))
    data = path.read_bytes()
    for at in range(len(data)):
        path.write_bytes(data[:at] + bytes([data[at] ^ 1 << at % 8]) + data[at + 1 :])
        with pytest.raises(SnapshotDamaged):
            read_snapshot(path)
        path.write_bytes(data[:at])
        with pytest.raises(SnapshotDamaged):
            read_snapshot(path)


def test_a_damaged_one_is_skipped_with_a_warning(
    snapshots: Snapshots, caplog: pytest.LogCaptureFixture
) -> None:
    """The one before it takes its place."""
    snapshots.write(make(1))
    path = snapshots.write(make(2))
    path.write_bytes(path.read_bytes()[:-1])
    with caplog.at_level(logging.WARNING, "cxgame.store"):
        assert list(snapshots.sound()) == [make(1)]
    assert path.name in caplog.text


def test_a_writer_that_fails_leaves_what_was_there(
    snapshots: Snapshots, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A full disk costs the new snapshot, no old one; an unfinished one is never read."""
    snapshots.write(make(1))

    def fail(descriptor: int) -> None:
        raise OSError(28, os.strerror(28))

    monkeypatch.setattr(module, "sync", fail)
    with pytest.raises(OSError, match="space"):
        snapshots.write(make(2))
    assert list(snapshots.sound()) == [make(1)]
    assert len(list(snapshots.folder.iterdir())) == 1


def test_what_a_killed_writer_has_begun_is_swept(snapshots: Snapshots) -> None:
    """A snapshot may have megabytes, and nobody would ever finish that one."""
    snapshots.write(make(1))
    (snapshots.folder / "000000000002.new").write_bytes(b"half")
    snapshots.write(make(3))
    assert list(snapshots.sound()) == [make(3), make(1)]
    assert len(list(snapshots.folder.iterdir())) == 2
