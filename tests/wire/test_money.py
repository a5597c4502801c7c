"""Numbers on the wire, for one market."""

import pytest
from msgspec import Raw

from cxgame.model.errors import Code, Rejection
from cxgame.model.market import build_market
from cxgame.model.rules import MarketRules
from cxgame.model.units import ONE
from cxgame.wire.money import (
    MarketMoney,
    base_text,
    is_given,
    percent_text,
    quote_text,
    read_percent,
)

BTC_USD = MarketMoney(build_market(0, MarketRules("BTC/USD", "BTC", "USD"), 0, 1))


def code(outcome: int | Rejection) -> Code:
    """The code of a refusal."""
    assert isinstance(outcome, Rejection), outcome
    return outcome.code


@pytest.mark.parametrize(
    ("raw", "ticks"),
    [
        (b'"900.00"', 90_000),
        (b'"900"', 90_000),
        (b"900", 90_000),
        (b"900.10", 90_010),
        (b"9.001e2", 90_010),
        (b"90010e-2", 90_010),
        (b'"0.1"', 10),
        (b'"0900.00"', 90_000),
        (b"0.1000000000000000000000000000000000", 10),
    ],
)
def test_a_price_is_read_exactly(raw: bytes, ticks: int) -> None:
    """As text or as a JSON number; trailing zeros lose nothing."""
    assert BTC_USD.ticks(Raw(raw)) == ticks
    assert BTC_USD.ticks(Raw(raw)) == ticks, "and remembered so"


BAD_NUMBERS: list[tuple[bytes, Code]] = [
    (b'"NaN"', Code.PARAM_NUMBER),
    (b'"Infinity"', Code.PARAM_NUMBER),
    (b'"1_000"', Code.PARAM_NUMBER),
    (b'"1,000"', Code.PARAM_NUMBER),
    (b'"1e3"', Code.PARAM_NUMBER),  # an exponent is for JSON numbers
    (b'" 1"', Code.PARAM_NUMBER),
    (b'"1 "', Code.PARAM_NUMBER),
    (b'"+1"', Code.PARAM_NUMBER),
    (b'"."', Code.PARAM_NUMBER),
    (b'"1."', Code.PARAM_NUMBER),
    (b'".5"', Code.PARAM_NUMBER),
    (b'"0x10"', Code.PARAM_NUMBER),
    (b'""', Code.PARAM_NUMBER),
    (b'"\\u0031"', Code.PARAM_NUMBER),
    ('"\uff11\uff12"'.encode(), Code.PARAM_NUMBER),  # full-width digits
    ('"\u0661"'.encode(), Code.PARAM_NUMBER),  # Arabic digits
    (b'"\xff"', Code.PARAM_NUMBER),  # no text at all
    (b"1e400", Code.PARAM_NUMBER),
    (b"1e5000000", Code.PARAM_NUMBER),
    (b"1e31", Code.PARAM_NUMBER),
    (b"1e-31", Code.PARAM_NUMBER),
    (b"9" * 41, Code.PARAM_NUMBER),
    (b'"' + b"9" * 41 + b'"', Code.PARAM_NUMBER),
    (b"9" * 60_000, Code.PARAM_NUMBER),
    (b"null", Code.PARAM_TYPE),
    (b"true", Code.PARAM_TYPE),
    (b"[1]", Code.PARAM_TYPE),
    (b'{"a":1}', Code.PARAM_TYPE),
    (b"[" + b"1," * 100 + b"1]", Code.PARAM_TYPE),
]


@pytest.mark.parametrize(("raw", "expected"), BAD_NUMBERS)
def test_what_is_no_number_is_refused_everywhere(raw: bytes, expected: Code) -> None:
    """Prices, sizes and amounts are read by one rule, and the refusal names the field."""
    price, size = BTC_USD.ticks(Raw(raw)), BTC_USD.lots(Raw(raw))
    amount, budget = BTC_USD.lots(Raw(raw), "amount"), BTC_USD.budget(Raw(raw), "amount")
    for outcome, name in ((price, "price"), (size, "size"), (amount, "amount"), (budget, "amount")):
        assert code(outcome) is expected
        assert isinstance(outcome, Rejection)
        assert outcome.facts["name"] == name


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        (b'"0.09"', Code.FILTER_MIN_PRICE),
        (b"0", Code.FILTER_MIN_PRICE),
        (b"-900", Code.FILTER_MIN_PRICE),
        (b"-1e30", Code.FILTER_MIN_PRICE),
        (b'"900.001"', Code.FILTER_TICK),
        (b"1e-3", Code.FILTER_TICK),
        (b'"10000000000000.01"', Code.FILTER_MAX),
        (b"1e30", Code.FILTER_MAX),
        (b'"' + b"9" * 40 + b'"', Code.FILTER_MAX),
    ],
)
def test_a_price_outside_the_filters_names_the_filter(raw: bytes, expected: Code) -> None:
    """With the bound and what was got."""
    outcome = BTC_USD.ticks(Raw(raw))
    assert code(outcome) is expected
    assert isinstance(outcome, Rejection)
    assert {"limit", "got"} <= set(outcome.facts)


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        (b'"0.000000009"', Code.FILTER_MIN_SIZE),
        (b"0", Code.FILTER_MIN_SIZE),
        (b'"-1"', Code.FILTER_MIN_SIZE),
        (b'"0.00000000001"', Code.FILTER_LOT),
        (b'"100000000.0000000001"', Code.FILTER_MAX),
    ],
)
def test_a_size_outside_the_filters_names_the_filter(raw: bytes, expected: Code) -> None:
    """The edges are the market's."""
    assert code(BTC_USD.lots(Raw(raw))) is expected
    assert code(BTC_USD.lots(Raw(raw), "amount")) is expected


