"""A journal that a program holds in memory, as a source; and the way to keep it in a file.

What `cxgame.exchange.Exchange(record=True).journal()` answers can so be verified, replayed as a
live feed and exported, as any game can.
"""

import asyncio
from collections.abc import AsyncIterator, Sequence
from pathlib import Path

from cxgame.ports import Entry
from cxgame.records.backup import make_backup
from cxgame.records.source import Head
from cxgame.records.verifying import Verified


def save(entries: Sequence[Entry], path: Path, name: str = "backtest") -> Verified:
    """Write a whole journal to a new file, which `cxgame verify` and the others read.

    It is verified on the way. Raises `JournalDamaged` and `RecordsError`. Not for use in an event
    loop: await `make_backup(Recorded(...), path)` there.
    """
    return asyncio.run(make_backup(Recorded(entries, name), path))


class Recorded:
    """Implements `cxgame.records.source.Source`."""

    number = 1
    folder = None
    acknowledged = None

    def __init__(self, entries: Sequence[Entry], name: str = "backtest") -> None:
        """`entries` from the first batch on, at least one."""
        self._entries = entries
        self.name = name
        self.head = Head(entries[-1].seq, entries[-1].hash)

    async def entries(self, after: int = 0) -> AsyncIterator[Entry]:
        """All entries > `after`."""
        for entry in self._entries[after:]:
            yield entry

    async def twice(self) -> AsyncIterator[tuple[Entry, Entry]]:
        """Memory has each once."""
        nothing: tuple[tuple[Entry, Entry], ...] = ()
        for pair in nothing:
            yield pair

    async def users(self) -> dict[str, bytes]:
        """Accounts of a program have no credentials."""
        return {}
