"""Candles on the feed: what a naive fold of all trades says, when it is due."""

import random
from typing import Any

import pytest

from cxgame.model.candles import TIMEFRAMES, Candle
from cxgame.model.events import Trade
from cxgame.wire.feed import Subscribe, Subscription
from cxgame.wire.feed_candles import LATE_MS, MOST_EMPTY, Known
from cxgame.wire.feed_core import FeedCore
from cxgame.wire.feed_state import Now
from cxgame.wire.feed_tape import Stretch
from tests.wire.feed_samples import ONE, frames, placed, snapshot, trade

MINUTE = Subscription(("candles",), 0, "1m")
START = 1_795_218_060  # the beginning of a minute


def at(seconds: float) -> Now:
    """So many seconds after the beginning of the minute."""
    return Now(1_000.0 + seconds, START * 1000 + round(seconds * 1000))


class Desk:
    """A feed, its member `ann`, and trades by the clock."""

    def __init__(self, subscription: Subscription = MINUTE, **changes: Any) -> None:
        self.core: FeedCore[str] = FeedCore(snapshot(wall_ms=START * 1000, **changes))
        self.subscription = subscription
        self.trades = self.core._began.last_trade
        self.told: list[dict[str, Any]] = []

    def join(self, seconds: float, known: Known | None = None) -> list[dict[str, Any]]:
        """Subscribe as a hub does; the candles that come with the answer."""
        answer = self.core.answer(Subscribe(self.subscription, None, 1), at(seconds))
        self.core.join("ann", self.subscription, at(seconds))
        self.show(seconds)
        missing = self.core.candles.missing
        self.core.begin_candles({key: known or Known() for key in missing}, at(seconds))
        return [frame for frame in frames(answer) if frame["type"] == "candle"]

    def trade(self, seconds: float, price: int, coins: int = 1, market: int = 0) -> Trade:
        """A trade at a time, flushed at once."""
        self.trades += 1
        event = trade(self.trades, 1, 2, price=price, quantity=coins * ONE, market=market)
        self.flush(seconds, event)
        return event

    def flush(self, seconds: float, *events: Any) -> None:
        first = self.core.seq + 1
        assert self.core.release(Stretch(first, at(seconds).wall_ms, events))
        self.core.flush(at(seconds))

    def show(self, seconds: float) -> list[dict[str, Any]]:
        """The candles that are due at a time."""
        packed = self.core.show(at(seconds))
        found = [frame for _, data in packed for frame in frames(data)]
        return [frame for frame in found if frame["type"] == "candle"]


def values(frame: dict[str, Any]) -> tuple[int, str, int, bool]:
    """Start (after the first minute's), open-high-low-close, trades, closed."""
    prices = "-".join(frame[name] for name in ("open", "high", "low", "close"))
    return frame["start"] - START, prices, frame["trades"], frame["closed"]


def test_a_candle_runs_and_ends() -> None:
    """Told when it changed, at most twice a second; then closed; then an empty one runs."""
    desk = Desk()
    desk.join(0)
    assert desk.show(0.1) == []
    desk.trade(1, 100)
    (running,) = desk.show(1)
    assert running == {
        "type": "candle",
        "ts": at(1).ts,
        "symbol": "BTC/USD",
        "timeframe": "1m",
        "start": START,
        "open": "1.00",
        "high": "1.00",
        "low": "1.00",
        "close": "1.00",
        "volume": "1.0000000000",
        "trades": 1,
        "closed": False,
    }
    desk.trade(1.1, 103)
    desk.trade(1.2, 99, 2)
    assert desk.show(1.4) == []
    assert [values(each) for each in desk.show(1.5)] == [(0, "1.00-1.03-0.99-0.99", 3, False)]
    assert desk.show(30) == []
    assert desk.show(60 + LATE_MS / 1000 - 0.01) == []
    closed, empty = desk.show(60 + LATE_MS / 1000)
    assert values(closed) == (0, "1.00-1.03-0.99-0.99", 3, True)
    assert values(empty) == (60, "0.99-0.99-0.99-0.99", 0, False)
    assert float(empty["volume"]) == 0


def test_before_the_first_trade_there_is_none() -> None:
    """However long; and other markets' trades are nobody's here."""
    desk = Desk()
    desk.join(0)
    desk.trade(1, 100, market=1)
    assert desk.show(300) == []


def test_intervals_without_trades_have_candles() -> None:
    """Each is closed in its turn at the last close."""
    desk = Desk()
    desk.join(0)
    desk.trade(1, 100)
    told = [values(each) for each in desk.show(200)]
    assert told == [
        (0, "1.00-1.00-1.00-1.00", 1, True),
        (60, "1.00-1.00-1.00-1.00", 0, True),
        (120, "1.00-1.00-1.00-1.00", 0, True),
        (180, "1.00-1.00-1.00-1.00", 0, False),
    ]


