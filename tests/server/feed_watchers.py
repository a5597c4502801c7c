"""Feeds and spectators for tests: a game in memory, a real socket on a free port."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from websockets.asyncio.client import ClientConnection, connect

from cxgame.game import Game
from cxgame.server.feed import CxFeed
from tests.support.games import Bench

WAIT_S = 20.0  # a bound, never a measure


class Exchange:
    """What a feed needs of an exchange, around a game of the tests."""

    def __init__(self, bench: Bench | None = None) -> None:
        self.bench = bench
        self.loop: asyncio.AbstractEventLoop | None = asyncio.get_running_loop()
        self.game: Game | None = bench.game if bench else None
        self.journal = bench.journal if bench else None
        self.history: Path | None = None


async def playing(*names: str) -> tuple[Bench, list[int]]:
    """An open game with players."""
    bench = Bench()
    return bench, await bench.open_with(*names)


class Spectator:
    """The far end of a feed's connection."""

    def __init__(self, websocket: ClientConnection) -> None:
        self.websocket = websocket

    async def frame(self, *, beats: bool = False) -> dict[str, Any]:
        """The next frame; heartbeats only if asked for."""
        async with asyncio.timeout(WAIT_S):
            while True:
                frame = json.loads(await self.websocket.recv())
                assert isinstance(frame, dict)
                if beats or frame["type"] != "heartbeat":
                    return frame

    async def until(self, wanted: Callable[[dict[str, Any]], bool]) -> list[dict[str, Any]]:
        """Frames up to the first that is wanted, with it."""
        async with asyncio.timeout(WAIT_S):
            frames = [await self.frame(beats=True)]
            while not wanted(frames[-1]):
                frames.append(await self.frame(beats=True))
            return frames

    async def ask(self, cmd: str, **params: Any) -> None:
        """Send a request."""
        await self.websocket.send(json.dumps({"cmd": cmd, "params": params}))

    async def subscribe(self, *channels: str, symbol: str | None = None) -> dict[str, Any]:
        """Subscribe; returns the confirmation."""
        await self.ask("subscribe", channels=list(channels), symbol=symbol)
        frames = await self.until(lambda frame: frame["type"] in ("subscribed", "error"))
        return frames[-1]


@asynccontextmanager
async def broadcast(exchange: Exchange, **options: Any) -> AsyncIterator[CxFeed]:
    """A feed of a game, open until the block ends."""
    feed = CxFeed(port=0, bind="127.0.0.1", exchange=exchange, **options)
    await feed.open()
    try:
        yield feed
    finally:
        await feed.close(1001, "The test is over.")


@asynccontextmanager
async def spectator(feed: CxFeed, path: str = "", **options: Any) -> AsyncIterator[Spectator]:
    """A spectator that has been greeted is not there yet: the first frame is `hello`."""
    uri = f"ws://127.0.0.1:{feed.port}/{path}"
    async with connect(uri, compression=None, proxy=None, **options) as websocket:
        yield Spectator(websocket)
