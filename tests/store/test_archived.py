"""A journal that was trimmed reads as a whole, with its archive."""

from pathlib import Path

import pytest

from cxgame.ports import Entry, JournalFault
from cxgame.store.archive import Archive
from cxgame.store.archived import ArchivedJournal
from cxgame.store.memory import MemoryJournal
from tests.store.batches import chain


class Trimmed(MemoryJournal):
    """A journal that has lost the batches up to `gone`."""

    gone = 0

    async def replay(self, after: int = 0):  # type: ignore[no-untyped-def]
        if after < self.gone:
            raise JournalFault("GAP", f"batch {after + 1} is missing before {self.gone + 1}-0")
        async for entry in super().replay(after):
            yield entry


def entries(first: int, last: int) -> list[Entry]:
    return [Entry(batch.seq, batch.hash, batch.record) for batch in chain(first, last)]


@pytest.fixture
async def journal() -> Trimmed:
    journal = Trimmed()
    for batch in chain(1, 20):
        await journal.commit(batch)
    return journal


async def read(journal: ArchivedJournal, after: int) -> list[Entry]:
    return [entry async for entry in journal.replay(after)]


async def test_the_archive_fills_the_gap(journal: Trimmed, tmp_path: Path) -> None:
    """From wherever one begins, each batch comes once."""
    Archive(tmp_path).append(entries(1, 15))
    journal.gone = 12
    whole = ArchivedJournal(journal, tmp_path)
    for after in range(21):
        assert await read(whole, after) == entries(after + 1, 20)


async def test_an_archive_that_is_not_needed_is_not_read(journal: Trimmed, tmp_path: Path) -> None:
    """It may even be damaged."""
    (tmp_path / "000000000001.cxa").write_bytes(b"x" * 100)
    assert await read(ArchivedJournal(journal, tmp_path), 0) == entries(1, 20)


async def test_a_gap_that_nothing_fills_stays_one(journal: Trimmed, tmp_path: Path) -> None:
    """Also when the archive ends before the journal begins."""
    Archive(tmp_path).append(entries(1, 10))
    journal.gone = 12
    with pytest.raises(JournalFault, match="batch 11 is missing"):
        await read(ArchivedJournal(journal, tmp_path), 0)
