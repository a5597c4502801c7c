"""Markets in integers."""

import pytest

from cxgame.model.errors import Code, Rejection
from cxgame.model.market import Market, build_market, parse_amount
from cxgame.model.rules import MarketRules
from cxgame.model.units import ONE


def market(**changes: object) -> Market:
    """BTC/USD with changes."""
    return build_market(0, MarketRules("BTC/USD", "BTC", "USD", **changes), 0, 1)  # type: ignore[arg-type]


def code(result: object) -> Code:
    """The code of what must be a refusal."""
    assert isinstance(result, Rejection)
    return result.code


def test_price_times_quantity_is_whole_in_units() -> None:
    """One lot at one tick has an exact value."""
    assert market().tick_lot_units * 10**12 == ONE


@pytest.mark.parametrize("tick", ["0.05", "0.25", "5", "0.0000000001"])
def test_prices_count_ticks_of_any_size(tick: str) -> None:
    """A price is read into ticks and written back with the tick's decimals."""
    place = market(tick=tick)
    ticks = place.parse_price(place.price_text(20 * place.min_ticks))
    assert ticks == 20 * place.min_ticks


def test_a_half_tick_mid_has_one_decimal_more() -> None:
    """The mid is bid + ask, so it may lie between two ticks."""
    assert market().mid_text(200000) == "1000.00"
    assert market().mid_text(200001) == "1000.005"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("1.005", Code.FILTER_TICK),
        ("0.05", Code.FILTER_MIN_PRICE),
        ("0", Code.FILTER_MIN_PRICE),
        ("-1", Code.FILTER_MIN_PRICE),
        ("99999999999999", Code.FILTER_MAX),
        ("abc", Code.PARAM_NUMBER),
        ("9" * 50, Code.PARAM_NUMBER),
    ],
)
def test_a_price_off_the_filters_is_refused(text: str, expected: Code) -> None:
    """The code says which filter."""
    assert code(market().parse_price(text)) is expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("0.00000000001", Code.FILTER_LOT),
        ("0.000000001", Code.FILTER_MIN_SIZE),
        ("0", Code.FILTER_MIN_SIZE),
        ("-2", Code.FILTER_MIN_SIZE),
        ("999999999999", Code.FILTER_MAX),
        ("1e3", Code.PARAM_NUMBER),
    ],
)
def test_a_size_off_the_filters_is_refused(text: str, expected: Code) -> None:
    """The code says which filter."""
    assert code(market().parse_size(text)) is expected


def test_ticks_and_lots_need_not_be_powers_of_ten() -> None:
    """What lies between two of them is refused with the step."""
    place = market(tick="0.05", lot="0.25")
    assert place.parse_price("1.10") == 22
    assert place.parse_size("0.75") == 3
    for result, expected in (
        (place.parse_price("1.12"), Code.FILTER_TICK),
        (place.parse_price("1.101"), Code.FILTER_TICK),
        (place.parse_size("0.70"), Code.FILTER_LOT),
        (place.parse_size("0.751"), Code.FILTER_LOT),
    ):
        assert code(result) is expected


def test_amounts_have_a_maximum() -> None:
    """Nobody may name more than 1e15 of an asset."""
    assert parse_amount("10.5", "amount") == 10 * ONE + ONE // 2
    assert code(parse_amount("1000000000000001", "amount")) is Code.FILTER_MAX
    assert code(parse_amount("1e3", "amount")) is Code.PARAM_NUMBER
    assert parse_amount("1e3", "amount", exponent=True) == 1000 * ONE


@pytest.mark.parametrize(
    "changes",
    [
        {"tick": "0.0000000000001", "lot": "0.000000000001"},
        {"tick": "0"},
        {"lot": "0"},
        {"quote": "BTC"},
        {"min_size": "0"},
        {"min_price": "0"},
        {"maker_fee": "-0.001"},
        {"taker_fee": "1.5"},
        {"start_price": "0"},
    ],
)
def test_an_inexact_market_is_refused(changes: dict[str, str]) -> None:
    """A market that could not keep exact values cannot be opened."""
    rules = {"symbol": "BTC/USD", "base": "BTC", "quote": "USD", **changes}
    with pytest.raises(ValueError, match="BTC/USD"):
        build_market(0, MarketRules(**rules), 0, 1)
