"""Numbers come in as text says them, and go out exactly."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cxgame.exchange.errors import OrderRefused
from cxgame.exchange.numbers import MarketNumbers, amount, plain_text
from cxgame.model.enums import Side
from cxgame.model.market import build_market
from cxgame.model.rules import MarketRules

NUMBERS = MarketNumbers(
    build_market(0, MarketRules("BTC/USD", "BTC", "USD", "0.05", "0.003", "0.003", "0.05"), 0, 1)
)
BIG = 10**12


@given(st.integers(1, BIG))
def test_what_goes_out_comes_in_again(count: int) -> None:
    """As Decimal, as text, and as the float that reads like it."""
    price, quantity = NUMBERS.price(count), NUMBERS.quantity(count)
    assert (price, quantity) == (count * Decimal("0.05"), count * Decimal("0.003"))
    assert NUMBERS.ticks(price) == NUMBERS.ticks(str(price)) == NUMBERS.ticks(float(price)) == count
    assert NUMBERS.lots(quantity) == NUMBERS.lots(f"{quantity:f}") == count
    assert NUMBERS.lots(float(quantity)) == count


@given(st.integers(5 * 10**20, BIG * 10**20), st.sampled_from(Side))
def test_a_quote_is_rounded_by_less_than_a_tick(scaled: int, side: Side) -> None:
    """The bid down, the ask up, and on the tick not at all."""
    price = Decimal(f"{scaled}e-22")
    off = NUMBERS.price(NUMBERS.quote_ticks(price, side)) - price
    assert 0 <= (off if side is Side.SELL else -off) < Decimal("0.05")


@given(st.integers(0, BIG * 10**20))
def test_a_quantity_is_rounded_down_by_less_than_a_lot(scaled: int) -> None:
    """Whatever digits it has."""
    quantity = Decimal(f"{scaled}e-22")
    assert 0 <= quantity - NUMBERS.quantity(NUMBERS.floor_lots(quantity)) < Decimal("0.003")


def test_a_float_counts_as_its_text() -> None:
    """0.1 + 0.2 is not 0.3, and is refused rather than rounded."""
    assert NUMBERS.ticks(0.3) == 6
    with pytest.raises(OrderRefused, match="FILTER_TICK"):
        NUMBERS.ticks(0.1 + 0.2)


def test_one_and_true_are_not_confused() -> None:
    """What is remembered is remembered by its text."""
    assert NUMBERS.ticks(1) == NUMBERS.ticks("1") == NUMBERS.ticks(1.0) == 20
    with pytest.raises(OrderRefused, match="PARAM_NUMBER"):
        NUMBERS.ticks(True)


@given(st.integers(-(10**45), 10**45))
def test_an_amount_is_exact(units: int) -> None:
    """All 24 decimals, however large the number."""
    numerator, denominator = amount(units).as_integer_ratio()
    assert numerator * 10**24 == units * denominator


def test_plain_text_has_no_exponent() -> None:
    """Rules are read without one."""
    assert [plain_text(number, "x") for number in ("0.50", "5e-1", 5, 1e-7, Decimal("1E+3"))] == [
        "0.50",
        "0.5",
        "5",
        "0.0000001",
        "1000",
    ]
    with pytest.raises(ValueError, match="fee"):
        plain_text("a lot", "fee")
