"""The two WebSocket faces on real sockets, each as what it does with a message.

The order server's listener has sessions that echo, so that a test sees what reached a session
byte for byte. The feed is the real one: it answers each request, and every other text, with one
frame of the type `error` or `subscribed`.
"""

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from typing import Any

from cxgame.server.feed import CxFeed
from cxgame.server.sockets.listener import Listener
from cxgame.server.sockets.peer import SocketLimits
from cxgame.wire.feed import MAX_REQUEST_BYTES
from tests.server.feed_watchers import Exchange
from tests.support.games import Bench
from tests.support.sockets import Recorder

WAIT_S = 20.0  # a bound, never a measure
CLOSE_S = 1.0  # nobody answers a close frame here; a machine that stands still must not pass it
LIMITS = SocketLimits(close_s=CLOSE_S)


@dataclass(frozen=True)
class Face:
    """One server that speaks WebSocket."""

    name: str
    port: int
    max_message: int
    echoes: bool  # else it only says that a message came
    connections: Callable[[], int]
    unread: Callable[[], int] = lambda: 0  # bytes that wait in the server's hands

    def is_reply(self, data: bytes) -> bool:
        """Whether a text frame is the reply to a message."""
        return self.echoes or json.loads(data)["type"] in ("error", "subscribed")


@asynccontextmanager
async def orders(limits: SocketLimits = LIMITS) -> AsyncIterator[Face]:
    """The order server's listener, with sessions that echo."""
    listener = Listener({"": Recorder, "main": Recorder}.get, limits)
    port = await listener.bind(["127.0.0.1"], 0)
    await listener.accept()
    try:
        yield Face("orders", port, limits.max_message, True, lambda: listener.connections)
    finally:
        async with asyncio.timeout(WAIT_S):
            await listener.close(1001, "The test is over.")
    assert listener.connections == 0


@asynccontextmanager
async def feed(bench: Bench | None = None, **options: Any) -> AsyncIterator[Face]:
    """The feed of a game that stands still."""
    if bench is None:
        bench = Bench()
        await bench.open_with("alice")
    served = CxFeed(port=0, bind="127.0.0.1", exchange=Exchange(bench), **options)
    await served.open()
    try:
        await asyncio.wait_for(served.follows(), WAIT_S)
        yield Face(
            *("feed", served.port, MAX_REQUEST_BYTES, False, lambda: served.spectators),
            unread=lambda: sum(spectator.unread_bytes for spectator in served._spectators),
        )
    finally:
        async with asyncio.timeout(WAIT_S):
            await served.close(1001, "The test is over.")
    assert served.spectators == 0


FACES: dict[str, Callable[[], AbstractAsyncContextManager[Face]]] = {"orders": orders, "feed": feed}
