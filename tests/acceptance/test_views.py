"""What Valkey shows of a game after `kill -9` and a restart is what the game answers."""

import asyncio
import json
from decimal import Decimal
from pathlib import Path
from typing import Any

from redis.asyncio import Redis

from tests.support.processes import ServerProcess
from tests.support.serving import WITHIN_S, Player, player

GAME = "cx:{main.1}:"


class Reader:
    """A tool that looks at the views of a running server."""

    def __init__(self, data_dir: Path) -> None:
        told = json.loads((data_dir / "valkey.json").read_text())
        self._valkey = Redis(unix_socket_path=told["socket"])

    async def __aenter__(self) -> "Reader":
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._valkey.aclose()

    async def rows(self, view: str) -> dict[str, Any]:
        """The fields of a view."""
        fields = await self._valkey.hgetall(GAME + view)
        return {field.decode(): json.loads(row) for field, row in fields.items()}

    async def spoil(self) -> None:
        """Leave behind what a killed server may: a row too many, one too few, an old one."""
        await self._valkey.hset(GAME + "orders", "4711", '{"user":"ghost"}')
        await self._valkey.hdel(GAME + "orders", "1")
        await self._valkey.hset(GAME + "wallets", "alice", '{"BTC":{"free":"0","held":"0"}}')


async def shown(reader: Reader) -> tuple[dict[str, Any], dict[str, Any]]:
    """Open orders and wallets as Valkey shows them."""
    orders = {
        id: [row[name] for name in ("user", "symbol", "side", "price", "size")]
        for id, row in (await reader.rows("orders")).items()
    }
    wallets = {
        name: {asset: _amounts(row[asset]) for asset in ("BTC", "USD")}
        for name, row in (await reader.rows("wallets")).items()
        if name != "house"
    }
    return orders, wallets


async def answered(players: dict[str, Player]) -> tuple[dict[str, Any], dict[str, Any]]:
    """The same as the game answers it."""
    one = next(iter(players.values()))
    listed = (await one.ask("all_orders"))["data"]["maker"]
    orders = {
        row["id"]: [row[name] for name in ("user", "symbol", "side", "price", "size")]
        for row in listed
    }
    wallets = {}
    for name, each in players.items():
        assets = (await each.ask("wallets"))["data"]["assets"]
        wallets[name] = {asset: _amounts(row) for asset, row in assets.items()}
    return orders, wallets


def _amounts(row: dict[str, str]) -> tuple[Decimal, Decimal]:
    return Decimal(row["free"]), Decimal(row["held"])


async def test_views_are_true_again_after_a_kill(tmp_path: Path) -> None:
    """Whatever the killed server has left behind; and they stay true in play."""
    server = ServerProcess(tmp_path, "--rate-limit", "0")
    try:
        await server.start()
        async with player(server.ports["exchange"], "alice") as alice:
            async with player(server.ports["exchange"], "bob") as bob:
                for number in range(5):
                    await alice.ask("buy", price=str(900 + number), size="1")
                    await bob.ask("sell", price=str(1000 + number), size="1.5")
                await bob.ask("order", side="sell", type="limit", price="904", size="0.4")
                await alice.ask("cancel", order_id="3")
                tokens = {"alice": alice.token or "", "bob": bob.token or ""}
        async with Reader(tmp_path / "data") as reader:
            await reader.spoil()
        await server.kill()
        await server.start()
        port = server.ports["exchange"]
        async with (
            Reader(tmp_path / "data") as reader,
            player(port, "alice", token=tokens["alice"]) as alice,
            player(port, "bob", token=tokens["bob"]) as bob,
        ):
            players = {"alice": alice, "bob": bob}
            truth = await answered(players)
            assert len(truth[0]) == 9
            assert await shown(reader) == truth
            await alice.ask("cancel_all")
            truth = await answered(players)
            assert len(truth[0]) == 5
            async with asyncio.timeout(WITHIN_S):  # with a later commit, if the last one was now
                while await shown(reader) != truth:
                    await asyncio.sleep(0.05)
    finally:
        await server.stop()
