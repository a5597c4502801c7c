"""The commands `cxgame admin …`: one message to a running server, with the admin secret.

The secret never stands on the command line, where other users of the machine could read it: it
comes from a file, the environment or a prompt.
"""

import getpass
import sys
from dataclasses import dataclass, field
from typing import Annotated

from cyclopts import App, Parameter

from cxgame import config
from cxgame.config import ConfigError

admin = App(
    name="admin", help="Command a running server: open, pause, end the game.", help_epilogue=""
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


_HERE = Connection()


@admin.command
def start(*, connection: Connection = _HERE) -> int:
    """Open the game, or go on after a pause."""
    return _send(connection, "start")


@admin.command
def pause(*, connection: Connection = _HERE) -> int:
    """Stop trading for a while; cancels and questions are still answered."""
    return _send(connection, "pause")


@admin.command
def shutdown(*, connection: Connection = _HERE) -> int:
    """End the game: orders are cancelled, results written, the server stops."""
    return _send(connection, "shutdown")


@admin.command
def grant(
    user: Annotated[str, Parameter(metavar="USER")], /, *, connection: Connection = _HERE
) -> int:
    """Give a user the admin role."""
    return _send(connection, "grant", user)


def _send(connection: Connection, command: str, *arguments: str) -> int:
    """Send one command, asking for the secret if nothing else will do."""
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
    response = client.r(command, *arguments, *filter(None, [secret]))
    if response.code in _SECRET_CODES and secret is None:
        response = client.r(command, *arguments, _ask())
    if not response.status:
        sys.stderr.write(f"cxgame: {response.msg}\n")
        return 1
    sys.stdout.write(f"{response.msg}\n")
    return 0


def _ask() -> str:
    """The secret from the keyboard, or from a pipe."""
    if sys.stdin.isatty():
        secret = getpass.getpass("Admin secret: ")
    else:
        secret = sys.stdin.readline().strip()
    if not secret:
        raise ConfigError(
            "an admin secret is needed: give --admin-secret-file or set CXGAME_ADMIN_SECRET"
        )
    return secret
