"""The commands for what a game has left behind: `verify`, `replay`, `export`, `backup`, `restore`.

Each reads a record: the data directory of a server, running or not, the URL of a Valkey, or a
backup file. What is wrong with it is one line on standard error.
"""

import asyncio
import contextlib
import signal
import sys
from collections.abc import Coroutine
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

from cyclopts import App, Parameter

from cxgame import config, logs

if TYPE_CHECKING:
    from cxgame.records.verifying import Verified
    from cxgame.server.broadcast.player import Player

FAILED, MISUSED = 1, 2
TERMINATED = 143  # as a shell reports a program that ended at SIGTERM

Record = Annotated[str | None, Parameter(metavar="PATH|URL")]
Game = Annotated[str | None, Parameter(metavar="NAME[.N]")]
File = Annotated[Path, Parameter(metavar="FILE")]
Seq = Annotated[int | None, Parameter(metavar="SEQ")]


def register(app: App) -> None:
    """Add the commands to the command line."""
    for command in (verify, replay, export, backup, restore):
        app.command(command, help_epilogue="")


def verify(
    record: Record = None,
    /,
    *,
    game: Game = None,
    to: Seq = None,
    from_snapshot: Annotated[bool, Parameter(negative=(), show_default=False)] = False,
) -> int:
    """Replay a journal and compare every batch, effect and hash.

    Parameters
    ----------
    record
        A data directory, a backup file, or the URL of a Valkey; without it, the server's here.
    game
        Which game; without a number, the current one of that name. Without it `main`.
    to
        Stop after this batch.
    from_snapshot
        Begin with the oldest snapshot that is kept, not with the first batch.
    """
    return _run(_verify(record or _here(), game, to, from_snapshot))


def replay(
    record: Record = None,
    /,
    *,
    game: Game = None,
    speed: Annotated[str, Parameter(metavar="X")] = "1",
    start: Annotated[str, Parameter(name="--from", metavar="SEQ|+TIME|DATE")] = "0",
    feed_port: Annotated[str | None, Parameter(metavar="PORT")] = None,
    bind: Annotated[str | None, Parameter(metavar="HOST")] = None,
    pem_file: Annotated[str | None, Parameter(metavar="FILE")] = None,
) -> int:
    """Play a recorded game again, as a live feed; `cxgame watch` shows it.

    Parameters
    ----------
    record
        A data directory, a backup file, or the URL of a Valkey; without it, the server's here.
    game
        Which game; without a number, the current one of that name. Without it `main`.
    speed
        How many times as fast as it was; 0 for as fast as possible.
    start
        Where to begin: after an event of the feed (1041), so long after the beginning (+90s,
        +5m, +1h), or at a time (2026-11-21T10:00:00, in UTC).
    feed_port
        Port of the feed; without it, that of the settings.
    bind
        Address to listen on; without it, that of the settings.
    pem_file
        File with private key and certificate, for wss.
    """
    given = {"feed_port": feed_port, "bind": bind, "pem_file": pem_file}
    loaded = config.load({name: text for name, text in given.items() if text is not None})
    settings = loaded.settings
    player = _player(speed, start)
    logs.configure(settings.log_level, secrets=filter(None, [settings.valkey_url]))
    return _run(_replay(record or _here(), game, player, settings))


def export(
    record: Record = None,
    /,
    *,
    to: Annotated[Path, Parameter(metavar="DIR")],
    what: Annotated[str | None, Parameter(metavar="TABLES")] = None,
    tardis: Annotated[bool, Parameter(negative=(), show_default=False)] = False,
    game: Game = None,
) -> int:
    """Write trades, orders, book changes and standings as CSV.

    Parameters
    ----------
    record
        A data directory, a backup file, or the URL of a Valkey; without it, the server's here.
    to
        The directory for the files; made if need be.
    what
        Some of trades,orders,book,standings, or all, which is meant without it.
    tardis
        Write what backtest tools read: Tardis CSV, incremental_book_L2 and trades.
    game
        Which game; without a number, the current one of that name. Without it `main`.
    """
    return _run(_export(record or _here(), to, what, tardis, game))


