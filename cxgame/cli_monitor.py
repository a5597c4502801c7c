"""The command `cxgame monitor`: how a server and the lines to it are."""

from typing import Annotated

from cyclopts import App, Parameter

from cxgame import config
from cxgame.config import ConfigError

Session = Annotated[str | None, Parameter(metavar="ID")]


def register(app: App) -> None:
    """Add the command to the command line."""
    app.command(monitor, help_epilogue="")


def monitor(
    *,
    url: Annotated[str, Parameter(metavar="URL")] = "http://127.0.0.1:8000",
    session: Session = None,
    admin_secret_file: Annotated[str | None, Parameter(metavar="FILE")] = None,
    symbol: Annotated[str | None, Parameter(metavar="BASE/QUOTE")] = None,
    ssl_verify: bool | None = None,
    plain: Annotated[bool | None, Parameter(negative=())] = None,
) -> int:
    """Monitor a server in the terminal: lines, throughput, faults, account, sessions, depth.

    Parameters
    ----------
    url
        Address of the server's pages and REST.
    session
        Sandbox session whose account and connections are shown; else those of CXGAME_TOKEN.
    admin_secret_file
        File whose first line is the admin secret (else CXGAME_ADMIN_SECRET): shows all sessions.
    symbol
        Market whose book is shown first.
    ssl_verify
        Verify the certificate of an https:// address.
    plain
        Write a line every few seconds; so it does without a terminal.
    """
    if not url.startswith(("http://", "https://")):
        raise ConfigError(f"url must look like http://host:8000, not {url!r}")
    environment = config.bot_environment(ssl_verify=ssl_verify)
    key = None
    if session is None:
        key = config.load_admin_secret(admin_secret_file) or environment.token
    from cxgame.watch.monitor import main

    return main(
        url,
        key=key,
        session=session,
        symbol=symbol,
        ssl_verify=environment.ssl_verify,
        plain=plain,
    )
