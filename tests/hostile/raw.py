"""A client that sends bytes, be they a protocol or not, and notes what came back."""

import asyncio
import socket
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from tests.hostile.faces import WAIT_S, Face
from tests.support.sockets import request

CONT, TEXT, BINARY, CLOSE, PING, PONG = 0, 1, 2, 8, 9, 10
MASK = b"\x37\xfa\x21\x3d"
LAST = b'{"cmd":"subscribe","params":{"channels":["trades"]},"id":"last"}'


def frame(data: bytes = b"", opcode: int = TEXT, fin: bool = True, **odd: int) -> bytes:
    """A frame as a client sends it, with what is odd about it.

    `rsv`: reserved bits (0-7); `masked` 0: without mask; `width` 1, 3 or 9: bytes that the
    length takes, however short it is; `announced`: a length that is not that of the data.
    """
    length = odd.get("announced", len(data))
    width = odd.get("width", 1 if length < 126 else 3 if length < 65_536 else 9)
    masked = odd.get("masked", 1) << 7
    head = bytes([fin << 7 | odd.get("rsv", 0) << 4 | opcode])
    if width == 1:
        head += bytes([masked | length])
    else:
        head += bytes([masked | (126 if width == 3 else 127)]) + length.to_bytes(width - 1)
    return head + (MASK + mask(data) if masked else data)


def mask(data: bytes) -> bytes:
    """The data as it travels."""
    key = MASK * (len(data) // 4 + 1)
    return (int.from_bytes(data) ^ int.from_bytes(key[: len(data)])).to_bytes(len(data))


def close(code: int | None = None, reason: bytes = b"") -> bytes:
    """A close frame."""
    return frame(b"" if code is None else code.to_bytes(2) + reason, CLOSE)


@dataclass
class Said:
    """All that a server answered on one connection."""

    texts: list[bytes] = field(default_factory=list)  # replies to messages, in order
    pongs: list[bytes] = field(default_factory=list)
    code: int | None = None  # of its close frame; 1005: a close frame without code
    reason: bytes = b""
    hung_up: bool = False  # without a close frame


class Raw:
    """One connection, after the handshake."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader, self.writer = reader, writer

    @classmethod
    async def open(cls, face: Face, *, receive_buffer: int = 0) -> "Raw":
        """Connect and shake hands."""
        sock = socket.socket()
        sock.setblocking(False)
        if receive_buffer:
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
        await asyncio.get_running_loop().sock_connect(sock, ("127.0.0.1", face.port))
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        raw = cls(*await asyncio.open_connection(sock=sock))
        try:
            raw.writer.write(request())
            async with asyncio.timeout(WAIT_S):
                head = await raw.reader.readuntil(b"\r\n\r\n")
            assert head.startswith(b"HTTP/1.1 101 "), head
        except BaseException:
            raw.leave()
            raise
        return raw

    async def send(self, segments: Iterable[bytes]) -> None:
        """Each in a TCP segment of its own, as far as TCP promises any."""
        for segment in segments:
            self.writer.write(segment)
            await asyncio.sleep(0.0005)

    async def next_frame(self) -> tuple[int, bytes]:
        """The next frame from the server."""
        async with asyncio.timeout(WAIT_S):
            first, length = await self.reader.readexactly(2)
            assert first & 0xF0 == 0x80, "a server sends whole frames without reserved bits"
            assert length < 128, "a server does not mask"
            if length >= 126:
                length = int.from_bytes(await self.reader.readexactly(2 if length == 126 else 8))
            return first & 0x0F, await self.reader.readexactly(length)

    async def answers(self, face: Face) -> Said:
        """What the server says up to the reply to `LAST`, or to its end."""
        said = Said()
        try:
            while said.code is None:
                opcode, data = await self.next_frame()
                if opcode == TEXT and face.is_reply(data):
                    if b'"last"' in data:
                        return said
                    said.texts.append(data)
                elif opcode == PONG:
                    said.pongs.append(data)
                elif opcode == CLOSE:
                    said.code = int.from_bytes(data[:2]) if data else 1005
                    said.reason = data[2:]
        except (asyncio.IncompleteReadError, ConnectionResetError):
            said.hung_up = True
        return said

    async def end(self) -> bytes:
        """What is left to read when the server has closed."""
        async with asyncio.timeout(WAIT_S):
            try:
                return await self.reader.read()
            except ConnectionResetError:
                return b""

    def leave(self) -> None:
        """Go without a word."""
        self.writer.transport.abort()


async def converse(face: Face, segments: Sequence[bytes]) -> Said:
    """Connect, send, ask whether the server is still there, note what it says, leave."""
    raw = await Raw.open(face)
    try:
        await raw.send([*segments, frame(LAST)])
        said = await raw.answers(face)
        if said.code is not None:
            assert await raw.end() == b"", "nothing follows a close frame"
        return said
    finally:
        raw.leave()
