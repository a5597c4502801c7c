"""Numbers between text and integers."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cxgame.model.units import (
    NotANumber,
    TooPrecise,
    decimal_places,
    format_decimal,
    format_units,
    parse_decimal,
    parse_units,
)


@pytest.mark.parametrize(
    ("text", "places", "value"),
    [
        ("0", 2, 0),
        ("1", 2, 100),
        ("900.00", 2, 90000),
        ("900.0000000000", 2, 90000),
        ("007.5", 1, 75),
        ("-1.5", 1, -15),
        ("0.00000001", 10, 100),
    ],
)
def test_a_plain_decimal_is_read_exactly(text: str, places: int, value: int) -> None:
    """Digits are scaled to an integer; trailing zeros lose nothing."""
    assert parse_decimal(text, places) == value


@pytest.mark.parametrize(
    "text",
    [
        *("", " 1", "1 ", "+1", "1.", ".5", "1_000", "\uff11", "NaN", "Infinity", "0x10", "1,5"),
        *("--1", "1e5", "1" * 41, "\u0663", "1\n"),
    ],
)
def test_what_is_no_plain_decimal_is_refused(text: str) -> None:
    """Only ASCII digits, one point and a minus sign make a number."""
    with pytest.raises(NotANumber):
        parse_decimal(text, 2)


@pytest.mark.parametrize(
    ("text", "value"), [("1e2", 10000), ("1E-2", 1), ("1.5e+1", 1500), ("100e-4", 1)]
)
def test_json_numbers_may_carry_an_exponent(text: str, value: int) -> None:
    """An exponent shifts the point and nothing else."""
    assert parse_decimal(text, 2, exponent=True) == value


@pytest.mark.parametrize("text", ["1e31", "1e-31", "1e400", "1e5000000", "1e", "e5", "1e1.5"])
def test_an_exponent_beyond_thirty_is_no_number(text: str) -> None:
    """A large exponent never becomes a large integer."""
    with pytest.raises(NotANumber):
        parse_decimal(text, 2, exponent=True)


@pytest.mark.parametrize("text", ["0.001", "1.999", "0.0100000001"])
def test_digits_are_never_dropped(text: str) -> None:
    """A number finer than can be kept is refused, not rounded."""
    with pytest.raises(TooPrecise):
        parse_decimal(text, 2)


@given(st.integers(-(10**30), 10**30), st.integers(0, 24))
def test_writing_and_reading_are_inverse(value: int, places: int) -> None:
    """What is written is read back as the same integer."""
    text = format_decimal(value, places)
    assert len(text) > 40 or parse_decimal(text, places) == value


@pytest.mark.parametrize(
    ("text", "least", "written"),
    [
        ("10000", 0, "10000"),
        ("10000", 2, "10000.00"),
        ("10", 1, "10.0"),
        ("0.125", 2, "0.125"),
        ("-0.5", 2, "-0.50"),
    ],
)
def test_amounts_keep_the_decimals_they_need(text: str, least: int, written: str) -> None:
    """Trailing zeros are dropped down to the least number of decimals."""
    assert format_units(parse_units(text), least) == written


def test_trailing_zeros_are_no_places() -> None:
    """A tick of 0.0500 has two decimals."""
    assert decimal_places("0.0500") == 2
    assert decimal_places("5") == 0
