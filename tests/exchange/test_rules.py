"""Keywords become rules, or are refused before anything begins."""

from decimal import Decimal

import pytest

from cxgame.config import DEFAULTS
from cxgame.exchange import Exchange, MarketRules
from cxgame.exchange.rules import Terms, rules_of
from cxgame.model.enums import Liquidity, Mid, SelfTrade


def test_the_defaults_are_those_of_the_settings() -> None:
    """A back-test without keywords plays the game that a server without flags serves."""
    rules = rules_of("BTC/USD", {})
    (market,) = rules.markets
    assert market == MarketRules("BTC/USD", "BTC", "USD")
    assert rules.grants == {"USD": DEFAULTS["usd_start"], "BTC": DEFAULTS["crypto_start"]}
    assert (market.maker_fee, market.taker_fee) == (DEFAULTS["maker_fee"], DEFAULTS["taker_fee"])
    assert market.max_levels == DEFAULTS["max_levels"]
    assert rules.max_open_orders == DEFAULTS["max_open_orders"]
    assert rules.time_limit_ms is DEFAULTS["time_limit"] is None
    assert rules.mid.name.lower() == DEFAULTS["mid"]
    assert rules.liquidity.name.lower() == DEFAULTS["liquidity"]
    assert rules.self_trade.name.lower() == DEFAULTS["stp"]


def test_keywords_that_settings_have_are_spelled_alike() -> None:
    """What is not among the settings is a market's step, or what stands for several settings."""
    own = {"markets", "start_price", "tick", "lot", "min_price", "min_size", "min_amount"}
    assert set(Terms.__annotations__) - set(DEFAULTS) == own


def test_all_keywords_arrive() -> None:
    """Numbers may be text, int, Decimal or float, and are kept as plain text."""
    rules = rules_of(
        "BTC/USD",
        {
            "start_price": 50,
            "tick": 1e-5,
            "lot": Decimal("1E-3"),
            "min_amount": 1,
            "maker_fee": 0.0001,
            "taker_fee": "1e-3",
            "max_levels": 9,
            "usd_start": 1e6,
            "crypto_start": 0,
            "liquidity": "house",
            "mid": "book",
            "stp": "decrement",
            "max_open_orders": 0,
            "time_limit": 1.5,
        },
    )
    (market,) = rules.markets
    assert (market.start_price, market.tick, market.lot) == ("50", "0.00001", "0.001")
    assert (market.min_price, market.min_size, market.min_amount) == ("0.00001", "0.001", "1")
    assert (market.maker_fee, market.taker_fee, market.max_levels) == ("0.0001", "0.001", 9)
    assert rules.grants == {"USD": "1000000", "BTC": "0"}
    assert (rules.liquidity, rules.mid) == (Liquidity.HOUSE, Mid.BOOK)
    assert (rules.self_trade, rules.max_open_orders) == (SelfTrade.DECREMENT, 0)
    assert rules.time_limit_ms == 1_500


def test_minimums_that_are_named_stay() -> None:
    """Steps of one's own bring minimums of one step only where none is said."""
    (market,) = rules_of("A/B", {"tick": "0.5", "min_price": "2", "lot": "1"}).markets
    assert (market.min_price, market.min_size) == ("2", "1")


def test_markets_may_differ() -> None:
    """Whoever needs other steps for each market brings their rules."""
    fine = MarketRules("DOGE/USD", "DOGE", "USD", "0.00001", "1", "1", "0.00001")
    exchange = Exchange(markets=[MarketRules("BTC/USD", "BTC", "USD"), fine])
    assert exchange.symbols == ("BTC/USD", "DOGE/USD")
    order = exchange.account("ann").buy(100, "0.08123", symbol="DOGE/USD")
    assert order.price == Decimal("0.08123")


def test_the_mid_may_follow_the_book() -> None:
    """Then it is the middle of the best orders."""
    exchange = Exchange(mid="book", stp="none")
    ann = exchange.account("ann")
    ann.buy(1, 990)
    ann.sell(1, 1000)
    assert exchange.price() == 995


@pytest.mark.parametrize(
    ("symbol", "terms"),
    [
        ("BTC", {}),
        ("/USD", {}),
        ("USD/USD", {}),
        ("BTC/USD,BTC/USD", {}),
        ([], {}),
        ("BTC/USD", {"liquidity": "House"}),
        ("BTC/USD", {"mid": "last"}),
        ("BTC/USD", {"stp": ""}),
        ("BTC/USD", {"tick": 0}),
        ("BTC/USD", {"tick": "abc"}),
        ("BTC/USD", {"tick": "1e-20"}),
        ("BTC/USD", {"maker_fee": 2}),
        ("BTC/USD", {"taker_fee": "-0.1"}),
        ("BTC/USD", {"usd_start": -1}),
        ("BTC/USD", {"usd_start": float("nan")}),
        ("BTC/USD", {"grants": {"ETH": 1}}),
        ("BTC/USD", {"start_price": 0}),
        ("BTC/USD", {"time_limit": 0}),
        ("BTC/USD", {"time_limit": 0.0001}),
        ("BTC/USD", {"time_limit": float("inf")}),
        ("BTC/USD", {"time_limit": float("nan")}),
        ("BTC/USD", {"max_open_orders": -1}),
        ("BTC/USD", {"max_open_orders": 1.5}),
        ("BTC/USD", {"max_levels": "9"}),
    ],
)
def test_rules_that_cannot_be_are_refused(symbol: str, terms: Terms) -> None:
    """With a sentence, before there is an exchange."""
    with pytest.raises(ValueError, match=r"\w+ \w+"):
        Exchange(symbol, **terms)


def test_an_unknown_keyword_is_refused() -> None:
    """A misspelt fee must not be a fee of zero."""
    with pytest.raises(TypeError, match="takerfee"):
        Exchange(takerfee="0.1")  # type: ignore[call-arg]
