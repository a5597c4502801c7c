"""One file of the archive: blocks of journal entries, each compressed and chained to the last.

    segment   header, then blocks, each written once and synced
    header    magic, first seq, chain so far, CRC-32 of these
    block     first seq, entries, length of the payload, CRC-32 of these; payload; chain
    payload   zlib over entries: length of hash, length of record, hash, record

The chain is a hash over the chain before it, the block's head and its payload, so that a bit that
flips anywhere shows, and so do blocks or files that were taken out, put in or exchanged. What is
unfinished at the very end was being written when the power went: it was never relied upon.
"""

import os
import zlib
from collections.abc import Iterable, Iterator
from hashlib import blake2b
from pathlib import Path
from struct import Struct
from typing import BinaryIO, NamedTuple

from cxgame.ports import Entry

CHAIN_BYTES = 16
NO_CHAIN = bytes(CHAIN_BYTES)  # before the first block of all
_MAGIC = b"CXARCH1\n"
_HEADER = Struct(f">8sQ{CHAIN_BYTES}s")
_BLOCK = Struct(">QII")
_ENTRY = Struct(">BI")
_CRC = Struct(">I")
_HEADER_BYTES = _HEADER.size + _CRC.size
_BLOCK_BYTES = _BLOCK.size + _CRC.size
_LEVEL = 6  # of zlib; 9 gains some percent and takes twice as long


class ArchiveDamaged(Exception):
    """The archive is not what was written; `seq` is the first batch that cannot be had from it."""

    def __init__(self, seq: int, why: str, path: Path) -> None:
        super().__init__(f"the archive is damaged at batch {seq}: {why} ({path})")
        self.seq = seq
        self.why = why
        self.path = path

    def __reduce__(self) -> "tuple[type[ArchiveDamaged], tuple[int, str, Path]]":
        """It is told across processes."""
        return ArchiveDamaged, (self.seq, self.why, self.path)


class Block(NamedTuple):
    """A sound block as it stands in its file, still compressed."""

    first: int  # seq
    entry_count: int
    payload: bytes
    chain: bytes  # up to and with this block
    end: int  # offset in the file of what follows

    @property
    def last(self) -> int:
        """Seq of the last entry."""
        return self.first + self.entry_count - 1

    def entries(self) -> Iterator[Entry]:
        """What is in it. The chain was checked, so it is as it was written."""
        raw = zlib.decompress(self.payload)
        seq, at = self.first, 0
        while at < len(raw):
            hash_length, record_length = _ENTRY.unpack_from(raw, at)
            at += _ENTRY.size
            middle, end = at + hash_length, at + hash_length + record_length
            yield Entry(seq, raw[at:middle], raw[middle:end])
            seq, at = seq + 1, end


class Beginning(NamedTuple):
    """What the header of a segment says."""

    first: int
    chain: bytes


def segment_path(folder: Path, first: int) -> Path:
    """The file that begins with batch `first`."""
    return folder / f"{first:012}.cxa"


def segment_paths(folder: Path) -> list[Path]:
    """All segments, oldest first."""
    return sorted(folder.glob("*.cxa"))


def named_first(path: Path) -> int:
    """The seq with which a segment begins, as its name says; raises ArchiveDamaged."""
    try:
        return int(path.stem)
    except ValueError:
        raise ArchiveDamaged(1, "a file that is not a segment of it", path) from None


def begin_segment(path: Path, first: int, chain: bytes) -> int:
    """Make an empty segment, durable on return; returns its length."""
    make_folder(path.parent)
    header = _HEADER.pack(_MAGIC, first, chain)
    with path.open("wb") as file:
        file.write(header + _CRC.pack(zlib.crc32(header)))
        sync(file)
    sync_folder(path.parent)
    return _HEADER_BYTES


