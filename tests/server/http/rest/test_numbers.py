"""Numbers: JSON to integers and back, exactly."""

import json
from decimal import Decimal

import msgspec
import pytest

from cxgame.model.enums import Side
from cxgame.model.market import Market, build_market
from cxgame.model.rules import MarketRules
from cxgame.model.units import MAX_LOTS, ONE
from cxgame.server.http.rest.errors import Refused
from cxgame.server.http.rest.numbers import (
    figures,
    is_given,
    read_amount,
    read_lots,
    read_price,
    units_number,
)

LOC = ("body", "amount")
BTC = build_market(0, MarketRules("BTC/USDT", "BTC", "USDT", tick="0.05", lot="0.001"), 0, 1)
WHOLE = build_market(0, MarketRules("A/B", "A", "B", tick="1", lot="1", min_price="1"), 0, 1)


def raw(text: str) -> msgspec.Raw:
    """As it stands in a body."""
    return msgspec.Raw(text.encode())


@pytest.mark.parametrize(
    ("text", "units"),
    [
        ("1", ONE),
        ("0.1", ONE // 10),
        ("1e-5", ONE // 100_000),
        ("1E+2", 100 * ONE),
        ('"2.5"', 5 * ONE // 2),
        ('" 2.5 "', 5 * ONE // 2),
        ("0.1000000000000000055511151231257827", 100_000_000_000_000_005_551_115),
        ("1e-30", 0),
        ("-1", -ONE),
        ("-1e-30", -1),
    ],
)
def test_amounts_are_read_to_the_last_digit(text: str, units: int) -> None:
    """Rounded down below a unit; no float takes part."""
    assert read_amount(raw(text), LOC) == units


@pytest.mark.parametrize(
    "text",
    [
        '"NaN"',
        '"Infinity"',
        '""',
        '"1_000"',
        '"\uff11"',
        '"0x1"',
        '"1e99"',
        "1e400",
        "1" * 41,
        '"1,5"',
    ],
)
def test_what_is_no_number_is_not_read(text: str) -> None:
    """422, in pydantic's words."""
    with pytest.raises(Refused) as refused:
        read_amount(raw(text), LOC)
    assert (refused.value.status, refused.value.code) == (422, "PARAM_NUMBER")


@pytest.mark.parametrize("text", ["true", "null", "[1]", '{"a":1}'])
def test_another_type_is_not_read(text: str) -> None:
    """422, showing what came."""
    with pytest.raises(Refused) as refused:
        read_amount(raw(text), LOC)
    assert refused.value.status == 422
    assert refused.value.problems[0]["type"] == "float_type"
    assert refused.value.problems[0]["input"] == json.loads(text)


def test_there_is_a_most_of_everything() -> None:
    """400, naming it."""
    for read in (
        lambda: read_amount(raw("1e16"), LOC),
        lambda: read_lots(raw("1e29"), LOC, BTC),
        lambda: read_price(raw("1e29"), LOC, BTC, Side.BUY),
    ):
        with pytest.raises(Refused, match="amount must be at most") as refused:
            read()
        assert (refused.value.status, refused.value.code) == (400, "FILTER_MAX")
    assert read_lots(raw(f'"{BTC.size_text(MAX_LOTS)}"'), LOC, BTC) == MAX_LOTS


@pytest.mark.parametrize(
    ("text", "buy", "sell"),
    [("100.05", 2001, 2001), ("100.06", 2001, 2002), ("100.0999", 2001, 2002), ("0.01", 0, 1)],
)
def test_a_price_is_rounded_to_the_tick_in_its_owners_favour(
    text: str, buy: int, sell: int
) -> None:
    """A buy's down, a sell's up."""
    assert read_price(raw(text), LOC, BTC, Side.BUY) == buy
    assert read_price(raw(text), LOC, BTC, Side.SELL) == sell


@pytest.mark.parametrize(
    ("text", "lots"), [("0.001", 1), ("0.0019", 1), ("0.0009", 0), ("-1", -1000)]
)
def test_a_quantity_is_rounded_down_to_the_lot(text: str, lots: int) -> None:
    """Nobody trades more than he said."""
    assert read_lots(raw(text), LOC, BTC) == lots


def test_what_is_written_is_a_number_with_a_point() -> None:
    """So that it comes out a float, and the very decimal."""
    assert units_number(500 * ONE) == "500.0"
    assert units_number(1) == "0.000000000000000000000001"
    assert figures(BTC).ticks(2001) == "100.05"
    assert figures(BTC).lots(1500) == "1.5"
    assert (figures(WHOLE).ticks(7), figures(WHOLE).lots(7)) == ("7.0", "7.0")
    assert figures(BTC).value(2001, 1500) == "150.075"


@pytest.mark.parametrize(
    ("market", "value", "lots", "average"),
    [
        (BTC, 150_075 * 10**21, 1500, "100.05"),
        (BTC, ONE, 3000, "0.3333333333"),
        (WHOLE, 2 * ONE, 3, "0.66666666"),
    ],
)
def test_an_average_is_exact_where_it_can_be(
    market: Market, value: int, lots: int, average: str
) -> None:
    """Else it has eight decimals more than the tick, rounded down."""
    assert figures(market).average(value, lots) == average
    assert Decimal(average) * lots <= value


def test_null_is_not_given() -> None:
    """Nor is what is not there."""
    assert not is_given(None)
    assert not is_given(raw("null"))
    assert is_given(raw("0"))
