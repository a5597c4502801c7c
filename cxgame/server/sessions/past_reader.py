"""The database of a game's history, as the sessions ask it: in a thread, one question at a time.

A question may take milliseconds, which on the event loop would be everyone's.
"""

import asyncio
import logging
import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from cxgame.history.reading import HistoryReader
from cxgame.in_thread import in_thread

Answer = TypeVar("Answer")

log = logging.getLogger("cxgame.history")


class PastReader:
    """What lies further back than memory reaches."""

    def __init__(self, path: Path | None) -> None:
        """`path` None: a game without a database, where nothing lies further back."""
        self.path = path
        self._reader = None if path is None else HistoryReader(path)
        self._turn = asyncio.Semaphore(1)

    @property
    def is_there(self) -> bool:
        """Whether there is anything to ask."""
        return self._reader is not None

    async def ask(self, question: Callable[[HistoryReader], Answer], otherwise: Answer) -> Answer:
        """The answer of the database; `otherwise` without one, or if it cannot be read now."""
        reader = self._reader
        if reader is None:
            return otherwise
        try:
            return await self.work(lambda: question(reader))
        except sqlite3.Error as error:  # the keeper writes it anew, if need be
            log.warning("the history cannot be read: %s", error)
            return otherwise

    async def work(self, job: Callable[[], Answer]) -> Answer:
        """What a job returns that takes too long for the event loop."""
        async with self._turn:
            return await in_thread(job)

    def close(self) -> None:
        """Let go of the file."""
        if self._reader is not None:
            self._reader.close()
