"""Decimals, money as text, names and tokens."""

import re
from decimal import Decimal

import pytest

from cxgame.client.values import dec, money_text, new_cid, new_token, random_username


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("1.50", "1.50"),
        (" odd ", " odd "),
        (Decimal("1.50"), "1.50"),
        (Decimal("1E+3"), "1000"),
        (Decimal("1E-10"), "0.0000000001"),
        (7, "7"),
        (0.1, "0.1"),
        (1e-08, "0.00000001"),
        (0.1 + 0.2, "0.30000000000000004"),
        (1e21, "1000000000000000000000"),
        (float("nan"), "NaN"),
        (Decimal("-Infinity"), "-Infinity"),
    ],
)
def test_money_is_sent_as_written(value: str | Decimal | int | float, text: str) -> None:
    """A number becomes plain decimal text, without loss; text stays as it is."""
    assert money_text(value) == text


@pytest.mark.parametrize(
    "value",
    [Decimal("1e5000000"), Decimal("1e-5000000"), 10**5000],
    ids=["huge", "tiny", "long"],
)
def test_a_monstrous_number_stays_short(value: Decimal | int) -> None:
    """A number no exchange takes is sent in exponent form, not written out."""
    assert re.fullmatch(r"1\.0+e[+-]\d+", money_text(value))


def test_a_bool_is_no_money() -> None:
    """True is not 1: it is sent as a word, which the exchange refuses."""
    assert money_text(True) == "True"


def test_dec_counts_a_float_by_its_shortest_text() -> None:
    """`dec` is exact for text and takes a float as it prints."""
    assert dec(0.1) == dec("0.1") == Decimal("0.1")
    assert dec(3) == 3


def test_a_subclass_of_float_with_another_repr_counts_as_its_value() -> None:
    """numpy's floats print as np.float64(1.5); what counts is the number."""

    class Float64(float):
        def __repr__(self) -> str:
            return f"np.float64({float(self)})"

    assert money_text(Float64(1.5)) == "1.5"


def test_random_usernames_obey_the_rule_of_names() -> None:
    """Names match the exchange's rule and differ."""
    names = {random_username() for _ in range(50)}
    assert len(names) == 50
    assert all(re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,31}", name) for name in names)


def test_tokens_are_64_hex_digits() -> None:
    """A token is what the exchange takes as one; a cid is short and new each time."""
    assert re.fullmatch(r"[0-9a-f]{64}", new_token())
    assert new_cid() != new_cid()
