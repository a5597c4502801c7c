"""What the game needs of the world, as protocols: a clock, a journal, a place for users.

Implementations live in `cxgame.store` and in the tests; the game knows only these shapes.
Blobs are opaque here: who writes them (`cxgame.model.batch`) also reads them.
"""

from collections.abc import AsyncIterator
from typing import Any, NamedTuple, Protocol


class Clock(Protocol):
    """Time as an argument: the game never reads a clock of its own."""

    def monotonic_ns(self) -> int:
        """Nanoseconds that never go back; only differences mean anything."""
        ...

    def wall_ms(self) -> int:
        """Milliseconds since 1970, for display only."""
        ...


class View(NamedTuple):
    """One field of one readable hash in the store; `blob` None deletes the field."""

    key: str  # the part after the game's prefix, e.g. "wallets"
    field: str
    blob: bytes | None


class Batch(NamedTuple):
    """Commands that were applied together, packed; the unit of commit."""

    seq: int  # counts from 1, without gaps
    prev_hash: bytes  # hash of batch seq - 1; b"" before the first
    hash: bytes
    record: bytes  # the journal entry
    first_event: int  # seq of the first public event; meaningless if `public` is empty
    last_event: int
    public: bytes  # packed public events; b"" if none
    first_private: int
    last_private: int
    private: bytes  # packed private events; b"" if none
    views: list[View]


class Entry(NamedTuple):
    """One entry of the journal as it is read back."""

    seq: int
    hash: bytes
    record: bytes


class Snapshot(NamedTuple):
    """The state of a game after a batch; from here on a replay can begin."""

    seq: int
    hash: bytes
    state: dict[str, Any]  # as `cxgame.engine.snapshot.dump` makes it


class Events(NamedTuple):
    """The public events of one batch as they are read back."""

    first: int
    last: int
    public: bytes


class JournalFault(Exception):
    """The journal refused for good; the process must end (`reason` says which way)."""

    def __init__(self, reason: str, detail: str) -> None:
        super().__init__(f"{reason}: {detail}")
        self.reason = reason  # "FENCED" | "CONFLICT" | "GAP"
        self.detail = detail


class Journal(Protocol):
    """An append-only, durable list of batches."""

    async def commit(self, batch: Batch) -> None:
        """Return once `batch` is durable, however long that takes.

        Called in the order of `seq`, with at most two calls under way at once. A lost reply is
        resolved by sending the same bytes again until the answer is OK or DUP. Raises
        `JournalFault` when the journal refuses for good.
        """
        ...

    def replay(self, after: int = 0) -> AsyncIterator[Entry]:
        """The entries with seq > `after`, in order."""
        ...

    def events(self, after: int) -> AsyncIterator[Events]:
        """The kept public events of batches whose last seq is > `after`, in order."""
        ...


class UserStore(Protocol):
    """Users are server-wide and live beside the games, keyed by the case-folded name."""

    async def load(self) -> dict[str, bytes]:
        """All records."""
        ...

    async def create(self, key: str, record: bytes) -> bytes | None:
        """Store `record` unless `key` exists; then return what is there. Durable on return."""
        ...

    async def put(self, key: str, record: bytes) -> None:
        """Replace the record. Durable on return."""
        ...
