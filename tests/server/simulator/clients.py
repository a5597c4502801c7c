"""Clients of `/ws` for tests: sessions of the dialect over a connection in memory."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from itertools import count
from typing import Any

from cxgame.limits import Limits
from cxgame.server.sessions.sandbox import open_session
from cxgame.server.simulator.hall import Hall
from cxgame.server.simulator.session import DialectSession
from tests.server.http.simulator.exchange import Exchange, simulator
from tests.server.rig import UNLIMITED, text_messages

WITHIN_S = 30.0  # a bound, never a measure
BTC = "BTC/USD"

Frame = dict[str, Any]


class Line:
    """The far end of a connection: all that was told, in order."""

    def __init__(self) -> None:
        self.address = "10.0.0.1"
        self.told: list[Frame] = []
        self.raw: list[bytes] = []  # what was pushed as frames, write by write
        self.reading = True
        self.closing: tuple[int, str] | None = None
        self.owes = 0  # answers, if every payload that is not pushed is one
        self.news = asyncio.Event()

    def write(self, payloads: list[bytes], pushed: int = 0) -> None:
        self.owes -= len(payloads) - pushed
        self.told += map(json.loads, payloads)
        self.news.set()

    def push(self, frames: bytes) -> bool:
        self.raw.append(frames)
        self.told += map(json.loads, text_messages(frames))
        self.news.set()
        return self.closing is None

    def is_closing(self) -> bool:
        return self.closing is not None

    unread_bytes = 0

    def close(self, code: int, reason: str) -> None:
        self.closing = self.closing or (code, reason)

    def pause_reading(self) -> None:
        self.reading = False

    def resume_reading(self) -> None:
        self.reading = True
        self.news.set()


class Client:
    """One connection."""

    def __init__(self, floor: "Floor", account: int) -> None:
        self.line = Line()
        self.session = DialectSession(floor.hall, self.line, account, is_sandboxed=True)
        self._ids = count(1)

    def send(self, raw: bytes) -> None:
        """One text message."""
        self.line.owes += 1
        self.session.receive(raw)

    def say(self, type: str, **members: Any) -> str:
        """Send a frame; returns its `request_id`."""
        request_id = f"r{next(self._ids)}"
        self.send(json.dumps({"type": type, "request_id": request_id, **members}).encode())
        return request_id

    async def ask(self, type: str, **members: Any) -> Frame:
        """Send a frame and wait for its answer."""
        request_id = self.say(type, **members)
        return await self.until(lambda frame: frame.get("request_id") == request_id)

    async def place(self, side: str, quantity: str, price: str | None = None, **more: Any) -> Frame:
        """Place an order of BTC/USD: with a price a limit order."""
        members = {"symbol": BTC, "side": side, "order_type": "MARKET", "quantity": quantity}
        if price is not None:
            members |= {"order_type": "LIMIT", "price": price}
        return await self.ask("PLACE_ORDER", **{**members, **more})

    async def until(self, is_it: Callable[[Frame], bool]) -> Frame:
        """The first frame that is it, come already or to come."""
        async with asyncio.timeout(WITHIN_S):
            while True:
                for frame in self.line.told:
                    if is_it(frame):
                        return frame
                self.line.news.clear()
                await self.line.news.wait()

    async def came(self, type: str, number: int = 1) -> Frame:
        """The so-and-so-manieth frame of a type, come already or to come."""
        await self.until(lambda _: len(self.of(type)) >= number)
        return self.of(type)[number - 1]

    def of(self, type: str) -> list[Frame]:
        """All frames of a type that have come."""
        return [frame for frame in self.line.told if frame["type"] == type]

    def types(self) -> list[str]:
        """The types of all that has come, in order."""
        return [frame["type"] for frame in self.line.told]


class Floor:
    """A game with a house, and who is there."""

    def __init__(self, exchange: Exchange) -> None:
        self.exchange = exchange
        self.rig = exchange.rig
        self.game = exchange.rig.game
        self.hall = Hall(exchange.rig.host)

    def client(self, name: str) -> Client:
        """A connection to an account, which is opened if it is not there."""
        account = open_session(self.rig.host, name)
        assert isinstance(account, int), account
        return Client(self, account)

    def tick(self, bid: int = 4_999_750, ask: int = 5_000_250, **volumes: int) -> None:
        """A tick of BTC/USD."""
        self.exchange.quote(bid, ask, **volumes)


@asynccontextmanager
async def floor(limits: Limits = UNLIMITED, **rules: Any) -> AsyncIterator[Floor]:
    """An open game: BTC at 50,000 and ETH at 3,000, the house 1 bp around."""
    async with simulator(limits, **rules) as exchange:
        yield Floor(exchange)
