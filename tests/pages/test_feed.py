"""The page's line to a feed that says nothing yet, or of which something was lost."""

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import Browser
from websockets.asyncio.server import ServerConnection, serve
from websockets.exceptions import ConnectionClosed

from tests.pages.browsing import PageServer, Spectator, browser

pytestmark = pytest.mark.ci

HELLO: dict[str, Any] = {
    "type": "hello", "seq": 1, "game": "main", "number": 1, "phase": "open", "remaining": None,
    "markets": [], "house": False, "ts": 10,
}  # fmt: skip
SUBSCRIBED: dict[str, Any] = {"type": "subscribed", "channels": [], "symbol": None, "ts": 10}
SAID = {"type": "bcast", "user": "anna", "message": "hello", "ts": 10, "seq": 2, "prev_seq": 0}
BEAT = {"type": "heartbeat", "last_seq": 1, "phase": "open", "remaining": None, "ts": 10}


@pytest.fixture
async def chromium() -> AsyncIterator[Browser]:
    """A browser of the test's own."""
    async with browser() as started:
        yield started


class LyingFeed:
    """A feed that says on each connection what a test puts here, and then lives on."""

    def __init__(self, *told: list[dict[str, Any]]) -> None:
        self.told = list(told)
        self.connections = 0
        self.port = 0

    @asynccontextmanager
    async def open(self) -> AsyncIterator["LyingFeed"]:
        """Listen."""
        async with serve(self._talk, "127.0.0.1", 0) as server:
            self.port = next(iter(server.sockets)).getsockname()[1]
            yield self

    @property
    def uri(self) -> str:
        """Where it listens."""
        return f"ws://127.0.0.1:{self.port}"

    async def _talk(self, connection: ServerConnection) -> None:
        told = self.told[min(self.connections, len(self.told) - 1)]
        self.connections += 1
        with contextlib.suppress(ConnectionClosed):
            for frame in told:
                await connection.send(json.dumps(frame))
            while told:
                await connection.send(json.dumps(BEAT))
                await asyncio.sleep(0.2)
        await connection.wait_closed()


async def test_a_feed_that_has_not_begun_is_waited_for(chromium: Browser, tmp_path: Path) -> None:
    """One that is told later says nothing for as long; it is not called out of reach."""
    async with LyingFeed([]).open() as feed:
        with PageServer(tmp_path, feed.uri, "--refresh-seconds", "1") as pages:
            one = await Spectator.at(chromium, pages.url)
            await one.until("cxgame.feed._socket?.readyState === WebSocket.OPEN")
            await one.see(
                "(cxgame.feed._heardAt -= 30_000, cxgame.feed._missingSince -= 30_000,"
                " cxgame.feed._watch())"
            )
            assert await one.see("cxgame.feed._socket?.readyState") == 1
            assert feed.connections == 1
            assert await one.see("cxgame.feed.fruitless") == 0


@pytest.mark.parametrize("told", [[SAID], [HELLO, SAID]], ids=["hello", "subscribed"])
async def test_a_greeting_that_was_lost_is_asked_for_again(
    chromium: Browser, tmp_path: Path, told: list[dict[str, Any]]
) -> None:
    """As faults of the network do: what comes without it is not shown, and heartbeats go on."""
    async with LyingFeed(told, [HELLO, SUBSCRIBED, SAID]).open() as feed:
        with PageServer(tmp_path, feed.uri) as pages:
            one = await Spectator.at(chromium, pages.url)
            await one.until("cxgame.feed._heardAt > 0 && cxgame.feed._socket?.readyState === 1")
            await one.see("cxgame.feed._missingSince -= 30_000")
            await one.page.wait_for_selector("#messages >> text=hello")
            assert await one.texts("#messages .text") == ["hello"]
            assert feed.connections == 2
            assert await one.see("cxgame.feed.state") == "live"
