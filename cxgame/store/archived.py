"""A journal whose beginning may be in the archive alone."""

from collections.abc import AsyncIterator
from pathlib import Path

from cxgame.ports import Batch, Entry, Events, Journal, JournalFault
from cxgame.store.archive import Archive


class ArchivedJournal:
    """Implements `cxgame.ports.Journal` by another one and the archive in a folder.

    What is in the journal comes from there; of the archive, only the gap is read.
    """

    def __init__(self, journal: Journal, folder: Path) -> None:
        self._journal = journal
        self._folder = folder

    async def commit(self, batch: Batch) -> None:
        """As the other's."""
        await self._journal.commit(batch)

    async def replay(self, after: int = 0) -> AsyncIterator[Entry]:
        """The entries with seq > `after`. Raises ArchiveDamaged beside what the other raises."""
        seq = after
        try:
            async for entry in self._journal.replay(seq):
                yield entry
                seq = entry.seq
        except JournalFault as fault:
            if fault.reason != "GAP":
                raise
        else:
            return
        for entry in Archive(self._folder).entries(seq):
            yield entry
            seq = entry.seq
        async for entry in self._journal.replay(seq):
            yield entry

    def events(self, after: int) -> AsyncIterator[Events]:
        """As the other's."""
        return self._journal.events(after)
