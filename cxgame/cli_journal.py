"""The commands for what a game has left behind: `verify`, `replay`, `export`, `backup`, `restore`.

Each reads a record: the data directory of a server, running or not, the URL of a Valkey, or a
backup file. What is wrong with it is one line on standard error.
"""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from cyclopts import App, Parameter

from cxgame import config, logs

if TYPE_CHECKING:
    from cxgame import cli_records

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
    from cxgame import cli_records

    return cli_records.run(cli_records.verify(_place(record), game, to, from_snapshot))


def replay(
    record: Record = None,
    /,
    *,
    game: Game = None,
    speed: Annotated[str, Parameter(metavar="X")] = "1",
    start: Annotated[str, Parameter(name="--from", metavar="SEQ|+TIME|DATE")] = "0",
    feed_port: Annotated[str | None, Parameter(metavar="PORT")] = None,
    page_port: Annotated[str, Parameter(metavar="PORT")] = "0",
    open_controls: Annotated[bool, Parameter(negative=(), show_default=False)] = False,
    bind: Annotated[str | None, Parameter(metavar="HOST")] = None,
    pem_file: Annotated[str | None, Parameter(metavar="FILE")] = None,
) -> int:
    """Play a recorded game again, as a live feed with a page; `cxgame watch` shows it, too.

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
    page_port
        Port of the page, which has a control bar; without it, a free one, which is printed.
    open_controls
        Let everybody who opens the page control the replay, not this computer alone.
    bind
        Address to listen on; without it, that of the settings.
    pem_file
        File with private key and certificate, for wss.
    """
    from cxgame import cli_records
    from cxgame.cli_points import read_point, read_port, read_speed
    from cxgame.server.broadcast.player import Player

    given = {"feed_port": feed_port, "bind": bind, "pem_file": pem_file}
    loaded = config.load({name: text for name, text in given.items() if text is not None})
    settings = loaded.settings
    player, port = Player(read_speed(speed), read_point(start)), read_port(page_port)
    logs.configure(
        settings.log_level, secrets=filter(None, [settings.valkey_url, settings.valkey_password])
    )
    return cli_records.run(
        cli_records.replay(_place(record), game, player, settings, port, open_controls)
    )


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
    from cxgame import cli_records

    return cli_records.run(cli_records.export(_place(record), to, what, tardis, game))


def backup(
    file: File,
    /,
    *,
    record: Annotated[str | None, Parameter(name="--from", metavar="PATH|URL")] = None,
    game: Game = None,
    accept_loss: Annotated[bool, Parameter(negative=(), show_default=False)] = False,
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
    accept_loss
        Keep what is there although acknowledged batches are missing.
    """
    from cxgame import cli_records

    return cli_records.run(cli_records.backup(_place(record), file, game, accept_loss))


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
    from cxgame import cli_records

    return cli_records.run(cli_records.restore(file, data_dir, replace))


def _place(record: str | None) -> "cli_records.Place":
    """The record that is named, else where the server of this folder keeps its games.

    With a Valkey of somebody else's, that is two places: its archive is in the data directory.
    """
    from cxgame.cli_records import Place

    if record:
        return Place(record)
    settings = config.load({}).settings
    if settings.valkey_address is not None:
        return Place(settings.valkey_address, settings.data_dir)
    return Place(str(settings.data_dir))
