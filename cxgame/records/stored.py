"""The record of a game that a server plays or has played: archive files and the journal in Valkey.

Where both end elsewhere, as when somebody has put an older copy of Valkey's data back, the record
ends with the later one.

A server that is at it does not notice: reading takes no lease. Where none is running on a data
directory, its Valkey is started for the time of reading, which holds the directory.
"""

import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path

from cxgame.ports import Entry, JournalFault
from cxgame.records.errors import Misuse, RecordsError
from cxgame.records.names import Wanted, no_such_game
from cxgame.records.source import Head
from cxgame.store.archive import Archive, archive_folder
from cxgame.store.endpoint import Endpoint
from cxgame.store.high_water import MarkUnreadable, read_mark
from cxgame.store.keys import USERS, GameKeys, current
from cxgame.store.link import Link
from cxgame.store.streams import read_journal

# Archive and Valkey are in two places then, and are read together.
_NAME_NO_RECORD = "name no record, and give valkey_url and data_dir as its server has them"


class StoredGame:
    """Implements `cxgame.records.source.Source`. Made by `open_directory` and `open_url`."""

    def __init__(
        self,
        link: Link,
        keys: GameKeys,
        head: Head,
        folder: Path | None,
        acknowledged: Head | None = None,
    ) -> None:
        self.name = keys.name
        self.number = keys.number
        self.head = head
        self.acknowledged = acknowledged
        self.folder = folder
        self._link = link
        self._keys = keys

    async def entries(self, after: int = 0) -> AsyncIterator[Entry]:
        """From the archive as far as it goes, then from Valkey.

        The journal may be trimmed while it is read: what is gone by then is in the archive.
        """
        seq = after
        while seq < self.head.seq:
            begun = seq
            for entry in self._archived(seq):
                if entry.seq > self.head.seq:
                    return
                yield entry
                seq = entry.seq
            if seq == self.head.seq:
                return
            try:
                async for entry in read_journal(self._link, self._keys, seq, self.head.seq):
                    yield entry
                    seq = entry.seq
                    if seq == self.head.seq:
                        return
            except JournalFault as fault:
                if seq == begun and next(self._archived(seq), None) is None:
                    raise self._gap(fault) from fault

    async def twice(self) -> AsyncIterator[tuple[Entry, Entry]]:
        """The entries that are in the archive and still in Valkey, from both."""
        first = await self._first_kept()
        while self.folder is not None and first is not None:
            archived, seq = self._archived(first - 1), first
            try:
                async for entry in read_journal(self._link, self._keys, first - 1, 0):
                    other = next(archived, None)
                    if other is None or entry.seq > self.head.seq:
                        return
                    yield entry, other
                    seq = entry.seq + 1
            except JournalFault as fault:
                first = await self._first_kept()
                if first is None or first <= seq:  # else it was trimmed meanwhile
                    raise self._gap(fault) from fault
            else:
                return

    async def users(self) -> dict[str, bytes]:
        """All users of the store."""
        flat = await self._link.call("HGETALL", USERS)
        return {name.decode(): record for name, record in zip(flat[::2], flat[1::2], strict=True)}

    async def _first_kept(self) -> int | None:
        """The oldest batch that is still in Valkey."""
        page = await self._link.call("XRANGE", self._keys.journal, "-", "+", "COUNT", 1)
        return int(page[0][0].partition(b"-")[0]) if page else None

    def _gap(self, fault: JournalFault) -> RecordsError:
        text = f"the journal of {self._keys.id} has a gap: {fault.detail}"
        if self.folder is None:
            text += f"; the rest is in the archive of its server: {_NAME_NO_RECORD}"
        return RecordsError(text)

    def _archived(self, after: int) -> Iterator[Entry]:
        if self.folder is None:
            return iter(())
        return Archive(archive_folder(self.folder, self._keys.id)).entries(after)


