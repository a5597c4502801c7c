"""The commands `cxgame admin …`: one message to a running server, with the admin secret.

The secret never stands on the command line, where other users of the machine could read it: it
comes from a file, the environment or a prompt.
"""

import getpass
import sys
from collections.abc import Callable, Collection, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Annotated, Any

from cyclopts import App, Parameter

from cxgame import config
from cxgame.config import ConfigError

admin = App(
    name="admin",
    help="Command a running server: its game, its players, its prices.",
    help_epilogue="",
)

_SECRET_CODES = frozenset({"AUTH_SECRET_REQUIRED", "AUTH_REQUIRED"})


@Parameter(name="*")
@dataclass(frozen=True, kw_only=True)
class Connection:
    """How to reach the server, and as whom."""

    uri: Annotated[str | None, Parameter(metavar="URI")] = None
    """Address of the order server; without it CXGAME_URI, or else this computer."""
    user: Annotated[str | None, Parameter(metavar="NAME")] = None
    """A user with the admin role, who needs no secret (CXGAME_USER)."""
    token: Annotated[str | None, Parameter(metavar="TOKEN")] = field(default=None, repr=False)
    """That user's token; better set as CXGAME_TOKEN."""
    admin_secret_file: Annotated[str | None, Parameter(metavar="FILE")] = None
    """File whose first line is the secret; else CXGAME_ADMIN_SECRET, or you are asked."""
    ssl_verify: bool | None = None
    """Verify the certificate of a wss:// address."""


HERE = Connection()


@admin.command
def start(*, connection: Connection = HERE) -> int:
    """Open the game, or go on after a pause."""
    return send(connection, "start")


@admin.command
def pause(*, connection: Connection = HERE) -> int:
    """Stop trading for a while; cancels and questions are still answered."""
    return send(connection, "pause")


@admin.command
def shutdown(*, connection: Connection = HERE) -> int:
    """End the game: orders are cancelled, results written, the server stops."""
    return send(connection, "shutdown")


@admin.command
def grant(
    user: Annotated[str, Parameter(metavar="USER")], /, *, connection: Connection = HERE
) -> int:
    """Give a user the admin role."""
    return send(connection, "grant", user)


@admin.command(name="end-round")
def end_round(*, connection: Connection = HERE) -> int:
    """End the round: orders are cancelled, standings settled, the game pauses."""
    return send(connection, "end_round")


@admin.command(name="start-round")
def start_round(*, connection: Connection = HERE) -> int:
    """Give everybody the grants again; `start` opens the market."""
    return send(connection, "start_round")


@admin.command
def announce(
    message: Annotated[str, Parameter(metavar="TEXT")], /, *, connection: Connection = HERE
) -> int:
    """Say something to everyone."""
    return send(connection, "announce", message)


@admin.command
def players(*, connection: Connection = HERE) -> int:
    """List who plays: connections, messages a second, refusals a minute, orders, equity."""
    return send(connection, "players", show=_table)


@admin.command
def whitelist(
    *,
    add: Annotated[str | None, Parameter(metavar="LIST")] = None,
    remove: Annotated[str | None, Parameter(metavar="LIST")] = None,
    everyone: bool = False,
    connection: Connection = HERE,
) -> int:
    """See or change who may play. LIST is alice,bob or red=alice+bob,blue=carol or a file."""
    teams = None if add is None else config.named_players(add)
    gone = {} if remove is None else config.named_players(remove)
    names = [name for team in gone.values() for name in team] or None
    change = {"everyone": everyone or None}
    return send(connection, "whitelist", teams, names, show=_lists, **change)


@admin.command
def kick(
    user: Annotated[str, Parameter(metavar="USER")], /, *, connection: Connection = HERE
) -> int:
    """Close a user's connections; take him off the whitelist first if he is to stay out."""
    return send(connection, "kick", user)


