"""A player's end of a websocket: just enough of RFC 6455 to talk, without a library between.

Written by hand, so that what the server sends is read by something else than what wrote it.
"""

from __future__ import annotations

import asyncio
from random import Random
from typing import Any

_REQUEST = (
    b"GET /main HTTP/1.1\r\nHost: sim:9877\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n"
)
_TEXT, _CLOSE, _PING, _PONG = 1, 8, 9, 10
_UNUSUAL = 0.03  # of all messages are sent as fragments, or with a ping before them


class Socket(asyncio.Protocol):
    """One connection of a player. Texts come in `inbox`; None ends it."""

    def __init__(self, random: Random) -> None:
        self.random = random
        self.inbox: asyncio.Queue[bytes | None] = asyncio.Queue()
        self.transport: Any = None
        self.is_open = False
        self.opened: asyncio.Future[bool] = asyncio.get_running_loop().create_future()
        self._buffer = b""

    def connection_made(self, transport: Any) -> None:
        self.transport = transport
        transport.write(_REQUEST)

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        if not self.opened.done():
            head, end, rest = self._buffer.partition(b"\r\n\r\n")
            if not end:
                return
            self.is_open = head.startswith(b"HTTP/1.1 101 ")
            self.opened.set_result(self.is_open)
            self._buffer = rest
            if not self.is_open:
                self.transport.close()
        self._read_frames()

    def connection_lost(self, exc: Exception | None) -> None:
        self.is_open = False
        if not self.opened.done():
            self.opened.set_result(False)
        self.inbox.put_nowait(None)

    def send(self, text: bytes) -> None:
        """Send a message; lost if the connection is."""
        if not self.is_open:
            return
        if self.random.random() < _UNUSUAL:
            at = self.random.randrange(len(text))
            ping = self._frame(0x80 | _PING, b"?") if at % 2 else b""
            data = self._frame(_TEXT, text[:at]) + ping + self._frame(0x80, text[at:])
        else:
            data = self._frame(0x80 | _TEXT, text)
        self.transport.write(data)

    def close(self) -> None:
        """Say goodbye, or just go."""
        if self.is_open and self.random.random() < 0.5:
            self.transport.write(self._frame(0x80 | _CLOSE, b"\x03\xe8"))
        self.is_open = False
        self.transport.close()

    def _frame(self, head: int, body: bytes) -> bytes:
        size = len(body)
        length = bytes((0x80 | size,)) if size < 126 else b"\xfe" + size.to_bytes(2, "big")
        mask = self.random.randbytes(4)
        number = int.from_bytes((mask * (size // 4 + 1))[:size], "big")
        masked = (int.from_bytes(body, "big") ^ number).to_bytes(size, "big")
        return bytes((head,)) + length + mask + masked

    def _read_frames(self) -> None:
        while len(self._buffer) >= 2:
            size, at = self._buffer[1], 2
            if size >= 126:
                at = 4 if size == 126 else 10
                size = int.from_bytes(self._buffer[2:at], "big")
            if len(self._buffer) < at + size:
                return
            opcode, body = self._buffer[0] & 0x0F, self._buffer[at : at + size]
            self._buffer = self._buffer[at + size :]
            self._take(opcode, body)

    def _take(self, opcode: int, body: bytes) -> None:
        if opcode == _TEXT:
            self.inbox.put_nowait(body)
        elif opcode == _PING:
            self.transport.write(self._frame(0x80 | _PONG, body))
        elif opcode == _CLOSE:
            if self.is_open:
                self.transport.write(self._frame(0x80 | _CLOSE, body[:2]))
            self.is_open = False
            self.transport.close()
