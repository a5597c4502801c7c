"""`cxgame backup`: a game into one file, verified on the way, while it is played or not."""

import json
import time
from base64 import b64encode
from pathlib import Path

import msgspec

from cxgame import __version__
from cxgame.records.backup_file import BOTS, FORMAT, USERS, BackupWriter, Manifest, new_file
from cxgame.records.errors import RecordsError
from cxgame.records.source import Source
from cxgame.records.verifying import Tell, Verified, verify_source


async def make_backup(
    source: Source, path: Path, tell: Tell | None = None, *, accept_loss: bool = False
) -> Verified:
    """Write the game as it stood when the source was opened; raises JournalDamaged too.

    Users come last: every account of the game has its user then. `accept_loss` keeps what there is
    although players were told of more.
    """
    with new_file(path) as file:
        writer = BackupWriter(file)
        verified = await verify_source(source, None, tell, writer.append, accept_loss=accept_loss)
        writer.end_journal()
        users = await source.users()
        shown = {name: b64encode(record).decode() for name, record in users.items()}
        writer.add(USERS, json.dumps(shown).encode())
        bots = None if source.folder is None else source.folder / "bots.json"
        if bots is not None and bots.is_file():
            writer.add(BOTS, _tokens(bots))
        writer.close(_manifest(source, verified, writer.members))
    return verified


def _tokens(path: Path) -> bytes:
    """The file of the house bots' tokens, which a restore can read; raises RecordsError."""
    data = path.read_bytes()
    try:
        msgspec.json.decode(data, type=dict[str, str])
    except msgspec.MsgspecError:
        raise RecordsError(
            f"{path} is damaged: restore it, or move it away and the house bots enter anew"
        ) from None
    return data


def _manifest(source: Source, verified: Verified, members: dict[str, str]) -> Manifest:
    return Manifest(
        format=FORMAT,
        program=__version__,
        game=source.name,
        number=source.number,
        seq=verified.batches,
        hash=verified.last_hash.hex(),
        state_hash=verified.state_hash.hex(),
        event=verified.last_event,
        private=verified.last_private,
        commands=verified.commands,
        made_ms=time.time_ns() // 1_000_000,
        members=members,
    )
