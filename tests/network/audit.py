"""What the server itself says, asked directly, and held against what a client knows."""

import asyncio
import json
from collections import Counter
from collections.abc import Awaitable, Callable
from decimal import Decimal
from typing import Any, TypeVar

from websockets.asyncio.client import ClientConnection

from tests.network.trader import SYMBOL, Trader

START = {"USDT": Decimal(10_000), "BTC": Decimal(10)}
WITHIN_S = 60.0  # a bound, not an expectation
LOOK_S = 0.5

Found = TypeVar("Found")


async def in_the_end(check: Callable[[], Awaitable[Found]]) -> Found:
    """What a check finds once it holds; raises what it said last if it never does.

    A client may still be connecting, and the history on disk be some seconds behind.
    """
    deadline = asyncio.get_running_loop().time() + WITHIN_S
    while True:
        try:
            return await check()
        except AssertionError:
            if asyncio.get_running_loop().time() > deadline:
                raise
        await asyncio.sleep(LOOK_S)


class Auditor:
    """A player's own connection to the server, without a box between."""

    def __init__(self, socket: ClientConnection) -> None:
        self._socket = socket

    async def ask(self, command: str, **params: Any) -> Any:
        """The reply to a command."""
        await self._socket.send(json.dumps({"cmd": command, "params": params}))
        reply = json.loads(await self._socket.recv())
        assert reply["status"], reply
        return reply

    async def all_of(self, command: str, id_name: str) -> list[dict[str, Any]]:
        """A list of the past to its beginning."""
        rows: list[dict[str, Any]] = []
        more: dict[str, Any] = {}
        while True:
            reply = await self.ask(command, limit=1000, **more)
            rows += reply["data"]
            if not reply.get("more"):
                return rows
            more = {"before": reply["data"][-1][id_name]}

    async def is_settled(self, view: Any) -> None:
        """What a client knows is what the server says."""
        differences = await self._differences(view)
        assert not differences, "\n".join(differences)

    async def _differences(self, view: Any) -> list[str]:
        book = await self._book()
        rows = await self._open()
        orders = {row["id"]: (row["price"], row["quantity"], row["filled_size"]) for row in rows}
        wallets = await self._wallets()
        books = view.books()
        problems = [f"book {each} instead of {book}" for each in books if each != book]
        if not books:
            problems.append("there is no book")
        for what, told, known in (
            ("open orders", orders, view.orders()),
            ("wallets", wallets, view.wallets()),
        ):
            if told != known:
                problems.append(f"{what} {known} instead of {told}")
        return problems

    async def no_order_is_doubled(self, trader: Trader) -> None:
        """As the history has it: one order for each cid, and the one that was acknowledged."""
        rows = await self._open() + await self.all_of("completed", "id")
        cids = Counter(row.get("cid") for row in rows)
        assert not [cid for cid, count in cids.items() if count > 1]
        assert cids.keys() <= trader.asked
        ids = {row["cid"]: row["id"] for row in rows}
        missing = {cid: ids.get(cid) for cid, id in trader.placed.items() if ids.get(cid) != id}
        assert not missing
        still_open = {row["cid"] for row in rows if row["status"] == "open"}
        assert not still_open & trader.cancelled

    async def money_adds_up(self) -> Counter[tuple[str, str]]:
        """Wallets are what was granted and what the fills come to; returns the fills."""
        fills = await self.all_of("fills", "fill_id")
        owned = dict(START)
        for fill in fills:
            sign = 1 if fill["side"] == "buy" else -1
            size, price = Decimal(fill["filled_size"]), Decimal(fill["price"])
            owned["BTC"] += sign * size
            owned["USDT"] -= sign * size * price + Decimal(fill["fee"])
        wallets = await self._wallets()
        assert {asset: total for asset, (_, _, total) in wallets.items()} == owned
        assert (await self.ask("audit"))["data"] == []
        keys = Counter((fill["fill_id"], fill["order_id"]) for fill in fills)
        assert not [key for key, count in keys.items() if count > 1]
        return keys

    async def _book(self) -> dict[str, Any]:
        data = (await self.ask("book", symbol=SYMBOL, depth=1000))["data"]
        return {
            half: [(Decimal(price), Decimal(size)) for price, size in data[half]]
            for half in ("bids", "asks")
        }

    async def _open(self) -> list[dict[str, Any]]:
        data = (await self.ask("orders"))["data"]
        rows: list[dict[str, Any]] = data["maker"] + data["market"]
        return rows

    async def _wallets(self) -> dict[str, tuple[Decimal, ...]]:
        assets = (await self.ask("wallets"))["data"]["assets"]
        return {
            asset: tuple(Decimal(row[part]) for part in ("free", "held", "total"))
            for asset, row in assets.items()
        }
