"""What the commands for records do, and how they end: output, one line of complaint, status.

Loaded by `cxgame.cli_journal` when one of them runs.
"""

import asyncio
import contextlib
import signal
import sys
from collections.abc import Coroutine
from pathlib import Path
from typing import Any, NamedTuple

from cxgame import config
from cxgame.ports import JournalFault
from cxgame.records.backup import make_backup
from cxgame.records.errors import Misuse, RecordsError
from cxgame.records.export import ALL, export_tables, read_what
from cxgame.records.restore import restore_game
from cxgame.records.source import open_source
from cxgame.records.verifying import Verified, verify_source
from cxgame.recovery import JournalDamaged
from cxgame.server.broadcast.player import Player
from cxgame.server.errors import ServerError
from cxgame.server.feed import GOING_AWAY, STOPPED
from cxgame.server.http.serving import HttpServer
from cxgame.server.pages.replaying import create_replay_app
from cxgame.server.replay import ReplayFeed
from cxgame.server.sockets.listening import reachable
from cxgame.store.archive import ArchiveDamaged
from cxgame.store.errors import StoreError, StoreUnavailable
from cxgame.watch.show import give_up_output

FAILED, MISUSED = 1, 2
TERMINATED = 143  # as a shell reports a program that ended at SIGTERM
_REFUSALS = (
    RecordsError,
    JournalDamaged,
    JournalFault,
    ArchiveDamaged,
    StoreError,
    StoreUnavailable,
    ServerError,
)


def run(work: Coroutine[Any, Any, None]) -> int:
    """Do the work; whatever a record or the machine may refuse becomes a line and a status."""
    try:
        asyncio.run(_terminable(work))
    except asyncio.CancelledError:
        return TERMINATED
    except Misuse as error:
        return _complain(str(error), MISUSED)
    except _REFUSALS as error:
        return _complain(str(error), FAILED)
    except BrokenPipeError:  # `cxgame verify | head -1`: whoever read has had enough
        give_up_output()
    except OSError as error:
        where = f": {error.filename}" if error.filename else ""
        return _complain(f"{error.strerror or error}{where}", FAILED)
    return 0


class Place(NamedTuple):
    """Where a record is: a path or URL, and the data directory that goes with a Valkey."""

    where: str
    folder: Path | None = None


async def verify(record: Place, game: str | None, to: int | None, from_snapshot: bool) -> None:
    """`cxgame verify`."""
    async with open_source(record.where, game, record.folder) as source:
        try:
            verified = await verify_source(source, to, _tell, from_snapshot=from_snapshot)
        finally:
            _clear_line()
    _say(_summary(verified))


async def replay(
    record: Place,
    game: str | None,
    player: Player,
    settings: config.Settings,
    page_port: int,
    open_controls: bool,
) -> None:
    """`cxgame replay`: until the recording ends, and nobody looks at its page any more."""
    async with open_source(record.where, game, record.folder) as source:
        feed = ReplayFeed(
            source,
            player,
            settings.feed_port,
            settings.bind,
            settings.pem_file,
            settings.feed_buffer,
        )
        await feed.open()
        scheme = "ws" if settings.pem_file is None else "wss"
        uri = f"{scheme}://{reachable(settings.bind)}:{feed.port}"
        app = create_replay_app(
            feed, settings.title, lambda: feed.port, controls_for_all=open_controls
        )
        pages = HttpServer(app, settings.pem_file)
        measuring = asyncio.create_task(feed.measure())
        try:
            port = pages.bind(settings.bind_hosts, page_port, "page")
            await pages.start()
            _say(f"{source.name}.{source.number} on {uri}: it begins when somebody watches.")
            _say(f"The page is at http{scheme[2:]}://{reachable(settings.bind)}:{port}/")
            await feed.serve_on()
        finally:
            measuring.cancel()
            await asyncio.gather(measuring, return_exceptions=True)  # damage is the feed's to tell
            await pages.close()
            await feed.close(GOING_AWAY, STOPPED)


async def export(record: Place, to: Path, what: str | None, tardis: bool, game: str | None) -> None:
    """`cxgame export`."""
    tables = read_what(what or ALL) if what or not tardis else ()
    async with open_source(record.where, game, record.folder) as source:
        names = await export_tables(source, to, tables, tardis=tardis)
        _say(f"{source.name}.{source.number} in {to}: {', '.join(names)}")


async def backup(record: Place, file: Path, game: str | None, accept_loss: bool) -> None:
    """`cxgame backup`."""
    async with open_source(record.where, game, record.folder) as source:
        try:
            verified = await make_backup(source, file, _tell, accept_loss=accept_loss)
        finally:
            _clear_line()
    size = f"{file.stat().st_size / 1e3:,.0f} kB"
    told = source.acknowledged
    lost = 0 if told is None else told.seq - verified.batches
    if lost > 0:
        _say(f"Missing at its end, and acknowledged to players: {lost:,} batches.")
    _say(f"{_summary(verified)}\nIt is kept in {file} ({size}).")


async def restore(file: Path, data_dir: Path, replace: bool) -> None:
    """`cxgame restore`."""
    try:
        verified = await restore_game(file, data_dir, replace=replace, tell=_tell)
    finally:
        _clear_line()
    name = verified.game.rpartition(".")[0]
    flag = "" if name == config.DEFAULTS["game"] else f" --game {name}"
    _say(f"{_summary(verified)}\nIt goes on with: cxgame --data-dir {data_dir}{flag}")


def _summary(verified: Verified) -> str:
    rows = (
        ("batches", f"{verified.batches:,}"),
        ("commands", f"{verified.commands:,}"),
        ("orders", f"{verified.orders:,}"),
        ("trades", f"{verified.trades:,}"),
        ("snapshots", f"{verified.snapshots} compared"),
        ("last hash", verified.last_hash.hex()),
        ("state hash", verified.state_hash.hex()),
        ("time", f"{verified.seconds:.1f} s, {verified.rate:,.0f} commands a second"),
    )
    return "\n".join([f"{verified.game} is sound.", *(f"{name:<12}{text}" for name, text in rows)])


def _tell(verified: Verified) -> None:
    """How far it has come, on a line that is written again and again."""
    if sys.stderr.isatty():
        share = verified.batches / verified.head
        text = f"{share:4.0%}  batch {verified.batches:,}  {verified.rate:,.0f} commands a second"
        sys.stderr.write(f"\r\x1b[K{text}")
        sys.stderr.flush()


def _clear_line() -> None:
    if sys.stderr.isatty():
        sys.stderr.write("\r\x1b[K")
        sys.stderr.flush()


async def _terminable(work: Coroutine[Any, Any, None]) -> None:
    """Do the work; SIGTERM ends it as Ctrl-C does, so that nothing half-written stays."""
    working = asyncio.ensure_future(work)
    with contextlib.suppress(NotImplementedError, RuntimeError, ValueError):  # Windows, a thread
        asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, working.cancel)
    await working


def _say(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()  # a replay goes on for long


def _complain(sentence: str, status: int) -> int:
    sys.stderr.write(f"cxgame: {sentence}\n")
    return status
