"""The archive: all of a game's journal in files, from its first batch on.

Entries come here before they are taken out of Valkey, so archive and journal together always hold
the whole game. One process appends; any number read, also meanwhile.
"""

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import NamedTuple

from cxgame.ports import Entry
from cxgame.store.segment import (
    NO_CHAIN,
    ArchiveDamaged,
    Block,
    begin_segment,
    named_first,
    pack_block,
    read_segment,
    segment_path,
    segment_paths,
    sync,
)

BLOCK_BYTES = 256 * 1024  # of records, before they are compressed; a larger one gains little
SEGMENT_BYTES = 16 * 1024 * 1024  # a file of some 100,000 batches

__all__ = ["Archive", "ArchiveDamaged", "archive_folder"]


def archive_folder(data_dir: Path, game_id: str) -> Path:
    """Where a game (`main.1`) is archived."""
    return data_dir / "archive" / game_id


class Archive:
    """The segments in one folder, which need not exist yet. All of it raises ArchiveDamaged."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._found: _End | None = None

    @property
    def last_seq(self) -> int:
        """Seq of the last entry, 0 if there is none; appends of other processes do not show."""
        return self._end.seq

    @property
    def last_hash(self) -> bytes:
        """Hash of the last entry, b"" if there is none."""
        return self._end.hash

    def append(self, entries: Iterable[Entry]) -> None:
        """Add the entries that follow the last one; durable on return.

        Raises ValueError, having added those before it, for one that does not follow.
        """
        block: list[Entry] = []
        size, seq = 0, self._end.seq
        try:
            for entry in entries:
                if entry.seq != seq + 1:
                    raise ValueError(f"batch {entry.seq} does not follow batch {seq}")
                block.append(entry)
                seq, size = entry.seq, size + len(entry.record)
                if size >= BLOCK_BYTES:
                    self._write(block)
                    block, size = [], 0
        finally:
            if block:
                self._write(block)

    def entries(self, after: int = 0) -> Iterator[Entry]:
        """The entries with seq > `after`, in order; each was checked before it is given out."""
        for block in self._blocks(after):
            if block.last > after:
                for entry in block.entries():
                    if entry.seq > after:
                        yield entry

    def _blocks(self, after: int) -> Iterator[Block]:
        """The blocks of the segments that hold what follows `after`."""
        paths = segment_paths(self.folder)
        begun = sum(named_first(path) <= after + 1 for path in paths)
        paths = paths[max(0, begun - 1) :]
        seq = named_first(paths[0]) if begun else 1
        chain = NO_CHAIN if seq == 1 else None
        for path in paths:
            for block in read_segment(path, seq, chain, is_last=path is paths[-1]):
                yield block
                seq, chain = block.last + 1, block.chain

    @property
    def _end(self) -> "_End":
        if self._found is None:
            self._found = _find_end(self.folder)
        return self._found

    def _look_again(self) -> None:
        """Find the end anew if it is not where we left it.

        The keeper of a server that was taken over may still be at work, on the same entries.
        """
        seq, _, _, path, offset = self._end
        moved = path is not None and path.stat().st_size != offset
        if path is None or offset >= SEGMENT_BYTES:
            moved = moved or segment_path(self.folder, seq + 1).exists()
        if moved:
            self._found = None

    def _write(self, entries: list[Entry]) -> None:
        self._look_again()
        seq, _, chain, path, offset = self._end
        entries = [entry for entry in entries if entry.seq > seq]
        if not entries:
            return
        if entries[0].seq != seq + 1:
            raise ValueError(f"batch {entries[0].seq} does not follow batch {seq}")
        if path is None or offset >= SEGMENT_BYTES:
            path = segment_path(self.folder, seq + 1)
            offset = begin_segment(path, seq + 1, chain)
        data, chain = pack_block(seq + 1, entries, chain)
        with path.open("r+b") as file:
            file.truncate(offset)  # an unfinished block of a writer that was killed
            file.seek(offset)
            file.write(data)
            sync(file)
        last = entries[-1]
        self._found = _End(last.seq, last.hash, chain, path, offset + len(data))


class _End(NamedTuple):
    """Where the archive ends, and what comes next is written."""

    seq: int
    hash: bytes
    chain: bytes
    path: Path | None  # of the last segment
    offset: int  # of the end of what is sound in it


def _find_end(folder: Path) -> _End:
    """Read the last segment, or the one before if that was only just begun."""
    for path in reversed(segment_paths(folder)):
        block: Block | None = None
        for found in read_segment(path, named_first(path), None, is_last=True):
            block = found
        if block is not None:
            *_, last = block.entries()
            return _End(last.seq, last.hash, block.chain, path, block.end)
    return _End(0, b"", NO_CHAIN, None, 0)
