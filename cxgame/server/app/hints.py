"""What a person at the terminal can do next, as it can be typed."""

import shutil
import sys
from pathlib import Path

from cxgame.config import BotEnvironment, Settings
from cxgame.server.play.play import Play
from cxgame.server.sockets.listening import reachable

_HERE = BotEnvironment()


def try_next(settings: Settings, exchange_port: int, feed_port: int) -> str:
    """Two commands that find this server, and how to stop it."""
    at = f"{'ws' if settings.pem_file is None else 'wss'}://{reachable(settings.bind)}"
    uri, feed_uri = f"{at}:{exchange_port}", f"{at}:{feed_port}"
    # Nobody has a certificate for the address of a loopback.
    unverified = "" if settings.pem_file is None else " --no-ssl-verify"
    watch = "" if feed_uri == _HERE.feed_uri else f" --uri {feed_uri}"
    bot = "" if uri == _HERE.uri else f" --uri {uri}"
    if feed_uri != BotEnvironment(uri=uri).feed_uri:
        bot += f" --feed-uri {feed_uri}"
    kept = "" if settings.memory else "; the game is kept"
    return (
        f"Try next:  {_command()} watch{watch}{unverified}\n"
        f"           {_command()} bot random{bot}{unverified}\n"
        f"Ctrl-C stops{kept}.\n\n"
    )


def suspended(play: Play) -> str:
    """The last line of a server that was stopped."""
    if play.settings.memory:
        return f"Stopped; {play.id} is gone.\n"
    return f"Stopped; the next start goes on with {play.id}.\n"


def _command() -> str:
    """What to type for `cxgame`: by its path where the environment is not activated."""
    script = Path(sys.argv[0])
    return "cxgame" if shutil.which("cxgame") or script.name != "cxgame" else str(script)
