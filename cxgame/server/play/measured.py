"""A journal that says how long each commit took, for the metrics."""

import time
from collections.abc import AsyncIterator
from typing import Protocol

from cxgame.ports import Batch, Entry, Events, Journal


class Observe(Protocol):
    """Takes one duration."""

    def __call__(self, seconds: float, /) -> None: ...


class MeasuredJournal:
    """Implements `cxgame.ports.Journal` by another one."""

    def __init__(self, journal: Journal, observe: Observe) -> None:
        self._journal = journal
        self._observe = observe

    async def commit(self, batch: Batch) -> None:
        """As the other's; measured when it succeeds."""
        begun_s = time.perf_counter()
        await self._journal.commit(batch)
        self._observe(time.perf_counter() - begun_s)

    def replay(self, after: int = 0) -> AsyncIterator[Entry]:
        """As the other's."""
        return self._journal.replay(after)

    def events(self, after: int) -> AsyncIterator[Events]:
        """As the other's."""
        return self._journal.events(after)
