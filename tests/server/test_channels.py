"""Channels over real connections: TLS, both kinds on one socket, to the last frame of the game."""

import asyncio
import json
import ssl
from typing import Any

import pytest

from cxgame.server.exchange import CxExchange
from tests.support.serving import PEM, WITHIN_S, Player, player, served

SECRET = "a secret of the test"


class Follower:
    """A player who takes what is pushed apart from the replies."""

    def __init__(self, one: Player) -> None:
        self.connection = one.connection
        self.pushed: list[dict[str, Any]] = []
        self.replies: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
        self.end = asyncio.create_task(self._read())

    async def ask(self, command: str, **params: Any) -> Any:
        """The data of a command that works."""
        await self.connection.send(json.dumps({"cmd": command, "params": params}))
        reply = await asyncio.wait_for(self.replies.get(), WITHIN_S)
        assert reply["status"], reply
        return reply["data"]

    def types(self) -> list[str]:
        """What was pushed."""
        return [frame["type"] for frame in self.pushed]

    async def until(self, *types: str) -> None:
        """Wait until all of these have come."""
        async with asyncio.timeout(WITHIN_S):
            while not set(types) <= set(self.types()):
                await asyncio.sleep(0.005)

    async def _read(self) -> tuple[int, str]:
        async for raw in self.connection:
            message = json.loads(raw)
            if "type" in message:
                assert not {"id", "status"} & set(message)
                self.pushed.append(message)
            else:
                self.replies.put_nowait(message)
        return self.connection.close_code or 0, self.connection.close_reason or ""


@pytest.mark.parametrize("secure", [False, True], ids=["plain", "tls"])
async def test_a_game_is_followed_to_its_end(secure: bool) -> None:
    """Executions and market data on one connection; the last frames come before the close."""
    tls = ssl.create_default_context(cafile=PEM) if secure else None
    server = CxExchange(
        port=0,
        bind="127.0.0.1",
        admin_secret=SECRET,
        memory=True,
        pem_file=PEM if secure else None,
    )
    async with (
        served(server),
        player(server.port, "alice", tls) as one,
        player(server.port, "bob", tls) as bob,
    ):
        alice = Follower(one)
        channels = ["executions", "trades", "depth", "ticker", "activity"]
        data = await alice.ask("subscribe", channels=channels, symbol="BTC/USD")
        assert set(data["channels"]) == set(channels)
        await alice.ask("buy", price="999", size="1")
        await bob.ask("sell_market", amount="0.25")
        await alice.until("match", "depth", "ticker", "buy")
        executions = [frame for frame in alice.pushed if frame["type"] == "execution"]
        assert [frame["event"] for frame in executions] == ["accepted", "filled"]
        async with player(server.port, "carol", tls):
            await alice.until("info")
        await bob.ask("shutdown", secret=SECRET)
        async with asyncio.timeout(WITHIN_S):
            assert await alice.end == (1001, "The game is over.")
        assert {"cancelled"} <= {frame.get("event") for frame in alice.pushed}
        assert {"shutdown", "csv"} <= set(alice.types())
        assert [f["bids"] for f in alice.pushed if f["type"] == "depth"][-1] == [["999.00", "0"]]
