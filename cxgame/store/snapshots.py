"""Snapshots in files: the state after a batch, so that a start need not replay the whole game.

    <seq>.snap    magic, checksum of the rest, and zlib over JSON: seq, hash and state

A file appears under its name only when all of it is on the disk. The last two are kept: should one
be damaged, the game is replayed from the one before.
"""

import json
import logging
import zlib
from collections.abc import Iterator
from hashlib import blake2b
from pathlib import Path

from cxgame.ports import Snapshot
from cxgame.store.segment import make_folder, sync, sync_folder

KEPT = 2
_MAGIC = b"CXSNAP1\n"
_SUM_BYTES = 16
_LEVEL = 1  # of zlib: these are read in a hurry and soon thrown away

log = logging.getLogger("cxgame.store")


class SnapshotDamaged(Exception):
    """A file that is not what was written."""


def snapshot_folder(data_dir: Path, game_id: str) -> Path:
    """Where the snapshots of a game (`main.1`) are."""
    return data_dir / "snapshots" / game_id


class Snapshots:
    """The snapshots in one folder, which need not exist yet."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def write(self, snapshot: Snapshot) -> Path:
        """Keep one, durable on return, and forget the oldest. Raises OSError."""
        make_folder(self.folder)
        for draft in self.folder.glob("*.new"):  # of a writer that was killed or found no room
            draft.unlink(missing_ok=True)
        path = self.folder / f"{snapshot.seq:012}.snap"
        draft = path.with_suffix(".new")
        try:
            with draft.open("wb") as file:
                file.write(_pack(snapshot))
                sync(file)
            draft.replace(path)
        except OSError:
            draft.unlink(missing_ok=True)  # a disk that is full needs the room
            raise
        sync_folder(self.folder)
        for old in self._paths()[KEPT:]:
            old.unlink(missing_ok=True)
        return path

    def sound(self) -> Iterator[Snapshot]:
        """Those that can be read, newest first; others are skipped with a warning."""
        for path in self._paths():
            try:
                yield read_snapshot(path)
            except (SnapshotDamaged, OSError) as error:
                log.warning("snapshot %s cannot be used: %s", path, error)

    def _paths(self) -> list[Path]:
        """Newest first."""
        return sorted(self.folder.glob("*.snap"), reverse=True)


def read_snapshot(path: Path) -> Snapshot:
    """What is in a file; raises SnapshotDamaged and OSError."""
    data = path.read_bytes()
    body = data[len(_MAGIC) + _SUM_BYTES :]
    if data[: len(_MAGIC)] != _MAGIC:
        raise SnapshotDamaged("it is of a format that is not known")
    if _sum(body) != data[len(_MAGIC) : len(_MAGIC) + _SUM_BYTES]:
        raise SnapshotDamaged("the checksum does not fit")
    seq, hash_, state = json.loads(zlib.decompress(body))
    return Snapshot(seq, bytes.fromhex(hash_), state)


def _pack(snapshot: Snapshot) -> bytes:
    shown = [snapshot.seq, snapshot.hash.hex(), snapshot.state]
    body = zlib.compress(json.dumps(shown, separators=(",", ":")).encode(), _LEVEL)
    return _MAGIC + _sum(body) + body


def _sum(body: bytes) -> bytes:
    return blake2b(body, digest_size=_SUM_BYTES).digest()
