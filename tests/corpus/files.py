"""Stored games: the journal's records as they were written, and what they led to then.

A file is zlib over msgpack. Dumps are JSON text in it, because their amounts pass 64 bits. Nothing
here uses the engine or its encodings, so that a file says the same whatever they become.
"""

import json
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import msgspec

FOLDER = Path(__file__).parent


class Stored(NamedTuple):
    """One game. `effects` are those of each batch, `hashes` close each batch."""

    records: list[bytes]
    effects: list[bytes]
    hashes: list[bytes]
    middle: int  # a batch after which a dump was made, as a snapshot is
    middle_dump: str
    last_dump: str
    state_hash: bytes  # of the last dump

    def dumps(self) -> list[tuple[int, dict[str, Any]]]:
        """Both dumps, with the batch after which each was made."""
        stands = (self.middle, self.middle_dump), (len(self.records), self.last_dump)
        return [(seq, json.loads(text)) for seq, text in stands]


def folder_of(version: int) -> Path:
    """Where the games of a rules version are."""
    return FOLDER / f"v{version}"


def stored_games() -> list[Path]:
    """All of them, of every rules version."""
    return sorted(FOLDER.glob("v*/*.journal"))


def read(path: Path) -> Stored:
    """What is in a file."""
    return Stored(*msgspec.msgpack.decode(zlib.decompress(path.read_bytes())))


def write(path: Path, game: Stored) -> None:
    """Store a game; what is stored stays, so a file that is there is an error."""
    with path.open("xb") as file:
        file.write(zlib.compress(msgspec.msgpack.encode(tuple(game)), 9))


def raw_commands(record: bytes) -> Iterator[list[Any]]:
    """The commands of a record as the lists they are in msgpack, without their origins."""
    body, _ = msgspec.msgpack.decode(record[:-4])
    for _origin, command in msgspec.msgpack.decode(body)[5]:
        yield command
