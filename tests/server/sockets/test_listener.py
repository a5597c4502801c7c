"""The listening side on real sockets: who may connect, how slow and many, and how all end."""

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
import websockets
from websockets.frames import Opcode
from websockets.protocol import State
from websockets.server import ServerProtocol

from cxgame.server.sockets.listener import Listener
from cxgame.server.sockets.peer import Peer, SocketLimits
from cxgame.server.sockets.transport import at_frame_boundary
from tests.support.sockets import RawClient, Recorder, frame, request
from tests.support.waiting import until

REASON = "The game is over."


class Echo:
    """A listener whose sessions echo, and all its sessions."""

    def __init__(self, limits: SocketLimits) -> None:
        self.sessions: list[Recorder] = []
        self.listener = Listener({"": self.open, "main": self.open}.get, limits)
        self.port = 0

    def open(self, peer: Peer) -> Recorder:
        """A session for a new connection."""
        self.sessions.append(Recorder(peer))
        return self.sessions[-1]


@asynccontextmanager
async def echo_server(limits: SocketLimits | None = None) -> AsyncIterator[Echo]:
    """An echo server on a free port of the loopback."""
    server = Echo(limits or SocketLimits(close_s=0.2))
    server.port = await server.listener.bind(["127.0.0.1"], 0)
    await server.listener.accept()
    try:
        yield server
    finally:
        async with asyncio.timeout(10):
            await server.listener.close(1001, REASON)
    assert server.listener.connections == 0


async def test_a_stock_client_is_served() -> None:
    """A client of the `websockets` library, compression offered, gets its echoes in order."""
    async with echo_server() as server:
        uri = f"ws://127.0.0.1:{server.port}"
        async with websockets.connect(uri) as client:
            for text in ("one", "x" * 60_000, "grüß"):
                await client.send(text)
            assert [await client.recv() for _ in range(3)] == ["one", "x" * 60_000, "grüß"]
            await asyncio.wait_for(await client.ping(), 10)
        await until(lambda: server.sessions[0].told[-1] == "closed")
        assert server.sessions[0].peer.address == "127.0.0.1"


@pytest.mark.parametrize(
    ("path", "status"), [("/", 101), ("/main", 101), ("/main?x=1", 101), ("/other", 404)]
)
async def test_the_path_names_the_game(path: str, status: int) -> None:
    """`/` and the path of a game are served, any other path is 404."""
    async with echo_server() as server:
        client = await RawClient.open(server.port, path)
        assert client.status == status
        await client.aclose()


async def test_what_is_no_handshake_is_hung_up_on() -> None:
    """A plain HTTP request gets an HTTP refusal, garbage gets nothing."""
    async with echo_server() as server:
        for opening in (
            b"GET / HTTP/1.1\r\nHost: x\r\n\r\n",
            b"\x16\x03\x01\x02\x00garbage\r\n\r\n",
        ):
            reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
            writer.write(opening)
            answer = await asyncio.wait_for(reader.read(), 10)
            assert not answer.startswith(b"HTTP/1.1 101")
            writer.close()
        assert server.sessions == []


async def test_connections_per_address_are_limited() -> None:
    """The last connection within the limit is served, the next one gets 429 and its code."""
    limits = SocketLimits(connections_per_address=2, close_s=0.2)
    async with echo_server(limits) as server:
        clients = [await RawClient.open(server.port) for _ in range(3)]
        assert [client.status for client in clients] == [101, 101, 429]
        assert b"LIMIT_CONNECTIONS: Too many connections: at most 2." in await clients[2].rest()
        await clients[0].aclose()
        await clients[2].aclose()
        await until(lambda: server.listener.connections == 1)
        again = await RawClient.open(server.port)
        assert again.status == 101
        for client in (again, clients[1]):
            await client.aclose()


async def test_far_too_many_connections_are_cut_off() -> None:
    """Twice the limit is cut off without an answer, so that refusing is bounded too."""
    limits = SocketLimits(connections_per_address=1, handshake_s=10, close_s=0.2)
    async with echo_server(limits) as server:
        mute = [await asyncio.open_connection("127.0.0.1", server.port) for _ in range(3)]
        with pytest.raises((ConnectionResetError, asyncio.IncompleteReadError)):
            async with asyncio.timeout(10):
                await mute[2][0].readexactly(1)
        assert server.listener.connections == 2
        for _, writer in mute:
            writer.close()


