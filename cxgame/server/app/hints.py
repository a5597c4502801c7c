"""What a person at the terminal can do next, as it can be typed."""

import shutil
import sys
from pathlib import Path

from cxgame.config import BotEnvironment, Settings
from cxgame.server.play.play import Play
from cxgame.server.sockets.listening import reachable

_HERE = BotEnvironment()
MOCKX_PORT = 8000  # at which `mockx` looks by itself


def try_next(settings: Settings, exchange_port: int, feed_port: int, http_port: int) -> str:
    """Commands that find this server, where to look, and how to stop it."""
    kept = "" if settings.memory else "; the game is kept"
    if settings.preset == "mockx":
        first, *rest = _of_rest(settings, http_port)
    elif settings.preset == "simulator":
        first, *rest = _of_simulator(settings, http_port)
    else:
        first, *rest = _of_bots(settings, exchange_port, feed_port)
    lines = [f"Try next:  {first}", *(f"           {line}" for line in rest)]
    return "\n".join([*lines, f"Ctrl-C stops{kept}.", "", ""])


def _of_bots(settings: Settings, exchange_port: int, feed_port: int) -> list[str]:
    at = f"{'ws' if settings.pem_file is None else 'wss'}://{reachable(settings.bind)}"
    uri, feed_uri = f"{at}:{exchange_port}", f"{at}:{feed_port}"
    # Nobody has a certificate for the address of a loopback.
    unverified = "" if settings.pem_file is None else " --no-ssl-verify"
    watch = "" if feed_uri == _HERE.feed_uri else f" --uri {feed_uri}"
    bot = "" if uri == _HERE.uri else f" --uri {uri}"
    if feed_uri != BotEnvironment(uri=uri).feed_uri:
        bot += f" --feed-uri {feed_uri}"
    return [
        f"{_command('cxgame')} watch{watch}{unverified}",
        f"{_command('cxgame')} bot random{bot}{unverified}",
    ]


def _of_rest(settings: Settings, http_port: int) -> list[str]:
    """The first steps of an exchange for one."""
    url = _url(settings, http_port)
    unverified = "" if settings.pem_file is None else " --insecure"
    at = "" if http_port == MOCKX_PORT else f" --api-url {url}"
    mockx = f"{_command('mockx')}{at}{unverified}"
    symbol = settings.symbol[0]
    cash = symbol.partition("/")[2]
    return [
        f"{mockx} fund {cash} 100000",
        f"{mockx} order {symbol} buy 0.05",
        f"{mockx} orders --table",
        f"{url}/docs explains every operation",
    ]


def _of_simulator(settings: Settings, http_port: int) -> list[str]:
    """The first steps of programs that test how they trade."""
    url = _url(settings, http_port)
    unverified = "" if settings.pem_file is None else " --insecure"
    return [
        f"curl{unverified} '{url}/api/v1/ticker?symbol={settings.symbol[0]}'",
        f"curl{unverified} {url}/api/v1/balance -H 'X-Session-ID: mine'",
        f"python -m cxgame.simulator.client --base-url {url} --scenarios",
        f"ws{url.removeprefix('http')}/ws is the WebSocket",
        f"{url}/docs explains every operation",
    ]


def _url(settings: Settings, http_port: int) -> str:
    scheme = "http" if settings.pem_file is None else "https"
    return f"{scheme}://{reachable(settings.http_hosts[0])}:{http_port}"


def suspended(play: Play) -> str:
    """The last line of a server that was stopped."""
    if play.settings.memory:
        return f"Stopped; {play.id} is gone.\n"
    return f"Stopped; the next start goes on with {play.id}.\n"


def _command(name: str) -> str:
    """What to type for a program of ours: by its path where the environment is not activated."""
    script = Path(sys.argv[0])
    return name if shutil.which(name) or script.name != "cxgame" else str(script.with_name(name))
