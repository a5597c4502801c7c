"""A journal that nobody keeps: for tests, and to play without a store. Same answers as Valkey."""

import asyncio
import contextlib
import threading
from collections import deque
from collections.abc import AsyncIterator, Callable, Sequence

from cxgame.ports import Batch, Entry, Events, JournalFault, View
from cxgame.store.errors import EventsGap
from cxgame.store.keys import VIEWS

EVENTS_KEPT = 10_000  # batches


class MemoryLog:
    """What Valkey would hold of one game. Threads may read it while one of them writes."""

    def __init__(self, events_kept: int = EVENTS_KEPT) -> None:
        self.epoch = 0
        self.entries: list[Entry] = []
        self.last_event = 0
        self.last_private = 0
        self.views: dict[str, dict[str, bytes]] = {}
        self.wakers: set[Callable[[], None]] = set()  # called when events were appended
        self._events: deque[Events] = deque(maxlen=events_kept)
        self._lock = threading.Lock()

    def append(self, batch: Batch, epoch: int) -> None:
        """Everything that `cx_commit` does; raises JournalFault."""
        if epoch != self.epoch:
            raise JournalFault("FENCED", f"by epoch {self.epoch}, ours is {epoch}")
        if not self._is_next(batch):
            return
        self.entries.append(Entry(batch.seq, batch.hash, batch.record))
        if batch.private:
            self.last_private = batch.last_private
        self.show(batch.views)
        if batch.public:
            with self._lock:
                self.last_event = batch.last_event
                self._events.append(Events(batch.first_event, batch.last_event, batch.public))
            for wake in list(self.wakers):
                wake()

    def events(self, after: int) -> list[Events]:
        """The kept events of batches whose last event is > `after`."""
        with self._lock:
            return [events for events in self._events if events.last > after]

    def show(self, views: Sequence[View]) -> None:
        """Set, or delete, each view's field."""
        for key, field, blob in views:
            fields = self.views.setdefault(key, {})
            if blob is None:
                fields.pop(field, None)
            else:
                fields[field] = blob

    def _is_next(self, batch: Batch) -> bool:
        """Whether the batch is new and follows; False for one that is there already."""
        have = len(self.entries)
        if 0 < batch.seq <= have:
            if self.entries[batch.seq - 1].hash != batch.hash:
                raise JournalFault("CONFLICT", f"batch {batch.seq} is there, with another hash")
            return False
        if batch.seq != have + 1:
            raise JournalFault("GAP", f"batch {batch.seq} does not follow batch {have}")
        if batch.prev_hash != (self.entries[-1].hash if self.entries else b""):
            raise JournalFault("CONFLICT", f"batch {batch.seq} continues another history")
        if batch.public and batch.first_event <= self.last_event:
            raise JournalFault(
                "GAP", f"event {batch.first_event} does not follow event {self.last_event}"
            )
        if batch.private and batch.first_private <= self.last_private:
            raise JournalFault(
                "GAP", f"private event {batch.first_private} does not follow {self.last_private}"
            )
        return True


class MemoryJournal:
    """Implements `cxgame.ports.Journal`. A second one on the same log fences the first."""

    def __init__(self, log: MemoryLog | None = None) -> None:
        self.log = MemoryLog() if log is None else log
        self.log.epoch += 1
        self._epoch = self.log.epoch

    async def commit(self, batch: Batch) -> None:
        """Append the batch; raises JournalFault."""
        self.log.append(batch, self._epoch)

    async def replay(self, after: int = 0) -> AsyncIterator[Entry]:
        """The batches after `after`."""
        for entry in self.log.entries[after:]:
            yield entry

    async def events(self, after: int) -> AsyncIterator[Events]:
        """The kept public events after `after`."""
        for events in self.log.events(after):
            yield events


class MemoryEvents:
    """Implements `cxgame.store.events.EventsReader`, also for a loop in another thread."""

    def __init__(self, log: MemoryLog, number: int = 1) -> None:
        self._log = log
        self.number = number

    async def last(self) -> int:
        """Seq of the last public event, 0 if there is none."""
        return self._log.last_event

    async def range(self, after: int) -> AsyncIterator[Events]:
        """The events > `after` that are there now; raises EventsGap if one is not kept."""
        for events in self._after(after):
            yield events

    async def wait(self, after: int, timeout_s: float) -> list[Events]:
        """The next events > `after`, [] if none come in time; raises EventsGap."""
        loop, grown = asyncio.get_running_loop(), asyncio.Event()

        def wake() -> None:
            with contextlib.suppress(RuntimeError):  # the waiter's loop has ended
                loop.call_soon_threadsafe(grown.set)

        self._log.wakers.add(wake)
        try:
            if not (found := self._after(after)):
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(grown.wait(), timeout_s)
                found = self._after(after)
        finally:
            self._log.wakers.discard(wake)
        return found

    async def moved(self) -> bool:
        """A log is one game and stays it."""
        return False

    async def close(self) -> None:
        """Nothing to give back."""

    def _after(self, after: int) -> list[Events]:
        found = self._log.events(after)
        if found and found[0].first > after + 1:
            raise EventsGap(after + 1, found[0].first)
        return found


class MemoryUsers:
    """Implements `cxgame.ports.UserStore`."""

    def __init__(self) -> None:
        self.records: dict[str, bytes] = {}

    async def load(self) -> dict[str, bytes]:
        """All records."""
        return dict(self.records)

    async def create(self, key: str, record: bytes) -> bytes | None:
        """Store `record` unless there is one; then return that."""
        if key in self.records:
            return self.records[key]
        self.records[key] = record
        return None

    async def put(self, key: str, record: bytes) -> None:
        """Replace the record."""
        self.records[key] = record


class MemoryViews:
    """Views outside commits, kept with the log."""

    def __init__(self, log: MemoryLog) -> None:
        self._log = log

    async def write(self, views: Sequence[View]) -> None:
        """Set, or delete, each field."""
        self._log.show(views)

    async def replace(self, views: Sequence[View]) -> None:
        """Forget all that commits have written and show these instead."""
        for key in VIEWS:
            self._log.views.pop(key, None)
        self._log.show(views)
