"""Prices are read strictly and made of floats within bounds."""

import math
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cxgame.oracle.numbers import (
    MAX_PRICE,
    MIN_PRICE,
    OracleError,
    Spread,
    read_decimal,
    read_price,
    read_volume,
    to_price,
)

NOT_NUMBERS = (
    "",
    "NaN",
    "Infinity",
    "1_000",
    "\uff11",
    "1e31",
    "1e5000000",
    "0x1",
    " 1",
    "+1",
    "1" * 41,
)


@pytest.mark.parametrize("text", NOT_NUMBERS)
def test_what_is_no_plain_number_is_refused(text: str) -> None:
    """Nothing that `Decimal` would let through gets past the one number pattern."""
    with pytest.raises(OracleError, match="is not a number"):
        read_decimal(text)


@pytest.mark.parametrize("text", ["0", "-5", "1000.50", "1e-8", "1E3", "0.000000000000000001"])
def test_plain_numbers_are_exact(text: str) -> None:
    """A number is read to its last digit."""
    assert read_decimal(text) == Decimal(text)


@pytest.mark.parametrize("text", ["0", "-1", "1e-13", "1000000000000.1"])
def test_prices_have_bounds(text: str) -> None:
    """Zero, negative and absurd prices are refused."""
    with pytest.raises(OracleError, match="is no price"):
        read_price(text)


def test_bounds_are_prices() -> None:
    """The bounds themselves are allowed."""
    assert read_price("1e-12") == MIN_PRICE
    assert read_price("1000000000000") == MAX_PRICE


def test_a_volume_may_be_zero_but_not_negative() -> None:
    """Zero volume is a statement; less is a mistake."""
    assert read_volume("0") == 0
    with pytest.raises(OracleError, match="is no volume"):
        read_volume("-1")


@given(st.floats(allow_nan=False))
def test_any_float_makes_a_price(value: float) -> None:
    """Infinity, zero and negative numbers end at the bounds, and the rest keeps 15 digits."""
    price = to_price(value)
    assert MIN_PRICE <= price <= MAX_PRICE
    if MIN_PRICE <= value <= MAX_PRICE:
        assert math.isclose(float(price), value, rel_tol=1e-14)
        assert len(price.as_tuple().digits) <= 15


def test_nan_is_no_price() -> None:
    """A model that computed nonsense hears of it."""
    with pytest.raises(OracleError, match="NaN"):
        to_price(math.nan)


@pytest.mark.parametrize(
    ("spread", "price", "bid", "ask"),
    [
        ("0", "1000", "1000", "1000"),
        ("0.50", "1000", "999.75", "1000.25"),
        ("5bp", "1000", "999.75", "1000.25"),
        ("300", "100", "50", "150"),  # never below half the price
        ("30000bp", "100", "50", "150"),
    ],
)
def test_a_spread_lies_around_the_price(spread: str, price: str, bid: str, ask: str) -> None:
    """The price is the middle of bid and ask, which are exact."""
    assert Spread.parse(spread).around(Decimal(price)) == (Decimal(bid), Decimal(ask))


@pytest.mark.parametrize("text", ["-1", "-1bp", "bp", "5%", "5 bp", "NaNbp"])
def test_bad_spreads_are_refused(text: str) -> None:
    """Only an amount or basis points, zero or more."""
    with pytest.raises(OracleError):
        Spread.parse(text)


@pytest.mark.parametrize("text", ["0", "0.5", "5bp", "0.25bp"])
def test_a_spread_prints_as_it_reads(text: str) -> None:
    """The text of a spread reads back to the same."""
    assert str(Spread.parse(text)) == text
