"""Where the journal of a game is read from: a data directory, a Valkey, or a backup file.

Reading changes nothing. What is read ends where the game stood when the source was opened, so
that a game in play can be read as well.
"""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import NamedTuple, Protocol

from cxgame.ports import Entry
from cxgame.records.errors import Misuse
from cxgame.records.names import wanted_game


class Head(NamedTuple):
    """The last batch of a record."""

    seq: int
    hash: bytes


class Source(Protocol):
    """The record of one game."""

    @property
    def name(self) -> str:
        """Of the game: `main`."""
        ...

    @property
    def number(self) -> int:
        """Which game of that name."""
        ...

    @property
    def head(self) -> Head:
        """Where the record ends."""
        ...

    @property
    def acknowledged(self) -> Head | None:
        """The last batch that players were told of, as far as that is known beside the record."""
        ...

    @property
    def folder(self) -> Path | None:
        """The data directory with the game's other files, if there is one."""
        ...

    def entries(self, after: int = 0) -> AsyncIterator[Entry]:
        """The journal's entries > `after`, up to the head and without a gap."""
        ...

    def twice(self) -> AsyncIterator[tuple[Entry, Entry]]:
        """The entries that are kept in two places, as each of them has it."""
        ...

    async def users(self) -> dict[str, bytes]:
        """The users' records; they hold hashes only."""
        ...


@asynccontextmanager
async def open_source(
    where: str, game: str | None = None, folder: Path | None = None
) -> AsyncIterator[Source]:
    """The record at a path or URL; without `game` that of `main`, or what a backup holds.

    `folder` is the data directory that goes with the Valkey at a URL: what was trimmed there is in
    its archive. Raises RecordsError, StoreError, StoreUnavailable.
    """
    wanted = wanted_game(game or "main")
    async with AsyncExitStack() as stack:
        if "://" in where:
            from cxgame.records.stored import open_url

            source: Source = await stack.enter_async_context(open_url(where, wanted, folder))
        else:
            path = Path(where)
            if path.is_dir():
                from cxgame.records.stored import open_directory

                source = await stack.enter_async_context(open_directory(path, wanted))
            elif path.is_file():
                from cxgame.records.backup_file import open_backup

                source = stack.enter_context(open_backup(path, wanted if game else None))
            else:
                raise Misuse(f"there is no {path}")
        yield source
