"""Money never appears: whatever is asked over HTTP, in whatever order, the books are right.

The house quotes bid and ask at one price, so nobody can gain by trading: an account's equity at
that price stays, but for fees, and changes only by what an admin gives or takes.
"""

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cxgame.engine.engine import Engine
from cxgame.model.commands import Advance
from cxgame.model.units import ONE, parse_units
from cxgame.server.http.rest import orders
from tests.server.http.rest.office import Office, market
from tests.server.http.rest.office import office as opened

ASSETS = ("USDT", "BTC", "ETH")
FEES = {"maker_fee": "0.001", "taker_fee": "0.001"}
MARKETS = (market("BTC/USDT", **FEES), market("ETH/USDT", **FEES))
GRANTED, REFUSED = 200, {400, 404, 409, 422}

_assets = st.sampled_from((*ASSETS, *ASSETS, "ZZZ"))
_symbols = st.sampled_from(("BTC/USDT", "ETH/USDT"))
_sensible = st.decimals(0, 1_000_000, places=8).map("{:f}".format)
_odd = st.sampled_from(("0", "-1", "1e-24", "1e15", "1e16", "1e400", "NaN", "null", '"7"', "{}"))
_amounts = st.one_of(_sensible, _sensible, _sensible, _odd)
_lots = st.decimals("0.00000001", 3, places=12).map("{:f}".format)
_small = st.one_of(_lots, _lots, _lots, _lots, _odd)
_prices = st.decimals(1, 100, places=4)
_volumes = st.sampled_from(("0", "0.5", "2.25", "1000000"))

_sides = st.sampled_from(("buy", "sell"))
_market_order = st.tuples(st.just("market"), _symbols, _sides, _small)
_limit_order = st.tuples(st.just("limit"), _symbols, _sides, _small, _prices.map("{:f}".format))
STEPS = st.one_of(
    st.tuples(st.just("deposit"), _assets, _amounts),
    st.tuples(st.just("withdrawal"), _assets, _amounts),
    st.tuples(st.just("set"), _assets, _amounts, st.one_of(st.none(), _amounts)),
    st.tuples(st.just("price"), _symbols, _prices, _volumes, _volumes),
    *(_market_order, _market_order, _limit_order, _limit_order),
    st.tuples(st.just("cancel"), st.integers(0, 5)),
    st.tuples(st.just("wait"), st.integers(1, 10)),
)
ENDS = st.sampled_from(((), (("reset",),)))
BEGINNING = [("deposit", "USDT", "100000"), ("deposit", "BTC", "50"), ("deposit", "ETH", "50")]


