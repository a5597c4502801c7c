"""Damage by number: the same number is the same mishap, and says what it did."""

import random
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

from cxgame.ports import Entry
from tests.damage.kept import Kept

# What lies in a data directory, and how often each part is hit.
_PARTS = (("valkey/appendonlydir", 14), ("high_water", 2), ("archive", 3), ("snapshots", 3))


class Damaged(NamedTuple):
    """A file or journal that was damaged, and how, for people."""

    what: str
    how: str


def damage_files(number: int, data_dir: Path) -> Damaged:
    """Flip a bit or cut the end of one of the files in which a game is kept."""
    random_ = random.Random(f"files {number}")
    parts = [(data_dir / name, weight) for name, weight in _PARTS if _files(data_dir / name)]
    (part,) = random_.choices([part for part, _ in parts], [weight for _, weight in parts])
    files = _files(part)
    (path,) = random_.choices(files, [path.stat().st_size for path in files])
    content, how = damage(random_, path.read_bytes())
    path.write_bytes(content)
    return Damaged(str(path.relative_to(data_dir)), how)


def damage_entries(number: int, kept: Kept, foreign: Kept) -> tuple[list[Entry], Damaged]:
    """The entries of a journal with one of them damaged, missing, doubled or another game's."""
    random_ = random.Random(f"entries {number}")
    entries = list(kept.entries)
    place = random_.randrange(len(entries))
    how = _MISHAPS[random_.choices(range(len(_MISHAPS)), _OFTEN)[0]](
        random_, entries, place, foreign
    )
    return entries, Damaged(f"batch {place + 1} of {len(kept.entries)}", how)


def damage(random_: random.Random, content: bytes) -> tuple[bytes, str]:
    if random_.random() < 0.3:
        length = random_.randrange(len(content))
        return content[:length], f"cut to {length} of {len(content)} bytes"
    place, bit = random_.randrange(len(content)), random_.randrange(8)
    flipped = bytearray(content)
    flipped[place] ^= 1 << bit
    return bytes(flipped), f"bit {bit} of byte {place} flipped"


def _record(random_: random.Random, entries: list[Entry], place: int, _: Kept) -> str:
    content, how = damage(random_, entries[place].record)
    entries[place] = entries[place]._replace(record=content)
    return f"record {how}"


def _hash(random_: random.Random, entries: list[Entry], place: int, _: Kept) -> str:
    content, how = damage(random_, entries[place].hash)
    entries[place] = entries[place]._replace(hash=content)
    return f"hash {how}"


def _missing(_: random.Random, entries: list[Entry], place: int, __: Kept) -> str:
    del entries[place]
    return "missing"


def _ended(_: random.Random, entries: list[Entry], place: int, __: Kept) -> str:
    del entries[place:]
    return "missing, and all after it"


def _exchanged(random_: random.Random, entries: list[Entry], place: int, _: Kept) -> str:
    other = random_.randrange(len(entries))
    entries[place] = entries[other]._replace(seq=entries[place].seq)
    return f"replaced by batch {other + 1}"


def _foreign(_: random.Random, entries: list[Entry], place: int, foreign: Kept) -> str:
    entries[place] = foreign.entries[place]
    return "replaced by another game's"


_Mishap = Callable[[random.Random, list[Entry], int, Kept], str]
_MISHAPS: tuple[_Mishap, ...] = (_record, _hash, _missing, _ended, _exchanged, _foreign)
_OFTEN = (10, 2, 2, 2, 2, 2)


def _files(folder: Path) -> list[Path]:
    found = (path for path in folder.rglob("*") if path.is_file() and path.stat().st_size)
    return sorted(found)
