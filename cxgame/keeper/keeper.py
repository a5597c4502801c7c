"""Following a journal: check, archive, fold, snapshot, trim; always in this order.

A batch leaves Valkey only after it was archived, its effects are in the history, and a snapshot
that covers it is on the disk. So the keeper may be killed at any moment, and goes on from what it
finds. Its memory holds the state of the game and what it has not archived yet, however long the
game lasts.
"""

import asyncio
import logging
import time
from collections.abc import Iterator

from cxgame.engine.restoring import UnknownSchema
from cxgame.history.schema import history_file
from cxgame.history.writing import HistoryWriter
from cxgame.model.enums import Phase
from cxgame.ports import Entry, Snapshot
from cxgame.recovery import JournalDamaged, Replay
from cxgame.store.archive import Archive, archive_folder
from cxgame.store.keeping import KeeperTask, KeptJournal
from cxgame.store.snapshots import Snapshots, snapshot_folder

_ARCHIVE_BYTES = 1_000_000  # of records that wait for the archive: fewer, larger blocks
_COMMIT_EVERY = 2_000  # batches of history in one transaction, when there is much to catch up
_YIELD_EVERY = 50

log = logging.getLogger("cxgame.keeper")


class Unsound(Exception):
    """What the keeper found cannot be kept; the game goes on without it."""


class Keeper:
    """Keeps one game. `begin` once, then `step` again and again, `finish` at the end.

    All of these raise what the store, the disk or the database raise, after which `step` may be
    tried again; and `JournalDamaged`, `ArchiveDamaged`, `JournalFault` or `Unsound`, after which
    there is nothing left to try.
    """

    def __init__(self, task: KeeperTask) -> None:
        game, data_dir = task.access.keys.id, task.data_dir
        self._task = task
        self._journal = KeptJournal(task.access)
        self._archive = Archive(archive_folder(data_dir, game))
        self._snapshots = Snapshots(snapshot_folder(data_dir, game))
        self._history = HistoryWriter(history_file(data_dir, game))
        self._run = Replay(remember=False)
        self._waiting: list[Entry] = []  # for the archive
        self._waiting_bytes = 0
        self._kept_seq = 0  # of the last snapshot
        self._kept_command = 0
        self._kept_s = time.monotonic()

    async def begin(self) -> None:
        """Come to where the archive ends."""
        await self._compare_ends()
        for begin in [*self._beginnings(), None]:
            try:
                await self._restore(begin)
                break
            except (JournalDamaged, UnknownSchema) as error:
                if begin is None:
                    raise
                log.warning("cannot go on from the snapshot of batch %d: %s", begin.seq, error)
        while self._archive.last_seq < self._run.batch_seq:
            page = await self._journal.page(self._archive.last_seq)
            if not page:
                raise Unsound(f"the journal ends before batch {self._run.batch_seq} of a snapshot")
            self._archive.append(e for e in page if e.seq <= self._run.batch_seq)

    async def step(self) -> None:
        """Take in what the journal has by now, and keep what is due."""
        await self._keep_up()  # what has failed before
        begun = self._run.batch_seq
        while page := await self._journal.page(self._run.batch_seq):
            for entry in page:
                self._take(entry)
            await self._keep_up()
        if self._run.batch_seq > begun:
            self._history.commit()
        if self._is_due():
            await self._keep()

    async def finish(self) -> None:
        """Keep all that there is: the next start is a quick one."""
        await self.step()
        if self._run.batch_seq > self._kept_seq:
            await self._keep()

    async def close(self) -> None:
        """Let go of everything."""
        self._history.close()
        await self._journal.close()

    # Beginning

    async def _compare_ends(self) -> None:
        """The last batch of the archive is in the journal as well, or one of them is another's."""
        seq = self._archive.last_seq
        if seq == 0:
            return
        page = await self._journal.page(seq - 1)
        if not page or page[0].hash != self._archive.last_hash:
            raise Unsound(f"batch {seq}, with which the archive ends, is not that of the journal")

    def _beginnings(self) -> Iterator[Snapshot]:
        """Snapshots, newest first; of those after the history, effects would be missing there."""
        return (each for each in self._snapshots.sound() if each.seq <= self._history.position)

    async def _restore(self, begin: Snapshot | None) -> None:
        """Replay the archive from a snapshot on."""
        self._run = Replay(begin, remember=False)
        self._kept_seq, self._kept_command = self._run.batch_seq, self._run.engine.command_seq
        for entry in self._archive.entries(self._run.batch_seq):
            self._fold(entry)
            if entry.seq % _COMMIT_EVERY == 0:
                self._history.commit()
            if entry.seq % _YIELD_EVERY == 0:
                await asyncio.sleep(0)
        self._history.commit()

    # Keeping

    def _take(self, entry: Entry) -> None:
        self._fold(entry)
        self._waiting.append(entry)
        self._waiting_bytes += len(entry.record)

    def _fold(self, entry: Entry) -> None:
        effects = self._run.take(entry)
        self._history.take(entry.seq, self._run.wall_ms, effects)
        # A kernel that preempts lazily takes a busy core away at its next tick, milliseconds late,
        # or at the next system call: here is one, for the players who wait.
        time.sleep(0)

    async def _keep_up(self) -> None:
        """Nothing waits in memory for long, even when there is much to catch up."""
        if self._waiting_bytes >= _ARCHIVE_BYTES:
            self._archive_waiting()
            self._history.commit()
        if self._run.engine.command_seq - self._kept_command >= self._task.commands:
            await self._keep()

    def _is_due(self) -> bool:
        if self._run.batch_seq == self._kept_seq:
            return False
        is_late = time.monotonic() - self._kept_s >= self._task.interval_s
        return is_late or self._run.engine.phase is Phase.CLOSED

    def _archive_waiting(self) -> None:
        """What was written before an error is not written again."""
        self._archive.append(e for e in self._waiting if e.seq > self._archive.last_seq)
        self._waiting.clear()
        self._waiting_bytes = 0

    async def _keep(self) -> None:
        """A snapshot, and the journal trimmed to it."""
        problems = self._run.engine.violations()
        if problems:
            raise Unsound(f"after batch {self._run.batch_seq} the game is unsound: {problems[0]}")
        self._archive_waiting()
        self._history.commit()
        begun_s = time.monotonic()
        snapshot = self._run.snapshot()
        path = self._snapshots.write(snapshot)
        await self._journal.record(snapshot, path)
        self._kept_seq, self._kept_command = snapshot.seq, self._run.engine.command_seq
        self._kept_s = time.monotonic()
        log.debug("snapshot of batch %d in %.2f s", snapshot.seq, self._kept_s - begun_s)
        await self._journal.trim(snapshot.seq)