async def test_half_open_handshakes_are_closed() -> None:
    """A connection that never finishes its handshake is closed after `handshake_s`."""
    async with echo_server(SocketLimits(handshake_s=0.1, close_s=0.2)) as server:
        reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
        writer.write(request()[:20])
        try:
            assert await asyncio.wait_for(reader.read(), 10) == b""
        except ConnectionResetError:
            pass
        writer.close()
        await until(lambda: server.listener.connections == 0)


async def test_closing_tells_every_client_why() -> None:
    """At the end each client gets the close frame with code and reason, and is waited for."""
    server = Echo(SocketLimits(close_s=5))
    server.port = await server.listener.bind(["127.0.0.1"], 0)
    await server.listener.accept()
    clients = [await websockets.connect(f"ws://127.0.0.1:{server.port}") for _ in range(3)]
    await asyncio.wait_for(server.listener.close(1001, REASON), 10)
    for client in clients:
        with pytest.raises(websockets.ConnectionClosedOK) as closed:
            await client.recv()
        assert closed.value.rcvd is not None
        assert (closed.value.rcvd.code, closed.value.rcvd.reason) == (1001, REASON)
    with pytest.raises(ConnectionRefusedError):
        await asyncio.open_connection("127.0.0.1", server.port)


async def test_a_reader_that_stalls_is_dropped_and_memory_stays_bounded() -> None:
    """Replies left unread stop reading; past the limits the connection ends, others go on."""
    limits = SocketLimits(write_high=10_000, write_max=200_000, stalled_s=0.3, close_s=0.2)
    async with echo_server(limits) as server:
        slow = await asyncio.open_connection("127.0.0.1", server.port, limit=1000)
        small = slow[1].get_extra_info("socket")
        small.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        slow[1].write(request())
        other = await RawClient.open(server.port)
        message = frame(b"x" * 60_000)
        largest = 0
        async with asyncio.timeout(20):
            while not any("closed" in session.told for session in server.sessions):
                slow[1].write(message)
                largest = max(largest, _unsent(server))
                other.send(frame(b"hello"))
                assert await other.next_frame() == (Opcode.TEXT, b"hello")
                await asyncio.sleep(0.01)
        assert largest < 200_000 + 70_000
        await other.aclose()
        slow[1].transport.abort()


def _unsent(server: Echo) -> int:
    return max(s.peer._socket.transport.get_write_buffer_size() for s in server.sessions)


async def test_more_than_write_max_is_dropped_at_once() -> None:
    """One burst of replies beyond `write_max` ends the connection without waiting."""
    limits = SocketLimits(write_high=1000, write_max=100_000, stalled_s=60, close_s=0.2)
    async with echo_server(limits) as server:
        client = await RawClient.open(server.port)
        await until(lambda: bool(server.sessions))
        peer = server.sessions[0].peer
        payload = b"y" * 60_000
        for _ in range(200):
            if peer.is_closing():
                break
            peer.write([payload])
        assert peer.is_closing()
        await until(lambda: server.sessions[0].told == ["closed"])
        await client.aclose()


async def test_uvloop_serves_as_asyncio_does() -> None:
    """The transport keeps to what both event loops promise."""
    uvloop = pytest.importorskip("uvloop")

    async def play() -> None:
        await test_a_stock_client_is_served()
        await test_closing_tells_every_client_why()
        await test_more_than_write_max_is_dropped_at_once()

    loop = asyncio.get_running_loop()
    await loop.run_in_executor(None, uvloop.run, play())


def test_the_library_stands_where_we_think() -> None:
    """Pins what the fast path relies on: between frames the parser is at a boundary, else not."""
    protocol = ServerProtocol()
    protocol.receive_data(request())
    (opening,) = protocol.events_received()
    protocol.send_response(protocol.accept(opening))  # type: ignore[arg-type]
    assert protocol.state is State.OPEN
    assert at_frame_boundary(protocol)
    whole = frame(b"text")
    for cut in range(1, len(whole)):
        protocol.receive_data(whole[:cut])
        assert not at_frame_boundary(protocol)
        protocol.receive_data(whole[cut:])
        assert at_frame_boundary(protocol)
    protocol.receive_data(frame(b"part", fin=False))
    assert not at_frame_boundary(protocol)
    protocol.receive_data(frame(b"rest", Opcode.CONT))
    assert at_frame_boundary(protocol)
