"""A Valkey that does not start says why in many ways, and we in one line."""

import asyncio
import logging
from collections.abc import Callable
from pathlib import Path

import pytest

from cxgame.store.cut import keep_copy
from cxgame.store.embedded import EmbeddedValkey
from cxgame.store.errors import FileCutShort, StoreDamaged, StoreError
from cxgame.store.link import Link
from cxgame.store.loading import start_error

LIMIT_S = 30
INCR = "appendonly.aof.1.incr.aof"
BASE = "appendonly.aof.1.base.rdb"
MANIFEST = "appendonly.aof.manifest"


async def written(data_dir: Path) -> Path:
    """Run a Valkey for ten writes; returns the folder of its files."""
    valkey = await asyncio.wait_for(EmbeddedValkey.start(data_dir), LIMIT_S)
    link = Link(valkey.endpoint)
    for number in range(10):
        await link.call("SET", f"key{number}", "v" * 100)
    await link.close()
    await valkey.stop()
    return data_dir / "valkey" / "appendonlydir"


async def keys_after_start(data_dir: Path) -> int:
    valkey = await asyncio.wait_for(EmbeddedValkey.start(data_dir), LIMIT_S)
    link = Link(valkey.endpoint)
    count: int = await link.call("DBSIZE")
    await link.close()
    await valkey.stop()
    return count


def flip(name: str, what: bytes) -> Callable[[Path], None]:
    """Flip a bit where `what` begins for the last time."""

    def work(folder: Path) -> None:
        content = bytearray((folder / name).read_bytes())
        content[content.rindex(what)] ^= 1
        (folder / name).write_bytes(content)

    return work


def cut(name: str, to: int) -> Callable[[Path], None]:
    """Leave the first `to` bytes, or all but the last."""

    def work(folder: Path) -> None:
        (folder / name).write_bytes((folder / name).read_bytes()[:to])

    return work


def remove(name: str) -> Callable[[Path], None]:
    """Delete the file."""
    return lambda folder: (folder / name).unlink()


@pytest.mark.parametrize(
    ("damage", "told"),
    [
        (flip(INCR, b"*3"), f"({INCR} in .*: Bad file format)"),
        (flip(INCR, b"SET"), f"({INCR} in .*: unknown command 'RET')"),
        (flip(BASE, b"valkey-ver"), "(.*: RDB CRC error)"),
        (cut(BASE, 40), "(.*: Unexpected EOF reading RDB file)"),
        (cut(BASE, 3), f"({BASE} in .*: Bad file format)"),
        (flip(MANIFEST, b"seq"), "(.*: Invalid AOF manifest file format)"),
        (cut(MANIFEST, 0), "(.*: Found an empty AOF manifest)"),
        (remove(INCR), f"({INCR} in .*: No such file or directory)"),
        (remove(BASE), f"({BASE} in .*: No such file or directory)"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
async def test_a_damaged_file_is_told_in_one_line(
    tmp_path: Path, damage: Callable[[Path], None], told: str
) -> None:
    """Which file, what Valkey thinks of it, and what can be done."""
    folder = await written(tmp_path)
    damage(folder)
    pattern = "what Valkey kept is damaged " + told.replace("(", r"\(").replace(")", r"\)")
    with pytest.raises(StoreDamaged, match=pattern) as caught:
        await asyncio.wait_for(EmbeddedValkey.start(tmp_path), LIMIT_S)
    assert "\n" not in str(caught.value)
    assert "restore a backup" in str(caught.value)


async def test_a_file_that_is_cut_is_copied_first(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """Valkey starts with what is whole, and what it throws away can be looked at."""
    folder = await written(tmp_path)
    cut(INCR, -10)(folder)
    torn = (folder / INCR).read_bytes()
    caplog.set_level(logging.WARNING, "cxgame.store")
    assert await keys_after_start(tmp_path) == 9
    (copy,) = (tmp_path / "cut").iterdir()
    assert copy.read_bytes() == torn
    assert f"a copy of all of it is in {copy}" in caplog.text
    assert await keys_after_start(tmp_path) == 9
    assert list((tmp_path / "cut").iterdir()) == [copy], "a sound file is not copied"


async def test_a_length_that_was_flipped_looks_like_a_cut(tmp_path: Path) -> None:
    """Then the copy holds most of the game: here it gives everything back."""
    folder = await written(tmp_path)
    sound = (folder / INCR).read_bytes()
    place = sound.rindex(b"$100\r\n") + 1  # the file has no 900 bytes after it
    (folder / INCR).write_bytes(sound[:place] + b"9" + sound[place + 1 :])
    assert await keys_after_start(tmp_path) == 9
    (copy,) = (tmp_path / "cut").iterdir()
    saved = copy.read_bytes()
    (folder / INCR).write_bytes(saved[:place] + b"1" + saved[place + 1 :])
    assert await keys_after_start(tmp_path) == 10


def test_two_copies_are_kept(tmp_path: Path) -> None:
    """A disk has an end."""
    folder = tmp_path / "valkey" / "appendonlydir"
    folder.mkdir(parents=True)
    (folder / INCR).write_bytes(b"x")
    copies = [keep_copy(tmp_path, INCR) for _ in range(3)]
    assert sorted((tmp_path / "cut").iterdir()) == sorted(copies[1:])


def test_without_a_copy_nothing_is_cut(tmp_path: Path) -> None:
    """A full disk is told, and the file stays as it is."""
    with pytest.raises(StoreError, match=r"ends in the middle of a command, and cannot be copied"):
        keep_copy(tmp_path, INCR)
    assert list((tmp_path / "cut").iterdir()) == []


def test_what_is_no_damage_is_told_in_its_last_words(tmp_path: Path) -> None:
    """A port in use, a setting it does not know."""
    words = "1:M 21 Nov 2026 05:00:00.000 # Failed listening on port 7, aborting.\n\n"
    error = start_error(tmp_path, words)
    assert str(error) == "Valkey did not start: Failed listening on port 7, aborting."
    assert not isinstance(error, StoreDamaged)
    assert str(start_error(tmp_path, "")) == "Valkey did not start: it says nothing"


def test_what_valkey_quotes_from_its_file_is_not_repeated(tmp_path: Path) -> None:
    """It may hold anything: a password's hash, an escape sequence, a megabyte."""
    secret = "$argon2id$secret"
    words = (
        f"# Error reading the append only file {INCR}, error: unknown command 'x\x1b',"
        f" with args beginning with: '{secret}' \n"
    )
    error = start_error(tmp_path, words)
    assert "unknown command 'x?'" in str(error)
    assert secret not in str(error)


def test_a_cut_names_the_file(tmp_path: Path) -> None:
    """Which is the one to copy."""
    words = f"# Unexpected end of file reading the append only file {INCR}. You can: 1) Make a"
    error = start_error(tmp_path, words)
    assert isinstance(error, FileCutShort)
    assert error.file == INCR
