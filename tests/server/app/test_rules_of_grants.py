"""Grants of single assets, and the game of the preset `simulator`."""

import pytest

from cxgame.model.enums import Liquidity
from cxgame.server.play.rules import RulesRefused
from tests.server.app.starts import begin, restart

MARKETS = ["BTC/USD", "ETH/USD"]
GRANTS = {"USD": "100000", "BTC": "10", "ETH": "100"}


def test_what_is_not_named_is_granted_as_all_are() -> None:
    """Assets that no market trades are left out."""
    rules = begin(symbol=MARKETS, crypto_start=3, grants="USD=7,ETH=5,SOL=9")
    assert rules.grants == {"USD": "7", "BTC": "3", "ETH": "5"}


@pytest.mark.parametrize("more", [{}, {"usd_start": 4}, {"crypto_start": "0.5"}])
def test_the_same_settings_go_on(more: dict[str, object]) -> None:
    """Single assets come before all, at every start; another form of an amount is the same."""
    rules = begin(symbol=MARKETS, grants=GRANTS, **more)
    assert rules.grants == GRANTS
    assert restart(rules, symbol=MARKETS, grants="ETH=100.0,BTC=10.00,USD=100000", **more) is rules
    assert restart(rules) is rules


def test_grants_may_not_change() -> None:
    """Players have counted on them; the refusal says what they are."""
    rules = begin(symbol=MARKETS, grants=GRANTS)
    with pytest.raises(RulesRefused) as refused:
        restart(rules, grants="USD=5")
    assert refused.value.differences == [
        "--grants is BTC=10,ETH=100,USD=100000, not BTC=10,ETH=100,USD=5"
    ]


def test_the_preset_makes_a_simulator() -> None:
    """Two markets, a house 1 bp around a price that moves, and accounts that can trade."""
    rules = begin(preset="simulator")
    assert [market.symbol for market in rules.markets] == MARKETS
    assert [market.start_price for market in rules.markets] == ["50000.00", "3000.00"]
    assert all("gbm:" in market.oracle for market in rules.markets)
    assert all("spread=1bp" in market.oracle for market in rules.markets)
    assert (rules.grants, rules.liquidity) == (GRANTS, Liquidity.HOUSE)
    assert (rules.tick_interval_ms, rules.max_open_orders) == (25, 0)
    assert restart(rules, preset="simulator") is rules


def test_other_markets_than_the_presets() -> None:
    """Their own prices come with them; their coins are granted as all are."""
    rules = begin(preset="simulator", symbol=["SOL/USD"], oracle=["gbm:price=150"])
    assert rules.grants == {"USD": "100000", "SOL": "10.0"}
