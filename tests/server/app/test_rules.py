"""Settings become rules; a restart changes what it may and says what it may not."""

import pytest
from msgspec.structs import replace

from cxgame.engine.engine import Engine
from cxgame.model.commands import SetRules
from cxgame.model.enums import Liquidity, Mid, SelfTrade, SellFee
from cxgame.model.rules import MarketRules, Rules
from cxgame.server.errors import StartError
from cxgame.server.play.rules import MAY_CHANGE, RulesRefused
from tests.server.app.starts import begin, restart


def test_the_defaults_are_the_readme_s_game() -> None:
    """Without settings: BTC/USD at 1000.00, 10000.00 USD and 10.0 BTC, open, no limits."""
    assert begin() == Rules(
        version=1,
        markets=(MarketRules("BTC/USD", "BTC", "USD", oracle="BTC/USD=constant:price=1000.00"),),
        grants={"USD": "10000.00", "BTC": "10.0"},
        seed=99,
    )


def test_every_setting_has_its_place_in_the_rules() -> None:
    """Each setting of the game reaches the field that the engine reads."""
    rules = begin(
        usd_start="5.5",
        crypto_start=2,
        user_limit=7,
        time_limit=1.5,
        whitelist={"red": ["ann", "bob"], "blue": ["cat"]},
        is_started=False,
        seed=5,
        symbol=["BTC/USD", "ETH/USD", "ETH/BTC"],
        oracle=["gbm:price=60000", "ETH/BTC=valkey"],
        tick_interval=0.25,
        mid="book",
        liquidity="house",
        maker_fee="0.001",
        taker_fee="0.002",
        stp="decrement",
        max_open_orders=3,
        max_levels=50,
        sell_fee="hold",
        fill_sigma="0.25",
        cash_asset="USD",
    )
    assert [market.symbol for market in rules.markets] == ["BTC/USD", "ETH/USD", "ETH/BTC"]
    assert [market.start_price for market in rules.markets] == ["60000.00", "60000.00", "1000.00"]
    assert [market.oracle for market in rules.markets] == [
        "BTC/USD=gbm:price=60000",
        "ETH/USD=gbm:price=60000",
        "ETH/BTC=valkey",
    ]
    for market in rules.markets:
        assert (market.maker_fee, market.taker_fee, market.max_levels) == ("0.001", "0.002", 50)
    assert replace(rules, markets=()) == Rules(
        version=1,
        markets=(),
        grants={"USD": "5.5", "BTC": "2", "ETH": "2"},  # a coin is a coin, also as a quote
        seed=5,
        user_limit=7,
        time_limit_ms=1500,
        whitelist={"red": ("ann", "bob"), "blue": ("cat",)},
        mid=Mid.BOOK,
        liquidity=Liquidity.HOUSE,
        self_trade=SelfTrade.DECREMENT,
        max_open_orders=3,
        tick_interval_ms=250,
        started=False,
        sell_fee=SellFee.HOLD,
        fill_sigma="0.25",
        cash_asset="USD",
    )


def test_one_player_alone_skips_his_own_orders() -> None:
    """With one user the self-trade default is `skip`, unless another mode is given."""
    assert begin(user_limit=1).self_trade is SelfTrade.SKIP
    assert begin(user_limit=1, stp="none").self_trade is SelfTrade.NONE
    assert begin(user_limit=2).self_trade is SelfTrade.EXPIRE_TAKER


@pytest.mark.parametrize(
    ("settings", "sentence"),
    [
        ({"symbol": ["A/A"]}, "base and quote are the same asset"),
        ({"oracle": ["gmb"]}, "'gmb' is no price source"),
        ({"oracle": ["gbm:price=abc"]}, "not a number"),
        ({"oracle": ["X/Y=gbm"]}, "there is no market X/Y"),
        ({"oracle": ["constant:price=0.0001"]}, "the start price is out of range"),
        ({"symbol": ["A/A"], "steps": "by_price"}, "A/A names the same asset twice"),
    ],
)
def test_what_makes_no_game_is_one_sentence(settings: dict[str, object], sentence: str) -> None:
    """Settings that make no game are refused in words."""
    with pytest.raises(StartError, match=sentence) as refused:
        begin(**settings)
    assert "\n" not in str(refused.value)


def test_a_restart_without_settings_changes_nothing() -> None:
    """What is not given keeps the journal's value, whatever the defaults are."""
    rules = begin(usd_start=77, user_limit=3, symbol=["ETH/EUR"], oracle=["gbm"], seed=1)
    assert restart(rules) is rules


def test_a_restart_with_the_same_settings_changes_nothing() -> None:
    """Equal amounts are equal however they are written."""
    rules = begin(usd_start="77.50", maker_fee="0.0010", time_limit=60, stp="none", fill_sigma="1")
    again = restart(
        rules, usd_start="77.5", maker_fee="0.001", time_limit=60, stp="none", fill_sigma="1.0"
    )
    assert again is rules


