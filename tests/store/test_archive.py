"""The archive gives back what was put in, or says where it is damaged."""

from collections.abc import Callable
from pathlib import Path

import pytest

from cxgame.ports import Entry
from cxgame.store import archive as module
from cxgame.store.archive import Archive, ArchiveDamaged, archive_folder
from cxgame.store.segment import segment_paths
from tests.store.batches import chain


def entries(first: int, last: int) -> list[Entry]:
    return [Entry(batch.seq, batch.hash, batch.record) for batch in chain(first, last)]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Of an archive with 12 entries in blocks of four and segments of two blocks."""
    return fill(tmp_path / "main.1")


@pytest.fixture(autouse=True)
def _small(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "BLOCK_BYTES", 4 * len(entries(1, 1)[0].record))
    monkeypatch.setattr(module, "SEGMENT_BYTES", 600)


def fill(folder: Path) -> Path:
    Archive(folder).append(entries(1, 12))
    assert len(segment_paths(folder)) == 2
    return folder


def test_what_was_appended_comes_back(tmp_path: Path) -> None:
    """In order, with hash and record, also to another reader and after any position."""
    archive = Archive(archive_folder(tmp_path, "main.1"))
    assert (archive.last_seq, archive.last_hash, list(archive.entries())) == (0, b"", [])
    archive.append(entries(1, 5))
    archive.append(entries(6, 6))
    archive.append([])
    archive.append(iter(entries(7, 20)))
    for reader in (archive, Archive(tmp_path / "archive" / "main.1")):
        assert (reader.last_seq, reader.last_hash) == (20, entries(20, 20)[0].hash)
        for after in range(22):
            assert list(reader.entries(after)) == entries(after + 1, 20)


def test_a_writer_goes_on_where_another_stopped(folder: Path) -> None:
    """Also at the border of two segments."""
    for last in range(13, 30):
        Archive(folder).append(entries(last, last))
    assert list(Archive(folder).entries()) == entries(1, 29)


def test_two_that_write_at_once_do_no_harm(tmp_path: Path) -> None:
    """As when a server is taken over whose keeper is still at work: nothing is written twice."""
    one, other = Archive(tmp_path), Archive(tmp_path)
    assert other.last_seq == 0
    one.append(entries(1, 40))
    other.append(entries(1, 50))
    one.append(entries(41, 97))
    other.append(entries(51, 90))
    assert [entry.seq for entry in Archive(tmp_path).entries()] == list(range(1, 98))
    with pytest.raises(ValueError, match="batch 99 does not follow batch 97"):
        other.append(entries(99, 99))


def test_an_entry_that_does_not_follow_is_refused(folder: Path) -> None:
    """Those before it are kept."""
    archive = Archive(folder)
    with pytest.raises(ValueError, match="14 does not follow batch 12"):
        archive.append(entries(14, 14))
    with pytest.raises(ValueError, match="15 does not follow batch 13"):
        archive.append([*entries(13, 13), *entries(15, 15)])
    assert list(Archive(folder).entries()) == entries(1, 13)


def sound_before(folder: Path) -> int:
    """How many entries can be had before damage is reported, at the one that follows them."""
    had: list[Entry] = []
    with pytest.raises(ArchiveDamaged) as caught:
        had.extend(Archive(folder).entries())
    assert caught.value.seq == len(had) + 1
    assert had == entries(1, len(had))
    return len(had)


def test_a_flipped_bit_is_reported_wherever_it_is(folder: Path) -> None:
    """In any byte of any segment, with the first batch that cannot be had."""
    reported = set()
    for path in segment_paths(folder):
        data = path.read_bytes()
        for at in range(len(data)):
            path.write_bytes(data[:at] + bytes([data[at] ^ 1 << at % 8]) + data[at + 1 :])
            reported.add(sound_before(folder))
        path.write_bytes(data)
    assert reported == {0, 4, 8}
    assert list(Archive(folder).entries()) == entries(1, 12)


def test_whoever_would_append_is_told_of_damage(folder: Path) -> None:
    """Nothing is added behind a place that cannot be read."""
    path = segment_paths(folder)[-1]
    data = path.read_bytes()
    path.write_bytes(data[:60] + b"?" + data[61:])
    with pytest.raises(ArchiveDamaged):
        Archive(folder).append(entries(13, 13))


def test_a_torn_end_is_left_out_and_written_over(folder: Path) -> None:
    """Wherever the power went while the last block was being written."""
    archive = Archive(folder)
    path = segment_paths(folder)[-1]
    before = path.read_bytes()
    archive.append(entries(13, 13))
    after = path.read_bytes()
    tails = [after[len(before) : cut] for cut in range(len(before), len(after))]
    for tail in [*tails, bytes(100), after[len(before) : -20] + bytes(20)]:
        path.write_bytes(before + tail)
        torn = Archive(folder)
        assert torn.last_seq == 12
        assert list(torn.entries()) == entries(1, 12)
        torn.append(entries(13, 14))
        assert list(Archive(folder).entries()) == entries(1, 14)


@pytest.mark.parametrize("length", [0, 1, 35, 36])
def test_a_segment_that_was_only_just_begun_does_no_harm(folder: Path, length: int) -> None:
    """Its header may be missing, torn or whole."""
    archive = Archive(folder)
    last = segment_paths(folder)[-1]
    archive.append(entries(13, 20))
    begun = segment_paths(folder)[-1]
    assert begun != last
    begun.write_bytes(begun.read_bytes()[:length])
    short = Archive(folder)
    kept = short.last_seq
    assert list(short.entries()) == entries(1, kept)
    short.append(entries(kept + 1, 20))
    assert list(Archive(folder).entries()) == entries(1, 20)


def _cut(paths: list[Path]) -> None:
    paths[0].write_bytes(paths[0].read_bytes()[:-1])


def _swap(paths: list[Path]) -> None:
    first, second = paths[0].read_bytes(), paths[1].read_bytes()
    paths[0].write_bytes(second)
    paths[1].write_bytes(first)


def _stray(paths: list[Path]) -> None:
    paths[0].with_name("notes.cxa").write_text("hello")


@pytest.mark.parametrize(
    ("harm", "sound"),
    [
        (lambda paths: paths[0].unlink(), 0),
        (_cut, 4),
        (_swap, 0),
        (_stray, 0),
    ],
)
def test_a_segment_that_is_missing_or_cut_is_reported(
    folder: Path, harm: Callable[[list[Path]], None], sound: int
) -> None:
    """What is not the last one must be whole."""
    harm(segment_paths(folder))
    assert sound_before(folder) == sound


def test_a_segment_of_another_game_is_noticed(folder: Path, tmp_path: Path) -> None:
    """Also when its seqs fit."""
    other = Archive(tmp_path / "other")
    other.append([entry._replace(record=b"x" * len(entry.record)) for entry in entries(1, 8)])
    while len(segment_paths(other.folder)) < 2:
        other.append(entries(other.last_seq + 1, other.last_seq + 1))
    segment = segment_paths(other.folder)[0]
    (folder / segment.name).write_bytes(segment.read_bytes())
    with pytest.raises(ArchiveDamaged, match=r"another history|begins with"):
        list(Archive(folder).entries())
