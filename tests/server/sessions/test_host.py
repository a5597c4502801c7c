"""A host knows the markets of its game, also those that join in play."""

from cxgame.model.commands import AddMarket
from cxgame.model.errors import Rejection
from cxgame.model.rules import MarketRules
from cxgame.wire.money import MarketMoney
from tests.server.rig import Rig

DOGE = MarketRules("DOGE/USD", "DOGE", "USD", tick="0.000001", start_price="0.1", min_price="0.01")


async def test_a_market_that_joins_is_known_at_once(rig: Rig) -> None:
    """By its symbol and by its number, in the turn in which it was added."""
    host = rig.host
    assert isinstance(host.money_of("DOGE/USD"), Rejection)
    first = host.money_of(None)
    rig.bench.submit(AddMarket(DOGE))
    money = host.money_of("DOGE/USD")
    assert isinstance(money, MarketMoney)
    assert money.market.rules == DOGE
    assert host.money == [first, money]
    assert host.money_of("DOGE/USD") is money


async def test_a_list_of_markets_grows(rig: Rig) -> None:
    """Who asks for all of them first has the new one, too."""
    rig.bench.submit(AddMarket(DOGE))
    assert [money.market.symbol for money in rig.host.money] == ["BTC/USD", "DOGE/USD"]


async def test_a_market_that_joins_is_traded(rig: Rig) -> None:
    """Over a session like any other: listed, ordered in, and shown."""
    alice = await rig.player("alice")
    rig.bench.submit(AddMarket(DOGE))
    assert [row["symbol"] for row in await alice.done("markets")] == ["BTC/USD", "DOGE/USD"]
    terms = {"symbol": "DOGE/USD", "side": "buy", "type": "limit", "price": "0.1", "size": "1000"}
    await alice.done("order", **terms)
    (row,) = (await alice.done("orders"))["maker"]
    assert row["symbol"] == "DOGE/USD"
