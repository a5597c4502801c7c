"""A simulator for tests: two markets in memory, its REST face, and sessions that talk to it."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from types import SimpleNamespace
from typing import Any

import httpx
from fastapi import FastAPI

from cxgame.auth import sha256
from cxgame.config import Settings
from cxgame.engine.engine import Engine
from cxgame.limits import Buckets, Limits
from cxgame.model.commands import Tick
from cxgame.model.enums import Liquidity
from cxgame.model.rules import MarketRules
from cxgame.server.http.rest import errors, health
from cxgame.server.http.rest.face import Face
from cxgame.server.http.rest.keys import Keys
from cxgame.server.http.rest.routing import add_routes
from cxgame.server.http.simulator.routers import ROUTERS
from cxgame.server.http.simulator.routing import Violations
from cxgame.server.http.vitals import Condition
from tests.server.rig import UNLIMITED, Rig

KEY = "the key of the test"
BTC, ETH = MarketRules("BTC/USD", "BTC", "USD"), MarketRules("ETH/USD", "ETH", "USD")
GRANTS = {"USD": "100000", "BTC": "10", "ETH": "100"}
BID, ASK = "49997.5", "50002.5"  # of the house, for BTC


class Session:
    """Somebody who asks."""

    def __init__(self, exchange: "Exchange", headers: dict[str, str]) -> None:
        transport = httpx.ASGITransport(exchange.app, client=("10.0.0.1", 1))
        self.http = httpx.AsyncClient(
            transport=transport, base_url="http://simulator", headers=headers
        )

    async def ask(self, method: str, path: str, **more: Any) -> httpx.Response:
        """The whole answer."""
        return await self.http.request(method, f"/api/v1{path}", **more)

    async def do(self, method: str, path: str, **more: Any) -> Any:
        """What a request is answered that is granted."""
        answer = await self.ask(method, path, **more)
        assert answer.status_code in (200, 201), answer.text
        return answer.json()

    async def refused(self, method: str, path: str, **more: Any) -> tuple[int, str, str]:
        """Status, sentence and code of a request that is not."""
        answer = await self.ask(method, path, **more)
        assert answer.status_code >= 400, answer.text
        body = answer.json()
        assert body.keys() == {"error", "code"}
        return answer.status_code, body["error"], body["code"]

    async def place(self, side: str, quantity: Any, price: Any = None, **more: Any) -> Any:
        """Place an order of BTC/USD: with a price a limit order."""
        return await self.do("POST", "/orders", json=order(side, quantity, price, **more))

    async def declined(self, side: str, quantity: Any, price: Any = None, **more: Any) -> Any:
        """Status, sentence and code with which an order is refused."""
        return await self.refused("POST", "/orders", json=order(side, quantity, price, **more))

    async def available(self, asset: str) -> tuple[str, str]:
        """What is there of an asset, and what of it is free."""
        body = await self.do("GET", "/balance")
        return body["balances"][asset], body["available"][asset]


class Exchange:
    """The face and what is behind it."""

    def __init__(self, limits: Limits = UNLIMITED, *, sandbox: bool = True, **rules: Any) -> None:
        wanted: dict[str, Any] = {
            "markets": (BTC, ETH),
            "grants": GRANTS,
            "liquidity": Liquidity.HOUSE,
            **rules,
        }
        self.rig = Rig(limits, **wanted)
        self.rig.host.sandbox = sandbox
        self.app = FastAPI()
        errors.install(self.app)
        add_routes(self.app, (*ROUTERS, health.routes))
        play = SimpleNamespace(host=self.rig.host)
        self.vitals: Any = SimpleNamespace(play=play, condition=Condition.READY)
        keys = Keys(sha256(KEY), limits=limits)
        self.app.state.face = Face(self.vitals, Settings(sandbox=sandbox), keys)
        self.app.state.visitors = Buckets[str](limits.rate_limit, limits.rate_burst)
        self.app.state.violations = Violations()
        self._sessions: list[Session] = []

    @property
    def engine(self) -> Engine:
        return self.rig.game.engine

    def session(self, name: str | None = None, **headers: str) -> Session:
        """Who names a session, or only sends these headers."""
        named = {} if name is None else {"X-Session-ID": name}
        session = Session(self, {**named, **headers})
        self._sessions.append(session)
        return session

    def quote(self, bid: int, ask: int, market: int = 0, **volumes: int) -> None:
        """Let the house stand at these prices, in ticks."""
        index = self.engine.markets[market].tick_index + 1
        self.rig.bench.submit(Tick(market, index, bid, ask, **volumes))

    async def close(self) -> None:
        for session in self._sessions:
            await session.http.aclose()
        await self.rig.stop()


@asynccontextmanager
async def simulator(limits: Limits = UNLIMITED, **more: Any) -> AsyncIterator[Exchange]:
    """A simulator that is open, at 50,000 for BTC and 3,000 for ETH, 1 bp around."""
    one = Exchange(limits, **more)
    one.rig.game.start()  # without an admin secret, which takes time to hash
    one.rig.host.open_if_ready()
    one.quote(4_999_750, 5_000_250)
    one.quote(299_985, 300_015, market=1)
    await one.rig.game.settled()
    try:
        yield one
    finally:
        await one.close()


def order(side: str, quantity: Any, price: Any = None, **more: Any) -> dict[str, Any]:
    """The body of an order of BTC/USD: with a price a limit order."""
    body = {"symbol": "BTC/USD", "side": side, "type": "MARKET", "quantity": quantity}
    if price is not None:
        body |= {"type": "LIMIT", "price": price}
    return {**body, **more}
