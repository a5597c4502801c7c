"""A backup: one file that holds a game.

A tar file, so that it can be looked into without this program. Its members are pieces of the
journal, compressed, and the users' records; the manifest, which has the hash of each, comes last,
so that a file that was cut has none.
"""

import errno
import io
import json
import os
import secrets
import tarfile
import zlib
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path
from typing import Annotated, Any, TypeVar

import msgspec
from msgspec import Meta, Struct

from cxgame.ports import Entry
from cxgame.records.errors import Misuse, RecordsError
from cxgame.records.names import Wanted, no_such_game
from cxgame.records.source import Head
from cxgame.store.segment import sync_folder

FORMAT = 1
USERS, BOTS = "users.json", "bots.json"
_MANIFEST, _SEAL = "manifest.json", "manifest.sha256"
_PIECE_BYTES = 1_000_000  # of journal in one member, before compression
_LARGEST = 64_000_000  # bytes of a member: a piece with one batch too many, or many users

# What some file systems say of folders, whose names they keep all the same.
_UNSYNCED = (errno.EINVAL, errno.EBADF, errno.ENOTSUP, errno.EISDIR, errno.EACCES)

T = TypeVar("T")
Hash = Annotated[str, Meta(pattern=r"^([0-9a-f]{2})*\Z")]
Member = Annotated[str, Meta(pattern=r"^(journal/[0-9]{1,19}|[a-z]+\.json)\Z")]


class _Format(Struct, frozen=True):
    format: int


class Manifest(Struct, frozen=True):
    """What a backup holds; `members` gives the SHA-256 of each."""

    format: int
    program: str  # the version of cxgame that made it
    game: str
    number: Annotated[int, Meta(ge=1)]
    seq: int  # of the last batch
    hash: Hash  # of that batch
    state_hash: Hash  # of the game after it
    event: int  # seq of the last public event
    private: int
    commands: int
    made_ms: int
    members: dict[Member, str]


class BackupWriter:
    """Writes a backup member by member; `close` makes it whole."""

    def __init__(self, file: Any) -> None:
        self._tar = tarfile.open(fileobj=file, mode="w", format=tarfile.PAX_FORMAT)
        self._piece: list[Entry] = []
        self._piece_bytes = 0
        self.members: dict[str, str] = {}

    def append(self, entry: Entry) -> None:
        """Add an entry of the journal, in order."""
        self._piece.append(entry)
        self._piece_bytes += len(entry.record)
        if self._piece_bytes >= _PIECE_BYTES:
            self._end_piece()

    def add(self, name: str, data: bytes) -> None:
        """Add another file."""
        self.members[name] = sha256(data).hexdigest()
        self._write(name, data)

    def close(self, manifest: Manifest) -> None:
        """Add the manifest, after all else."""
        data = json.dumps(msgspec.to_builtins(manifest), indent=1).encode()
        self._write(_MANIFEST, data)
        self._write(_SEAL, sha256(data).hexdigest().encode())
        self._tar.close()

    def end_journal(self) -> None:
        """No entry comes any more."""
        if self._piece:
            self._end_piece()

    def _end_piece(self) -> None:
        name = f"journal/{self._piece[0].seq:012d}"
        self.add(name, zlib.compress(msgspec.msgpack.encode(self._piece)))
        self._piece, self._piece_bytes = [], 0

    def _write(self, name: str, data: bytes) -> None:
        member = tarfile.TarInfo(name)
        member.size, member.mode = len(data), 0o600
        self._tar.addfile(member, io.BytesIO(data))


