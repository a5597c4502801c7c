"""Middle boxes: what stands between a client and the server, and does what the weather says.

Duplicated are messages and connections, never bytes: a byte that came twice would be no WebSocket
and no HTTP any more, and TCP keeps it from happening. A message that comes twice is what a client
or proxy makes that repeats what it had no answer to; a doubled connection is one whose messages,
login included, reach the server over a second connection as well.
"""

import asyncio
import contextlib
from typing import Any, Self

from websockets.asyncio.client import ClientConnection, connect
from websockets.asyncio.server import Server, ServerConnection, serve
from websockets.exceptions import WebSocketException

from tests.network.faults import Fate, Weather

APPLIED_S = 0.02  # so much later what was delivered last has had its effect
BROKEN = (OSError, WebSocketException, asyncio.IncompleteReadError)


class SocketBox:
    """Before a WebSocket server: passes messages on, both ways."""

    def __init__(self, target: str, weather: Weather) -> None:
        self._target = target
        self._weather = weather
        self._server: Server | None = None

    async def __aenter__(self) -> Self:
        self._server = await serve(self._pass, "127.0.0.1", 0, compression=None, max_size=None)
        return self

    async def __aexit__(self, *_: object) -> None:
        assert self._server is not None
        self._server.close()
        await self._server.wait_closed()

    @property
    def uri(self) -> str:
        """Where clients connect."""
        assert self._server is not None
        return f"ws://127.0.0.1:{next(iter(self._server.sockets)).getsockname()[1]}"

    async def _pass(self, near: ServerConnection) -> None:
        fate = self._weather.connection()
        far: list[ClientConnection] = []
        try:
            if fate.is_refused:
                return
            for _ in range(1 + fate.is_doubled):
                far.append(await connect(self._target, compression=None, max_size=None))
            await _until_one_ends(
                _requests(near, far, fate),
                _replies(far[0], near, fate),
                _lifetime(fate),
                *(_unheard(other) for other in far[1:]),
            )
        except BROKEN:
            return
        finally:
            for end in (near, *far):
                end.transport.abort()


async def _requests(near: ServerConnection, far: list[ClientConnection], fate: Fate) -> None:
    with contextlib.suppress(*BROKEN):
        async for message in near:
            await asyncio.sleep(fate.delay_s())
            if fate.is_lost():
                return
            for _ in range(1 + fate.comes_twice()):
                for end in far:
                    await end.send(message)
            if fate.is_cut():
                await asyncio.sleep(APPLIED_S)
                return


async def _replies(far: ClientConnection, near: ServerConnection, fate: Fate) -> None:
    with contextlib.suppress(*BROKEN):
        async for message in far:
            await asyncio.sleep(fate.delay_s())
            if fate.is_lost():
                return
            for _ in range(1 + fate.comes_twice()):
                await near.send(message)


async def _unheard(far: ClientConnection) -> None:
    """The replies to what came by the second connection."""
    with contextlib.suppress(*BROKEN):
        async for _ in far:
            pass


async def _lifetime(fate: Fate) -> None:
    await asyncio.sleep(fate.life_s)
    while not fate.is_cut_for_no_reason():  # the weather is calm
        await asyncio.sleep(fate.life_s + 1)


class HttpBox:
    """Before an HTTP server: passes requests on, each over a connection of its own."""

    def __init__(self, port: int, weather: Weather) -> None:
        self._port = port
        self._weather = weather
        self._server: asyncio.Server | None = None
        self._visits: set[asyncio.Task[Any]] = set()

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(self._visit, "127.0.0.1", 0)
        return self

    async def __aexit__(self, *_: object) -> None:
        assert self._server is not None
        self._server.close()
        for visit in self._visits:
            visit.cancel()
        await asyncio.gather(*self._visits, return_exceptions=True)

    @property
    def url(self) -> str:
        """Where clients connect."""
        assert self._server is not None
        return f"http://127.0.0.1:{self._server.sockets[0].getsockname()[1]}"

    async def _visit(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._visits.add(task)
        try:
            while await self._request(reader, writer):
                pass
        except BROKEN:
            return
        finally:
            self._visits.discard(task)
            writer.transport.abort()

    async def _request(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        """Pass one request and its response on; False: cut the connection."""
        request = await _message(reader)
        fate = self._weather.request()
        await asyncio.sleep(fate.delay_s())
        if fate.is_refused or fate.is_lost():
            return False
        for _ in range(1 + fate.comes_twice()):
            response = await self._asked(request)  # of the second, as a proxy that tries again
        if fate.is_cut():
            return False
        await asyncio.sleep(fate.delay_s())
        writer.write(response)
        await writer.drain()
        return True

    async def _asked(self, request: bytes) -> bytes:
        reader, writer = await asyncio.open_connection("127.0.0.1", self._port)
        try:
            writer.write(request)
            return await _message(reader)
        finally:
            writer.transport.abort()


async def _message(reader: asyncio.StreamReader) -> bytes:
    """A request or a response with its body."""
    head = await reader.readuntil(b"\r\n\r\n")
    length = 0
    for line in head.lower().split(b"\r\n"):
        if line.startswith(b"content-length:"):
            length = int(line.partition(b":")[2])
    return head + await reader.readexactly(length)


async def _until_one_ends(*ways: Any) -> None:
    tasks = [asyncio.ensure_future(way) for way in ways]
    try:
        await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
