"""The command `cxgame`: what is typed, handed to whoever does it.

Whatever a person gets wrong ends in one line on standard error and status 2, whatever the
server refuses in one line and status 1. Each command imports what it needs when it runs, so that
`cxgame --help` is quick.
"""

import io
import sys
from collections.abc import Sequence
from typing import Annotated

from cyclopts import App, Parameter
from cyclopts.exceptions import CycloptsError, UnknownOptionError, UnusedCliTokensError

from cxgame import (
    __version__,
    cli_journal,
    cli_load,
    cli_monitor,
    cli_oracle,
    cli_page,
    config,
    logs,
)
from cxgame.cli_admin import admin
from cxgame.cli_faults import faults
from cxgame.cli_flags import plain_switches, with_settings
from cxgame.config import ConfigError
from cxgame.config.errors import nearest

DONE, FAILED, MISUSED = 0, 1, 2
INTERRUPTED = 130  # as a shell reports a program that ended at Ctrl-C

_HELP = (
    "An exchange where bots trade against each other.\n\n"
    "Without a command, the server starts: an order server, a public feed and pages, with "
    "everything kept on disk. Whatever is set by a flag can also be set in the environment "
    "(CXGAME_USD_START), in a file .env or in cxgame.toml (usd_start)."
)
_EXAMPLES = (
    "Try: cxgame --oracle gbm --bots maker,random,momentum\nThen, in another terminal: cxgame watch"
)

app = App(
    name="cxgame",
    help=_HELP,
    help_epilogue=_EXAMPLES,
    usage="Usage: cxgame [OPTIONS]\n       cxgame COMMAND [OPTIONS]",
    help_format="plaintext",
    version=__version__,
    version_format="plaintext",
)
admin.command(faults)
app.command(admin)
cli_journal.register(app)
cli_load.register(app)
cli_monitor.register(app)
cli_oracle.register(app)
cli_page.register(app)

Uri = Annotated[str | None, Parameter(metavar="URI")]


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command line; returns the exit status."""
    _show_anything()
    status = _run(sys.argv[1:] if arguments is None else list(arguments))
    return status if _is_told() else FAILED


def _run(tokens: Sequence[str]) -> int:
    try:
        command, bound, _ = app.parse_args(
            plain_switches(tokens), exit_on_error=False, print_error=False, verbose=False
        )
        return command(*bound.args, **bound.kwargs) or DONE
    except CycloptsError as error:
        return _complain(_usage_sentence(error), MISUSED)
    except ConfigError as error:
        return _complain(str(error), MISUSED)
    except KeyboardInterrupt:
        return INTERRUPTED


@app.default
@with_settings
def _serve(**flags: object) -> int:
    """Start the server; `flags` holds what was typed, by setting name."""
    loaded = config.load({name: value for name, value in flags.items() if value is not None})
    from cxgame.server.app import run, set_up_logs

    set_up_logs(loaded)
    return run(loaded)


@app.command(help_epilogue="")
def watch(
    *,
    uri: Uri = None,
    ssl_verify: bool | None = None,
    plain: Annotated[bool | None, Parameter(negative=())] = None,
) -> int:
    """Watch a game in the terminal: book, chart, trades, standings, messages.

    Parameters
    ----------
    uri
        Address of the feed; without it CXGAME_FEED_URI, or else this computer.
    ssl_verify
        Verify the certificate of a wss:// address.
    plain
        Write a line per trade and message; so it does without a terminal.
    """
    bot = config.bot_environment(feed_uri=uri, ssl_verify=ssl_verify)
    from cxgame.watch import main as watch_feed

    return watch_feed(bot.feed_uri, bot.ssl_verify, plain) or DONE


@app.command(help_epilogue="")
def bot(
    name: Annotated[str, Parameter(metavar="NAME|FILE.py")],
    /,
    *,
    uri: Uri = None,
    feed_uri: Uri = None,
    user: Annotated[str | None, Parameter(metavar="NAME")] = None,
    token: Annotated[str | None, Parameter(metavar="TOKEN")] = None,
    symbol: Annotated[str | None, Parameter(metavar="BASE/QUOTE")] = None,
    seed: Annotated[str | None, Parameter(metavar="N")] = None,
    ssl_verify: bool | None = None,
) -> int:
    """Run one bot: maker, random, momentum, or a file of your own.

    Parameters
    ----------
    name
        A bot that comes along, or a Python file.
    uri
        Address of the order server; without it CXGAME_URI, or else this computer.
    feed_uri
        Address of the feed; without it CXGAME_FEED_URI, or else port 9876 of the order server.
    user
        Name to play under (CXGAME_USER).
    token
        The user's token, if it is registered already; better set as CXGAME_TOKEN.
    symbol
        Market to trade; without it CXGAME_SYMBOL, or else the first of the game.
    seed
        Makes what the bot draws repeatable (CXGAME_SEED).
    ssl_verify
        Verify the certificate of a wss:// address.
    """
    environment = config.bot_environment(
        uri=uri,
        feed_uri=feed_uri,
        user=user,
        token=token,
        symbol=symbol,
        seed=seed,
        ssl_verify=ssl_verify,
    )
    logs.configure("info", secrets=filter(None, [environment.token]))
    from cxgame.bots import run

    return run(name, environment)


def _usage_sentence(error: CycloptsError) -> str:
    if isinstance(error, UnusedCliTokensError) and error.unused_tokens:
        return f"there is no command {error.unused_tokens[0]!r}; see cxgame --help"
    if isinstance(error, UnknownOptionError):
        option = (error.token.keyword or error.token.value).partition("=")[0]
        names = [name for argument in error.argument_collection for name in argument.names]
        return f"there is no option {option}{nearest(option, names) or '; see --help'}"
    return " ".join(str(error).split())


def _show_anything() -> None:
    """Have what a terminal cannot show escaped: a path may hold bytes that are no text."""
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="backslashreplace")


def _is_told() -> bool:
    """Whether what was said has gone out: a disk may be full. Who has read enough is no trouble."""
    if sys.stdout is None:  # closed by whoever started us
        return True
    try:
        sys.stdout.flush()
    except OSError as error:
        from cxgame.watch.show import give_up_output

        give_up_output()
        if not isinstance(error, BrokenPipeError):
            _complain(f"standard output: {error.strerror}", FAILED)
            return False
    return True


def _complain(sentence: str, status: int) -> int:
    sys.stderr.write(f"cxgame: {sentence}\n")
    return status
