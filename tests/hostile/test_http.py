"""The HTTP face against clients that do not mean it."""

import asyncio

import pytest
from fastapi import FastAPI

from cxgame.server.http import serving
from tests.hostile.faces import WAIT_S


@pytest.mark.parametrize("opening", [b"", b"GET / HT", b"GET / HTTP/1.1\r\nHost: x\r\n"])
async def test_a_half_open_request_is_closed(
    opening: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Who never finishes a first request is cut off; by default after 10 s."""
    assert serving.REQUEST_S <= 10
    monkeypatch.setattr(serving, "REQUEST_S", 0.2)
    server = serving.HttpServer(FastAPI(), None)
    port = server.bind(["127.0.0.1"], 0)
    await server.start()
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(opening)
    async with asyncio.timeout(WAIT_S):
        try:
            assert await reader.read() == b""
        except ConnectionResetError:
            pass
    writer.close()
    await server.close()
