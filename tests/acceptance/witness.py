"""A player who writes down everything that was acknowledged, to hold the server to it.

Speaks the protocol by itself, without the project's client, so that the record is independent.
"""

import asyncio
import json
import random
import secrets
from collections import deque
from decimal import Decimal
from typing import Any

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

USD_START, BTC_START = Decimal(1_000_000), Decimal(10_000)
UNKNOWN, HALTED = "STATE_UNKNOWN", "STATE_HALTED"
PACE_S = 0.02  # between requests
LISTED_WITHIN_S = 30.0  # until all that was done can be read: a bound, not an expectation


class Witness:
    """One player with a record."""

    def __init__(self, name: str, seed: int) -> None:
        self.name = name
        self.token = secrets.token_hex(32)
        self.registered = False  # acknowledged
        self.orders: dict[str, dict[str, Any]] = {}  # acknowledged, by order id
        self.cids: dict[str, str] = {}  # cid → order id, as acknowledged
        self.fills: dict[str, dict[str, Any]] = {}  # acknowledged with orders, by fill id
        self.cancelled: set[str] = set()  # acknowledged cancels
        self.surprises: list[str] = []
        self.refusals: dict[str, int] = {}
        self._draw = random.Random(seed)
        self._sent: deque[dict[str, Any]] = deque()  # not acknowledged yet
        self._count = 0
        self._socket: ClientConnection | None = None

    async def enter(self, uri: str) -> None:
        """Connect and log in; register first if that was never acknowledged."""
        self._socket = await connect(uri, compression=None, open_timeout=20)
        verb = "auth" if self.registered else "register"
        params = {"username": self.name, "token": self.token}
        reply = await self.ask_until_known({"cmd": verb, "params": params})
        if not reply["status"]:
            self.surprises.append(f"{verb}: {reply}")
        self.registered = True

    async def leave(self) -> None:
        """Close the connection."""
        if self._socket is not None:
            await self._socket.close()

    async def ask(self, message: dict[str, Any]) -> dict[str, Any]:
        """One request and its reply, with nothing else under way."""
        assert self._socket is not None
        await self._socket.send(json.dumps(message))
        reply: dict[str, Any] = json.loads(await asyncio.wait_for(self._socket.recv(), 20))
        return reply

    async def ask_until_known(self, message: dict[str, Any]) -> dict[str, Any]:
        """The same, again while the game is halted."""
        async with asyncio.timeout(LISTED_WITHIN_S):
            while (reply := await self.ask(message)).get("code") in (UNKNOWN, HALTED):
                await asyncio.sleep(0.05)
        return reply

    async def repeat_doubtful(self) -> None:
        """Send again what was not answered before the connection broke."""
        doubtful, self._sent = self._sent, deque()
        for message in doubtful:
            self._note(message, await self.ask(message), again=True)

    async def play(self) -> None:
        """Send requests and note their replies until the connection breaks."""
        assert self._socket is not None
        sender = asyncio.create_task(self._send(self._socket))
        try:
            while True:
                reply = json.loads(await self._socket.recv())
                self._note(self._sent.popleft(), reply, again=False)
        except (ConnectionClosed, OSError):
            await sender

    async def _send(self, socket: ClientConnection) -> None:
        """Send at a steady pace, whether or not replies come."""
        try:
            while True:
                message = self._next()
                self._sent.append(message)
                await socket.send(json.dumps(message))
                await asyncio.sleep(PACE_S)
        except (ConnectionClosed, OSError):
            return

    def _next(self) -> dict[str, Any]:
        """A limit, IOC or market order, or a cancel."""
        draw = self._draw
        open_ids = [id for id, order in self.orders.items() if order["status"] == "open"]
        if open_ids and draw.random() < 0.2:
            return {"cmd": "cancel", "params": {"order_id": draw.choice(open_ids[-20:])}}
        self._count += 1
        params: dict[str, Any] = {
            "side": draw.choice(("buy", "sell")),
            "type": "limit",
            "size": f"{draw.randrange(1, 100) / 1000:.3f}",
            "price": f"{1000 + draw.randrange(-20, 21) / 10:.2f}",
            "cid": f"{self.name}-{self._count}",
        }
        kind = draw.random()
        if kind < 0.2:
            params["time_in_force"] = "ioc"
        elif kind < 0.4:
            params["type"] = "market"
            del params["price"]
        return {"cmd": "order", "params": params}

    def _note(self, message: dict[str, Any], reply: dict[str, Any], *, again: bool) -> None:
        if not reply["status"]:
            self._note_refusal(message, reply, again=again)
        elif message["cmd"] == "cancel":
            self.cancelled.add(message["params"]["order_id"])
            self.orders[message["params"]["order_id"]]["status"] = "cancel"
        else:
            self._note_order(message["params"]["cid"], reply["data"], again=again)

    def _note_refusal(self, message: dict[str, Any], reply: dict[str, Any], *, again: bool) -> None:
        code = reply["code"]
        self.refusals[code] = self.refusals.get(code, 0) + 1
        if message["cmd"] == "cancel" and code == "ORDER_NOT_FOUND":
            order = self.orders[message["params"]["order_id"]]
            order["status"] = "over"  # filled meanwhile, or cancelled by the lost request
        elif code not in ("ORDER_NO_MATCH", "FUNDS_QUOTE", "FUNDS_BASE"):
            self.surprises.append(f"{message}: {reply}")

    def _note_order(self, cid: str, order: dict[str, Any], *, again: bool) -> None:
        if order.get("replayed") and not again:
            self.surprises.append(f"{cid} was new and called replayed")
        if self.cids.setdefault(cid, order["id"]) != order["id"]:
            self.surprises.append(f"{cid} became two orders")
        self.orders[order["id"]] = order
        for fill in order.get("fills", ()):
            self.fills[fill["fill_id"]] = fill

    async def compare(self) -> list[str]:
        """What the server says that the record does not bear out; nothing if all is well."""
        orders = (await self.ask({"cmd": "orders", "params": {}}))["data"]
        open_orders = [*orders["maker"], *orders["market"]]
        completed, fills = (
            await self._whole("completed", "id"),
            await self._whole("fills", "fill_id"),
        )
        wallets = (await self.ask({"cmd": "wallets", "params": {}}))["data"]
        problems = [*self.surprises, *self._compare_orders(open_orders, completed)]
        problems += self._compare_fills(fills)
        problems += self._compare_wallets(wallets, open_orders, fills)
        return [f"{self.name}: {problem}" for problem in problems]

    async def _whole(self, command: str, key: str) -> list[dict[str, Any]]:
        """A list of the past from its beginning; what is on its way to disk is waited for."""
        rows: list[dict[str, Any]] = []
        async with asyncio.timeout(LISTED_WITHIN_S):
            while True:
                after = rows[-1][key] if rows else 0
                reply = await self.ask({"cmd": command, "params": {"after": after, "limit": 500}})
                rows += reply["data"]
                if not reply.get("more"):
                    return rows
                await asyncio.sleep(0 if reply["data"] else 0.05)

    def _compare_orders(
        self, open_orders: list[dict[str, Any]], completed: list[dict[str, Any]]
    ) -> list[str]:
        told = [*open_orders, *completed]
        ids = [order["id"] for order in told]
        problems = [f"order {id} is told twice" for id in set(ids) if ids.count(id) > 1]
        by_cid: dict[str, str] = {}
        for order in told:
            if by_cid.setdefault(order["cid"], order["id"]) != order["id"]:
                problems.append(f"{order['cid']} became two orders")
        problems += [f"order {id} of {cid} is lost" for cid, id in self.cids.items()
                     if by_cid.get(cid) != id]  # fmt: skip
        problems += [f"{cid} is an order that was never asked for" for cid in by_cid
                     if cid not in self.cids]  # fmt: skip
        still_open = {order["id"] for order in open_orders}
        problems += [f"order {id} was cancelled and is open" for id in self.cancelled & still_open]
        filled = {order["id"]: Decimal(order["filled_size"]) for order in told}
        for id, order in self.orders.items():
            if Decimal(order["filled_size"]) > filled.get(id, Decimal(0)):
                problems.append(f"order {id} was filled further than it is now")
        return problems

    def _compare_fills(self, told: list[dict[str, Any]]) -> list[str]:
        by_id = {fill["fill_id"]: fill for fill in told}
        keys = ("filled_size", "price", "side", "order_id", "role")
        problems = [] if len(by_id) == len(told) else ["a fill is told twice"]
        for id, fill in self.fills.items():
            now = by_id.get(id)
            if now is None or any(now[key] != fill[key] for key in keys):
                problems.append(f"fill {id} is lost or altered")
        return problems

    def _compare_wallets(
        self, told: dict[str, Any], open_orders: list[dict[str, Any]], fills: list[dict[str, Any]]
    ) -> list[str]:
        """Start + every fill - every hold, in exact decimals."""
        usd, btc = USD_START, BTC_START
        for fill in fills:
            size, price = Decimal(fill["filled_size"]), Decimal(fill["price"])
            sign = 1 if fill["side"] == "buy" else -1
            usd -= sign * size * price
            btc += sign * size
        for order in open_orders:
            size, price = Decimal(order["size"]), Decimal(order["price"])
            if order["side"] == "buy":
                usd -= size * price
            else:
                btc -= size
        if (Decimal(told["usd"]), Decimal(told["crypto"])) != (usd, btc):
            return [f"wallets {told['usd']} {told['crypto']} should be {usd} {btc}"]
        return []
