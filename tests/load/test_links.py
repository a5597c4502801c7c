"""Connections without a network: bytes in, messages out."""

import struct

import pytest

from cxgame.load.links import HttpLink, Link, WebSocketLink, frame
from tests.support.sockets import MemoryTransport

UPGRADED = b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n\r\n"


def connected(link: Link) -> tuple[MemoryTransport, list[tuple[bytes, int]]]:
    """A link's transport, and what it hears."""
    transport, heard = MemoryTransport(), list[tuple[bytes, int]]()
    link.hear = lambda payload, status: heard.append((payload, status))
    link.connection_made(transport)
    return transport, heard


def sent(payload: bytes, opcode: int = 0x81) -> bytes:
    """A frame as a server sends it."""
    size = len(payload)
    if size < 126:
        return bytes([opcode, size]) + payload
    if size < 65_536:
        return struct.pack("!BBH", opcode, 126, size) + payload
    return struct.pack("!BBQ", opcode, 127, size) + payload


@pytest.mark.parametrize("step", [1, 7, 100_000])
async def test_frames_are_cut_wherever_reads_end(step: int) -> None:
    """Of any length, also when they come byte by byte."""
    link = WebSocketLink()
    transport, heard = connected(link)
    assert transport.written.startswith(b"GET / HTTP/1.1\r\nHost: localhost\r\n")
    messages = [b"", b"{}", b"a" * 125, b"b" * 126, b"c" * 70_000 if step > 1 else b"c"]
    stream = UPGRADED + b"".join(map(sent, messages))
    for start in range(0, len(stream), step):
        link.data_received(stream[start : start + step])
    assert [payload for payload, _ in heard] == messages
    assert link.opened.done()


async def test_a_ping_is_answered_and_a_close_gives_the_reason() -> None:
    """With the ping's own bytes; the code is what `lost` tells."""
    link = WebSocketLink()
    transport, heard = connected(link)
    link.data_received(UPGRADED)
    transport.written = b""
    link.data_received(sent(b"are you there", 0x89) + sent(b"\x03\xf0too fast", 0x88))
    assert transport.written == frame(b"are you there", 0x8A)
    assert transport.closing
    link.connection_lost(None)
    assert (await link.lost, heard) == ("closed 1008", [])


async def test_a_refused_upgrade_is_told_with_its_status() -> None:
    """Who waits for the connection hears of it."""
    link = WebSocketLink()
    transport, _ = connected(link)
    link.data_received(b"HTTP/1.1 503 Service Unavailable\r\n\r\n")
    assert transport.closing
    link.connection_lost(None)
    with pytest.raises(ConnectionError, match="HTTP 503"):
        await link.opened
    assert await link.lost == "HTTP 503"


async def test_nothing_is_written_to_a_connection_that_ends() -> None:
    """A message that comes too late is not sent; the sender hears of the loss anyway."""
    link = WebSocketLink()
    transport, _ = connected(link)
    link.data_received(UPGRADED)
    link.close()
    written = transport.written
    assert written.endswith(frame(b"\x03\xe9", 0x88))
    link.send(frame(b"late"))
    link.close()
    assert transport.written == written
    link.connection_lost(None)
    assert await link.lost == "closed without a word"


@pytest.mark.parametrize("size", [0, 125, 126, 65_535, 65_536])
def test_a_frame_is_what_a_server_reads(size: int) -> None:
    """Masked, with a mask of zeros, its length in as many bytes as it takes."""
    from websockets.frames import Frame
    from websockets.streams import StreamReader

    reader = StreamReader()
    reader.feed_data(frame(b"x" * size))
    parsing = Frame.parse(reader.read_exact, mask=True)
    with pytest.raises(StopIteration) as found:
        next(parsing)
    assert found.value.value.data == b"x" * size


@pytest.mark.parametrize("step", [1, 1_000])
async def test_answers_are_cut_by_length_and_by_chunks(step: int) -> None:
    """With their status; a body may be missing."""
    link = HttpLink("X-Session-ID: me\r\n")
    transport, heard = connected(link)
    link.send(b"GET / HTTP/1.1\r\n\r\n")
    assert transport.written == b"GET / HTTP/1.1\r\nX-Session-ID: me\r\n\r\n"
    stream = (
        b"HTTP/1.1 201 Created\r\nContent-Length: 2\r\n\r\n{}"
        b"HTTP/1.1 204 No Content\r\n\r\n"
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n1\r\nd\r\n0\r\n\r\n"
        b"HTTP/1.1 429 Too Many\r\nContent-Length: 1\r\nConnection: close\r\n\r\n!"
    )
    for start in range(0, len(stream), step):
        link.data_received(stream[start : start + step])
    assert heard == [(b"{}", 201), (b"", 204), (b"abcd", 200), (b"!", 429)]
    assert transport.closing
    link.connection_lost(None)
    assert await link.lost == "closed after an answer"
