"""What bots see, and what they draw."""

from decimal import Decimal

import pytest

from cxgame.bots.view import BUY, SELL, Draws, View
from tests.bots.views import TERMS, view


def test_a_price_is_rounded_away_from_the_other_side() -> None:
    """A bid down, an ask up, neither below the minimum."""
    assert TERMS.price(Decimal("999.999"), BUY) == Decimal("999.99")
    assert TERMS.price(Decimal("999.991"), SELL) == Decimal("1000.00")
    assert TERMS.price(Decimal("0.01"), BUY) == Decimal("0.1")


def test_a_size_or_amount_below_the_minimum_is_none() -> None:
    """The minimum itself is a size."""
    assert TERMS.size(Decimal("0.00000001")) == Decimal("0.00000001")
    assert TERMS.size(Decimal("0.0000000099")) is None
    assert TERMS.size(Decimal("1.00000000009")) == Decimal("1.0000000000")
    assert TERMS.amount(Decimal("10.009")) == Decimal("10.00")
    assert TERMS.amount(Decimal("9.99")) is None


def test_the_price_is_the_oracles_else_the_books_else_the_last() -> None:
    """With nothing known there is none."""
    seen = View(TERMS)
    assert seen.price is None
    seen.last = Decimal(7)
    seen.bid = Decimal(8)
    assert seen.price == 7
    seen.ask = Decimal(10)
    assert seen.price == 9
    seen.mid = Decimal(11)
    assert seen.price == 11


@pytest.mark.parametrize(
    ("coins", "money", "stake"),
    [(10, 10_000, 20_000), (10, 4_000, 8_000), (0, 10_000, 10_000), (10, 0, 10_000)],
)
def test_the_stake_is_what_works_on_both_sides(coins: int, money: int, stake: int) -> None:
    """Twice the smaller of coins and money, or all of the only one."""
    seen = view(base_total=Decimal(coins), quote_total=Decimal(money))
    seen.begin(Decimal(1000))
    assert seen.stake == stake
    assert seen.base_start == coins


def test_draws_are_a_function_of_seed_name_and_index() -> None:
    """The same again draws the same; another seed or name does not."""

    def first(seed: int, name: str) -> list[float]:
        draws = Draws(seed, name)
        return [draws.uniform() for _ in range(5)]

    assert first(1, "bot-random") == first(1, "bot-random")
    assert len({*first(1, "a"), *first(2, "a"), *first(1, "b")}) == 15


def test_a_draw_between_two_bounds_stays_there() -> None:
    """Also when the bounds are on both sides of nothing."""
    draws = Draws(1, "a")
    values = [draws.between(-0.5, 0.5) for _ in range(200)]
    assert Decimal("-0.5") <= min(values) < 0 < max(values) <= Decimal("0.5")