@admin.command(name="rotate-user")
def rotate_user(
    user: Annotated[str, Parameter(metavar="USER")], /, *, connection: Connection = HERE
) -> int:
    """Give a user a new token, which is shown once."""
    return send(connection, "rotate_user", user, show=str)


@admin.command
def adjust(
    user: Annotated[str, Parameter(metavar="USER")],
    asset: Annotated[str, Parameter(metavar="ASSET")],
    free: Annotated[str, Parameter(metavar="AMOUNT")],
    /,
    *,
    held: Annotated[str | None, Parameter(metavar="AMOUNT")] = None,
    connection: Connection = HERE,
) -> int:
    """Set what a user has of an asset."""
    return send(connection, "adjust", user, asset, free, held)


@admin.command(name="set-price")
def set_price(
    symbol: Annotated[str, Parameter(metavar="SYMBOL")],
    price: Annotated[str, Parameter(metavar="PRICE")],
    /,
    *,
    connection: Connection = HERE,
) -> int:
    """Quote a market by hand."""
    return send(connection, "set_price", symbol, price)


def send(
    connection: Connection,
    command: str,
    *arguments: Any,
    show: Callable[[Any], str] | None = None,
    **more: Any,
) -> int:
    """Send one command, asking for the secret if nothing else will do; `show` its data."""
    where = config.bot_environment(
        uri=connection.uri,
        user=connection.user,
        token=connection.token,
        ssl_verify=connection.ssl_verify,
    )
    from cxgame.client import CxClient

    client = CxClient(
        user=where.user, uri=where.uri, token=where.token, ssl_verify=where.ssl_verify
    )
    secret = config.load_admin_secret(connection.admin_secret_file)
    if secret is None and where.token is None:
        secret = _ask()
    response = client.r(command, *arguments, **more, secret=secret)
    if response.code in _SECRET_CODES and secret is None:
        response = client.r(command, *arguments, **more, secret=_ask())
    if not response.status:
        sys.stderr.write(f"cxgame: {response.msg}\n")
        return 1
    sys.stdout.write(f"{response.msg if show is None else show(response.data)}\n")
    return 0


def aligned(lines: Sequence[Sequence[str]], left: Collection[str]) -> str:
    """Lines as columns, the first of heads; those named in `left` are text, the others numbers."""
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    shown = (
        "  ".join(
            cell.ljust(width) if head in left else cell.rjust(width)
            for head, cell, width in zip(lines[0], line, widths, strict=True)
        )
        for line in lines
    )
    return "\n".join(line.rstrip() for line in shown)


_COLUMNS = {
    "rank": "rank",
    "user": "user",
    "team": "team",
    "connections": "conn.",
    "messages_per_s": "msg/s",
    "refusals_per_min": "refused/min",
    "open_orders": "orders",
    "equity": "equity",
}


def _table(rows: list[dict[str, Any]]) -> str:
    """Who plays, a player a line."""
    cells = [[*_COLUMNS.values()], *([str(row[name]) for name in _COLUMNS] for row in rows)]
    return aligned(cells, {"user", "team"})


def _lists(data: dict[str, dict[str, list[str]] | None]) -> str:
    """Who may play, a team a line."""
    teams = data["teams"]
    if teams is None:
        return "Everybody may play."
    lines = (
        f"{team}: {', '.join(names)}" if team else ", ".join(names) for team, names in teams.items()
    )
    return "\n".join(lines) or "Nobody may play."


def _ask() -> str:
    """The secret from the keyboard, or from a pipe."""
    secret = ""
    if sys.stdin is not None:  # else it was closed by whoever started us
        with suppress(EOFError):  # Ctrl-D
            secret = getpass.getpass("Admin secret: ") if sys.stdin.isatty() else _piped()
    if not secret:
        raise ConfigError(
            "an admin secret is needed: give --admin-secret-file or set CXGAME_ADMIN_SECRET"
        )
    return secret


def _piped() -> str:
    try:
        return sys.stdin.readline().strip()
    except UnicodeDecodeError:
        raise ConfigError("the admin secret on standard input is not UTF-8 text") from None