def test_the_edges_of_the_filters_are_within() -> None:
    """n is accepted where n and one more step is not."""
    assert BTC_USD.ticks(Raw(b'"10000000000000.00"')) == 10**15
    assert BTC_USD.lots(Raw(b'"0.00000001"')) == 100
    assert BTC_USD.lots(Raw(b'"100000000"'), "amount") == 10**18
    assert BTC_USD.budget(Raw(b'"10.00"'), "amount") == 10 * ONE
    assert BTC_USD.budget(Raw(b"1e15"), "amount") == 10**15 * ONE


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        (b'"9.99"', Code.FILTER_MIN_AMOUNT),
        (b"0", Code.FILTER_MIN_AMOUNT),
        (b'"-10"', Code.FILTER_MIN_AMOUNT),
        (b'"1000000000000000.01"', Code.FILTER_MAX),
        (b'"10.0000000000000000000000001"', Code.PARAM_NUMBER),
    ],
)
def test_a_budget_outside_the_filters_names_the_filter(raw: bytes, expected: Code) -> None:
    """A budget may have any decimals that the ledger can keep."""
    assert code(BTC_USD.budget(Raw(raw), "amount")) is expected


@pytest.mark.parametrize(
    ("units", "quote", "base"),
    [
        (0, "0.00", "0.0"),
        (10_000 * ONE, "10000.00", "10000.0"),
        (ONE // 2, "0.50", "0.5"),
        (ONE // 100, "0.01", "0.01"),
        (ONE // 8, "0.125", "0.125"),
        (1, "0.000000000000000000000001", "0.000000000000000000000001"),
        (-ONE // 4, "-0.25", "-0.25"),
        (10**15 * ONE + 1, f"{10**15}.{1:024d}", f"{10**15}.{1:024d}"),
    ],
)
def test_amounts_are_written_exactly(units: int, quote: str, base: str) -> None:
    """At least two decimals of a quote asset, one of a base asset, and never one too few."""
    assert (quote_text(units), base_text(units)) == (quote, base)


@pytest.mark.parametrize(
    ("value", "lots", "average"),
    [
        (450 * ONE, 5 * 10**9, "900.00"),
        (1 * ONE, 3 * 10**10, "0.3333333333"),
        (2 * ONE, 3 * 10**10, "0.6666666666"),
        (900_125 * ONE // 1000, 10**10, "900.125"),
    ],
)
def test_an_average_price_is_exact_or_rounded_down(value: int, lots: int, average: str) -> None:
    """With the tick's decimals, and up to eight more where it needs them."""
    assert BTC_USD.average_text(value, lots) == average


def test_null_is_no_number_that_was_given() -> None:
    """An optional number may be left out either way."""
    assert not is_given(None)
    assert not is_given(Raw(b"null"))
    assert is_given(Raw(b"0"))


@pytest.mark.parametrize(
    ("raw", "ticks"), [(b'"0.01"', 1), (b"1e-2", 1), (b'"25"', 2_500), (b'"0.050"', 5)]
)
def test_a_distance_is_at_least_a_tick(raw: bytes, ticks: int) -> None:
    """Also where no price may be so low."""
    assert BTC_USD.distance(Raw(raw), "trail") == ticks
    assert BTC_USD.distance(Raw(b'"10000000000000.00"'), "trail") == 10**15


def test_a_distance_is_a_multiple_of_the_tick() -> None:
    """Also where the tick is no power of ten."""
    nickels = MarketMoney(build_market(0, MarketRules("BTC/USD", "BTC", "USD", tick="0.05"), 0, 1))
    assert nickels.distance(Raw(b'"0.15"'), "trail") == 3
    refusal = nickels.distance(Raw(b'"0.07"'), "trail")
    assert isinstance(refusal, Rejection)
    assert (refusal.code, refusal.facts) == (Code.FILTER_TICK, {"limit": "0.05", "got": "0.07"})


@pytest.mark.parametrize(
    ("raw", "millionths", "text"),
    [
        (b'"100"', 1_000_000, "100"),
        (b'"2.50"', 25_000, "2.5"),
        (b"1e-4", 1, "0.0001"),
        (b'"12.3456"', 123_456, "12.3456"),
    ],
)
def test_a_share_in_percent_is_counted_in_millionths(
    raw: bytes, millionths: int, text: str
) -> None:
    """And written as short as it may be."""
    assert read_percent(Raw(raw), "trail_percent") == millionths
    assert percent_text(millionths) == text


def test_another_price_is_refused_under_its_own_name() -> None:
    """What is wrong with it is the same."""
    for raw, expected in ((b'"x"', Code.PARAM_NUMBER), (b'"0.001"', Code.FILTER_TICK)):
        refusal = BTC_USD.ticks(Raw(raw), "max_price")
        assert isinstance(refusal, Rejection)
        assert (refusal.code, refusal.facts["name"]) == (expected, "max_price")
    assert BTC_USD.ticks(Raw(b'"900"'), "max_price") == 90_000