def test_a_trade_of_the_next_interval_ends_this_one_at_once() -> None:
    """The exchange's clock may be ahead: nothing earlier follows a later trade."""
    desk = Desk()
    desk.join(0)
    desk.trade(59, 100)
    desk.trade(61, 105)
    assert [values(each) for each in desk.show(59.5)] == [
        (0, "1.00-1.00-1.00-1.00", 1, True),
        (60, "1.05-1.05-1.05-1.05", 1, False),
    ]


def test_a_late_trade_is_told_again() -> None:
    """A candle that was closed comes again with it, and so do the empty ones after it."""
    desk = Desk(Subscription(("candles",), 0, "1s"))
    desk.join(0)
    desk.trade(0, 100)
    assert [values(each)[0] for each in desk.show(3.3)] == [0, 1, 2, 3]
    desk.flush(0.99, trade(9, 1, 2, price=90))
    assert [values(each) for each in desk.show(3.9)] == [
        (0, "1.00-1.00-0.90-0.90", 2, True),
        (1, "0.90-0.90-0.90-0.90", 0, True),
        (2, "0.90-0.90-0.90-0.90", 0, True),
        (3, "0.90-0.90-0.90-0.90", 0, False),
    ]


def test_no_candle_ends_while_the_game_is_halted() -> None:
    """What was traded before may come afterwards, with its own time."""
    desk = Desk()
    desk.join(0)
    desk.trade(1, 100)
    desk.show(1)
    desk.core.state.halted = True
    assert desk.show(90) == []
    desk.core.state.halted = False
    desk.trade(2, 101)
    assert values(desk.show(90)[0]) == (0, "1.00-1.01-1.00-1.01", 2, True)


def test_a_clock_that_leaps_makes_no_flood() -> None:
    """Most of the empty candles of a long sleep are left out."""
    desk = Desk(Subscription(("candles",), 0, "1s"))
    desk.join(0)
    desk.trade(0, 100)
    assert len(desk.show(10**6)) == MOST_EMPTY + 1


def test_who_comes_later_is_shown_the_candle_that_runs() -> None:
    """With the answer, if somebody follows it already."""
    desk = Desk()
    assert desk.join(0) == []
    desk.trade(1, 100)
    (shown,) = desk.join(2)
    assert values(shown) == (0, "1.00-1.00-1.00-1.00", 1, False)


def test_what_came_before_anybody_asked_is_on_the_tape() -> None:
    """Of a game whose trades are all on it; those who know more say so by the last trade."""
    desk = Desk()
    desk.trade(1, 100)
    desk.trade(2, 101)
    desk.trade(2, 900, market=1)
    desk.join(3)
    assert [values(each) for each in desk.show(3)] == [(0, "1.00-1.01-1.00-1.01", 2, False)]
    other = Desk()
    other.trade(1, 100)
    other.trade(2, 101)
    other.join(3, Known(Candle(START, 95, 100, 95, 100, ONE, 7), last_trade=1))
    assert [values(each) for each in other.show(3)] == [(0, "0.95-1.01-0.95-1.01", 8, False)]


def test_a_reader_of_the_past_may_be_ahead_of_the_feed() -> None:
    """A trade that it has told of is not counted again."""
    desk = Desk()
    desk.join(3, Known(Candle(START, 95, 95, 95, 95, ONE, 1), last_trade=1))
    desk.trade(3, 95)
    assert [values(each)[2] for each in desk.show(3)] == [1]


def test_a_close_of_the_past_fills_an_interval_without_trades() -> None:
    """As every other does."""
    desk = Desk(last_trade=7)
    desk.join(3, Known(Candle(START - 600, 95, 95, 95, 95), last_trade=7))
    assert [values(each) for each in desk.show(3)] == [(0, "0.95-0.95-0.95-0.95", 0, False)]


def test_a_candle_that_is_not_known_whole_is_not_told() -> None:
    """The first that is told begins when the feed was there."""
    desk = Desk(last_trade=7)
    desk.trade(1, 100)
    desk.join(2, Known(Candle(START, 95, 95, 95, 95, ONE, 1), last_trade=5))
    whole = Desk(Subscription(("candles",), 0, "1m"), last_trade=7)
    assert [values(each) for each in desk.show(2)] == [(0, "1.00-1.00-1.00-1.00", 1, False)]
    late = FeedCore[str](snapshot(wall_ms=START * 1000 + 1, last_trade=7))
    whole.core = late
    whole.trade(1, 100)
    whole.join(2)
    assert whole.show(2) == []
    assert [values(each)[:2] for each in whole.show(62)] == [(60, "1.00-1.00-1.00-1.00")]


