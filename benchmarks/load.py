"""A load generator that costs little: prepared WebSocket frames out, replies counted in.

Runs in a process of its own. Each connection sends its messages with a number of them in flight
and waits for one reply to each; what a reply must contain is checked, so that refusals are never
counted as work done.
"""

import asyncio
import base64
import os
import struct
import time
from collections.abc import Sequence
from dataclasses import dataclass, field

PING, PONG = 0x89, 0x8A
CLOSE = b"\x88\x82\0\0\0\0\x03\xe8"  # a masked close frame, code 1000


@dataclass
class Result:
    """What a load run saw."""

    seconds: float = 0.0
    replies: int = 0
    bad: list[bytes] = field(default_factory=list)  # replies without what they must contain
    latencies_ms: list[float] = field(default_factory=list)


def frame(text: bytes) -> bytes:
    """A masked text frame; the zero mask costs the client nothing and the server the same."""
    size = len(text)
    if size < 126:
        return struct.pack("!BB4x", 0x81, 0x80 | size) + text
    return struct.pack("!BBH4x", 0x81, 0xFE, size) + text


class Connection(asyncio.Protocol):
    """One client: handshake, a login if there is one, then the messages."""

    def __init__(self, login: bytes | None, must: bytes, in_flight: int) -> None:
        self.ready: asyncio.Future[bytes] = asyncio.get_running_loop().create_future()
        self.done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.result = Result()
        self._login = login
        self._must = must
        self._in_flight = in_flight
        self._buffer = b""
        self._open = False
        self._messages: Sequence[bytes] = ()
        self._sent = 0
        self._sent_at: list[float] = []

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.WriteTransport)
        self._transport = transport
        key = base64.b64encode(os.urandom(16)).decode()
        transport.write(
            b"GET / HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: " + key.encode() + b"\r\n\r\n"
        )

    def run(self, messages: Sequence[bytes]) -> None:
        """Send all messages, `in_flight` at a time."""
        self._messages = messages
        first = messages[: self._in_flight]
        self._sent = len(first)
        self._sent_at = [time.perf_counter()] * len(first)
        self._transport.write(b"".join(first))

    def close(self) -> None:
        """Say goodbye as the protocol asks."""
        self._transport.write(CLOSE)
        self._transport.close()

    def data_received(self, data: bytes) -> None:
        buffer = self._buffer + data
        if not self._open:
            end = buffer.find(b"\r\n\r\n")
            if end < 0:
                self._buffer = buffer
                return
            self._open = True
            buffer = buffer[end + 4 :]
            if self._login is None:
                self.ready.set_result(b"")
            else:
                self._transport.write(frame(self._login))
        self._buffer = self._take(buffer)

    def _take(self, buffer: bytes) -> bytes:
        """Count the whole frames in a buffer and send as many messages; returns the rest."""
        position, end, answered = 0, len(buffer), 0
        while end - position >= 2:
            size, head = buffer[position + 1], 2
            if size == 126:
                if end - position < 4:
                    break
                size, head = int.from_bytes(buffer[position + 2 : position + 4], "big"), 4
            elif size == 127:
                if end - position < 10:
                    break
                size, head = int.from_bytes(buffer[position + 2 : position + 10], "big"), 10
            if end - position < head + size:
                break
            payload = buffer[position + head : position + head + size]
            if buffer[position] == 0x81:
                answered += self._answer(payload)
            elif buffer[position] == PING:
                self._transport.write(struct.pack("!BB4x", PONG, 0x80 | size) + payload)
            position += head + size
        if answered:
            self._send_more(answered)
        return buffer[position:]

    def _answer(self, payload: bytes) -> int:
        if not self.ready.done():
            self.ready.set_result(payload)
            return 0
        result = self.result
        if result.replies >= len(self._sent_at):
            return 0  # pushed by a feed, not asked for
        result.replies += 1
        result.latencies_ms.append((time.perf_counter() - self._sent_at[result.replies - 1]) * 1e3)
        if self._must not in payload:
            result.bad.append(payload)
        return 1

    def _send_more(self, count: int) -> None:
        more = self._messages[self._sent : self._sent + count]
        if more:
            self._sent += len(more)
            self._sent_at.extend([time.perf_counter()] * len(more))
            self._transport.write(b"".join(more))
        elif self.result.replies == len(self._messages):
            self.done.set_result(None)

    def connection_lost(self, exc: Exception | None) -> None:
        for future in (self.ready, self.done):
            if not future.done():
                future.set_exception(exc or ConnectionError("closed by the server"))


async def connect(
    port: int, logins: Sequence[bytes | None], must: bytes, in_flight: int
) -> list[Connection]:
    """Open a connection for each login and wait until all are in."""
    loop = asyncio.get_running_loop()
    connections: list[Connection] = []
    for login in logins:
        _, protocol = await loop.create_connection(
            lambda login=login: Connection(login, must, in_flight), "127.0.0.1", port
        )
        connections.append(protocol)
        await protocol.ready
    return connections


async def drive(connections: Sequence[Connection], messages: Sequence[Sequence[bytes]]) -> Result:
    """Run all connections at once and add up what they saw."""
    begun = time.perf_counter()
    for connection, mine in zip(connections, messages, strict=True):
        connection.run(mine)
    await asyncio.gather(*(connection.done for connection in connections))
    total = Result(seconds=time.perf_counter() - begun)
    for connection in connections:
        total.replies += connection.result.replies
        total.bad.extend(connection.result.bad)
        total.latencies_ms.extend(connection.result.latencies_ms)
        connection.close()
    return total
