"""Bots in play, against a real server in the same process."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, cast

import pytest

from cxgame.bots import BotSpec, UnknownBot, run_bot
from cxgame.bots.noise import Noise
from cxgame.bots.playing import Bot, CannotPlay
from cxgame.bots.view import Draws
from cxgame.client import CxClient, OrderList, Response
from cxgame.model.commands import Close, Pause, Start
from cxgame.model.enums import Phase
from cxgame.server.app import CxServer
from tests.bots.views import TERMS
from tests.support.serving import WITHIN_S, Served, served


def server(**settings: Any) -> CxServer:
    """A server in memory on free ports, with a moving price."""
    ports = {"exchange_port": 0, "feed_port": 0, "http_port": 0}
    defaults: dict[str, Any] = {
        "bind": "127.0.0.1",
        "memory": True,
        "admin_secret": "a secret",
        "oracle": "gbm",
        "seed": 5,
        "tick_interval": 0.1,
    }
    return CxServer(**ports, **{**defaults, **settings})


def uris(running: Served) -> dict[str, str]:
    """Where a bot finds the server."""
    assert isinstance(running.server, CxServer)
    return {
        "uri": f"ws://127.0.0.1:{running.server.exchange.port}",
        "feed_uri": f"ws://127.0.0.1:{running.server.feed.port}",
    }


@asynccontextmanager
async def bots(running: Served, *names: str) -> AsyncIterator[list["asyncio.Task[None]"]]:
    """Bots that play until the end of the block."""
    tasks = [
        asyncio.create_task(run_bot(BotSpec(name, f"bot-{name}"), seed=1, **uris(running)))
        for name in names
    ]
    try:
        yield tasks
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def trades(running: Served, more: int, tasks: list["asyncio.Task[None]"]) -> None:
    """Wait for so many further trades, while every bot plays."""
    game = running.server.game
    assert game is not None
    wanted = game.engine.last_trade_id + more
    async with asyncio.timeout(WITHIN_S):
        while game.engine.last_trade_id < wanted:
            assert not any(task.done() for task in tasks)
            await asyncio.sleep(0.05)


@pytest.mark.ci
async def test_three_bots_trade_until_the_game_is_over() -> None:
    """With each other, through a pause, leaving the books sound; then they end by themselves."""
    async with served(server()) as running:
        game = running.server.game
        assert game is not None
        async with bots(running, "maker", "random", "momentum") as tasks:
            await trades(running, 20, tasks)
            game.submit(Pause(), "test", 0, None)
            await game.settled()
            before = game.engine.last_order_id
            await asyncio.sleep(1.0)
            assert game.engine.last_order_id == before
            game.submit(Start(), "test", 0, None)
            await trades(running, 10, tasks)
            assert game.engine.violations() == []
            game.submit(Close("shutdown"), "test", 0, None)
            await asyncio.wait_for(asyncio.gather(*tasks), WITHIN_S)
        assert game.engine.phase is Phase.CLOSED
        traders = {row.user for row in game.engine.standings() if row.base != "10.0"}
        assert traders == {"bot-maker", "bot-random", "bot-momentum"}


async def test_bots_wait_for_the_opening() -> None:
    """Entered in time, they place nothing before the game has begun."""
    async with served(server(started=False)) as running:
        game = running.server.game
        assert game is not None
        async with bots(running, "maker") as tasks:
            async with asyncio.timeout(WITHIN_S):
                while "bot-maker" not in game.engine.account_ids:
                    await asyncio.sleep(0.02)
            await asyncio.sleep(0.7)
            assert game.engine.last_order_id == 0
            game.submit(Start(), "test", 0, None)
            running.server.exchange.play.host.open_if_ready()  # type: ignore[union-attr]
            async with asyncio.timeout(WITHIN_S):
                while not game.engine.orders:
                    assert not tasks[0].done()
                    await asyncio.sleep(0.02)


async def test_whoever_may_not_enter_is_told_why() -> None:
    """Not on the list, an unknown market, or a name that is taken: one sentence."""
    async with served(server(whitelist="alice")) as running:
        with pytest.raises(CannotPlay, match="not in whitelist"):
            await run_bot("maker", **uris(running))
    async with served(server()) as running:
        with pytest.raises(CannotPlay, match="DOGE/USD"):
            await run_bot("maker", symbol="DOGE/USD", **uris(running))
        async with bots(running, "maker"):
            async with asyncio.timeout(WITHIN_S):
                while "bot-maker" not in running.server.game.engine.account_ids:
                    await asyncio.sleep(0.02)
            with pytest.raises(CannotPlay, match=r"already registered\. If .* CXGAME_TOKEN"):
                await run_bot("maker", user="bot-maker", **uris(running))


async def test_whose_token_was_replaced_is_told_so() -> None:
    """No waiting brings the old one back."""
    async with served(server()) as running, bots(running, "maker") as (task,):
        game = running.server.game
        assert game is not None
        async with asyncio.timeout(WITHIN_S):
            while not game.engine.orders:
                await asyncio.sleep(0.02)
            async with CxClient(uri=uris(running)["uri"]) as organiser:
                assert await organiser.rotate_user("bot-maker", "a secret")
            with pytest.raises(CannotPlay, match="Invalid token"):
                await task


@pytest.mark.ci
async def test_nobody_there_is_said_at_once() -> None:
    """A wrong address is not waited for."""
    with pytest.raises(CannotPlay):
        await asyncio.wait_for(
            run_bot("maker", uri="ws://127.0.0.1:9", feed_uri="ws://127.0.0.1:9"), WITHIN_S
        )
    with pytest.raises(UnknownBot):
        await run_bot("nobody", uri="ws://127.0.0.1:9", feed_uri="ws://127.0.0.1:9")


class DamagedLine:
    """A client whose answers make no sense."""

    user = "anna"

    async def wallets(self) -> Response:
        return Response(True, "Wallets.", {"assets": {"BTX": {}}})

    async def orders(self) -> Response:
        return Response(True, "Open orders list.", OrderList([], []))


async def test_what_was_damaged_on_its_way_ends_no_bot() -> None:
    """Frames and answers that make no sense say nothing; the next ones will."""
    bot = Bot(cast(CxClient, DamagedLine()), TERMS, Noise(), Draws(1, "anna"))
    bot.see({"type": "ticker", "mid": "1000"})
    bot.see({"type": "ticker", "mid": "1x00"})
    bot.see({"type": "book", "bids": [["999"]]})
    bot.see({"tyqe": "match"})
    assert bot.view.mid == 1000
    assert not await bot._look()
