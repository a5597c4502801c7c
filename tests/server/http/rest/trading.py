"""An office where orders are placed: a funded owner, a fee of a thousandth, prices by hand."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from decimal import Decimal
from typing import Any

from cxgame.server.http.rest import orders
from tests.server.http.rest.office import Office, market
from tests.server.http.rest.office import office as opened

FEES = {"maker_fee": "0.001", "taker_fee": "0.001"}
MARKETS = (market("BTC/USDT", **FEES), market("ETH/USDT", **FEES))
WITHIN_S = 10


@asynccontextmanager
async def trading(**changes: Any) -> AsyncIterator["Trader"]:
    """With 10,000 USDT and one of each coin, at 60,000 for BTC and 3,000 for ETH."""
    async with opened(**{"markets": MARKETS, **changes}) as office:
        if orders.routes not in office.app.router.routes:
            office.app.include_router(orders.routes)
        funds = {"USDT": 10_000}
        for symbol, price in {"BTC/USDT": 60_000, "ETH/USDT": 3_000}.items():
            if symbol in office.engine.market_ids:
                office.set_price(symbol, Decimal(price))
                funds[symbol[:3]] = 1
        for asset, amount in funds.items():
            await office.do("POST", "/admin/fund", json={"asset": asset, "amount": amount})
        yield Trader(office)


class Trader:
    """Orders in few words."""

    def __init__(self, office: Office) -> None:
        self.office = office
        self.do = office.do
        self.refused = office.refused

    async def order(self, side: str, amount: Any, limit: Any = None, **more: Any) -> Any:
        """Place an order of BTC/USDT."""
        body = {"symbol": "BTC/USDT", "side": side, "amount": amount, **more}
        if limit is not None:
            body |= {"type": "limit", "limit_price": limit}
        return await self.do("POST", "/orders", json=body)

    async def ids(self, **filters: Any) -> list[str]:
        """The ids of a list, as both lists have them."""
        listed = await self.do("GET", "/orders/list", params=filters)
        rows = await self.do("GET", "/orders", params=filters)
        assert [row["id"] for row in rows] == listed["orders"]
        assert listed["length"] == len(rows)
        ids: list[str] = listed["orders"]
        return ids

    async def get(self, id: str) -> Any:
        """An order with its history."""
        return await self.do("GET", f"/orders/{id}", params={"include_history": True})

    async def balance(self, asset: str) -> tuple[float, float]:
        """Free and used."""
        row = await self.do("GET", f"/balance/{asset}")
        return row["free"], row["used"]

    def price(self, price: Any, bid: Any = None, ask: Any = None) -> None:
        """Quote BTC/USDT by hand; volumes without end unless said."""
        volumes = [None if each is None else Decimal(str(each)) for each in (bid, ask)]
        self.office.set_price("BTC/USDT", Decimal(str(price)), *volumes)

    async def pass_s(self, seconds: float) -> None:
        """Let time pass, and do what falls due."""
        bench = self.office.rig.bench
        bench.clock.pass_s(seconds)
        bench.game._let_time_pass()  # what a timer would do
        await asyncio.wait_for(bench.game.settled(), WITHIN_S)
