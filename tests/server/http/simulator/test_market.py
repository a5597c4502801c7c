"""What everybody may see over `/api/v1`: prices, books, trades, the last 24 hours."""

from typing import Any

import pytest

from cxgame.history import recent as memory
from cxgame.history.reading import Reach
from cxgame.history.rows import Bounds, PublicTrade
from cxgame.model.enums import Liquidity, Mid
from tests.server.http.simulator.exchange import Exchange, Session, simulator

BTC = {"symbol": "BTC/USD"}


async def test_the_symbols(alice: Session) -> None:
    """All markets, in their order."""
    assert await alice.do("GET", "/symbols") == {"symbols": ["BTC/USD", "ETH/USD"]}


async def test_the_health_names_the_service(exchange: Exchange) -> None:
    """Clients of the simulator look for it; servers that are none say nothing of the kind."""
    session = exchange.session()
    named = {"status": "ok", "service": "crypto-exchange-simulator"}
    assert (await session.http.get("/health")).json() == named
    async with simulator(sandbox=False) as other:
        assert (await other.session().http.get("/health")).json() == {"status": "ok"}


async def test_a_ticker(exchange: Exchange, alice: Session) -> None:
    """Price and quote of the oracle, and the day of ticks and trades."""
    await alice.do("GET", "/ticker", params=BTC)  # the first look begins the day
    exchange.quote(4_989_750, 4_990_250)
    await alice.place("BUY", "1.5")
    exchange.quote(5_009_750, 5_010_251)
    await exchange.rig.game.settled()
    assert await alice.do("GET", "/ticker", params=BTC) == {
        "symbol": "BTC/USD",
        "last_price": "50100.005",
        "bid": "50097.5",
        "ask": "50102.51",
        "high_24h": "50100.005",
        "low_24h": "49900",
        "volume_24h": "1.5",
        "timestamp": "2023-11-14T22:13:20.000Z",
    }


async def test_a_day_is_over_after_24_hours(exchange: Exchange, alice: Session) -> None:
    """What was traded and quoted before counts no more."""
    await alice.place("BUY", "1.5")
    before = await alice.do("GET", "/ticker", params=BTC)
    exchange.rig.bench.clock.pass_s(12 * 3600)
    exchange.quote(5_099_750, 5_100_250)
    await exchange.rig.game.settled()
    half = await alice.do("GET", "/ticker", params=BTC)
    exchange.rig.bench.clock.pass_s(12 * 3600 + 60)
    after = await alice.do("GET", "/ticker", params=BTC)
    days = [(day["low_24h"], day["high_24h"], day["volume_24h"]) for day in (before, half, after)]
    assert days == [
        ("50000", "50002.5", "1.5"),
        ("50000", "51000", "1.5"),
        ("51000", "51000", "0"),
    ]


async def test_a_players_better_price_is_the_best(alice: Session) -> None:
    """Book and ticker belong together: the house is one among others."""
    await alice.place("BUY", "1", "49999")
    ticker = await alice.do("GET", "/ticker", params=BTC)
    assert (ticker["bid"], ticker["ask"]) == ("49999", "50002.5")
    book = await alice.do("GET", "/orderbook", params=BTC)
    assert book["bids"] == [
        {"price": "49999", "quantity": "1"},
        {"price": "49997.5", "quantity": None, "house": True},
    ]
    assert book["asks"] == [{"price": "50002.5", "quantity": None, "house": True}]


async def test_a_market_without_a_house(exchange: Exchange) -> None:
    """Nobody stands at the oracle's price: bid and ask are the players', or null."""
    async with simulator(liquidity=Liquidity.NONE, mid=Mid.BOOK) as one:
        alice = one.session("alice")
        empty = await alice.do("GET", "/ticker", params=BTC)
        assert (empty["bid"], empty["ask"]) == (None, None)
        await alice.place("BUY", "1", "900")
        await alice.place("SELL", "1", "1100")
        await one.session("bob").place("BUY", "0.25", "1100")
        one.quote(4_000_000, 4_000_000)
        found = await alice.do("GET", "/ticker", params=BTC)
        assert (found["bid"], found["ask"], found["last_price"]) == ("900", "1100", "1100")
        assert found["volume_24h"] == "0.25"


async def test_the_depth_of_a_book(alice: Session) -> None:
    """As many levels of a side as are asked for, best first, orders of a level together."""
    for price in ("49000", "48000", "49000", "47000"):
        await alice.place("BUY", "0.1", price)
    book = await alice.do("GET", "/orderbook", params={**BTC, "depth": 3})
    assert [(level["price"], level["quantity"]) for level in book["bids"]] == [
        ("49997.5", None),
        ("49000", "0.2"),
        ("48000", "0.1"),
    ]
    assert book["seq"] > 0


