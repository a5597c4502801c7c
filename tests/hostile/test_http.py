"""The HTTP face against clients that do not mean it."""

import asyncio
from collections.abc import AsyncIterator

import pytest
from fastapi import FastAPI, Request
from starlette.requests import ClientDisconnect

from cxgame.server.http import serving
from tests.hostile.faces import WAIT_S

REQUEST_S = 1.0  # not less: a slow machine takes some of it for honest requests
ASKS = b"GET / HTTP/1.1\r\nHost: x\r\n"
UPLOADS = b"POST /size HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\n"


@pytest.fixture
async def port(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[int]:
    """A server without patience, and with a long answer at /long."""
    assert (serving.REQUEST_S, serving.UNREAD_S) == (10, 30)
    monkeypatch.setattr(serving, "REQUEST_S", REQUEST_S)
    monkeypatch.setattr(serving, "UNREAD_S", 0.2)
    app = FastAPI()

    @app.get("/long")
    async def long() -> str:
        return "x" * 16_000_000

    @app.post("/size")
    async def size(request: Request) -> int:
        try:
            return len(await request.body())
        except ClientDisconnect:
            return -1

    server = serving.HttpServer(app, None)
    port = server.bind(["127.0.0.1"], 0)
    await server.start()
    yield port
    async with asyncio.timeout(WAIT_S):
        await server.close()


async def left_of(reader: asyncio.StreamReader) -> bytes:
    """What comes before the server has closed."""
    async with asyncio.timeout(WAIT_S):
        try:
            return await reader.read()
        except ConnectionResetError:
            return b""


@pytest.mark.parametrize("opening", [b"", b"GET / HT", ASKS])
async def test_a_half_open_request_is_closed(opening: bytes, port: int) -> None:
    """Who never finishes a first request is cut off; by default after 10 s."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(opening)
    assert await left_of(reader) == b""
    writer.close()


@pytest.mark.parametrize("opening", [b"G", UPLOADS + b"abc"])
async def test_a_half_open_second_request_is_closed(opening: bytes, port: int) -> None:
    """A connection that has been answered has no longer for its next request."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(ASKS + b"\r\n")
    assert await reader.readline() == b"HTTP/1.1 404 Not Found\r\n"
    writer.write(opening)
    assert b"HTTP" not in await left_of(reader)
    writer.close()


async def test_a_body_that_drips_is_closed(port: int) -> None:
    """Neither bytes nor pieces of a body buy more time."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(UPLOADS.replace(b" 5", b" 50000"))
    reading = asyncio.create_task(left_of(reader))
    for _ in range(1_000):
        if reading.done():
            break
        writer.write(b"x")
        await asyncio.sleep(0.01)
    assert reading.done()
    assert await reading == b""
    writer.close()


async def test_who_does_not_read_the_answer_is_closed(port: int) -> None:
    """An answer that is left unread is given up."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port, limit=1_024)
    writer.write(b"GET /long HTTP/1.1\r\nHost: x\r\n\r\n")
    await reader.readline()
    await asyncio.sleep(0.5)
    assert len(await left_of(reader)) < 16_000_000
    writer.close()


async def test_honest_requests_have_no_deadline_in_common(port: int) -> None:
    """A connection may ask for longer than one request may take."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    for _ in range(10):
        await asyncio.sleep(REQUEST_S / 6)
        writer.write(UPLOADS + b"abcde")
        head = await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), WAIT_S)
        assert head.startswith(b"HTTP/1.1 200 ")
        assert await reader.readexactly(1) == b"5"
    writer.close()
