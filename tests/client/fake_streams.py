"""A fake exchange that pushes: books, trades and executions, and loses frames on demand.

Calls come from the thread of the test; what they push has left when they return.
"""

import asyncio
import json
from collections import deque
from collections.abc import Coroutine
from dataclasses import dataclass, field
from enum import Enum
from typing import Any
from zlib import crc32

from websockets.asyncio.server import ServerConnection

from tests.client.fakes import FakeExchange, Fault, Reply

SYMBOL = "BTC/USD"
TS = 1795218107.816


class Harm(Enum):
    """What happens to one pushed frame on its way."""

    NONE = "nothing"
    DROP = "it is lost"
    TWICE = "it comes twice"
    LATE = "it comes after the next one"
    CORRUPT = "a size in it is another one"


@dataclass
class Follower:
    """What one connection is subscribed to, and how far it has been told."""

    websocket: ServerConnection
    user: str | None
    channels: list[str] = field(default_factory=list)
    symbol: str | None = None
    timeframe: str | None = None
    depth_seq: dict[str, int] = field(default_factory=dict)
    private_seq: int = 0


class StreamingExchange(FakeExchange):
    """A `FakeExchange` with channels. `harms` meet the next frames of changes, one each."""

    def __init__(self) -> None:
        super().__init__()
        self.symbols = [SYMBOL, "ETH/USD"]
        self.books: dict[str, tuple[dict[str, str], dict[str, str]]] = {
            symbol: ({"999.00": "1.0", "998.50": "2.0"}, {"1001.00": "1.5", "1002.00": "4.0"})
            for symbol in self.symbols
        }
        self.rows: list[dict[str, Any]] = []
        self.funds = {"USD": ("10000.00", "0.00", "10000.00"), "BTC": ("10.0", "0.0", "10.0")}
        self.seq = 100
        self.harms: deque[Harm] = deque()
        self.deaf_to_resyncs = 0  # so many of them bring no snapshot
        self.lost_snapshots = 0  # of so many subscriptions
        self.followers: dict[ServerConnection, Follower] = {}
        self._late_frames: list[str] = []
        self._trades = 0
        # A reply and the snapshots behind it leave together, with no other frame in between.
        self._leaving = asyncio.Lock()

    # What happens on the market

    def level(self, side: int, price: str, size: str, symbol: str = SYMBOL) -> None:
        """A level (side 0: bid, 1: ask) has another size; "0" removes it."""
        self._tell(self._level(side, price, size, symbol))

    def trade(self, price: str, symbol: str = SYMBOL) -> None:
        """A trade of one coin."""
        self._trades += 1
        message = {"size": "1.0", "price": price, "buy_id": "1", "sell_id": "2"}
        frame = {"type": "match", "symbol": symbol, "trade_id": str(self._trades), "side": "buy"}
        self._tell(self._push("trades", {**frame, "message": message}))

    def candle(self, timeframe: str, close: str) -> None:
        """The running candle of a timeframe has another close."""
        frame = {"type": "candle", "symbol": SYMBOL, "timeframe": timeframe, "close": close}
        self._tell(self._push("candles", frame))

    def execution(self, event: str, row: dict[str, Any], **more: Any) -> None:
        """Something happened to an order of everybody who follows executions."""
        self._tell(self._execution(row, {"type": "execution", "event": event, **more}))

    def wallet(self, asset: str, free: str, held: str, total: str) -> None:
        """Everybody who follows executions has another wallet."""
        self._tell(self._wallet(asset, (free, held, total)))

    def say(self, frame: dict[str, Any]) -> None:
        """Push anything to everybody."""
        self._tell(self._push(None, frame))

    def cut(self) -> None:
        """Break every connection, without goodbye."""
        self._run(self._cut())

    def close_all(self, reason: str) -> None:
        """Close every connection with a reason, and go on listening."""
        self._run(self._close_all(reason))

    # How

    def _tell(self, work: Coroutine[Any, Any, None]) -> None:
        async def alone() -> None:
            async with self._leaving:
                await work

        self._run(alone())

    async def _execution(self, row: dict[str, Any], frame: dict[str, Any]) -> None:
        self.rows = [known for known in self.rows if known["id"] != row["id"]]
        if row["status"] == "open":
            self.rows.append(row)
        await self._push_private({**frame, "order": row})

    async def _wallet(self, asset: str, funds: tuple[str, str, str]) -> None:
        self.funds[asset] = funds
        await self._push_private({"type": "wallets", "wallets": self._wallets(asset)})

    async def _answer(
        self, websocket: ServerConnection, session: dict[str, str | None], request: dict[str, Any]
    ) -> None:
        async with self._leaving:
            self._asked_by = websocket
            await super()._answer(websocket, session, request)
            follower = self.followers.get(websocket)
            if follower is not None:
                await self._follow_up(follower, request)

    async def _follow_up(self, follower: Follower, request: dict[str, Any]) -> None:
        """The snapshots behind a reply."""
        if request["cmd"] == "subscribe" and self.lost_snapshots:
            self.lost_snapshots -= 1
        elif request["cmd"] == "subscribe" and follower.channels:
            await self._snapshots(follower, request["params"]["channels"])
        if request["cmd"] == "resync" and self.deaf_to_resyncs:
            self.deaf_to_resyncs -= 1
        elif request["cmd"] == "resync":
            for symbol in self.symbols:
                if request["params"].get("symbol", symbol) == symbol:
                    await self._send(follower.websocket, self._book(follower, symbol))

    def _carry_out(self, session: dict[str, str | None], cmd: str, params: Reply) -> Reply:
        match cmd:
            case "subscribe":
                return self._subscribe(session["user"], params)
            case "unsubscribe":
                follower = self.followers[self._asked_by]
                gone = params.get("channels", follower.channels)
                follower.channels = [each for each in follower.channels if each not in gone]
                return _done({"channels": follower.channels})
            case "resync":
                return _done(None)
            case "markets":
                return _done([{"symbol": symbol} for symbol in self.symbols])
        return super()._carry_out(session, cmd, params)

    def _subscribe(self, user: str | None, params: Reply) -> Reply:
        symbol = params.get("symbol")
        if symbol not in (None, *self.symbols):
            return _refused("FILTER_SYMBOL", f"Unknown symbol: {symbol}.")
        if "executions" in params["channels"] and user is None:
            return _refused("AUTH_REQUIRED", "You must be authenticated.")
        follower = self.followers.setdefault(self._asked_by, Follower(self._asked_by, user))
        new = [each for each in params["channels"] if each not in follower.channels]
        follower.channels = [*follower.channels, *new]
        if params["channels"] != ["executions"]:
            follower.symbol = symbol
        follower.timeframe = params.get("timeframe", follower.timeframe)
        return _done({"channels": follower.channels, "symbol": follower.symbol})

    async def _snapshots(self, follower: Follower, named: list[str]) -> None:
        """Of executions, if named; of market data, if anything of it is named."""
        if "depth" in follower.channels and named != ["executions"]:
            for symbol in self.symbols:
                if follower.symbol in (None, symbol):
                    await self._send(follower.websocket, self._book(follower, symbol))
        if "executions" in named:
            follower.private_seq = 0
            frame = {"type": "executions_snapshot", "seq": 0, "orders": self.rows}
            await self._send(follower.websocket, {**frame, "wallets": self._wallets(*self.funds)})

    def _wallets(self, *assets: str) -> dict[str, Any]:
        names = ("free", "held", "total")
        return {asset: dict(zip(names, self.funds[asset], strict=True)) for asset in assets}

    def _book(self, follower: Follower, symbol: str) -> dict[str, Any]:
        follower.depth_seq[symbol] = self.seq
        bids, asks = self._sides(symbol)
        frame = {"type": "depth_snapshot", "symbol": symbol, "seq": self.seq}
        return {**frame, "bids": bids, "asks": asks, "checksum": checksum(bids, asks)}

    def _sides(self, symbol: str) -> tuple[list[list[str]], list[list[str]]]:
        bids, asks = self.books[symbol]
        rising = sorted(bids.items(), key=lambda row: float(row[0]))
        falling = [list(row) for row in reversed(rising)]
        return falling, [list(row) for row in sorted(asks.items(), key=lambda row: float(row[0]))]

    async def _level(self, side: int, price: str, size: str, symbol: str) -> None:
        levels = self.books[symbol][side]
        levels[price] = size
        if size == "0":
            del levels[price]
        self.seq += 1
        sides: list[list[list[str]]] = [[], []]
        sides[side] = [[price, size]]
        frame = {"type": "depth", "symbol": symbol, "seq": self.seq}
        frame |= {"bids": sides[0], "asks": sides[1], "checksum": checksum(*self._sides(symbol))}
        harm = self._harm()
        for follower in self._followers("depth", symbol):
            prev_seq = follower.depth_seq.get(symbol, 0)
            follower.depth_seq[symbol] = self.seq
            await self._harmed(follower.websocket, {**frame, "prev_seq": prev_seq}, harm)

    async def _push(self, channel: str | None, frame: dict[str, Any]) -> None:
        harm = self._harm()
        for follower in self._followers(channel, frame.get("symbol")):
            if frame.get("timeframe", follower.timeframe) == follower.timeframe:
                await self._harmed(follower.websocket, frame, harm)

    async def _push_private(self, frame: dict[str, Any]) -> None:
        harm = self._harm()
        for follower in self._followers("executions", None):
            follower.private_seq += 1
            await self._harmed(follower.websocket, {**frame, "seq": follower.private_seq}, harm)

    def _followers(self, channel: str | None, symbol: str | None) -> list[Follower]:
        return [
            each
            for each in self.followers.values()
            if each.websocket.state.name == "OPEN"
            and (channel is None or channel in each.channels)
            and (symbol is None or each.symbol in (None, symbol))
        ]

    def _harm(self) -> Harm:
        return self.harms.popleft() if self.harms else Harm.NONE

    async def _harmed(self, websocket: ServerConnection, frame: Any, harm: Harm) -> None:
        if harm is Harm.CORRUPT:
            rows = [[price, "7.7"] for price, _ in frame["bids"]]
            frame = {**frame, "bids": rows}
        text = json.dumps({"ts": TS, **frame})
        match harm:
            case Harm.DROP:
                return
            case Harm.LATE:
                self._late_frames.append(text)
                return
            case Harm.TWICE:
                await websocket.send(text)
        await websocket.send(text)
        while self._late_frames:
            await websocket.send(self._late_frames.pop())

    async def _send(self, websocket: ServerConnection, frame: dict[str, Any]) -> None:
        await websocket.send(json.dumps({"ts": TS, **frame}))

    async def _cut(self) -> None:
        for websocket in list(self.followers):
            websocket.transport.abort()
        self.followers.clear()

    async def _close_all(self, reason: str) -> None:
        await asyncio.gather(*(each.close(1001, reason) for each in self.followers))
        self.followers.clear()


def checksum(bids: list[list[str]], asks: list[list[str]]) -> int:
    """The exchange's sum, written from the protocol and not from the client."""
    parts = []
    for rank in range(10):
        for side in (bids, asks):
            if rank < len(side):
                parts += side[rank]
    return crc32(":".join(parts).encode())


def order_row(id: str, status: str = "open", **more: Any) -> dict[str, Any]:
    """An order as it is shown."""
    row = {"id": id, "status": status, "symbol": SYMBOL, "side": "buy", "type": "limit"}
    return {**row, "price": "999.00", "filled_size": "0.0", "cid": f"cid-{id}", **more}


def _done(data: Any) -> Reply:
    return {"status": True, "message": "Done.", "data": data}


def _refused(code: str, message: str) -> Reply:
    return {"status": False, "message": message, "data": None, "code": code}


__all__ = ["SYMBOL", "Fault", "Harm", "StreamingExchange", "checksum", "order_row"]
