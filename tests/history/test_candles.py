"""Candles: rolled up to longer intervals, and without gaps."""

from itertools import pairwise

import pytest

from cxgame.history.candles import (
    INTERVALS,
    SPANS,
    Candle,
    KnownCandles,
    Window,
    first_trade,
    roll_up,
    span_for,
    with_trades,
    without_gaps,
)
from cxgame.model.enums import Side
from cxgame.model.events import Trade


def test_a_candle_takes_trades() -> None:
    """Open is the first price, close the last; quantities add up."""
    candle = first_trade(60, 100, 5).with_trade(103, 1).with_trade(99, 2).with_trade(101, 2)
    assert candle == Candle(60, open=100, high=103, low=99, close=101, quantity=10, trades=4)


def test_candles_roll_up() -> None:
    """Each belongs to the interval that its start lies in; an interval without one is left out."""
    seconds = [
        Candle(60, 10, 12, 9, 11, 5, 2),
        Candle(119, 11, 11, 8, 8, 1, 1),
        Candle(240, 20, 20, 20, 20, 1, 1),
    ]
    assert list(roll_up(seconds, 60)) == [
        Candle(60, open=10, high=12, low=8, close=8, quantity=6, trades=3),
        Candle(240, 20, 20, 20, 20, 1, 1),
    ]
    assert list(roll_up([], 60)) == []


def trade(id: int, second: int, price: int) -> tuple[Trade, int]:
    """A trade of one lot, with its time."""
    return Trade(0, id, price, 1, Side.BUY, 1, 2, 1, 2, 0, 0, "0", "0"), second * 1000


def test_trades_are_added_to_candles_that_do_not_have_them_yet() -> None:
    """Known ones are passed over; those before the window set the last close, later ones wait."""
    window = Window(60, 120, 240)
    known = KnownCandles([Candle(120, 10, 12, 9, 11, 5, 2)], last_close=9, last_trade=4)
    trades = [trade(4, 130, 99), trade(5, 179, 8), trade(6, 180, 20), trade(7, 240, 50)]
    after = with_trades(known, window, trades)
    assert after.candles == [Candle(120, 10, 12, 8, 8, 6, 3), Candle(180, 20, 20, 20, 20, 1, 1)]
    assert (after.last_close, after.last_trade) == (9, 7)
    assert with_trades(KnownCandles([]), window, trades[:1]).candles[0].start == 120
    earlier = with_trades(KnownCandles([]), window, [trade(1, 119, 7)])
    assert earlier == KnownCandles([], last_close=7, last_trade=1)


def test_where_nobody_traded_a_candle_is_empty() -> None:
    """At the last close; before the first price ever there is no candle."""
    traded = Candle(120, 10, 12, 9, 11, 5, 2)
    after = [Candle(180, 11, 11, 11, 11, 0, 0), Candle(240, 11, 11, 11, 11, 0, 0)]
    window = Window(60, 0, 300)
    assert list(without_gaps(KnownCandles([traded]), window)) == [traded, *after]
    filled = list(without_gaps(KnownCandles([traded], 7), window))
    assert filled == [Candle(0, 7, 7, 7, 7), Candle(60, 7, 7, 7, 7), traded, *after]


@pytest.mark.parametrize(("word", "seconds"), INTERVALS.items())
def test_every_interval_is_near_a_stored_span(word: str, seconds: int) -> None:
    """So that a page of candles never reads more than four times as many rows."""
    assert seconds % span_for(seconds) == 0
    assert seconds // span_for(seconds) <= 4
    assert int(word[:-1]) * {"s": 1, "m": 60, "h": 3_600, "d": 86_400}[word[-1]] == seconds


def test_stored_spans_divide_each_other() -> None:
    """And the shortest divides every interval."""
    assert all(longer % shorter == 0 for shorter, longer in pairwise(SPANS))
