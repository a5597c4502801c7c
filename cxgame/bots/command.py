"""`cxgame bot NAME|FILE.py`: one bot in a process of its own."""

import asyncio
import os
import subprocess
import sys
from pathlib import Path

from cxgame.bots.playing import CannotPlay, run_bot
from cxgame.bots.roster import UnknownBot, is_file
from cxgame.client import CxClient
from cxgame.config import BotEnvironment, child_environment

OVER, FAILED, MISUSED = 0, 1, 2
INTERRUPTED = 130  # as a shell reports a program that ended at Ctrl-C


def run(name: str, environment: BotEnvironment) -> int:
    """Play a bot until the game is over; returns the exit status.

    A file is a script, run with what the bot is told in its environment (docs/bots.md).
    """
    if is_file(name):
        return _run_script(Path(name), environment)
    try:
        asyncio.run(_play(name, environment))
    except UnknownBot as error:
        return _complain(str(error), MISUSED)
    except (CannotPlay, ConnectionError, ValueError) as error:
        return _complain(str(error), FAILED)
    except KeyboardInterrupt:
        return INTERRUPTED
    return OVER


async def _play(name: str, environment: BotEnvironment) -> None:
    await run_bot(
        name,
        uri=environment.uri,
        feed_uri=environment.feed_uri,
        user=environment.user,
        token=environment.token,
        symbol=environment.symbol,
        seed=environment.seed,
        ssl_verify=environment.ssl_verify,
        entered=_tell_token if environment.user and not environment.token else None,
    )


def _tell_token(cx: CxClient) -> None:
    """Who chose a name wants it again, and nobody else can say what its token is."""
    sys.stderr.write(f"To play as {cx.user} again, set CXGAME_TOKEN={cx.token}\n")


def _run_script(path: Path, environment: BotEnvironment) -> int:
    if not path.is_file():
        return _complain(f"there is no file {path}", MISUSED)
    command, told = [sys.executable, str(path)], child_environment(environment)
    if os.name == "posix":  # the script takes our place: signals and exit status are its own
        os.execve(sys.executable, command, told)  # noqa: S606 the file that a person named
    return subprocess.run(command, env=told, check=False).returncode  # noqa: S603 likewise


def _complain(sentence: str, status: int) -> int:
    sys.stderr.write(f"cxgame: {sentence}\n")
    return status
