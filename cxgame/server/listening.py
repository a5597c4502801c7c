"""What is wrong when a port cannot be listened on, in words."""

import errno
import os

from cxgame.server.errors import StartError

# Which setting chooses the port of a face.
_SETTINGS = {"exchange": "exchange_port", "feed": "feed_port", "http": "http_port"}


def listen_error(face: str, host: str, port: int, error: OSError) -> StartError:
    """The sentence for an error of `bind`; `face` is exchange, feed or http."""
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
