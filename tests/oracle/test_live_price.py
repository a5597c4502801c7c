"""What an exchange says, made into a price."""

from decimal import Decimal
from typing import Any

import pytest

from cxgame.oracle.live_price import LivePrice, live_price

NOW_S = 1795218184.25


def priced(**ticker: Any) -> LivePrice:
    """The price in a ticker that has one."""
    price = live_price("A/B", ticker, NOW_S)
    assert price is not None
    return price


@pytest.mark.parametrize(
    ("ticker", "price"),
    [
        ({"last": 5.5, "close": 4.0, "bid": 1.0, "ask": 9.0}, "5.5"),
        ({"last": None, "close": 4.0, "bid": 1.0, "ask": 9.0}, "4.0"),
        ({"last": 0, "close": 4.0}, "4.0"),
        ({"last": -1.0, "close": 4.0}, "4.0"),
        ({"close": float("nan"), "bid": 1.0, "ask": 9.0}, "5"),
        ({"bid": "1.0", "ask": "2.0"}, "1.5"),
        ({"last": 1e-8}, "1e-8"),
        ({"last": "0.00000001"}, "1e-8"),
        ({"last": 7}, "7"),
        ({"last": Decimal("7.25")}, "7.25"),
        ({"last": "7,25", "close": 1.0}, "1"),
    ],
    ids=str,
)
def test_the_price_is_the_last_then_the_close_then_the_middle(
    ticker: dict[str, Any], price: str
) -> None:
    """What is missing, no number or not above zero does not count."""
    assert priced(**ticker).price == Decimal(price)


@pytest.mark.parametrize(
    "ticker",
    [
        {},
        {"last": None, "close": None, "bid": None, "ask": None},
        {"last": 0.0, "bid": 5.0},
        {"last": -5.0},
        {"last": float("inf")},
        {"last": 1e13},
        {"last": True},
        {"last": [5.0]},
        {"last": "five"},
        {"bid": 6.0, "ask": 5.0},
        None,
        [],
    ],
    ids=str,
)
def test_a_ticker_without_a_price_is_none(ticker: Any) -> None:
    """Nothing is written then; a price is never made up."""
    assert live_price("A/B", ticker, NOW_S) is None


@pytest.mark.parametrize(
    ("stamp", "seconds"),
    [
        (1795218184250, "1795218184.25"),
        (1795218184, "1795218184"),
        (1795218184.5, "1795218184.5"),
        (None, "1795218184.25"),
        (0, "1795218184.25"),
        ("soon", "1795218184.25"),
    ],
)
def test_stamps_are_seconds(stamp: Any, seconds: str) -> None:
    """Milliseconds are recognised by their size; without a stamp it is now."""
    assert priced(last=1.0, timestamp=stamp).timestamp_s == Decimal(seconds)


@pytest.mark.parametrize(
    ("ticker", "sides"),
    [
        ({"last": 5.0, "bid": 4.0, "ask": 6.0, "bidVolume": 1.5, "askVolume": 2}, "4 6 1.5 2"),
        ({"last": 5.0, "bid": 4.0, "ask": 6.0, "bidVolume": 0, "askVolume": None}, "4 6 - -"),
        ({"last": 5.0, "bid": 6.0, "ask": 4.0, "bidVolume": 1.0}, "- - - -"),
        ({"last": 5.0, "bid": 6.0}, "- - - -"),
        ({"last": 5.0, "ask": 4.0, "askVolume": 1.0}, "- - - -"),
        ({"last": 5.0, "bid": 4.0}, "4 - - -"),
        ({"last": 5.0, "bid": 5.5, "ask": 6.0}, "5.5 6 - -"),
        ({"last": 5.0, "bid": 0, "ask": 6.0}, "- 6 - -"),
    ],
    ids=str,
)
def test_sides_are_kept_where_a_game_can_trade_on_them(ticker: dict[str, Any], sides: str) -> None:
    """A bid above the ask is a glitch, and a volume of zero is one that is not said."""
    wanted = [None if text == "-" else Decimal(text) for text in sides.split()]
    assert list(priced(**ticker)[3:]) == wanted


def test_a_number_of_many_digits_stays_readable() -> None:
    """Readers of tickers take forty characters."""
    text = f"{priced(last='1.' + '9' * 30 + 'e-12').price:f}"
    assert len(text) <= 40
