"""Listening: who may wait at the door, how to reach an address, what is wrong with a taken one."""

import errno
import os

from cxgame.server.errors import StartError

# Connections that wait to be accepted. asyncio has room for 100: of a class that starts at once,
# the others would try again after a second. Linux lowers it to net.core.somaxconn (4,096).
BACKLOG = 1_024
_ANYWHERE = ("0.0.0.0", "::", "")  # noqa: S104 compared with, not bound to
# Which setting chooses the port of a face.
_SETTINGS = {
    "exchange": "exchange_port",
    "feed": "feed_port",
    "http": "http_port",
    "page": "page_port",
}


def listen_error(face: str, host: str, port: int, error: OSError) -> StartError:
    """The sentence for an error of `bind`; `face` is exchange, feed, http or page."""
    flag = "--" + _SETTINGS[face].replace("_", "-")
    if error.errno == errno.EADDRINUSE:
        return StartError(
            f"port {port} is taken by another program; choose one with {flag} (0: any free one)"
        )
    if error.errno == errno.EACCES:
        return StartError(f"port {port} is reserved by the system; choose another with {flag}")
    # asyncio's own text repeats the address as Python writes it.
    reason = os.strerror(error.errno) if error.errno and error.errno > 0 else error.strerror
    return StartError(f"cannot listen on {host}, port {port}: {reason}")


def reachable(bind: str) -> str:
    """The host in a URI by which a program on this machine reaches what listens on `bind`."""
    host = bind.split(",")[0]
    if host in _ANYWHERE:
        return "127.0.0.1"
    return f"[{host}]" if ":" in host else host