async def test_prices_of_the_past(exchange: Exchange, alice: Session) -> None:
    """Oldest first: the last ones, or the first of a time, as many as are asked for."""
    await alice.do("GET", "/prices", params=BTC)
    for second in range(5):
        exchange.rig.bench.clock.pass_s(1)
        exchange.quote(5_000_000 + 100 * second, 5_000_200 + 100 * second)
        await exchange.rig.game.settled()

    async def asked(**params: Any) -> list[str]:
        body = await alice.do("GET", "/prices", params={**BTC, **params})
        assert body["symbol"] == "BTC/USD"
        return [point["price"] for point in body["prices"]]

    assert await asked() == ["50001", "50002", "50003", "50004", "50005"]
    assert await asked(limit=2) == ["50004", "50005"]
    since = "2023-11-14T22:13:22"
    assert await asked(start=since) == ["50002", "50003", "50004", "50005"]
    assert await asked(start=since, limit=2) == ["50002", "50003"]
    until = "2023-11-14T23:13:24+01:00"
    assert await asked(start=f"{since}Z", end=until) == ["50002", "50003", "50004"]
    assert await asked(end=until, limit=2) == ["50003", "50004"]
    assert await asked(start="1700000005") == ["50005"]
    assert await asked(start="2030-01-01") == await asked(end="1960-01-01T00:00:00") == []
    point = (await alice.do("GET", "/prices", params={**BTC, "limit": 1}))["prices"][0]
    assert point == {
        "timestamp": "2023-11-14T22:13:25.000Z",
        "price": "50005",
        "bid": "50004",
        "ask": "50006",
        "volume_24h": "0",
    }


async def test_trades(exchange: Exchange, alice: Session) -> None:
    """Oldest first: the last ones, or those after an id."""
    for _ in range(5):
        await alice.place("BUY", "0.1")
    await alice.place("SELL", "1", symbol="ETH/USD")

    async def asked(**params: Any) -> list[str]:
        body = await alice.do("GET", "/trades", params={**BTC, **params})
        return [trade["trade_id"] for trade in body["trades"]]

    assert await asked() == ["1", "2", "3", "4", "5"]
    assert await asked(limit=2) == ["4", "5"]
    assert await asked(after=1, limit=2) == ["2", "3"]
    assert await asked(after=5) == []
    sold = (await alice.do("GET", "/trades", params={"symbol": "ETH/USD"}))["trades"]
    assert sold == [
        {
            "trade_id": "6",
            "symbol": "ETH/USD",
            "price": "2999.85",
            "quantity": "1",
            "side": "SELL",
            "timestamp": "2023-11-14T22:13:20.000Z",
        }
    ]


class Behind:
    """A database of the past that has the first so many of some trades."""

    is_there = True

    def __init__(self, trades: list[PublicTrade]) -> None:
        self._trades = sorted(trades, key=lambda trade: trade.trade)
        self.has = 0

    async def ask(self, question: Any, otherwise: Any) -> Any:
        return question(self)

    def reach(self) -> Reach:
        return Reach(trade=self.has)

    def trades(self, market: int, bounds: Bounds, limit: int) -> list[PublicTrade]:
        rows = [each for each in self._trades[: self.has] if each.trade > bounds.after]
        return rows[:limit] if bounds.oldest_first else rows[-limit:][::-1]

    def close(self) -> None:
        """Nothing is open."""


async def test_trades_that_are_nowhere_yet_are_waited_for(
    exchange: Exchange, alice: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Those behind them are told once they are there: a client pages from id to id."""
    monkeypatch.setattr(memory, "KEPT_TRADES", 2)
    seen: list[PublicTrade] = []
    for _ in range(6):
        await alice.place("BUY", "0.1")
        seen += exchange.rig.game.recent.trades(0, limit=1)
    past: Any = Behind(seen)
    exchange.rig.host.past = past

    async def asked(**params: Any) -> list[str]:
        body = await alice.do("GET", "/trades", params={**BTC, **params})
        return [trade["trade_id"] for trade in body["trades"]]

    for has, after in ((0, []), (2, ["2"]), (4, ["2", "3", "4", "5", "6"])):
        past.has = has
        assert await asked(after=1) == after
        assert await asked(after=4) == ["5", "6"], "memory has them"
    assert await asked() == ["1", "2", "3", "4", "5", "6"]
    past.has = 3
    assert await asked() == ["5", "6"]
