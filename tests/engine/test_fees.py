"""Fees and holds."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cxgame.engine.fees import most_lots, need, share
from cxgame.model.market import RATE_ONE, Market, build_market
from cxgame.model.rules import MarketRules
from tests.engine.reference_fractions import Fraction

rates = st.sampled_from(["0", "0.001", "0.00075", "0.000000000001", "0.3", "1"])


def market(maker: str, taker: str, tick: str = "0.01") -> Market:
    """A market with fees."""
    rules = MarketRules("A/B", "A", "B", tick=tick, lot="0.001", min_size="0.001",
                        maker_fee=maker, taker_fee=taker)  # fmt: skip
    return build_market(0, rules, 0, 1)


@given(st.integers(0, RATE_ONE), st.integers(0, 10**40))
def test_a_fee_is_rounded_up_to_a_unit(rate: int, value: int) -> None:
    """Never less than the rate says, and less than one unit more."""
    exact = Fraction(rate * value, RATE_ONE)
    assert exact <= share(rate, value) < exact + 1


@given(rates, rates, st.lists(st.tuples(st.booleans(), st.integers(1, 10**9)), max_size=6))
def test_a_hold_covers_any_mix_of_roles(
    maker: str, taker: str, parts: list[tuple[bool, int]]
) -> None:
    """Value and fees of any sequence of fills fit what was held for the sum."""
    place = market(maker, taker)
    values = {True: 0, False: 0}
    for is_maker, lots in parts:
        values[is_maker] += lots * place.tick_lot_units
    fees = share(place.maker_rate, values[True]) + share(place.taker_rate, values[False])
    total = values[True] + values[False]
    assert need(place, total) >= total + fees


def test_without_fees_the_hold_is_the_value() -> None:
    """An account can spend its whole balance."""
    assert need(market("0", "0"), 12345) == 12345


@pytest.mark.parametrize(
    ("maker", "taker", "more"),
    [
        ("0.00000000001", "0.00000000002", 0),
        ("0.000000000001", "0.00000000001", 1),
        ("0.00000000001", "0.000000000001", 1),
        ("0", "0.000000000001", 0),
        ("0.000000000001", "0", 0),
    ],
)
def test_a_hold_has_a_unit_more_where_two_roles_can_round(
    maker: str, taker: str, more: int
) -> None:
    """A step of 1e11 units: a rate of 1e-12 of it is not whole, one of 1e-11 is."""
    place = market(maker, taker, tick="0.0000000001")
    value = 10 * place.tick_lot_units
    rate = max(place.maker_rate, place.taker_rate)
    assert need(place, value) == value + share(rate, value) + more


@given(rates, st.integers(1, 10**6), st.integers(0, 10**36), st.integers(0, 10**30))
def test_a_budget_takes_the_most_lots_that_fit(
    taker: str, price: int, budget: int, before: int
) -> None:
    """The lots found fit with their fee, and one more does not."""
    place = market("0", taker)
    paid = share(place.taker_rate, before)

    def cost(lots: int) -> int:
        value = lots * price * place.tick_lot_units
        return value + share(place.taker_rate, before + value) - paid

    lots = most_lots(place, price, budget, before, paid)
    assert cost(lots) <= budget or lots == 0
    assert cost(lots + 1) > budget
