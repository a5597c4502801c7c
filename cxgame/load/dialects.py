"""Which dialect a URL speaks, and which URL a dialect has on this computer."""

from urllib.parse import urlsplit

from cxgame.load.dialect import CannotLoad, Dialect, Target
from cxgame.load.order_server import OrderServer
from cxgame.load.simulator import SimulatorRest, SimulatorSocket

DIALECTS: dict[str, type[Dialect]] = {
    dialect.name: dialect for dialect in (OrderServer, SimulatorSocket, SimulatorRest)
}
URLS = {
    OrderServer.name: "ws://127.0.0.1:9877",
    SimulatorSocket.name: "ws://127.0.0.1:8765/ws",
    SimulatorRest.name: "http://127.0.0.1:8765",
}


def dialect_of(url: str) -> str:
    """The dialect that is spoken at a URL, as far as its form says."""
    try:
        parts = urlsplit(url)
    except ValueError:  # an unfinished bracket; `checked_url` says that it is no address
        return OrderServer.name
    if parts.scheme in ("http", "https"):
        return SimulatorRest.name
    return SimulatorSocket.name if parts.path.rstrip("/").endswith("/ws") else OrderServer.name


def checked_url(url: str, dialect: str) -> str:
    """The URL, if the dialect can be spoken there. Raises `CannotLoad`."""
    schemes = ("http", "https") if dialect == SimulatorRest.name else ("ws", "wss")
    try:
        parts = urlsplit(url)
        is_one = parts.scheme in schemes and bool(parts.hostname) and parts.port != 0
    except ValueError:  # an unfinished bracket, a port that is no number
        is_one = False
    if not is_one:
        raise CannotLoad(f"{url!r} is no address of {dialect}: it looks like {URLS[dialect]}.")
    return url


def build(dialect: str, target: Target) -> Dialect:
    """The dialect for a server."""
    return DIALECTS[dialect](target)
