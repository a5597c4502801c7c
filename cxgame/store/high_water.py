"""The high-water mark of a game: the last batch that was acknowledged, in a small file.

Kept beside the store, not in it, so that it tells when the store has lost what players were told:
a flipped bit can make Valkey load half of its file without a word. A commit writes it in place
after the store has answered and before the replies leave (1 µs); a process that is killed loses
nothing of it, and a power cut at most the last second (`sync`), in which case it guards a little
less.

Two slots take turns, each with a checksum, a page apart: whatever is torn, one is whole.
"""

import contextlib
import os
import struct
import threading
from pathlib import Path
from typing import NamedTuple
from zlib import crc32

from cxgame.store.segment import make_folder, sync_folder

_SLOT = struct.Struct(">4sQQB32s")  # magic, epoch, seq, length of the hash, hash
_CHECK = struct.Struct(">I")
_SLOT_BYTES = _SLOT.size + _CHECK.size
_MAGIC = b"cxhw"
_PLACES = (0, 4096)
_sync_file = getattr(os, "fdatasync", os.fsync)  # macOS has no fdatasync


class Mark(NamedTuple):
    """What was acknowledged last, and by which writer."""

    epoch: int
    seq: int
    hash: bytes


class MarkUnreadable(Exception):
    """Neither slot of a file is whole; says which file."""

    def __init__(self, path: Path) -> None:
        super().__init__(f"the high-water mark {path} is damaged")
        self.path = path


def read_mark(path: Path) -> Mark | None:
    """The mark that a file holds, None if there is no file; raises MarkUnreadable, OSError."""
    try:
        content = path.read_bytes()
    except FileNotFoundError:
        return None
    slots = [_unpacked(content[place : place + _SLOT_BYTES]) for place in _PLACES]
    whole = [mark for mark in slots if mark is not None]
    if not whole:
        raise MarkUnreadable(path)
    return max(whole)


class HighWaterMark:
    """The mark of one game, open for writing. Replaces whatever the file held; raises OSError."""

    def __init__(self, path: Path, mark: Mark) -> None:
        self.path = path
        self._mark = mark
        self._slot = 0
        self._dirty = False
        self._is_open = True
        self._syncing = threading.Lock()  # `close` must not take the file from under `sync`
        make_folder(path.parent)
        self._descriptor = _create(path, _packed(mark))

    def note(self, seq: int, hash_: bytes) -> None:
        """A batch became durable. Raises OSError; the mark then stays as it was."""
        if seq <= self._mark.seq:
            return
        mark = Mark(self._mark.epoch, seq, hash_)
        _write(self._descriptor, _packed(mark), _PLACES[self._slot])
        self._slot ^= 1
        self._mark, self._dirty = mark, True

    def sync(self) -> None:
        """Bring the mark to the disk; for a thread. Raises OSError."""
        with self._syncing:
            if self._is_open and self._dirty:
                self._dirty = False  # what is noted meanwhile waits for the next time
                _sync_file(self._descriptor)

    def close(self) -> None:
        """Leave it in both slots, on the disk; may wait for the disk."""
        with self._syncing, contextlib.suppress(OSError):  # one slot is enough
            if self._is_open:
                self._is_open = False
                try:
                    _write(self._descriptor, _packed(self._mark), _PLACES[self._slot])
                    _sync_file(self._descriptor)
                finally:
                    os.close(self._descriptor)


def _create(path: Path, slot: bytes) -> int:
    """A file with `slot` in both places, there as a whole or not at all; open for writing."""
    draft = path.with_name(path.name + ".new")
    descriptor = os.open(draft, os.O_RDWR | os.O_CREAT | os.O_TRUNC, 0o600)
    try:
        for place in _PLACES:
            _write(descriptor, slot, place)
        os.fsync(descriptor)
        draft.replace(path)
        sync_folder(path.parent)
    except BaseException:
        os.close(descriptor)
        raise
    return descriptor


def _packed(mark: Mark) -> bytes:
    body = _SLOT.pack(_MAGIC, mark.epoch, mark.seq, len(mark.hash), mark.hash)
    return body + _CHECK.pack(crc32(body))


def _unpacked(slot: bytes) -> Mark | None:
    """What a slot says; None if it is not whole."""
    if len(slot) != _SLOT_BYTES:
        return None
    body, check = slot[: _SLOT.size], slot[_SLOT.size :]
    if _CHECK.unpack(check)[0] != crc32(body):
        return None
    magic, epoch, seq, length, hash_ = _SLOT.unpack(body)
    return Mark(epoch, seq, hash_[:length]) if magic == _MAGIC else None


def _write(descriptor: int, slot: bytes, place: int) -> None:
    if hasattr(os, "pwrite"):
        os.pwrite(descriptor, slot, place)
    else:  # Windows; nobody else moves the file's position
        os.lseek(descriptor, place, os.SEEK_SET)
        os.write(descriptor, slot)
