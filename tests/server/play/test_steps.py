"""A market that opens in play has steps that suit its price."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cxgame.model.market import Market, build_market
from cxgame.model.rules import MarketRules
from cxgame.model.units import MAX_LOTS, MAX_TICKS, ONE, UNIT_PLACES
from cxgame.oracle import parse
from cxgame.server.play.steps import market_rules

LIKE = MarketRules("BTC/USD", "BTC", "USD", maker_fee="0.001", taker_fee="0.002", max_levels=77)
PRICES = st.builds(
    lambda digits, exponent: Decimal(digits).scaleb(exponent - 14),
    st.integers(10**14, 10**15 - 1),
    st.integers(-12, 11),
)


def market_at(price: Decimal) -> Market:
    """The market that opens at a price."""
    return build_market(0, market_rules("NEW/USD", price, LIKE), 0, 1)


def step(mantissa: int, places: int) -> Decimal:
    """A tick or a lot as a number."""
    return Decimal(mantissa).scaleb(-places)


@given(PRICES)
def test_every_magnitude_makes_a_market(price: Decimal) -> None:
    """Whatever the price, the market can be built, and begins within half a tick of it."""
    market = market_at(price)
    tick = step(market.tick, market.price_places)
    assert abs(tick * market.start_mid2 / 2 - price) <= tick / 2
    assert tick <= price / 10**6
    assert (market.min_ticks, market.min_lots) == (1, 1)


@given(PRICES)
def test_there_is_room_above(price: Decimal) -> None:
    """A price ten times as high still fits, and so does an order worth a million at such a price.

    Below a millionth, where lots get no coarser, an order of 1e12 pieces fits.
    """
    market = market_at(price)
    assert market.start_mid2 // 2 * 10 <= MAX_TICKS
    most = step(market.lot, market.size_places) * MAX_LOTS
    assert most * price * 10 >= 10**6 or most == 10**12


@given(PRICES, st.floats(1e-6, 1e5))
def test_a_float_amount_keeps_nine_digits(price: Decimal, amount: float) -> None:
    """Rounding an amount down to the lot takes less than 1e-9, or less than 1e-10 in value."""
    lot = step(market_at(price).lot, market_at(price).size_places)
    lost = Decimal(amount) % lot
    assert lost < Decimal("1e-9") or lost * price < Decimal("1e-10")
    if price >= Decimal("0.001"):
        assert lost <= Decimal("1e-9")


def test_the_other_rules_are_those_of_the_game() -> None:
    """Fees and the bound on levels are the model's; the source of prices is the ticker."""
    rules = market_rules("ETH/EUR", Decimal("2500.123456789"), LIKE)
    assert rules == MarketRules(
        "ETH/EUR",
        "ETH",
        "EUR",
        tick="0.00000001",
        lot="0.0000000001",
        min_size="0.0000000001",
        min_price="0.00000001",
        min_amount="0.000000000000000001",
        maker_fee="0.001",
        taker_fee="0.002",
        start_price="2500.12345679",
        max_levels=77,
        oracle="valkey",
    )
    assert parse(rules.oracle).is_valkey


@pytest.mark.parametrize("price", ["1e-12", "9.99e-7", "0.5", "1", "61234.5", "1e12"])
def test_a_tick_times_a_lot_is_whole_in_units(price: str) -> None:
    """The finest value that can arise is a whole number of units, at both ends of the scale too."""
    market = market_at(Decimal(price))
    finest = step(market.tick, market.price_places) * step(market.lot, market.size_places)
    assert finest * ONE == market.tick_lot_units >= 1
    assert market.price_places + market.size_places <= UNIT_PLACES


@pytest.mark.parametrize("price", ["0", "-1", "9e-13", "1000000000000.1", "NaN", "Infinity"])
def test_what_is_no_price_opens_no_market(price: str) -> None:
    """Nothing, less than nothing and absurd prices are refused in a sentence."""
    with pytest.raises(ValueError, match=r"^the price .* of NEW/USD does not lie between"):
        market_rules("NEW/USD", Decimal(price), LIKE)


@pytest.mark.parametrize("symbol", ["BTC", "btc/usd", "BTC/", "BTC/USD/X", "A" * 13 + "/USD", ""])
def test_what_is_no_symbol_opens_no_market(symbol: str) -> None:
    """A key of another form is none of ours."""
    with pytest.raises(ValueError, match="is no market"):
        market_rules(symbol, Decimal(1), LIKE)


def test_a_market_trades_two_assets() -> None:
    """A coin for itself is refused before the engine has to."""
    with pytest.raises(ValueError, match="the same asset twice"):
        market_rules("USD/USD", Decimal(1), LIKE)
