"""A journal as its keeper sees it: read from another process, and cut below a snapshot.

The keeper holds no lease of its own. It acts for the writer that started it, by that one's epoch:
once the game has another writer, nothing of this is allowed to it any more.
"""

import json
from pathlib import Path
from typing import Any, NamedTuple, Self

from cxgame.ports import Entry, JournalFault, Snapshot
from cxgame.store.endpoint import Endpoint
from cxgame.store.keys import GameKeys
from cxgame.store.link import Link
from cxgame.store.resp import command, loading
from cxgame.store.scripts import script
from cxgame.store.streams import read_page

# Exit statuses of a keeper. All but two mean that it may be started again.
ENDED = 0  # it was asked to
FAILED = 1
DAMAGED = 3  # what it found must not be kept
FENCED = 4  # the game has another writer

_SLICE = 5_000  # batches trimmed in one call, during which no commit can be answered


class KeeperAccess(NamedTuple):
    """What a keeper needs to find the journal of a game; holds a password, so never in a log."""

    endpoint: Endpoint
    keys: GameKeys
    epoch: int  # of the writer that it keeps for

    def plain(self) -> dict[str, Any]:
        """For JSON."""
        return {
            "endpoint": self.endpoint.plain(),
            "name": self.keys.name,
            "number": self.keys.number,
            "epoch": self.epoch,
        }

    @classmethod
    def from_plain(cls, plain: dict[str, Any]) -> Self:
        """Read back what `plain` wrote."""
        keys = GameKeys(plain["name"], plain["number"])
        return cls(Endpoint.from_plain(plain["endpoint"]), keys, plain["epoch"])


class KeeperTask(NamedTuple):
    """All that a keeper is told, on one line of its standard input."""

    access: KeeperAccess
    data_dir: Path
    interval_s: float  # between two snapshots
    commands: int  # after which there is one sooner
    log_level: str
    log_file: Path | None

    def line(self) -> bytes:
        """As JSON."""
        plain = {**self._asdict(), "access": self.access.plain()}
        return json.dumps(plain, default=str).encode() + b"\n"

    @classmethod
    def from_line(cls, line: bytes) -> Self:
        """Read back what `line` wrote."""
        plain = json.loads(line)
        plain["access"] = KeeperAccess.from_plain(plain["access"])
        plain["data_dir"] = Path(plain["data_dir"])
        plain["log_file"] = None if plain["log_file"] is None else Path(plain["log_file"])
        return cls(**plain)


class KeptJournal:
    """The journal in Valkey. All of it raises StoreUnavailable, JournalFault, StoreError."""

    def __init__(self, access: KeeperAccess) -> None:
        self._keys = access.keys
        self._epoch = access.epoch
        self._link = Link(access.endpoint)

    async def page(self, after: int) -> list[Entry]:
        """The next batches after `after`, [] if there is none yet; a missing one is a fault."""
        return await read_page(self._link, self._keys, after)

    async def record(self, snapshot: Snapshot, path: Path) -> None:
        """Tell Valkey of a snapshot that is on the disk."""
        await self._call("cx_keep", path.name, snapshot.seq, snapshot.hash)

    async def trim(self, through: int) -> None:
        """Take the batches up to `through` away, as far as the recorded snapshot allows.

        In slices, so that players do not wait for it.
        """
        first = await self._first() or through
        for last in [*range(first + _SLICE, through, _SLICE), through]:
            await self._call("cx_trim", last)

    async def close(self) -> None:
        """Disconnect."""
        await self._link.close()

    async def _first(self) -> int | None:
        page = await self._link.call("XRANGE", self._keys.journal, "-", "+", "COUNT", 1)
        return int(page[0][0].partition(b"-")[0]) if page else None

    async def _call(self, name: str, *arguments: str | int | bytes) -> None:
        function = script("keep").function(name)
        keys = (self._keys.meta, self._keys.journal)
        call = command("FCALL", function, len(keys), *keys, self._epoch, *arguments)
        # Loaded each time: Valkey may be another than before, and this is once a minute.
        loaded, reply = await self._link.calls([loading("keep"), call])
        if isinstance(loaded, Exception) and "already exists" not in str(loaded):
            raise loaded
        if isinstance(reply, Exception):
            raise reply
        if reply != b"OK" and not isinstance(reply, int):
            reason, _, detail = reply.decode().partition(" ")
            raise JournalFault(reason, detail)
