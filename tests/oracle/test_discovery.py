"""Which markets of an exchange are meant."""

from typing import Any

import pytest

from cxgame.oracle.discovery import Wish, choose, missing, names
from tests.oracle.standin import StandIn, market

EXCHANGE = StandIn()


@pytest.mark.parametrize(
    ("wish", "symbols"),
    [
        (Wish(("ETH/USDT", "BTC/EUR")), "ETH/USDT BTC/EUR"),
        (Wish(("ETH/USDT", "NO/NE")), "ETH/USDT"),
        (Wish(quotes=("EUR",)), "BTC/EUR"),
        (Wish(quotes=("USDT",)), "BTC/USDT ETH/USDT ADA/USDT"),
        (Wish(quotes=("USDT", "EUR"), limit=1), "BTC/USDT BTC/EUR"),
        (Wish(("ADA/USDT",), ("USDT",), 2), "ADA/USDT BTC/USDT ETH/USDT"),
        (Wish(("BTC/USDT",), ("USDT",), 1), "BTC/USDT"),
        (Wish(quotes=("GBP",)), ""),
        (Wish(), ""),
    ],
)
def test_named_markets_come_first_then_the_most_traded(wish: Wish, symbols: str) -> None:
    """The limit holds in each quote asset, and no market comes twice."""
    assert choose(wish, EXCHANGE.markets, EXCHANGE.tickers) == symbols.split()


def test_without_tickers_the_alphabet_decides() -> None:
    """As with an exchange that cannot give all its tickers."""
    wish = Wish(quotes=("USDT",), limit=2)
    assert choose(wish, EXCHANGE.markets, {}) == ["ADA/USDT", "BTC/USDT"]


@pytest.mark.parametrize(
    ("symbol", "fields"),
    [
        ("OLD/USDT", {"active": False}),
        ("BTC/USDT:USDT", {}),
        ("FUT/USDT", {"type": "future", "spot": False}),
        ("lower/USDT", {}),
        ("\u5e01\u5b89/USDT", {}),
        ("ABCDEFGHIJKLM/USDT", {}),
    ],
)
def test_what_no_game_can_have_is_not_discovered(symbol: str, fields: dict[str, Any]) -> None:
    """Futures, closed markets, and names that are no symbols here."""
    markets = {symbol: market(symbol, **fields), "BTC/USDT": market("BTC/USDT", active=None)}
    assert choose(Wish(quotes=("USDT",)), markets, {}) == ["BTC/USDT"]


def test_turnover_may_be_nonsense() -> None:
    """Such a market comes last."""
    markets = {symbol: market(symbol) for symbol in ("A/B", "C/B", "D/B")}
    tickers = {"A/B": {"quoteVolume": "many"}, "C/B": None, "D/B": {"last": 2, "baseVolume": 3}}
    assert choose(Wish(quotes=("B",), limit=1), markets, tickers) == ["D/B"]


def test_missing_markets_are_told() -> None:
    """Those that were named; a few of them by name."""
    assert missing(Wish(("BTC/EUR", "NO/NE")), EXCHANGE.markets) == ["NO/NE"]
    assert names(list("ABC")) == "A, B, C"
    assert names(list("ABCDEFG")) == "A, B, C, D, E and 2 more"
