"""A game of the preset `mockx`: how it begins, and how it goes on with markets opened in play."""

from decimal import Decimal

import pytest
from msgspec.structs import replace

from cxgame.engine.engine import Engine
from cxgame.model.commands import AddMarket, OpenAccount, SetRules
from cxgame.model.enums import Liquidity, SelfTrade, SellFee
from cxgame.model.rules import Rules
from cxgame.server.play.rules import RulesRefused
from cxgame.server.play.steps import market_rules
from tests.server.app.starts import begin, restart


def with_opened(rules: Rules, *symbols: str) -> Rules:
    """The rules after tickers have opened these markets in play."""
    engine = Engine()
    engine.apply(SetRules(rules), 0, 0)
    for symbol in symbols:
        engine.apply(AddMarket(market_rules(symbol, Decimal(3), rules.markets[0])), 0, 0)
    return engine.known_rules


def sources(rules: Rules) -> dict[str, str]:
    """Where the prices of each market come from."""
    return {market.symbol: market.oracle for market in rules.markets}


def test_the_preset_makes_a_game_for_one() -> None:
    """House liquidity on fine steps at the usual fee, and accounts that begin empty."""
    rules = begin(preset="mockx")
    (market,) = rules.markets
    assert (market.symbol, market.tick, market.lot) == ("BTC/USDT", "0.00000001", "0.0000000001")
    assert (market.start_price, market.maker_fee, market.taker_fee) == (
        "60000.00000000",
        "0.00075",
        "0.00075",
    )
    assert market.oracle == "BTC/USDT=constant:price=60000"
    assert replace(rules, markets=()) == Rules(
        version=1,
        markets=(),
        grants={"BTC": "0", "USDT": "0"},
        seed=99,
        liquidity=Liquidity.HOUSE,
        self_trade=SelfTrade.SKIP,
        max_open_orders=0,
        tick_interval_ms=10_000,
        sell_fee=SellFee.HOLD,
        fill_sigma="0.1",
        cash_asset="USDT",
    )


def test_steps_follow_from_each_market_s_first_price() -> None:
    """With `steps` by price, a cheap coin is quoted more finely than a dear one."""
    rules = begin(
        preset="mockx",
        symbol=["BTC/USDT", "PEPE/USDT"],
        oracle=["constant:price=60000", "PEPE/USDT=constant:price=0.0000123"],
    )
    assert [market.tick for market in rules.markets] == ["0.00000001", "0.00000000001"]
    assert [market.lot for market in rules.markets] == ["0.0000000001", "0.0000001"]
    assert rules.markets[1].taker_fee == "0.00075"
    (joined,) = restart(begin(), symbol=["BTC/USD", "ETH/USD"], steps="by_price").markets[1:]
    assert (joined.symbol, joined.tick) == ("ETH/USD", "0.00000001")


@pytest.mark.parametrize("again", [{"preset": "mockx"}, {}])
def test_a_game_of_a_preset_goes_on_with_it_and_without(again: dict[str, object]) -> None:
    """What a preset says is not given: nothing of the journal's rules is changed by it."""
    for rules in (begin(preset="mockx"), begin(preset="mockx", maker_fee=0, usd_start=5)):
        assert restart(rules, **again) is rules


def test_another_game_is_not_made_one_of_the_preset() -> None:
    """A plain game that is started with the preset stays what it is."""
    rules = begin()
    assert restart(rules, preset="mockx") is rules


def test_what_is_given_beside_a_preset_counts() -> None:
    """A setting beside the preset is stronger, and refused at a restart like any other."""
    rules = begin(preset="mockx", taker_fee="0.001")
    assert (rules.markets[0].maker_fee, rules.markets[0].taker_fee) == ("0.00075", "0.001")
    with pytest.raises(RulesRefused, match=r"--taker-fee is 0\.001, not 0"):
        restart(rules, preset="mockx", taker_fee="0")


@pytest.mark.parametrize(
    "given",
    [
        {},
        {"preset": "mockx"},
        {"preset": "mockx", "symbol": ["BTC/USDT"]},
        {"symbol": ["BTC/USDT"]},
        {"symbol": ["BTC/USDT", "SOL/USDT"]},
        {"usd_start": 0, "crypto_start": "0.0"},
        {"maker_fee": "0.00075", "max_levels": 10_000},
    ],
)
def test_markets_opened_in_play_need_not_be_named(given: dict[str, object]) -> None:
    """Who names the markets of the first start, or some more of them, changes nothing."""
    rules = with_opened(begin(preset="mockx"), "ETH/USDT", "SOL/USDT", "XRP/EUR")
    assert restart(rules, **given) is rules


def test_more_markets_join_behind_those_opened_in_play() -> None:
    """A market that is named now comes last: orders know theirs by its place."""
    rules = with_opened(begin(preset="mockx"), "ETH/USDT")
    more = restart(rules, symbol=["BTC/USDT", "ADA/USDT"])
    assert [market.symbol for market in more.markets] == ["BTC/USDT", "ETH/USDT", "ADA/USDT"]
    assert more.grants == {"BTC": "0", "USDT": "0", "ADA": "0"}  # none of what opened in play
    engine = Engine()
    for command in (SetRules(rules), SetRules(more), OpenAccount("ann")):
        assert engine.apply(command, 0, 0).events


@pytest.mark.parametrize("symbols", [["ETH/USDT"], ["ADA/USDT", "BTC/USDT"], ["ADA/USDT"]])
def test_a_market_with_a_source_of_its_own_must_be_named(symbols: list[str]) -> None:
    """Only what follows a ticker may be left out; the game's first market stays the first."""
    rules = with_opened(begin(preset="mockx"), "ETH/USDT")
    with pytest.raises(RulesRefused, match="--symbol is BTC/USDT,ETH/USDT, not "):
        restart(rules, symbol=symbols)


def test_another_source_is_for_the_markets_that_are_named() -> None:
    """Markets that tickers opened go on with them, unless a source names one of them."""
    rules = with_opened(begin(preset="mockx"), "ETH/USDT", "SOL/USDT")
    fed = restart(rules, preset="mockx", oracle=["valkey"])
    assert sources(fed) == {
        "BTC/USDT": "BTC/USDT=valkey",
        "ETH/USDT": "valkey",
        "SOL/USDT": "valkey",
    }
    named = restart(fed, preset="mockx", oracle=["gbm", "SOL/USDT=constant:price=9"])
    assert sources(named) == {
        "BTC/USDT": "BTC/USDT=gbm",
        "ETH/USDT": "valkey",
        "SOL/USDT": "SOL/USDT=constant:price=9",
    }


def test_without_discovery_a_source_for_all_is_for_all() -> None:
    """Where tickers open no markets, each market that follows one was asked for."""
    rules = begin(symbol=["A/B", "C/D"], oracle=["valkey"])
    assert sources(restart(rules, oracle=["gbm"])) == {"A/B": "A/B=gbm", "C/D": "C/D=gbm"}
