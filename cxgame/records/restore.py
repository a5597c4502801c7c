"""`cxgame restore`: a backup becomes a data directory on which a server continues.

Verified before anything is written, and read back and verified again afterwards. A directory that
was made for it is removed again if that fails.
"""

import contextlib
import json
import os
import shutil
import sys
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

from cxgame.ports import Entry
from cxgame.records.backup_file import Backup, Manifest, open_backup
from cxgame.records.errors import Misuse, RecordsError
from cxgame.records.source import open_source
from cxgame.records.stored import games_in
from cxgame.records.verifying import Tell, Verified, verify_source
from cxgame.store.errors import StoreError
from cxgame.store.guard import Guard
from cxgame.store.high_water import HighWaterMark, Mark
from cxgame.store.keys import USERS as USERS_KEY
from cxgame.store.keys import VIEWS, GameKeys, check_name, current
from cxgame.store.link import Link
from cxgame.store.resp import command

_KEYS = ("meta", "journal", "events", "private", "standings", *VIEWS)
_EPOCH = 1  # the next writer takes a higher one
_OWNER = "cxgame restore"  # whose lease has run out
_AT_ONCE_BYTES = 4_000_000  # of journal sent to Valkey before its replies are read


async def restore_game(
    path: Path, data_dir: Path, *, replace: bool = False, tell: Tell | None = None
) -> Verified:
    """Put the game of a backup into a data directory; `replace` one of its name there.

    Raises RecordsError, JournalDamaged, StoreError.
    """
    if sys.platform == "win32":
        raise RecordsError("a data directory can be made on Linux or macOS only")
    with open_backup(path, None) as backup:
        manifest = backup.manifest
        _check_name(path, manifest.game)
        _compare(await verify_source(backup, tell=tell), manifest, "the backup")
        await backup.users()  # readable, before anything is written
        backup.bots()
        async with _directory(data_dir):
            await _plant(backup, data_dir, replace)
            async with open_source(str(data_dir), f"{backup.name}.{backup.number}") as restored:
                verified = await verify_source(restored, tell=tell)
            _compare(verified, manifest, "what was restored")
    return verified


def _check_name(path: Path, name: str) -> None:
    """It becomes part of paths, and a backup may come from anybody."""
    try:
        check_name(name)
    except StoreError as error:
        raise RecordsError(f"{path} cannot be restored: {error}") from None


def _compare(verified: Verified, manifest: Manifest, what: str) -> None:
    if verified.state_hash.hex() != manifest.state_hash:
        raise RecordsError(f"{what} does not lead to the game that was kept")


@asynccontextmanager
async def _directory(data_dir: Path) -> AsyncIterator[None]:
    """A data directory, or a new one that goes away again if what is done with it fails."""
    is_new = not data_dir.exists() or (data_dir.is_dir() and not any(data_dir.iterdir()))
    if not is_new and not (data_dir / "valkey").is_dir():
        raise Misuse(f"{data_dir} is neither empty nor a data directory")
    try:
        yield
    except BaseException:
        if is_new:
            shutil.rmtree(data_dir, ignore_errors=True)
        raise


async def _plant(backup: Backup, data_dir: Path, replace: bool) -> None:
    """Write all of a backup."""
    from cxgame.store.embedded import EmbeddedValkey  # not there on every platform

    keys = GameKeys(backup.name, backup.number)
    valkey = await EmbeddedValkey.start(data_dir)
    link = Link(valkey.endpoint, timeout_s=60.0)
    try:
        await _make_room(link, keys, data_dir, replace)
        await _plant_users(link, await backup.users(), replace)
        if tokens := backup.bots():
            _plant_bots(data_dir / "bots.json", tokens, replace)
        await _plant_journal(link, keys, backup)
        mark = Mark(_EPOCH, *backup.head)
        HighWaterMark(data_dir / "high_water" / keys.id, mark).close()
        Guard(data_dir / "high_water").give_up_after(keys)  # a start would look for those games
        await link.call("SET", current(keys.name), keys.number)  # now there is a game
    finally:
        await link.close()
        await valkey.stop()


async def _make_room(link: Link, keys: GameKeys, data_dir: Path, replace: bool) -> None:
    """Take away what is in the way, but for the high-water mark.

    That is replaced at the end: a start in between refuses the half of a game that is there.
    """
    found = [id for id in await games_in(link) if id.rpartition(".")[0] == keys.name]
    if found and not replace:
        raise Misuse(
            f"{data_dir} has {', '.join(found)} already: give a new directory, or --replace"
            f" to put {keys.id} in its place"
        )
    await link.call("DEL", *(keys.view(key) for key in _KEYS))
    for folder in ("archive", "snapshots"):
        shutil.rmtree(data_dir / folder / keys.id, ignore_errors=True)
    for file in ("", "-wal", "-shm"):
        (data_dir / "history" / f"{keys.id}.sqlite{file}").unlink(missing_ok=True)


async def _plant_users(link: Link, users: dict[str, bytes], replace: bool) -> None:
    """Whoever is a user there already stays the one he is, unless all is to be replaced."""
    verb = "HSET" if replace else "HSETNX"
    await _send(link, [command(verb, USERS_KEY, key, record) for key, record in users.items()])


def _plant_bots(path: Path, tokens: dict[str, str], replace: bool) -> None:
    """The tokens of the house bots, beside those that are there; they go with the users."""
    with contextlib.suppress(OSError, ValueError):
        there = json.loads(path.read_text())
        tokens = {**there, **tokens} if replace else {**tokens, **there}
    with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
        json.dump(tokens, file)


async def _plant_journal(link: Link, keys: GameKeys, backup: Backup) -> None:
    pending: list[bytes] = []
    size = 0
    async for entry in backup.entries():
        pending.append(_append(keys, entry))
        size += len(entry.record)
        if size > _AT_ONCE_BYTES:
            await _send(link, pending)
            pending, size = [], 0
    await _send(link, pending)
    head, manifest = backup.head, backup.manifest
    await link.call(
        *("HSET", keys.meta, "epoch", _EPOCH, "owner", _OWNER, "expires", 0),
        *("seq", head.seq, "hash", head.hash),
        *("event", manifest.event, "private", manifest.private),
    )


def _append(keys: GameKeys, entry: Entry) -> bytes:
    id = f"{entry.seq}-0"
    return command("XADD", keys.journal, id, "hash", entry.hash, "record", entry.record)


async def _send(link: Link, commands: Sequence[bytes]) -> None:
    if not commands:
        return
    for reply in await link.calls(commands):
        if isinstance(reply, Exception):
            raise reply