def pack_block(first: int, entries: Iterable[Entry], chain: bytes) -> tuple[bytes, bytes]:
    """A block as it is written, and the chain up to it."""
    count, raw = 0, bytearray()
    for entry in entries:
        raw += _ENTRY.pack(len(entry.hash), len(entry.record))
        raw += entry.hash
        raw += entry.record
        count += 1
    payload = zlib.compress(raw, _LEVEL)
    head = _BLOCK.pack(first, count, len(payload))
    head += _CRC.pack(zlib.crc32(head))
    digest = _chained(chain, head, payload)
    return head + payload + digest, digest


def read_segment(path: Path, seq: int, chain: bytes | None, is_last: bool) -> Iterator[Block]:
    """The blocks of a segment that continues with batch `seq` and, if it is known, `chain`.

    An unfinished end is left out, in the last segment of an archive. Raises ArchiveDamaged.
    """
    with path.open("rb") as file:
        beginning = _beginning(file, path, seq, is_last)
        if beginning is None:
            return
        if beginning.first != seq:
            raise ArchiveDamaged(seq, f"the next segment begins with {beginning.first}", path)
        if chain is not None and beginning.chain != chain:
            raise ArchiveDamaged(seq, "the segment belongs to another history", path)
        chain = beginning.chain
        while (block := _next_block(file, path, seq, chain, is_last)) is not None:
            yield block
            seq, chain = block.last + 1, block.chain


def sync(file: BinaryIO) -> None:
    """What was written is on the disk on return."""
    file.flush()
    os.fsync(file.fileno())


def make_folder(folder: Path) -> None:
    """Make a folder that only we can enter; it is on the disk on return, and so is the way to it.

    Whoever lets Valkey forget what is in a file must find that file after a power cut.
    """
    missing = [each for each in (folder, *folder.parents) if not each.exists()]
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    for each in missing:
        sync_folder(each.parent)


def sync_folder(folder: Path) -> None:
    """The names in a folder are on the disk on return, where folders can be synced."""
    if os.name == "nt":
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _beginning(file: BinaryIO, path: Path, seq: int, is_last: bool) -> Beginning | None:
    """What the header says; None for one that was never finished."""
    data = file.read(_HEADER_BYTES)
    if is_last and (len(data) < _HEADER_BYTES or not any(data)):
        return None
    header, check = data[: _HEADER.size], data[_HEADER.size :]
    if len(data) < _HEADER_BYTES or _CRC.pack(zlib.crc32(header)) != check:
        raise ArchiveDamaged(seq, "the header of the segment does not fit its checksum", path)
    magic, first, chain = _HEADER.unpack(header)
    if magic != _MAGIC:
        raise ArchiveDamaged(seq, "the segment is of a format that is not known", path)
    return Beginning(first, chain)


def _next_block(file: BinaryIO, path: Path, seq: int, chain: bytes, is_last: bool) -> Block | None:
    """The block at the file's position; None at the end, or before an unfinished one."""
    head = file.read(_BLOCK_BYTES)
    if not head:
        return None
    if len(head) < _BLOCK_BYTES or not any(head):
        _check_unfinished(path, seq, is_last)
        return None
    if _CRC.pack(zlib.crc32(head[: _BLOCK.size])) != head[_BLOCK.size :]:
        raise ArchiveDamaged(seq, "the head of a block does not fit its checksum", path)
    first, count, length = _BLOCK.unpack(head[: _BLOCK.size])
    payload, digest = file.read(length), file.read(CHAIN_BYTES)
    if len(digest) < CHAIN_BYTES or not any(digest):
        _check_unfinished(path, seq, is_last)
        return None
    if _chained(chain, head, payload) != digest or first != seq:
        raise ArchiveDamaged(seq, "a block does not continue the chain of hashes", path)
    return Block(first, count, payload, digest, file.tell())


def _check_unfinished(path: Path, seq: int, is_last: bool) -> None:
    if not is_last:
        raise ArchiveDamaged(seq, "the segment ends too early", path)


def _chained(chain: bytes, head: bytes, payload: bytes) -> bytes:
    hasher = blake2b(chain, digest_size=CHAIN_BYTES)
    hasher.update(head)
    hasher.update(payload)
    return hasher.digest()