def backup(
    file: File,
    /,
    *,
    record: Annotated[str | None, Parameter(name="--from", metavar="PATH|URL")] = None,
    game: Game = None,
) -> int:
    """Keep a game in one file; the server may be running.

    Parameters
    ----------
    file
        The file to make. It holds hashes of secrets, and the tokens of house bots: keep it safe.
    record
        A data directory or the URL of a Valkey; without it, the server's here.
    game
        Which game; without a number, the current one of that name. Without it `main`.
    """
    return _run(_backup(record or _here(), file, game))


def restore(
    file: File,
    /,
    *,
    data_dir: Annotated[Path, Parameter(metavar="PATH")],
    replace: Annotated[bool, Parameter(negative=(), show_default=False)] = False,
) -> int:
    """Make a data directory out of a backup; `cxgame --data-dir PATH` then continues the game.

    Parameters
    ----------
    file
        What `cxgame backup` made.
    data_dir
        The directory, new or with other games.
    replace
        Put the game in the place of one of its name.
    """
    return _run(_restore(file, data_dir, replace))


async def _verify(record: str, game: str | None, to: int | None, from_snapshot: bool) -> None:
    from cxgame.records.source import open_source
    from cxgame.records.verifying import verify as verify_source

    async with open_source(record, game) as source:
        try:
            verified = await verify_source(source, to, _tell, from_snapshot=from_snapshot)
        finally:
            _clear_line()
    _say(_summary(verified))


async def _replay(
    record: str, game: str | None, player: "Player", settings: config.Settings
) -> None:
    from cxgame.records.source import open_source
    from cxgame.server.replay import ReplayFeed
    from cxgame.server.sockets.listening import reachable

    async with open_source(record, game) as source:
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
        _say(f"{source.name}.{source.number} on {uri}: it begins when somebody watches.")
        await feed.serve_on()


async def _export(record: str, to: Path, what: str | None, tardis: bool, game: str | None) -> None:
    from cxgame.records.export import ALL, read_what
    from cxgame.records.export import export as export_source
    from cxgame.records.source import open_source

    tables = read_what(what or ALL) if what or not tardis else ()
    async with open_source(record, game) as source:
        names = await export_source(source, to, tables, tardis=tardis)
        _say(f"{source.name}.{source.number} in {to}: {', '.join(names)}")


async def _backup(source: str, file: Path, game: str | None) -> None:
    from cxgame.records.backup import make_backup
    from cxgame.records.source import open_source

    async with open_source(source, game) as opened:
        try:
            verified = await make_backup(opened, file, _tell)
        finally:
            _clear_line()
    size = f"{file.stat().st_size / 1e6:,.1f} MB"
    _say(f"{_summary(verified)}\nIt is kept in {file} ({size}).")


async def _restore(file: Path, data_dir: Path, replace: bool) -> None:
    from cxgame.records.restore import restore as restore_file

    try:
        verified = await restore_file(file, data_dir, replace=replace, tell=_tell)
    finally:
        _clear_line()
    _say(f"{_summary(verified)}\nIt goes on with: cxgame --data-dir {data_dir}")


def _here() -> str:
    """Where the server of this folder keeps its games."""
    settings = config.load({}).settings
    return settings.valkey_url or str(settings.data_dir)


def _player(speed: str, start: str) -> "Player":
    from cxgame.cli_points import read_point, read_speed
    from cxgame.server.broadcast.player import Player

    return Player(read_speed(speed), read_point(start))


def _summary(verified: "Verified") -> str:
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


def _tell(verified: "Verified") -> None:
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


def _run(work: Coroutine[Any, Any, None]) -> int:
    """Do the work; whatever a record or the machine may refuse becomes a line and a status."""
    from cxgame.ports import JournalFault
    from cxgame.records.errors import Misuse, RecordsError
    from cxgame.recovery import JournalDamaged
    from cxgame.server.errors import ServerError
    from cxgame.store.archive import ArchiveDamaged
    from cxgame.store.errors import StoreError, StoreUnavailable

    damage = (JournalDamaged, JournalFault, ArchiveDamaged)
    try:
        asyncio.run(_terminable(work))
    except asyncio.CancelledError:
        return TERMINATED
    except Misuse as error:
        return _complain(str(error), MISUSED)
    except (RecordsError, StoreError, StoreUnavailable, ServerError, *damage) as error:
        return _complain(str(error), FAILED)
    except OSError as error:
        where = f": {error.filename}" if error.filename else ""
        return _complain(f"{error.strerror or error}{where}", FAILED)
    return 0


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