class Machine:
    """One account over HTTP, and what it must have by now."""

    def __init__(self, office: Office) -> None:
        self.office = office
        self.prices = dict.fromkeys(ASSETS, ONE)  # units of USDT for one whole

    @property
    def engine(self) -> Engine:
        return self.office.engine

    def totals(self) -> dict[str, int]:
        """What the account has of each asset, in units."""
        account, assets = self.office.owner, self.engine.ledger.assets
        return {
            asset: account.free[assets.index(asset)] + account.held[assets.index(asset)]
            for asset in ASSETS
        }

    def equity(self, totals: dict[str, int]) -> int:
        """Exactly, at the house's prices."""
        return sum(totals[asset] * self.prices[asset] for asset in ASSETS)

    async def send(self, method: str, path: str, **members: str) -> Any:
        """The answer, None for a refusal; members are JSON."""
        body = ",".join(f'"{name}":{text}' for name, text in members.items())
        headers = {"content-type": "application/json"}
        answer = await self.office.http.request(
            method, path, content=f"{{{body}}}", headers=headers
        )
        assert answer.status_code == GRANTED or answer.status_code in REFUSED, answer.text
        return answer.json() if answer.status_code == GRANTED else None

    async def step(self, step: tuple[Any, ...]) -> None:
        """Do it, and see that it has done no more than it says."""
        earlier = self.totals()
        self.office.rig.bench.submit(Advance())  # what has fallen due by now is no part of the step
        before = self.totals()
        assert self.equity(before) <= self.equity(earlier)
        expected = await getattr(self, f"do_{step[0]}")(before, *step[1:])
        after = self.totals()
        if expected is None:  # orders may have been filled
            assert self.equity(after) <= self.equity(before)
        else:
            assert after == expected
        assert self.engine.violations() == []
        assert not any(self.engine.ledger.totals().values())

    async def do_deposit(self, before: dict[str, int], asset: str, amount: str) -> Any:
        granted = await self.send("POST", f"/balance/{asset}/deposit", amount=amount)
        return before if granted is None else {**before, asset: before[asset] + _units(amount)}

    async def do_withdrawal(self, before: dict[str, int], asset: str, amount: str) -> Any:
        granted = await self.send("POST", f"/balance/{asset}/withdrawal", amount=amount)
        return before if granted is None else {**before, asset: before[asset] - _units(amount)}

    async def do_set(self, before: dict[str, int], asset: str, free: str, used: str | None) -> Any:
        members = {"free": free} if used is None else {"free": free, "used": used}
        row = await self.send("PATCH", f"/admin/balance/{asset}", **members)
        if row is None:
            return before
        held = self.office.owner.held[self.engine.ledger.column(asset)]
        if used not in (None, "null"):
            assert held == _units(str(used))
        return {**before, asset: _units(free) + held}

    async def do_price(
        self, before: dict[str, int], symbol: str, price: Decimal, bid: str, ask: str
    ) -> None:
        path, text = f"/admin/tickers/{symbol}/price", f"{price:f}"
        assert await self.send("PATCH", path, price=text, bid_volume=bid, ask_volume=ask)
        self.prices[symbol.partition("/")[0]] = _units(text)

    async def do_market(self, before: dict[str, int], symbol: str, side: str, amount: str) -> None:
        await self.send("POST", "/orders", symbol=f'"{symbol}"', side=f'"{side}"', amount=amount)

    async def do_limit(
        self, before: dict[str, int], symbol: str, side: str, amount: str, limit: str
    ) -> None:
        words = {"symbol": f'"{symbol}"', "side": f'"{side}"', "type": '"limit"'}
        await self.send("POST", "/orders", **words, amount=amount, limit_price=limit)

    async def do_cancel(self, before: dict[str, int], which: int) -> Any:
        open_ids = sorted(self.office.owner.orders)
        id = open_ids[which % len(open_ids)] if open_ids else which
        await self.send("POST", f"/orders/{id}/cancel")

    async def do_wait(self, before: dict[str, int], seconds: int) -> None:
        await self.office.rig.game.settled()
        self.office.rig.bench.clock.pass_s(seconds)
        self.office.rig.bench.submit(Advance())

    async def do_reset(self, before: dict[str, int]) -> Any:
        assert await self.send("DELETE", "/admin/data")
        return dict.fromkeys(ASSETS, 0)


def _units(text: str) -> int:
    """An amount that was granted, in units."""
    plain = format(Decimal(text.strip('"')), "f")
    return parse_units(plain)


async def run(steps: list[tuple[Any, ...]]) -> None:
    async with opened(markets=MARKETS) as office:
        office.app.include_router(orders.routes)
        machine = Machine(office)
        for symbol in ("BTC/USDT", "ETH/USDT"):
            await machine.send("PATCH", f"/admin/tickers/{symbol}/price", price="1")
        for step in steps:
            await machine.step(step)


@given(st.lists(STEPS, min_size=15, max_size=25), ENDS)
@settings(max_examples=20)
async def test_money_never_appears(steps: list[tuple[Any, ...]], end: tuple[Any, ...]) -> None:
    """Every step moves what it says, and the rest stays; no asset is made or lost."""
    await run([*BEGINNING, *steps, *end])


@pytest.mark.ci
@given(st.lists(STEPS, min_size=40, max_size=80), ENDS)
@settings(max_examples=500)
async def test_money_never_appears_in_long_games(
    steps: list[tuple[Any, ...]], end: tuple[Any, ...]
) -> None:
    """The same, longer."""
    await run([*BEGINNING, *steps, *end])
