"""Servers for tests: brought up in the test's own loop, asked over real sockets, taken down."""

import asyncio
import json
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import websockets
from websockets.asyncio.client import ClientConnection

from cxgame.server.app import CxServer
from cxgame.server.exchange import CxExchange

PEM = Path(__file__).parent / "tls.pem"  # a key and its certificate for localhost and 127.0.0.1
WITHIN_S = 20  # a bound, not an expectation: the machine may be busy


class Served:
    """A server that plays in a task of the test's loop."""

    def __init__(self, server: CxExchange | CxServer) -> None:
        self.server = server
        self.said: list[str] = []
        self.task = asyncio.create_task(server.serve(self.said.append))

    async def until_ready(self) -> None:
        """Return once players are let in; raises what the start raised."""
        async with asyncio.timeout(WITHIN_S):
            while not self.server.ready.is_set():
                if self.task.done():
                    self.task.result()
                    raise AssertionError("the server ended before it was ready")
                await asyncio.sleep(0.005)

    async def end(self) -> None:
        """Return once the server has ended; raises what ended it."""
        await asyncio.wait_for(asyncio.shield(self.task), WITHIN_S)

    async def stop(self) -> None:
        """Suspend."""
        self.server.stop()
        await self.end()


@asynccontextmanager
async def served(server: CxExchange | CxServer) -> AsyncIterator[Served]:
    """A server that is ready, and ended afterwards if it has not ended by itself."""
    running = Served(server)
    try:
        await running.until_ready()
        yield running
    finally:
        server.stop()
        await asyncio.wait({running.task}, timeout=WITHIN_S)


@asynccontextmanager
async def player(
    port: int, name: str | None = None, tls: ssl.SSLContext | None = None, **auth: str
) -> AsyncIterator["Player"]:
    """A connection to the order server; registered as `name`, or logged in with a token."""
    scheme = "ws" if tls is None else "wss"
    async with websockets.connect(f"{scheme}://127.0.0.1:{port}", ssl=tls) as connection:
        one = Player(connection)
        if name is not None:
            command = "auth" if auth else "register"
            reply = await one.ask(command, username=name, **auth)
            assert reply["status"], reply
            one.token = reply["data"] or auth.get("token")
        yield one


class Player:
    """One who asks and is answered."""

    def __init__(self, connection: ClientConnection) -> None:
        self.connection = connection
        self.token: str | None = None

    async def ask(self, command: str, **params: Any) -> dict[str, Any]:
        """Send a command; returns the whole reply."""
        await self.connection.send(json.dumps({"cmd": command, "params": params}))
        reply: dict[str, Any] = json.loads(await asyncio.wait_for(self.connection.recv(), WITHIN_S))
        return reply

    async def end(self) -> tuple[int, str]:
        """Code and reason with which the server closes."""
        return await closing(self.connection)


async def closing(connection: ClientConnection) -> tuple[int, str]:
    """Code and reason with which a server closes; what comes before is passed over."""
    async with asyncio.timeout(WITHIN_S):
        async for _ in connection:
            pass
        await connection.wait_closed()
    return connection.close_code or 0, connection.close_reason or ""
