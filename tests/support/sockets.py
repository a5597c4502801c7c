"""Sockets for tests: a session that records, a connection without a network, a raw client."""

import asyncio
import struct
from collections.abc import Callable
from typing import Any

from websockets.frames import Frame, Opcode
from websockets.server import ServerProtocol

from cxgame.server.sockets.peer import Peer, SocketLimits
from cxgame.server.sockets.transport import PlayerSocket

REQUEST = (
    b"GET %b HTTP/1.1\r\nHost: cxgame\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n"
)


def request(path: str = "/") -> bytes:
    """The opening handshake as a client sends it."""
    return REQUEST % path.encode()


def frame(data: bytes, opcode: Opcode = Opcode.TEXT, *, fin: bool = True) -> bytes:
    """A frame as a client sends it."""
    return Frame(opcode, data, fin).serialize(mask=True)


def sent_frames(written: bytes) -> list[tuple[int, bytes]]:
    """The frames that a server wrote, as (opcode, data)."""
    frames = []
    while written:
        opcode, length, start = written[0] & 0x0F, written[1], 2
        if length == 126:
            length, start = struct.unpack("!H", written[2:4])[0], 4
        elif length == 127:
            length, start = struct.unpack("!Q", written[2:10])[0], 10
        frames.append((opcode, written[start : start + length]))
        written = written[start + length :]
    return frames


class Recorder:
    """A session that notes what it is told and echoes messages, at once or when told to."""

    def __init__(self, peer: Peer, *, echo: bool = True) -> None:
        self.peer = peer
        self.echo = echo
        self.told: list[object] = []
        self.clean: bool | None = None  # how the connection ended
        self.on_message: Callable[[bytes], None] = lambda raw: None

    def receive(self, raw: bytes) -> None:
        """Note and echo."""
        self.told.append(raw)
        self.on_message(raw)
        if self.echo:
            self.peer.write([raw])

    def binary(self) -> None:
        """Note."""
        self.told.append("binary")
        self.peer.write([b"binary?"])

    def too_long(self, size: int) -> None:
        """Note."""
        self.told.append(("too long", size))
        self.peer.write([b"too long"])

    def limited(self, raw: bytes, wait_s: float | None) -> None:
        """Note."""
        self.told.append(("limited", raw, wait_s))
        self.peer.write([b"limited"])

    def closed(self, clean: bool) -> None:
        """Note."""
        self.told.append("closed")
        self.clean = clean


class MemoryTransport(asyncio.Transport):
    """Keeps what is written; knows nothing of a network."""

    def __init__(self) -> None:
        super().__init__({"peername": ("10.0.0.1", 5)})
        self.written = b""
        self.reading = True
        self.closing = False
        self.ended = False

    def write(self, data: Any) -> None:
        """Keep it."""
        self.written += data

    def set_write_buffer_limits(self, high: int | None = None, low: int | None = None) -> None:
        """There is no buffer."""

    def get_write_buffer_size(self) -> int:
        """There is no buffer."""
        return 0

    def can_write_eof(self) -> bool:
        """As TCP."""
        return True

    def write_eof(self) -> None:
        """Note."""
        self.ended = True

    def is_closing(self) -> bool:
        """Whether `abort` or `close` was called."""
        return self.closing

    def abort(self) -> None:
        """Note."""
        self.closing = True

    def close(self) -> None:
        """Note."""
        self.closing = True

    def pause_reading(self) -> None:
        """Note."""
        self.reading = False

    def resume_reading(self) -> None:
        """Note."""
        self.reading = True


class _Server:
    """What a connection asks of the library's server."""

    def __init__(self) -> None:
        self.handler_tasks: set[asyncio.Task[None]] = set()

    async def handler(self, connection: PlayerSocket) -> None:
        """Nothing to do: the test plays the handler."""


class _Nobody:
    def arrived(self, socket: PlayerSocket) -> None:
        """Not counted."""

    def left(self, socket: PlayerSocket) -> None:
        """Not counted."""


class Rig:
    """One connection after the handshake, without a network. Needs a running loop."""

    def __init__(self, limits: SocketLimits, *, early: bytes = b"", echo: bool = True) -> None:
        self.transport = MemoryTransport()
        protocol = ServerProtocol(max_size=limits.max_message)
        self.socket = PlayerSocket(_Nobody(), protocol, _Server())  # type: ignore[arg-type]
        self.socket.connection_made(self.transport)
        self.socket.data_received(request() + early)
        assert self.socket.request is not None
        protocol.send_response(protocol.accept(self.socket.request))
        self.socket.send_data()
        self.transport.written = b""
        self.peer = Peer(self.socket, limits, self.socket.address)
        self.session = Recorder(self.peer, echo=echo)
        self.socket.attach(self.session, self.peer, limits)

    def receive(self, *chunks: bytes) -> None:
        """As the event loop passes on what the network brought."""
        for chunk in chunks:
            if not self.transport.closing:
                self.socket.data_received(chunk)

    @property
    def told(self) -> list[object]:
        """What reached the session."""
        return self.session.told

    @property
    def sent(self) -> list[tuple[int, bytes]]:
        """The frames sent to the client."""
        return sent_frames(self.transport.written)

    @property
    def close_code(self) -> int | None:
        """The code of the close frame that was sent."""
        for opcode, data in self.sent:
            if opcode == Opcode.CLOSE:
                return int.from_bytes(data[:2])
        return None


class RawClient:
    """A client that sends bytes, be they a protocol or not."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader, self.writer = reader, writer

    @classmethod
    async def open(cls, port: int, path: str = "/", **options: Any) -> "RawClient":
        """Connect and shake hands; the status line is in `status`."""
        client = cls(*await asyncio.open_connection("127.0.0.1", port, **options))
        client.writer.write(request(path))
        async with asyncio.timeout(10):
            head = await client.reader.readuntil(b"\r\n\r\n")
        client.status = int(head.split()[1])
        return client

    status = 0

    def send(self, data: bytes) -> None:
        """Send bytes as they are."""
        self.writer.write(data)

    async def next_frame(self) -> tuple[int, bytes]:
        """The next frame from the server."""
        async with asyncio.timeout(10):
            first, length = await self.reader.readexactly(2)
            if length >= 126:
                length = int.from_bytes(await self.reader.readexactly(2 if length == 126 else 8))
            return first & 0x0F, await self.reader.readexactly(length)

    async def rest(self) -> bytes:
        """Everything until the server closes."""
        async with asyncio.timeout(10):
            return await self.reader.read()

    async def aclose(self) -> None:
        """Leave without a word."""
        self.writer.close()
