"""A websocket with requests in flight."""

import asyncio

import pytest
from websockets.asyncio.client import connect

from cxgame.client import connection as connection_module
from cxgame.client.connection import Connection, ConnectionLost
from cxgame.client.protocol import request
from tests.client.fakes import BOUND_S, FakeExchange, Fault

MARKETS = request("markets", {})


async def test_a_closed_connection_sends_nothing(exchange: FakeExchange) -> None:
    """What was never sent is known not to have arrived."""
    connection = Connection(await connect(exchange.uri), owned=True)
    assert (await connection.request(MARKETS)).status
    await connection.close()
    with pytest.raises(ConnectionLost) as caught:
        await connection.request(MARKETS)
    assert not caught.value.sent
    assert not connection.is_open


async def test_dropping_fails_what_is_in_flight(exchange: FakeExchange) -> None:
    """Calls that wait are woken; their requests may have arrived."""
    exchange.fail("markets", Fault.SILENCE)
    connection = Connection(await connect(exchange.uri), owned=True)
    call = asyncio.create_task(connection.request(MARKETS))
    async with asyncio.timeout(BOUND_S):
        while not exchange.seen:
            await asyncio.sleep(0.01)
        await connection.close()
        with pytest.raises(ConnectionLost) as caught:
            await call
    assert caught.value.sent


async def test_two_readers_of_one_websocket_are_told(exchange: FakeExchange) -> None:
    """A given websocket that somebody else reads can't carry a call."""
    async with connect(exchange.uri) as websocket:
        other = asyncio.create_task(websocket.recv())
        await asyncio.sleep(0)
        connection = Connection(websocket, owned=False)
        async with asyncio.timeout(BOUND_S):
            with pytest.raises(ConnectionLost, match="Someone else"):
                await connection.request(MARKETS)
            assert '"status"' in str(await other)


async def test_a_borrowed_websocket_is_read_only_while_a_call_waits(
    exchange: FakeExchange,
) -> None:
    """Between calls its owner may read it."""
    async with asyncio.timeout(BOUND_S), connect(exchange.uri) as websocket:
        connection = Connection(websocket, owned=False)
        assert (await connection.request(MARKETS)).status
        await asyncio.sleep(0)
        await websocket.send(MARKETS.frame(0))
        assert '"id": 0' in str(await websocket.recv())
        assert (await connection.request(MARKETS)).status


async def test_a_connection_that_owes_a_reply_and_is_silent_is_lost(
    exchange: FakeExchange, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Open but mute: the call fails in time to be repeated elsewhere."""
    monkeypatch.setattr(connection_module, "SILENT_S", 0.1)
    monkeypatch.setattr(connection_module, "LOOK_S", 0.02)
    exchange.fail("markets", Fault.SILENCE)
    connection = Connection(await connect(exchange.uri), owned=True)
    async with asyncio.timeout(BOUND_S):
        with pytest.raises(ConnectionLost, match="fell silent") as caught:
            await connection.request(MARKETS)
        assert caught.value.sent
        assert not connection.is_open
        await connection.close()


async def test_an_idle_connection_may_be_silent(
    exchange: FakeExchange, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing is owed, so nothing is missing."""
    monkeypatch.setattr(connection_module, "SILENT_S", 0.05)
    monkeypatch.setattr(connection_module, "LOOK_S", 0.01)
    connection = Connection(await connect(exchange.uri), owned=True)
    async with asyncio.timeout(BOUND_S):
        assert (await connection.request(MARKETS)).status
        await asyncio.sleep(0.2)
        assert connection.is_open
        assert (await connection.request(MARKETS)).status
        await connection.close()