@pytest.mark.parametrize(
    ("setting", "value", "field", "expected"),
    [
        ("user_limit", 9, "user_limit", 9),
        ("time_limit", 2, "time_limit_ms", 2000),
        ("whitelist", "ann,bob", "whitelist", {"": ("ann", "bob")}),
        ("mid", "book", "mid", Mid.BOOK),
        ("liquidity", "house", "liquidity", Liquidity.HOUSE),
        ("stp", "skip", "self_trade", SelfTrade.SKIP),
        ("max_open_orders", 0, "max_open_orders", 0),
        ("tick_interval", 2, "tick_interval_ms", 2000),
        ("fill_sigma", "0.5", "fill_sigma", "0.5"),
    ],
)
def test_what_may_change_changes(setting: str, value: object, field: str, expected: object) -> None:
    """A setting that is given and differs changes its field and nothing else."""
    rules = begin()
    assert setting in MAY_CHANGE
    assert restart(rules, **{setting: value}) == replace(rules, **{field: expected})


CHANGES: dict[str, object] = {
    "symbol": ["BTC/USD", "ETH/USD"],
    "oracle": ["gbm:price=5"],
    "user_limit": 9,
    "time_limit": 2,
    "whitelist": "ann,bob",
    "mid": "book",
    "liquidity": "house",
    "stp": "skip",
    "max_open_orders": 0,
    "max_levels": 3,
    "tick_interval": 2,
    "fill_sigma": "0.5",
}


@pytest.mark.parametrize("setting", sorted(MAY_CHANGE))
def test_open_orders_keep_their_meaning(setting: str) -> None:
    """Whatever may change, the markets that are there keep tick, lot, minimums and fees."""
    rules = begin(maker_fee="0.001", taker_fee="0.002")
    changed = restart(rules, **{setting: CHANGES[setting]})
    assert changed != rules
    kept = {"oracle": "", "max_levels": 0}
    assert replace(changed.markets[0], **kept) == replace(rules.markets[0], **kept)
    engine = Engine()
    for each in (rules, changed):
        assert engine.apply(SetRules(each), 0, 0).events


def test_sources_and_levels_may_change() -> None:
    """A market's price source and level limit may change; its mid does not jump for it."""
    (market,) = restart(begin(), oracle=["gbm:price=5"], max_levels=3).markets
    assert (market.oracle, market.max_levels) == ("BTC/USD=gbm:price=5", 3)
    assert market.start_price == "1000.00"


def test_markets_may_join_at_the_end() -> None:
    """A market that joins has the fees of the others and grants as new accounts get them."""
    rules = begin(usd_start=5, crypto_start=3, maker_fee="0.001")
    more = restart(rules, symbol=["BTC/USD", "ETH/EUR"])
    assert more.markets[0] == rules.markets[0]
    assert more.markets[1].maker_fee == "0.001"
    assert more.grants == {"USD": "5", "BTC": "3", "EUR": "5", "ETH": "3"}


@pytest.mark.parametrize(
    ("settings", "difference"),
    [
        ({"usd_start": 1}, "--usd-start is 10000.00, not 1"),
        ({"crypto_start": "0.5"}, "--crypto-start is 10.0, not 0.5"),
        ({"maker_fee": "0.1"}, "--maker-fee is 0, not 0.1"),
        ({"taker_fee": "0.1"}, "--taker-fee is 0, not 0.1"),
        ({"seed": 4}, "--seed is 99, not 4"),
        ({"seed": 1}, "--seed is 99, not 1"),
        ({"started": False}, "--started is yes, not no"),
        ({"sell_fee": "hold"}, "--sell-fee is proceeds, not hold"),
        ({"cash_asset": "USD"}, "--cash-asset is none, not USD"),
        ({"symbol": ["ETH/USD"]}, "--symbol is BTC/USD, not ETH/USD"),
        ({"symbol": ["ETH/USD", "BTC/USD"]}, "--symbol is BTC/USD, not ETH/USD,BTC/USD"),
    ],
)
def test_what_may_not_change_is_refused(settings: dict[str, object], difference: str) -> None:
    """A setting that players have counted on is refused, with what it is and was to be."""
    with pytest.raises(RulesRefused) as refused:
        restart(begin(), **settings)
    assert refused.value.differences == [difference]
    assert "--fresh" in str(refused.value)


def test_all_differences_are_named_at_once() -> None:
    """Nobody has to find out one setting after the other."""
    with pytest.raises(RulesRefused) as refused:
        restart(begin(), usd_start=1, seed=4, user_limit=5)
    assert [text.split()[0] for text in refused.value.differences] == ["--usd-start", "--seed"]