class Backup:
    """Implements `cxgame.records.source.Source`. Made by `open_backup`."""

    folder = None
    acknowledged = None

    def __init__(self, path: Path, tar: tarfile.TarFile) -> None:
        self._path = path
        self._members = {member.name: member for member in _members(path, tar)}
        self._tar = tar
        self.manifest = manifest = self._manifest()
        self.name = manifest.game
        self.number = manifest.number
        self.head = Head(manifest.seq, bytes.fromhex(manifest.hash))

    async def entries(self, after: int = 0) -> AsyncIterator[Entry]:
        """All entries > `after`."""
        pieces = sorted(name for name in self.manifest.members if name.startswith("journal/"))
        following = [int(name.rpartition("/")[2]) for name in pieces[1:]] + [self.head.seq + 1]
        for name, next_first in zip(pieces, following, strict=True):
            if next_first <= after + 1:
                continue
            for entry in self._entries(name):
                if entry.seq > after:
                    yield entry

    async def twice(self) -> AsyncIterator[tuple[Entry, Entry]]:
        """A backup has each once."""
        nothing: tuple[tuple[Entry, Entry], ...] = ()
        for pair in nothing:
            yield pair

    async def users(self) -> dict[str, bytes]:
        """The users' records."""
        return self._table(USERS, bytes)

    def bots(self) -> dict[str, str]:
        """The tokens of the house bots; of a game without any, none."""
        return self._table(BOTS, str) if BOTS in self.manifest.members else {}

    def read(self, name: str) -> bytes:
        """A member, which must be what the manifest says."""
        data = self._read(name)
        if sha256(data).hexdigest() != self.manifest.members.get(name):
            raise RecordsError(f"{self._path} is damaged: {name} is not what was kept")
        return data

    def _table(self, name: str, kind: type[T]) -> dict[str, T]:
        try:
            return msgspec.json.decode(self.read(name), type=dict[str, kind])  # type: ignore[valid-type]
        except msgspec.MsgspecError as error:
            raise RecordsError(f"{self._path} is damaged: {name}: {error}") from error

    def _entries(self, name: str) -> list[Entry]:
        try:
            raw = zlib.decompressobj().decompress(self.read(name), _LARGEST)
            return _decode_piece(raw)
        except (zlib.error, msgspec.DecodeError) as error:
            raise RecordsError(f"{self._path} is damaged: {name}: {error}") from error

    def _manifest(self) -> Manifest:
        data = self._read(_MANIFEST)
        if sha256(data).hexdigest().encode() != self._read(_SEAL):
            raise RecordsError(f"{self._path} is damaged: its manifest is not what was written")
        try:
            number = msgspec.json.decode(data, type=_Format).format
            if number == FORMAT:
                return msgspec.json.decode(data, type=Manifest)
        except msgspec.MsgspecError as error:
            raise RecordsError(f"{self._path} is no backup of cxgame: {error}") from error
        raise RecordsError(f"{self._path} is of format {number}; this program knows {FORMAT}")

    def _read(self, name: str) -> bytes:
        if name not in self._members:
            raise RecordsError(f"{self._path} is no whole backup: it has no {name}")
        try:
            file = self._tar.extractfile(self._members[name])
            assert file is not None, "only files are members"
            return file.read()
        except tarfile.TarError as error:
            raise RecordsError(f"{self._path} is damaged: {name}: {error}") from error


@contextmanager
def open_backup(path: Path, wanted: Wanted | None) -> Iterator[Backup]:
    """A backup file, whole and of the wanted game; raises RecordsError."""
    if not path.is_file():
        raise Misuse(f"there is no file {path}")
    try:
        tar = tarfile.open(path, mode="r:")
    except tarfile.TarError:
        raise RecordsError(f"{path} is no backup of cxgame") from None
    with tar:
        backup = Backup(path, tar)
        held = Wanted(backup.name, backup.number)
        if wanted is not None and wanted not in (held, held._replace(number=None)):
            raise no_such_game(wanted, str(path), [str(held)])
        yield backup


@contextmanager
def new_file(path: Path) -> Iterator[Any]:
    """A file that appears at `path` once it is whole and on the disk, for its owner's eyes only."""
    _refuse_taken(path)
    if not path.parent.is_dir():
        raise Misuse(f"there is no folder {path.parent}")
    # A name of its own: two backups to one place, as of an hourly job, do not mix.
    draft = path.with_name(f"{path.name}.{secrets.token_hex(4)}.part")
    try:
        with open(os.open(draft, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600), "w+b") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        _refuse_taken(path)
        draft.rename(path)
    except BaseException:
        draft.unlink(missing_ok=True)
        raise
    try:
        sync_folder(path.parent)
    except OSError as error:
        if error.errno not in _UNSYNCED:
            raise


def _refuse_taken(path: Path) -> None:
    if path.exists():
        raise Misuse(f"{path} is there already")


def _members(path: Path, tar: tarfile.TarFile) -> list[tarfile.TarInfo]:
    try:
        members = tar.getmembers()
    except tarfile.TarError as error:
        raise RecordsError(f"{path} is damaged: {error}") from error
    for member in members:
        if not member.isfile() or member.size > _LARGEST:
            raise RecordsError(f"{path} is no backup of cxgame")
    return members


_decode_piece = msgspec.msgpack.Decoder(list[Entry]).decode