def test_what_the_tape_has_dropped_is_not_known() -> None:
    """Unless whoever keeps the past has it."""
    desk = Desk()
    desk.core._tape._kept = 2
    for second in range(5):
        desk.trade(1 + second, 100 + second)
    desk.flush(7, placed(1))
    desk.join(8)
    assert desk.show(8) == []
    desk.core.lanes.leave("ann")
    desk.show(9)
    desk.join(10, Known(Candle(START, 100, 103, 100, 103, ONE, 4), last_trade=4))
    assert [values(each) for each in desk.show(10)] == [(0, "1.00-1.04-1.00-1.04", 5, False)]


def test_nobody_who_follows_costs_nothing() -> None:
    """Nothing is folded any more, and another beginning asks for the past again."""
    desk = Desk()
    desk.join(0)
    assert desk.core.candles
    desk.core.begin(snapshot(seq=20, wall_ms=START * 1000), at(1))
    desk.show(1)
    assert desk.core.candles.missing == [("1m", 0)]
    desk.core.lanes.leave("ann")
    desk.show(2)
    desk.core.begin_candles({("1m", 0): Known()}, at(2))
    assert not desk.core.candles


def test_all_markets_have_candles_and_timeframes_lanes_of_their_own() -> None:
    """Who wants minutes is not told of seconds."""
    desk = Desk(Subscription(("candles",), -1, "1m"))
    desk.join(0)
    desk.core.join("bob", Subscription(("candles",), 1, "5s"), at(0))
    desk.show(0)
    desk.core.begin_candles(dict.fromkeys(desk.core.candles.missing, Known()), at(0))
    desk.trade(1, 100)
    desk.trade(1, 200, market=1)
    told = {
        member: [(frame["symbol"], frame["timeframe"]) for frame in frames(data)]
        for lane, data in desk.core.show(at(1))
        for member in lane.members
    }
    assert told == {"ann": [("BTC/USD", "1m"), ("ETH/USD", "1m")], "bob": [("ETH/USD", "5s")]}


@pytest.mark.parametrize("timeframe", TIMEFRAMES)
def test_closed_candles_are_those_of_a_naive_fold(timeframe: str) -> None:
    """Of random trades in two markets, each interval once, none left out, and the last one runs."""
    draw, seconds = random.Random(timeframe), TIMEFRAMES[timeframe]
    desk = Desk(Subscription(("candles",), -1, timeframe))
    trades: list[tuple[int, Trade]] = []
    told: dict[tuple[str, int], dict[str, Any]] = {}
    closed: list[tuple[str, int]] = []
    time, joined = 0.0, False

    def show(seconds: float) -> None:
        for frame in desk.show(seconds):
            key = frame["symbol"], frame["start"]
            told[key] = frame
            closed.extend([key] if frame["closed"] else [])

    while len(trades) < 150:
        time += draw.choice((0.1, 0.3, seconds / 7, seconds / 3, seconds * 2.5))
        if draw.random() < 0.6:
            event = desk.trade(
                time, draw.randrange(90, 110), draw.randrange(1, 5), draw.choice((0, 1))
            )
            trades.append((at(time).wall_ms // 1000, event))
        if not joined and len(trades) > 20:
            desk.join(time)
            joined, first = True, at(time).wall_ms // 1000 // seconds * seconds
        if joined:
            show(time)
    show(time + 1)
    end = at(time + 1 - LATE_MS / 1000).wall_ms // 1000 // seconds * seconds
    assert len(closed) == len(set(closed)) > 50
    for market, symbol in enumerate(("BTC/USD", "ETH/USD")):
        expected = naive([each for each in trades if each[1].market == market], seconds, end)
        expected = {start: row for start, row in expected.items() if start >= first}
        shown = {
            start: tuple(
                frame[name] for name in ("open", "high", "low", "close", "trades", "volume")
            )
            for (of, start), frame in told.items()
            if of == symbol
        }
        assert shown == expected
        assert [start for of, start in closed if of == symbol] == [
            start for start in expected if start < end
        ]


def naive(trades: list[tuple[int, Trade]], seconds: int, last: int) -> dict[int, tuple[Any, ...]]:
    """Every candle up to the one that begins at `last`, by going through all trades for each."""
    rows: dict[int, tuple[Any, ...]] = {}
    start, close = trades[0][0] // seconds * seconds, 0
    while start <= max(last, trades[-1][0] // seconds * seconds):
        within = [trade for second, trade in trades if start <= second < start + seconds]
        prices = [trade.price for trade in within] or [close]
        close = prices[-1]
        lots = sum(trade.quantity for trade in within)
        shown = (prices[0], max(prices), min(prices), close)
        texts = [f"{price // 100}.{price % 100:02}" for price in shown]
        rows[start] = (*texts, len(within), f"{lots // ONE}.{lots % ONE:010}")
        start += seconds
    return rows
