"""Opening a websocket, with faults in plain words. Shared by the client and the feed reader."""

import logging
import socket
import ssl
from collections.abc import Mapping
from ipaddress import ip_address
from urllib.parse import urlsplit

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import (
    ConnectionClosed,
    InvalidHandshake,
    InvalidProxy,
    InvalidStatus,
    InvalidURI,
    ProxyError,
)

# A page of 1,000 orders with their fills is long; what we send is far shorter.
MAX_RECEIVED_BYTES = 16 * 2**20
# How long a close may wait for the other side's answer: it holds up the end of a script.
CLOSE_TIMEOUT_S = 1.0
# The reason that exchange and feed give for closing when nothing more will come.
GAME_OVER = "The game is over."

_TOO_MANY, _FIRST_SERVER_ERROR = 429, 500
_LONGEST_WORDS = 200  # a sentence of the server's; what is longer is a page

# `websockets` logs whole messages at DEBUG, hence tokens. Its connections get a logger of ours
# that never goes below INFO, whatever the program sets for its parents.
_frame_log = logging.getLogger("cxgame.client.websockets")
_frame_log.setLevel(logging.INFO)


class CannotOpen(Exception):
    """No connection. `heals` if trying again may help: the other side may just be starting."""

    def __init__(self, sentence: str, *, heals: bool) -> None:
        super().__init__(sentence)
        self.sentence = sentence
        self.heals = heals


async def open_websocket(
    uri: str,
    *,
    ssl_verify: bool,
    max_queue: int = 16,
    headers: Mapping[str, str] | None = None,
) -> ClientConnection:
    """Open a connection; the caller bounds the time. Raises `CannotOpen`."""
    try:
        return await connect(
            uri,
            ssl=_tls(uri, ssl_verify),
            additional_headers=headers,
            proxy=None if is_loopback(urlsplit(uri).hostname or "") else True,
            compression=None,  # costs both sides more than the bytes it saves
            open_timeout=None,
            close_timeout=CLOSE_TIMEOUT_S,
            max_size=MAX_RECEIVED_BYTES,
            max_queue=max_queue,
            logger=_frame_log,
        )
    # ValueError: an address that can't be parsed. ImportError: a SOCKS proxy without its library.
    except (
        OSError,
        EOFError,
        InvalidHandshake,
        InvalidProxy,
        InvalidURI,
        ValueError,
        ImportError,
    ) as error:
        raise _cannot_open(uri, error) from error


def closing_sentence(closed: ConnectionClosed) -> str:
    """Who closed the connection and why, as far as it was said."""
    frame = closed.rcvd
    if frame is None:
        return "The connection to the exchange was lost."
    reason = f": {frame.reason}" if frame.reason else ""
    return f"The exchange closed the connection ({frame.code}{reason})."


def _tls(uri: str, ssl_verify: bool) -> ssl.SSLContext | bool | None:
    if not uri.lower().startswith("wss:"):
        return None
    if ssl_verify:
        return True
    context = ssl.create_default_context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context


def is_loopback(host: str) -> bool:
    """Whether a proxy of the environment would only be in the way."""
    if host == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False


def _other_scheme(uri: str) -> str:
    return "ws" if uri.lower().startswith("wss:") else "wss"


def _words(refused: InvalidStatus) -> str:
    """What the server says beside the status, if it is a sentence."""
    words = (refused.response.body or b"").decode(errors="replace").strip().rstrip(".")
    is_sentence = 0 < len(words) <= _LONGEST_WORDS and words.isprintable() and "<" not in words
    return f": {words}" if is_sentence else ""


def _cannot_open(uri: str, error: Exception) -> CannotOpen:
    """The one place that turns a fault of opening into words."""
    match error:
        case InvalidURI():
            return CannotOpen(f"{error}; an address looks like ws://127.0.0.1:9877.", heals=False)
        case ConnectionRefusedError():
            return CannotOpen(f"Nothing listens at {uri}.", heals=True)
        case socket.gaierror():
            return CannotOpen(f"The host in {uri} is not known.", heals=False)
        case ssl.SSLCertVerificationError():
            return CannotOpen(
                f"The certificate of {uri} is not trusted ({error.verify_message}); "
                "ssl_verify=False accepts a self-signed one.",
                heals=False,
            )
        case ssl.SSLError():
            return CannotOpen(
                f"{uri} does not speak TLS; try ws:// instead of wss://.", heals=False
            )
        case InvalidStatus():
            status = error.response.status_code
            return CannotOpen(
                f"{uri} answered HTTP {status} instead of a websocket{_words(error)}.",
                heals=status == _TOO_MANY or status >= _FIRST_SERVER_ERROR,
            )
        case ProxyError():
            return CannotOpen(f"{uri} can't be reached through the proxy: {error}.", heals=True)
        case InvalidHandshake() | EOFError() | ConnectionError():
            # A server that is starting or ending; or one speaks TLS and the other does not.
            return CannotOpen(
                f"{uri} hung up during the handshake; should it be {_other_scheme(uri)}://?",
                heals=True,
            )
        case OSError():
            return CannotOpen(f"{uri} can't be reached: {error.strerror or error}.", heals=True)
        case _:
            return CannotOpen(f"{uri} can't be opened: {error}.", heals=False)
