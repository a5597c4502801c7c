"""What a halted game had released, read back from what was kept of it.

A snapshot, the archive after it, and the latest records in memory lead to any batch of the last
while; Valkey, which does not answer then, is not needed.
"""

from collections import deque
from collections.abc import AsyncIterator, Callable, Iterable, Iterator
from itertools import chain
from pathlib import Path

from cxgame.engine.restoring import UnknownSchema
from cxgame.ports import Batch, Entry, Events, Journal, Snapshot
from cxgame.recovery import JournalDamaged, Replay, Replayed
from cxgame.store.archive import Archive, ArchiveDamaged

TAIL_BYTES = 8_000_000  # far more than the archive is behind as long as there is a keeper


class TailJournal:
    """Implements `cxgame.ports.Journal` by another one; remembers the latest records."""

    def __init__(self, journal: Journal) -> None:
        self._journal = journal
        self._entries: deque[Entry] = deque()
        self._bytes = 0

    @property
    def tail(self) -> list[Entry]:
        """The latest records by seq, some twice. May be asked from any thread."""
        return sorted(self._entries)

    async def commit(self, batch: Batch) -> None:
        """As the other's."""
        await self._journal.commit(batch)
        self._keep(Entry(batch.seq, batch.hash, batch.record))

    async def replay(self, after: int = 0) -> AsyncIterator[Entry]:
        """As the other's."""
        async for entry in self._journal.replay(after):
            self._keep(entry)
            yield entry

    def events(self, after: int) -> AsyncIterator[Events]:
        """As the other's."""
        return self._journal.events(after)

    def _keep(self, entry: Entry) -> None:
        self._entries.append(entry)
        self._bytes += len(entry.record)
        while self._bytes > TAIL_BYTES:
            self._bytes -= len(self._entries.popleft().record)


def reader(
    journal: TailJournal, snapshots: Callable[[int], Iterable[Snapshot]], archive: Path | None
) -> Callable[[int], Replayed | None]:
    """A function that finds the game as it stood after a batch, or None; for a thread.

    `snapshots` gives those of a game that stood at a batch, newest first; `archive` is the folder
    of the archive, if there is one.
    """

    def read_back(seq: int) -> Replayed | None:
        tail = journal.tail
        for begin in _beginnings(snapshots(seq)):
            try:
                replayed = _replay(begin, archive, tail, seq)
            except (JournalDamaged, ArchiveDamaged, UnknownSchema, OSError):
                continue
            if replayed.batch_seq == seq:
                return replayed
        return None

    return read_back


def _beginnings(snapshots: Iterable[Snapshot]) -> Iterator[Snapshot | None]:
    """Without any snapshot, the beginning of the game, which is not long ago."""
    is_any = False
    for snapshot in snapshots:
        is_any = True
        yield snapshot
    if not is_any:
        yield None


def _replay(
    begin: Snapshot | None, archive: Path | None, tail: Iterable[Entry], seq: int
) -> Replayed:
    run = Replay(begin)
    archived = Archive(archive).entries(run.batch_seq) if archive is not None else ()
    for entry in chain(archived, tail):
        if run.batch_seq < entry.seq <= seq:
            run.take(entry)
    return run.result()