@asynccontextmanager
async def open_url(
    url: str, wanted: Wanted, folder: Path | None = None
) -> AsyncIterator[StoredGame]:
    """A game in somebody's Valkey, of which nothing is changed; its archive is in `folder`."""
    endpoint = Endpoint.url(url)
    link = Link(endpoint)
    try:
        yield await _find(link, wanted, f"Valkey at {endpoint.name}", folder)
    finally:
        await link.close()


@asynccontextmanager
async def open_directory(path: Path, wanted: Wanted) -> AsyncIterator[StoredGame]:
    """A game in a data directory, whether or not a server is running on it."""
    if not (path / "valkey").is_dir():
        if (path / "archive").is_dir():
            raise Misuse(f"{path} has no Valkey of its own: {_NAME_NO_RECORD}")
        raise Misuse(f"{path} is not a data directory: there is no game in it")
    if sys.platform == "win32":
        raise RecordsError("a data directory can be read on Linux or macOS only")
    from cxgame.store.embedded import EmbeddedValkey, find_embedded

    async with AsyncExitStack() as stack:
        endpoint = find_embedded(path)
        if endpoint is None:
            valkey = await EmbeddedValkey.start(path)
            stack.push_async_callback(valkey.stop)
            endpoint = valkey.endpoint
        link = Link(endpoint)
        stack.push_async_callback(link.close)
        yield await _find(link, wanted, str(path), path)


async def _find(link: Link, wanted: Wanted, where: str, folder: Path | None) -> StoredGame:
    number = wanted.number
    if number is None:
        number = _whole(await link.call("GET", current(wanted.name)), current(wanted.name))
    if number is None and folder is not None:
        number = _last_archived(folder, wanted.name)
    if number is not None:
        keys = GameKeys(wanted.name, number)
        # The mark first: a game in play moves on, and must not be found behind it.
        acknowledged = None if folder is None else _acknowledged(folder, keys)
        head = await _head(link, keys, folder)
        if head.seq:
            return StoredGame(link, keys, head, folder, acknowledged)
    raise no_such_game(wanted, where, await games_in(link))


async def _head(link: Link, keys: GameKeys, folder: Path | None) -> Head:
    """Where the journal ends: in Valkey, or in the archive where Valkey has lost its end."""
    seq, hash_ = await link.call("HMGET", keys.meta, "seq", "hash")
    head = Head(_whole(seq, keys.meta) or 0, hash_ or b"")
    if folder is not None:
        archive = Archive(archive_folder(folder, keys.id))
        if archive.last_seq > head.seq:
            return Head(archive.last_seq, archive.last_hash)
    return head


def _last_archived(folder: Path, name: str) -> int | None:
    found = archive_folder(folder, f"{name}.0").parent.glob(f"{name}.*")
    numbers = [path.suffix[1:] for path in found if path.stem == name]
    return max((int(number) for number in numbers if number.isdecimal()), default=None)


def _whole(text: bytes | None, key: str) -> int | None:
    """A number as Valkey keeps it; raises RecordsError for another text."""
    if text is None:
        return None
    if not text.isdigit():
        raise RecordsError(f"{key} in Valkey is damaged: it should be a number")
    return int(text)


def _acknowledged(folder: Path, keys: GameKeys) -> Head | None:
    try:
        mark = read_mark(folder / "high_water" / keys.id)
    except MarkUnreadable as error:
        raise RecordsError(str(error)) from error
    return None if mark is None or not mark.seq else Head(mark.seq, mark.hash)


async def games_in(link: Link) -> list[str]:
    """The games in a Valkey, as people call them."""
    before, after = GameKeys("*", 0).meta.split("*.0")
    found, cursor = set(), b"0"
    while True:
        cursor, names = await link.call("SCAN", cursor, "MATCH", f"{before}*{after}", "COUNT", 1000)
        found |= {name.decode().removeprefix(before).removesuffix(after) for name in names}
        if cursor == b"0":
            return sorted(found)
