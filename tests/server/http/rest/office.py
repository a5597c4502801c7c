"""An office for tests: a game as one user has it, and the routes about money in front of it."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from decimal import Decimal
from types import SimpleNamespace
from typing import Any

import httpx
from fastapi import FastAPI

from cxgame.auth import sha256
from cxgame.engine.engine import Engine
from cxgame.engine.ledger import Account
from cxgame.model.commands import PlacePending
from cxgame.model.enums import Liquidity, OrderType, SelfTrade, SellFee, Side
from cxgame.model.rules import MarketRules
from cxgame.oracle import Oracle, Quote
from cxgame.server.http.rest import admin, balances, errors, health, overview, tickers
from cxgame.server.http.rest.face import Face
from cxgame.server.http.rest.jobs import Intervals, Jobs
from cxgame.server.http.rest.keys import Keys
from cxgame.server.http.vitals import Condition
from cxgame.server.play.prices import build_oracle, tick
from cxgame.server.play.ticking import Ticking
from tests.server.rig import Rig

KEY = "the key of the test"
ROUTERS = [module.routes for module in (tickers, balances, overview, admin, health)]


def market(symbol: str, **changes: str) -> MarketRules:
    """A market with the fine steps of one-user mode."""
    base, _, quote = symbol.partition("/")
    steps = {"tick": "0.00000001", "lot": "0.000000000001"}
    least = {"min_size": steps["lot"], "min_price": steps["tick"], "min_amount": "0.00000001"}
    return MarketRules(symbol, base, quote, **{**steps, **least, "oracle": "valkey", **changes})


class Office:
    """The routes and what is behind them."""

    def __init__(self, **changes: Any) -> None:
        rules: dict[str, Any] = {
            "markets": (market("BTC/USDT"), market("ETH/USDT"), market("ETH/BTC")),
            "grants": {},
            "liquidity": Liquidity.HOUSE,
            "self_trade": SelfTrade.SKIP,
            "sell_fee": SellFee.HOLD,
            "cash_asset": "USDT",
            "max_open_orders": 0,
            **changes,
        }
        self.rig = Rig(**rules)
        self.app = FastAPI()
        errors.install(self.app)
        for router in ROUTERS:
            self.app.include_router(router)
        play = SimpleNamespace(host=self.rig.host)
        vitals: Any = SimpleNamespace(play=play, condition=Condition.READY)
        self.app.state.face = Face(vitals, keys=Keys(sha256(KEY)))
        self.app.state.prices = Ticking(self.rig.game, self._oracle(), None)
        self.http = self.client(KEY)

    @property
    def engine(self) -> Engine:
        return self.rig.game.engine

    @property
    def owner(self) -> Account:
        """The account of the game's own key."""
        return self.engine.accounts[self.engine.account_ids["mockx"]]

    def _oracle(self) -> Oracle:
        return build_oracle(self.engine.known_rules, self.engine.markets, "test")

    def client(self, key: str | None) -> httpx.AsyncClient:
        """Somebody with a key, or with none."""
        headers = {} if key is None else {"x-api-key": key}
        transport = httpx.ASGITransport(self.app)
        return httpx.AsyncClient(transport=transport, base_url="http://office", headers=headers)

    async def do(self, method: str, path: str, **more: Any) -> Any:
        """What a request is answered that is granted."""
        answer = await self.http.request(method, path, **more)
        assert answer.status_code == 200, answer.text
        return answer.json()

    async def refused(self, method: str, path: str, **more: Any) -> tuple[int, str]:
        """Status and code of a request that is not."""
        answer = await self.http.request(method, path, **more)
        assert answer.status_code >= 400, answer.text
        body = answer.json()
        assert body.keys() == {"error", "detail", "code"}
        return answer.status_code, body["code"]

    def set_price(
        self,
        symbol: str,
        price: Decimal,
        bid_volume: Decimal | None = None,
        ask_volume: Decimal | None = None,
    ) -> None:
        """Quote a market at once, as the oracle beside a game would."""
        place = self.engine.markets[self.engine.market_ids[symbol]]
        index, carry = place.tick_index + 1, f'{{"price":"{price}"}}'
        quote = Quote(symbol, index, price, price, price, bid_volume, ask_volume, carry)
        self.rig.bench.submit(tick(quote, place.market, seed=1))

    def place(self, side: Side, lots: int, price: str = "", symbol: str = "BTC/USDT") -> int:
        """An order of the owner's; limit with a price. Returns its id."""
        id = self.engine.market_ids[symbol]
        ticks = int(Decimal(price).scaleb(8)) if price else 0
        type = OrderType.LIMIT if price else OrderType.MARKET
        applied = self.rig.bench.submit(PlacePending(self.owner.id, id, side, type, ticks, lots))
        assert applied.order is not None, applied.rejection
        return applied.order.id

    def run_jobs(self, **intervals: float) -> Jobs:
        """Jobs that a test does by hand."""
        jobs = self.app.state.jobs = Jobs(self.rig.host, Intervals(**intervals))
        return jobs


@asynccontextmanager
async def office(**changes: Any) -> AsyncIterator[Office]:
    """An office that is open."""
    one = Office(**changes)
    await one.rig.start()
    one.run_jobs()
    try:
        async with one.http:
            yield one
    finally:
        await one.rig.stop()
