"""Faults on real sockets of a listener: connections that nobody is told of end all the same."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from cxgame.faults import Board, read_fault
from cxgame.server.sockets.listener import Listener
from cxgame.server.sockets.peer import Peer, SocketLimits
from tests.support.sockets import RawClient, Recorder, frame

PINGED = SocketLimits(ping_interval_s=0.1, ping_timeout_s=0.1, close_s=0.1)
BOUND_S = 30.0
MESSAGE = frame(b'{"cmd":"price"}')


class Muted:
    """A listener whose clients are half-open from their first message on."""

    def __init__(self) -> None:
        self.board = Board()
        self.board.set(read_fault({"fault": "half_open", "after_messages": 0}))
        self.sessions: list[Recorder] = []
        self.listener = Listener(lambda _: self.open, PINGED, lambda: self.board)
        self.port = 0

    def open(self, peer: Peer) -> Recorder:
        """A session for a new connection."""
        self.sessions.append(Recorder(peer))
        return self.sessions[-1]


@asynccontextmanager
async def muted() -> AsyncIterator[Muted]:
    """Such a listener, on a free port of the loopback."""
    server = Muted()
    server.port = await server.listener.bind(["127.0.0.1"], 0)
    await server.listener.accept()
    try:
        yield server
    finally:
        async with asyncio.timeout(BOUND_S):
            await server.listener.close(1001, "The end.")
    assert server.board.lines == ()


async def _hit(server: Muted) -> None:
    async with asyncio.timeout(BOUND_S):
        while not server.board.in_force[1].hits:
            await asyncio.sleep(0.005)


async def test_the_server_s_pings_find_a_half_open_connection() -> None:
    """They do not leave, so no answer comes: the session hears of the end, the client nothing."""
    async with muted() as server:
        client = await RawClient.open(server.port)
        client.send(MESSAGE)
        await _hit(server)
        assert await client.rest() == b""
        await client.aclose()
        async with asyncio.timeout(BOUND_S):
            while server.board.lines:
                await asyncio.sleep(0.005)
        assert server.sessions[0].told == ["closed"]


async def test_a_server_that_stops_waits_for_nobody_who_is_not_there() -> None:
    """A half-open connection is cut off when the others have said goodbye."""
    async with muted() as server:
        client = await RawClient.open(server.port)
        client.send(MESSAGE)
        await _hit(server)
    assert server.sessions[0].told == ["closed"]
    await client.aclose()
