"""The opening handshake: its variants, who never finishes it, and who comes too often."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from dataclasses import replace

import pytest

from cxgame.server.sockets.door import MOST_PER_ADDRESS
from tests.hostile.faces import FACES, LIMITS, WAIT_S, Face, feed, orders
from tests.hostile.raw import Raw
from tests.support.sockets import request
from tests.support.waiting import until

GOOD = request()
HANDSHAKE_S = 10  # what a handshake may take
HALVES = {"nothing": b"", "a word": b"GE", "no end": GOOD[:-2]}
# What is sent, and with which status it is answered; None: the connection just ends.
VARIANTS: dict[str, tuple[bytes, int | None]] = {
    "as it should be": (GOOD, 101),
    "the game's path": (request("/main"), 101),
    "a query": (request("/main?token=x"), 101),
    "another game": (request("/other"), 404),
    "a path above": (request("/../etc/passwd"), 404),
    "a path that is no text": (request("/%ff%00"), 404),
    "an endless path": (request("/" + "x" * 20_000), 414),
    "version 8": (GOOD.replace(b"Version: 13", b"Version: 8"), 400),
    "version 25": (GOOD.replace(b"Version: 13", b"Version: 25"), 400),
    "no version": (GOOD.replace(b"Sec-WebSocket-Version: 13\r\n", b""), 400),
    "no key": (GOOD.replace(b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n", b""), 400),
    "a short key": (GOOD.replace(b"dGhlIHNhbXBsZSBub25jZQ==", b"dGhl"), 400),
    "a key that is none": (GOOD.replace(b"dGhlIHNhbXBsZSBub25jZQ==", b"!!!"), 400),
    "two keys": (GOOD.replace(b"\r\n\r\n", b"\r\nSec-WebSocket-Key: dGhl\r\n\r\n"), 400),
    "no upgrade": (GOOD.replace(b"Upgrade: websocket\r\n", b""), 426),
    "another upgrade": (GOOD.replace(b"Upgrade: websocket", b"Upgrade: h2c"), 426),
    "no connection": (GOOD.replace(b"Connection: Upgrade\r\n", b""), 426),
    "a plain page": (b"GET / HTTP/1.1\r\nHost: x\r\n\r\n", 426),
    "POST": (GOOD.replace(b"GET", b"POST"), 405),
    "a method that is none": (GOOD.replace(b"GET", b"G\x00T"), 405),
    "HTTP/1.0": (GOOD.replace(b"HTTP/1.1", b"HTTP/1.0"), 505),
    "HTTP/9.9": (GOOD.replace(b"HTTP/1.1", b"HTTP/9.9"), None),
    "no version of HTTP": (b"GET /\r\n\r\n", None),
    "a body": (GOOD.replace(b"\r\n\r\n", b"\r\nContent-Length: 5\r\n\r\nhello"), None),
    "a huge header": (GOOD.replace(b"Host: cxgame", b"Host: " + b"x" * 20_000), 431),
    "200 headers": (GOOD.replace(b"\r\n\r\n", b"\r\nA: b" * 200 + b"\r\n\r\n"), 431),
    "a header that is none": (GOOD.replace(b"Host: cxgame", b"Host cxgame"), None),
    "bytes of TLS": (
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + b"\x00" * 500 + b"\r\n",
        None,
    ),
    "an HTTP/2 preface": (b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", None),
    "frames": (b"\x81\x85\x00\x00\x00\x00hello" * 10 + b"\r\n\r\n", None),
}

by_face = pytest.mark.parametrize("name", list(FACES))


@pytest.fixture
async def face(name: str) -> AsyncIterator[Face]:
    """The order server or the feed."""
    async with FACES[name]() as face:
        yield face


async def status_of(face: Face, opening: bytes) -> int | None:
    """The status with which an opening is answered; None without any."""
    reader, writer = await asyncio.open_connection("127.0.0.1", face.port)
    writer.write(opening)
    try:
        async with asyncio.timeout(WAIT_S):
            line = await reader.readline()
        return int(line.split()[1]) if line else None
    except ConnectionResetError:
        return None
    finally:
        writer.transport.abort()


@by_face
async def test_variants_of_the_handshake(face: Face) -> None:
    """What is no opening of a WebSocket is refused, with the status that says why."""
    names = list(VARIANTS)
    statuses = await asyncio.gather(*(status_of(face, VARIANTS[name][0]) for name in names))
    told = dict(zip(names, statuses, strict=True))
    assert told == {name: status for name, (_, status) in VARIANTS.items()}
    await until(lambda: face.connections() == 0)
    assert await status_of(face, GOOD) == 101


@pytest.mark.parametrize("half", list(HALVES))
async def test_the_feed_ends_without_waiting_for_handshakes(half: str) -> None:
    """A half-open handshake does not hold up the end of the feed (nor of the order server)."""
    async with feed() as face:
        reader, writer = await asyncio.open_connection("127.0.0.1", face.port)
        writer.write(HALVES[half])
        await asyncio.sleep(0.05)
        patience = asyncio.create_task(asyncio.sleep(HANDSHAKE_S))
    assert not patience.done()
    patience.cancel()
    with contextlib.suppress(ConnectionResetError):
        assert await reader.read() == b""
    writer.close()


async def test_connections_of_an_address_at_the_feed() -> None:
    """As on the order server: one more than allowed is told so, twice as many are cut off."""
    assert MOST_PER_ADDRESS == LIMITS.connections_per_address == 400
    async with feed(max_connections_per_address=3) as face:
        raws = [await Raw.open(face) for _ in range(3)]
        reader, writer = await asyncio.open_connection("127.0.0.1", face.port)
        writer.write(GOOD)
        async with asyncio.timeout(WAIT_S):
            said = await reader.read()
        assert said.startswith(b"HTTP/1.1 429 ")
        assert b"LIMIT_CONNECTIONS" in said
        writer.close()
        waiting = [await asyncio.open_connection("127.0.0.1", face.port) for _ in range(3)]
        assert await status_of(face, GOOD) is None
        for _, other in waiting:
            other.close()
        raws.pop().leave()
        await until(lambda: face.connections() == 2)
        async with asyncio.timeout(WAIT_S):
            while await status_of(face, GOOD) != 101:
                await asyncio.sleep(0.01)
        for raw in raws:
            raw.leave()


async def test_half_open_handshakes_are_cut_off() -> None:
    """By default after 10 s; they leave nothing behind."""
    assert LIMITS.handshake_s == HANDSHAKE_S
    async with orders(replace(LIMITS, handshake_s=0.3)) as face:
        streams = [await asyncio.open_connection("127.0.0.1", face.port) for _ in HALVES]
        for (_, writer), half in zip(streams, HALVES.values(), strict=True):
            writer.write(half)
        for reader, writer in streams:
            async with asyncio.timeout(WAIT_S):
                with contextlib.suppress(ConnectionResetError):
                    await reader.read()
            writer.close()
        await until(lambda: face.connections() == 0)
