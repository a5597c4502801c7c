"""Standings: what everybody is worth at the mid."""

from msgspec.structs import replace

from cxgame.engine.standings import equity
from cxgame.model.commands import OpenAccount, Tick
from cxgame.model.events import Standing
from cxgame.model.rules import MarketRules
from cxgame.model.units import ONE
from tests.engine.desk import ALICE, BOB, MARKET, Desk


def test_holdings_count_at_the_mid_held_or_free() -> None:
    """Best first, by name where two are worth the same; bots are marked, the house is not there."""
    desk = Desk()
    desk.do(OpenAccount("Zoe", bot=True))
    desk.sell(BOB, 10, 110)
    desk.buy(ALICE, 10, 110)
    desk.sell(ALICE, 5, 120)
    assert desk.engine.standings() == (
        Standing(1, "bob", "90.0", "11100.00", "20100.00", False),
        Standing(2, "Zoe", "100.0", "10000.00", "20000.00", True),
        Standing(3, "alice", "110.0", "8900.00", "19900.00", False),
    )


def test_half_a_tick_is_worth_its_half() -> None:
    """The mid is bid + ask; what is less than a unit is dropped once per account."""
    desk = Desk()
    desk.do(Tick(0, 1, 100, 101))
    assert desk.engine.standings()[0].equity == "20050.00"
    account = desk.engine.accounts[ALICE]
    account.free[0] += 1  # 1e-24 BTC at 100.5
    assert equity(desk.engine, account) == 20_050 * ONE + 100


def test_an_asset_counts_once_and_in_the_first_markets_quote() -> None:
    """At the first market that trades it for that quote; without one it counts nothing."""
    markets = [
        MARKET,
        MarketRules("ETH/USD", "ETH", "USD", tick="0.5", lot="1", start_price="10"),
        replace(MARKET, symbol="BTC/USD.2", start_price="7"),
        MarketRules("XRP/EUR", "XRP", "EUR", tick="1", lot="1", start_price="3"),
    ]
    grants = {"USD": "1000", "BTC": "2", "ETH": "4", "XRP": "1000", "EUR": "1000"}
    desk = Desk(*markets, grants=grants)
    assert equity(desk.engine, desk.engine.accounts[ALICE]) == (1_000 + 2 * 100 + 4 * 10) * ONE
