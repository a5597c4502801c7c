"""Archive and snapshots: what is read from a damaged file is what was written, or nothing."""

import random
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest

from cxgame.ports import Entry, Snapshot
from cxgame.store import archive as archiving
from cxgame.store.archive import Archive, ArchiveDamaged
from cxgame.store.snapshots import Snapshots
from tests.damage.cases import damage

CASES = 200


def damage_one(random_: random.Random, folder: Path) -> Callable[[], None]:
    """Damage one of the files; returns what puts it back."""
    path = random_.choice(sorted(path for path in folder.iterdir() if path.stat().st_size))
    sound = path.read_bytes()
    content, _ = damage(random_, sound)
    path.write_bytes(content)

    def put_back() -> None:
        path.write_bytes(sound)

    return put_back


def made_entries(count: int) -> list[Entry]:
    random_ = random.Random("entries")
    return [
        Entry(seq, random_.randbytes(16), random_.randbytes(random_.randint(50, 400)))
        for seq in range(1, count + 1)
    ]


def read(folder: Path, after: int) -> tuple[list[Entry], ArchiveDamaged | None]:
    """What an archive gives before it ends or complains."""
    entries: list[Entry] = []
    try:
        entries.extend(Archive(folder).entries(after))
    except ArchiveDamaged as error:
        return entries, error
    return entries, None


@pytest.mark.parametrize("after", [0, 41])
def test_a_damaged_archive_gives_nothing_wrong(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, after: int
) -> None:
    """Its entries up to the damage, and a word on the first that cannot be had.

    Only what was at the very end may be missing without one: whoever appended it was not told.
    """
    monkeypatch.setattr(archiving, "SEGMENT_BYTES", 4000)
    entries = made_entries(80)
    for first in range(0, len(entries), 8):
        Archive(tmp_path).append(entries[first : first + 8])
    assert len(list(tmp_path.iterdir())) > 3
    assert read(tmp_path, after) == (entries[after:], None)
    tally: Counter[str] = Counter()
    for number in range(CASES):
        put_back = damage_one(random.Random(f"archive {number}"), tmp_path)
        found, error = read(tmp_path, after)
        assert found == entries[after : after + len(found)], number
        if error is not None:
            first = after + len(found) + 1
            assert error.seq == first or (not found and error.seq < first), number
            tally["detected"] += 1
        elif after + len(found) < len(entries):
            tally["end missing"] += 1
        else:
            tally["harmless"] += 1
        put_back()
    assert tally["detected"] > CASES // 4, tally
    assert tally["end missing"] < CASES // 2, tally


def test_a_damaged_snapshot_is_not_used(tmp_path: Path) -> None:
    """The one before it serves, or none."""
    written = [Snapshot(seq, bytes([seq]) * 16, {"n": list(range(seq))}) for seq in (40, 80)]
    snapshots = Snapshots(tmp_path)
    for snapshot in written:
        snapshots.write(snapshot)
    assert list(snapshots.sound()) == written[::-1]
    for number in range(CASES):
        put_back = damage_one(random.Random(f"snapshot {number}"), tmp_path)
        found = list(snapshots.sound())
        assert len(found) == 1, number
        assert found[0] in written, number
        put_back()
