"""Faults of opening in plain words."""

import asyncio

import pytest
from websockets.exceptions import ConnectionClosedError, ConnectionClosedOK
from websockets.frames import Close

from cxgame.client.opening import CannotOpen, closing_sentence, open_websocket
from tests.client.fakes import BOUND_S, FakeExchange


async def fault_of(uri: str) -> CannotOpen:
    """Why this address can't be opened."""
    async with asyncio.timeout(BOUND_S):
        with pytest.raises(CannotOpen) as caught:
            await open_websocket(uri, ssl_verify=True)
    return caught.value


async def test_tls_to_a_plain_port_is_named(exchange: FakeExchange) -> None:
    """wss:// where ws:// is spoken: hung up on, and asked whether ws:// was meant."""
    fault = await fault_of(exchange.uri.replace("ws://", "wss://"))
    assert "should it be ws://?" in fault.sentence


async def test_no_tls_to_a_tls_port_is_named() -> None:
    """ws:// where wss:// is spoken likewise."""
    with FakeExchange(tls=True) as exchange:
        fault = await fault_of(exchange.uri.replace("wss://", "ws://"))
    assert "should it be wss://?" in fault.sentence


async def test_a_server_without_tls_does_not_grow_it() -> None:
    """Plain text in answer to a TLS greeting does not heal."""

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(1)
        writer.write(b"HTTP/1.1 400 Bad Request\r\n\r\n")
        writer.close()

    async with await asyncio.start_server(answer, "127.0.0.1", 0) as server:
        port = server.sockets[0].getsockname()[1]
        fault = await fault_of(f"wss://127.0.0.1:{port}")
    assert "does not speak TLS" in fault.sentence
    assert not fault.heals


async def test_an_exchange_that_is_full_may_have_room_later() -> None:
    """HTTP 503 and 429 heal, HTTP 403 does not; what is said beside the status is told."""
    faults = {}
    for status in (403, 429, 503):

        async def answer(
            reader: asyncio.StreamReader, writer: asyncio.StreamWriter, status: int = status
        ) -> None:
            await reader.readuntil(b"\r\n\r\n")
            writer.write(b"HTTP/1.1 %d No\r\nContent-Length: 14\r\n\r\nCome tomorrow." % status)
            writer.close()

        async with await asyncio.start_server(answer, "127.0.0.1", 0) as server:
            port = server.sockets[0].getsockname()[1]
            faults[status] = await fault_of(f"ws://127.0.0.1:{port}")
    assert not faults[403].heals
    assert faults[429].heals
    assert faults[503].heals
    assert faults[503].sentence.endswith("HTTP 503 instead of a websocket: Come tomorrow.")


async def test_a_server_that_hangs_up_may_be_starting() -> None:
    """A connection closed before the handshake is worth another try."""

    async def hang_up(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.close()

    async with await asyncio.start_server(hang_up, "127.0.0.1", 0) as server:
        port = server.sockets[0].getsockname()[1]
        fault = await fault_of(f"ws://127.0.0.1:{port}")
    assert fault.heals


async def test_a_local_exchange_is_reached_without_the_proxy(
    exchange: FakeExchange, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A proxy of the environment is for other machines."""
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:1")
    monkeypatch.setenv("all_proxy", "http://127.0.0.1:1")
    for uri in (exchange.uri, exchange.uri.replace("127.0.0.1", "localhost")):
        websocket = await open_websocket(uri, ssl_verify=True)
        await websocket.close()


@pytest.mark.parametrize("proxy", ["proxy.school.example:3128", "http://"])
async def test_a_proxy_that_is_none_is_a_sentence(
    monkeypatch: pytest.MonkeyPatch, proxy: str
) -> None:
    """An address without its scheme, as other programs take it, is no exception of a library."""
    monkeypatch.setenv("http_proxy", proxy)
    fault = await fault_of("ws://exchange.example:9877")
    assert not fault.heals
    assert "proxy" in fault.sentence


async def test_a_proxy_that_refuses_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    """It is not the exchange that has hung up."""

    async def refuse(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 403 Forbidden\r\n\r\n")
        writer.close()

    async with await asyncio.start_server(refuse, "127.0.0.1", 0) as server:
        port = server.sockets[0].getsockname()[1]
        monkeypatch.setenv("http_proxy", f"http://127.0.0.1:{port}")
        fault = await fault_of("ws://exchange.example:9877")
    assert "through the proxy" in fault.sentence
    assert "403" in fault.sentence


def test_a_close_is_told_with_its_reason() -> None:
    """Code and reason as the exchange gave them."""
    over = ConnectionClosedOK(Close(1001, "The game is over."), None)
    assert closing_sentence(over) == "The exchange closed the connection (1001: The game is over.)."
    assert closing_sentence(ConnectionClosedError(None, None)).endswith("was lost.")
