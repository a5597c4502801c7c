"""A journal whose commits raise the high-water mark before anybody hears of them."""

import asyncio
import logging
from collections.abc import AsyncIterator

from cxgame.in_thread import in_thread
from cxgame.ports import Batch, Entry, Events, Journal
from cxgame.store.high_water import HighWaterMark

_SYNC_S = 1.0  # what a power cut may take from the mark; from the journal it takes nothing

log = logging.getLogger("cxgame.store")


class MarkedJournal:
    """Implements `cxgame.ports.Journal` by another one. `start` it in the event loop."""

    def __init__(self, journal: Journal, mark: HighWaterMark) -> None:
        self._journal = journal
        self._mark = mark
        self._syncing: asyncio.Task[None] | None = None
        self._trouble = ""  # as last logged

    def start(self) -> None:
        """Bring the mark to the disk once a second from now on."""
        self._syncing = asyncio.get_running_loop().create_task(self._sync_each_second())

    async def close(self) -> None:
        """Bring the mark to the disk a last time; after the journal has closed."""
        if self._syncing is not None:
            self._syncing.cancel()
            await asyncio.gather(self._syncing, return_exceptions=True)
        await in_thread(self._mark.close)

    async def commit(self, batch: Batch) -> None:
        """As the other's."""
        await self._journal.commit(batch)
        try:
            self._mark.note(batch.seq, batch.hash)
        except OSError as error:
            self._log_trouble(error)

    def replay(self, after: int = 0) -> AsyncIterator[Entry]:
        """As the other's."""
        return self._journal.replay(after)

    def events(self, after: int) -> AsyncIterator[Events]:
        """As the other's."""
        return self._journal.events(after)

    async def _sync_each_second(self) -> None:
        while True:
            await asyncio.sleep(_SYNC_S)
            try:
                await in_thread(self._mark.sync)
            except OSError as error:
                self._log_trouble(error)

    def _log_trouble(self, error: OSError) -> None:
        """Once per kind. The game goes on: it is the guard that suffers, not what it guards."""
        text = f"{error.strerror}"
        if text != self._trouble:
            self._trouble = text
            log.error("cannot write the high-water mark %s: %s", self._mark.path, text)
