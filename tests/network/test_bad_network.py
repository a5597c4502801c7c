"""Clients behind boxes that cut, delay and duplicate end with the truth, and no order twice.

15 s of it in the suite; `make show-network MINUTES=5` shows five minutes of the same.
"""

import asyncio
import importlib.util
import logging
import os
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from websockets.asyncio.client import connect

from cxgame.client import CxClient
from tests.chaos.campaign import is_sound
from tests.network.audit import Auditor, in_the_end
from tests.network.boxes import HttpBox, SocketBox
from tests.network.by_client import TIMEOUT_S, ClientHand, ClientView
from tests.network.faults import Weather
from tests.network.trader import SYMBOL, Trader
from tests.support.processes import ServerProcess

SECONDS = float(os.environ.get("NETWORK_SECONDS", "15"))
SEED = int(os.environ.get("NETWORK_SEED", "1"))
FLAGS = ("--symbol", SYMBOL, "--maker-fee", "0.0005", "--taker-fee", "0.001")
STRANGERS = 2

log = logging.getLogger(__name__)


class Boxes(NamedTuple):
    """What stands before each of the server's ports."""

    exchange: SocketBox
    feed: SocketBox
    http: HttpBox


class Show:
    """A server, strangers who trade on it without a box, and the weather."""

    def __init__(self, server: ServerProcess, weather: Weather, boxes: Boxes) -> None:
        self.server = server
        self.weather = weather
        self.boxes = boxes

    async def enter(self, name: str, stack: AsyncExitStack) -> str:
        """A new player's token."""
        client = await stack.enter_async_context(CxClient(name, uri=self.server.uri))
        assert (await client.register()).status
        assert client.token is not None
        return client.token

    async def run(self, name: str, token: str, hand: Any, view: Any) -> None:
        """Trade through the weather; then everything must be right."""
        trader = Trader(name, SEED, hand)
        await view.open()
        try:
            async with AsyncExitStack() as stack:
                strangers = [await self._stranger(number, stack) for number in range(STRANGERS)]
                await asyncio.gather(
                    trader.play(SECONDS), *(one.play(SECONDS) for one in strangers)
                )
                self.weather.is_calm = True
            async with connect(self.server.uri, max_size=None) as socket:
                auditor = Auditor(socket)
                await auditor.ask("auth", username=name, token=token)
                await in_the_end(lambda: auditor.is_settled(view))
                await in_the_end(lambda: auditor.no_order_is_doubled(trader))
                fills = await in_the_end(auditor.money_adds_up)
        finally:
            await view.close()
        if hasattr(view, "trades"):
            assert view.trades == fills
        self._tell(trader, hand, len(fills))

    async def _stranger(self, number: int, stack: AsyncExitStack) -> Trader:
        name = f"stranger{number}"
        client = await stack.enter_async_context(CxClient(name, uri=self.server.uri))
        assert (await client.register()).status
        return Trader(name, SEED, ClientHand(client))

    def _tell(self, trader: Trader, hand: Any, fills: int) -> None:
        assert fills
        assert sum(self.weather.tally.values()) > len(self.weather.tally)
        log.info(
            "%s in %g s: %d orders placed, %d amended, %d cancelled, %d fills, %d answers in doubt",
            trader.name,
            SECONDS,
            len(trader.placed),
            trader.amended,
            len(trader.cancelled),
            fills,
            hand.doubts,
        )
        log.info("weather: %s", dict(sorted(self.weather.tally.items())))


@pytest.fixture
async def show(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> AsyncIterator[Show]:
    """A game with fees; at its end its journal is verified."""
    for chatty in ("websockets", "cxgame.client"):
        caplog.set_level(logging.ERROR, logger=chatty)
    async with _show(tmp_path) as running:
        yield running
        assert await running.server.terminate() == 0, running.server.output
        await is_sound(running.server.data)


@asynccontextmanager
async def _show(folder: Path) -> AsyncIterator[Show]:
    server, weather = ServerProcess(folder, *FLAGS), Weather(SEED)
    await server.start()
    try:
        async with AsyncExitStack() as stack:
            boxes = Boxes(
                await stack.enter_async_context(SocketBox(server.uri, weather)),
                await stack.enter_async_context(SocketBox(server.feed_uri, weather)),
                await stack.enter_async_context(HttpBox(server.ports["http"], weather)),
            )
            yield Show(server, weather, boxes)
    finally:
        await server.stop()


@pytest.mark.ci
async def test_the_client_ends_with_the_truth(show: Show) -> None:
    """`CxClient`: book, open orders, wallets, and one order for each cid."""
    async with AsyncExitStack() as stack:
        token = await show.enter("alice", stack)
        client = CxClient("alice", token=token, uri=show.boxes.exchange.uri, timeout_s=TIMEOUT_S)
        await stack.enter_async_context(client)
        view = ClientView(client, show.boxes.feed.uri)
        await show.run("alice", token, ClientHand(client), view)


@pytest.mark.ci
@pytest.mark.skipif(
    importlib.util.find_spec("ccxt") is None,
    reason="ccxt is not installed (`make show-network` and `make test-ccxt` install it)",
)
async def test_ccxt_ends_with_the_truth(show: Show) -> None:
    """`ccxt.pro`: book, open orders, balance, every trade once, and one order for each cid."""
    from tests.network.by_ccxt import CcxtHand, CcxtView, player

    boxes = show.boxes
    async with AsyncExitStack() as stack:
        token = await show.enter("bob", stack)
        exchange = player(token, boxes.http.url, boxes.feed.uri, boxes.exchange.uri)
        await show.run("bob", token, CcxtHand(exchange), CcxtView(exchange))
