"""Connections that cost little: WebSocket and HTTP as a load generator needs them.

Messages go out as prepared bytes and come in as bytes, synchronously, so that the generator takes
less of a machine than the server it measures. What a message means is not known here. Only what
the project's servers send is understood: whole text frames, and bodies with a length or in chunks.
"""

import asyncio
import base64
import os
import struct
from collections.abc import Callable

_TEXT, _CLOSE, _PING, _PONG = 0x81, 0x88, 0x89, 0x8A
_LENGTH_16, _LENGTH_64 = 126, 127
_SWITCHING = b"HTTP/1.1 101 "
_END_OF_HEAD = b"\r\n\r\n"
GOING_AWAY = 1001

Hear = Callable[[bytes, int], None]  # a message, and its HTTP status or 0


def frame(text: bytes, opcode: int = _TEXT) -> bytes:
    """A masked frame; the zero mask costs the client nothing and the server the same."""
    size = len(text)
    if size < _LENGTH_16:
        return struct.pack("!BB4x", opcode, 0x80 | size) + text
    if size < 1 << 16:
        return struct.pack("!BBH4x", opcode, 0x80 | _LENGTH_16, size) + text
    return struct.pack("!BBQ4x", opcode, 0x80 | _LENGTH_64, size) + text


class Link(asyncio.Protocol):
    """One connection. `opened` is done when messages may be sent; `lost` says why it ended."""

    def __init__(self) -> None:
        loop = asyncio.get_running_loop()
        self.opened: asyncio.Future[None] = loop.create_future()
        self.lost: asyncio.Future[str] = loop.create_future()
        self.hear: Hear = _ignore
        self._buffer = b""
        self._reason = ""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep the way out."""
        assert isinstance(transport, asyncio.WriteTransport)
        self._transport = transport

    def send(self, message: bytes) -> None:
        """Write a prepared message; nothing once the connection has ended."""
        if not self._transport.is_closing():
            self._transport.write(message)

    def close(self) -> None:
        """Leave."""
        self._transport.close()

    def fail(self, reason: str) -> None:
        """End a connection with which nothing can be done."""
        self._reason = reason
        self._transport.abort()

    def connection_lost(self, exc: Exception | None) -> None:
        """Tell who waits."""
        reason = self._reason or (type(exc).__name__ if exc else "closed without a word")
        if not self.opened.done():
            self.opened.set_exception(ConnectionError(reason))
        if not self.lost.done():
            self.lost.set_result(reason)


class WebSocketLink(Link):
    """A websocket. Subclasses may take its hooks instead of `hear` and `opened`."""

    def __init__(self, host: str = "localhost", path: str = "/", headers: str = "") -> None:
        """`headers`: more lines of the request, each with its end."""
        super().__init__()
        key = base64.b64encode(os.urandom(16)).decode()
        self._request = (
            f"GET {path} HTTP/1.1\r\nHost: {host}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            f"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: {key}\r\n{headers}\r\n"
        ).encode()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Ask for the upgrade."""
        super().connection_made(transport)
        self._transport.write(self._request)

    def leave(self, code: int) -> None:
        """Say goodbye as the protocol asks, with a close code."""
        self.send(frame(code.to_bytes(2, "big"), _CLOSE))
        self._transport.close()

    def close(self) -> None:
        """Leave as one who goes away: the order server cancels what was to be cancelled then."""
        self.leave(GOING_AWAY)

    def entered(self) -> None:
        """The upgrade was granted: messages may be sent."""

    def message(self, payload: bytes) -> None:
        """A text message has come."""
        self.hear(payload, 0)

    def after_read(self) -> None:
        """All messages of a read have been handed on."""

    def data_received(self, data: bytes) -> None:
        """Hand the whole frames on and keep the rest."""
        buffer = self._buffer + data
        if not self.opened.done():
            end = buffer.find(_END_OF_HEAD)
            if end < 0:
                self._buffer = buffer
                return
            if not buffer.startswith(_SWITCHING):
                self.fail("HTTP " + buffer[9:12].decode("ascii", "replace"))
                return
            buffer = buffer[end + len(_END_OF_HEAD) :]
            self.opened.set_result(None)
            self.entered()
        self._buffer = self._cut(buffer)
        self.after_read()

    def _cut(self, buffer: bytes) -> bytes:
        position, end = 0, len(buffer)
        while end - position >= 2:
            size, head = buffer[position + 1], 2
            if size == _LENGTH_16:
                if end - position < 4:
                    break
                size, head = int.from_bytes(buffer[position + 2 : position + 4], "big"), 4
            elif size == _LENGTH_64:
                if end - position < 10:
                    break
                size, head = int.from_bytes(buffer[position + 2 : position + 10], "big"), 10
            if end - position < head + size:
                break
            payload = buffer[position + head : position + head + size]
            if buffer[position] == _TEXT:
                self.message(payload)
            else:
                self._control(buffer[position], payload)
            position += head + size
        return buffer[position:]

    def _control(self, opcode: int, payload: bytes) -> None:
        if opcode == _PING:
            self.send(frame(payload, _PONG))
        elif opcode == _CLOSE:
            code = int.from_bytes(payload[:2], "big") if payload else 1005  # RFC 6455, 7.1.5
            self._reason = f"closed {code}"
            self._transport.close()


class HttpLink(Link):
    """A connection that stays, for a request at a time."""

    def __init__(self, headers: str = "") -> None:
        """`headers`: lines for every request, each with its end."""
        super().__init__()
        self._headers = headers.encode()

    def send(self, message: bytes) -> None:
        """Write a request, with the headers of this connection behind its first line."""
        line, end, rest = message.partition(b"\r\n")
        super().send(line + end + self._headers + rest)

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Requests may be sent at once."""
        super().connection_made(transport)
        self.opened.set_result(None)

    def data_received(self, data: bytes) -> None:
        """Hand the whole answers on and keep the rest."""
        self._buffer += data
        while True:
            end = self._buffer.find(_END_OF_HEAD)
            if end < 0:
                return
            head = self._buffer[:end].lower()
            content, rest = _body(head, self._buffer[end + len(_END_OF_HEAD) :])
            if content is None:
                return
            self._buffer = rest
            self.hear(content, int(head[9:12]))
            if b"\r\nconnection: close" in head:
                self._reason = "closed after an answer"
                self._transport.close()


def _body(head: bytes, rest: bytes) -> tuple[bytes | None, bytes]:
    """The body of an answer and what follows it; None while it is not whole."""
    if b"transfer-encoding: chunked" in head:
        return _chunks(rest)
    _, found, length = head.partition(b"\r\ncontent-length:")
    size = int(length.split(b"\r\n", 1)[0]) if found else 0
    return (rest[:size], rest[size:]) if len(rest) >= size else (None, rest)


def _chunks(rest: bytes) -> tuple[bytes | None, bytes]:
    content = b""
    while True:
        line, found, rest = rest.partition(b"\r\n")
        size = int(line, 16) if found else 0
        if not found or len(rest) < size + 2:
            return None, rest
        content += rest[:size]
        rest = rest[size + 2 :]
        if not size:
            return content, rest


def _ignore(_: bytes, __: int) -> None:
    """Until somebody listens."""
