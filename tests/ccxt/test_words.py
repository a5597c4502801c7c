"""ccxt's words for orders with a trigger, and what the exchange is asked for."""

from typing import Any

import ccxt
import ccxt.pro
import pytest

import cxgame.ccxt
from cxgame.ccxt.words import is_of, kinds_of

MARKET = {
    "symbol": "BTC/USDT",
    "base": "BTC",
    "quote": "USDT",
    "tick": "0.01",
    "lot": "0.0001",
    "min_size": "0.0001",
    "min_price": "0.01",
    "min_amount": "1.00",
    "maker_fee": "0",
    "taker_fee": "0",
    "phase": "open",
}
STOPPED = {"trigger": "stop", "trigger_price": "950.12"}


@pytest.fixture
def exchange() -> Any:
    """The class, which knows one market and asks nobody."""
    assert cxgame.ccxt.ID in ccxt.exchanges
    exchange = ccxt.cxgame()
    exchange.set_markets([exchange.parse_market(MARKET)])
    return exchange


def asked(exchange: Any, type: str, side: str, price: Any = None, **params: Any) -> dict[str, Any]:
    """The order that the exchange is asked for, without what every order has."""
    plan = exchange.plan_create_order("BTC/USDT", type, side, 1, price, params)
    command, order = next(plan)
    assert command == "order"
    return {name: order[name] for name in order.keys() - {"symbol", "side", "type", "size"}}


@pytest.mark.parametrize(
    ("params", "expected"),
    [
        ({"triggerPrice": 950.123}, STOPPED),
        ({"stopPrice": 950.123}, STOPPED),
        ({"stopLossPrice": 950.123}, STOPPED),
        ({"takeProfitPrice": 950.123}, {**STOPPED, "trigger": "take_profit"}),
        ({"triggerPrice": 950.123, "triggerDirection": "descending"}, STOPPED),
        ({"triggerPrice": 950.123, "triggerDirection": "below"}, STOPPED),
        (
            {"triggerPrice": 950.123, "triggerDirection": "ascending"},
            {**STOPPED, "trigger": "take_profit"},
        ),
        ({"triggerPrice": 950.123, "triggerPriceType": "mid"}, {**STOPPED, "trigger_by": "mid"}),
        ({"trailingAmount": 12.5}, {"trigger": "trailing", "trail": "12.5"}),
        ({"trailingPercent": 1.5}, {"trigger": "trailing", "trail_percent": "1.5"}),
        ({"trailingPercent": 1.5, "trigger_by": "mid"}, None),
        ({}, {}),
    ],
)
def test_a_sell_waits(exchange: Any, params: dict[str, Any], expected: Any) -> None:
    """A stop waits for a falling price, a take-profit for a rising one."""
    if expected is None:  # the exchange's own words pass
        expected = {"trigger": "trailing", "trail_percent": "1.5", "trigger_by": "mid"}
    assert asked(exchange, "market", "sell", **params) == expected


def test_a_buy_waits_for_the_other_direction(exchange: Any) -> None:
    """A stop for a rising price."""
    rising = asked(exchange, "limit", "buy", 1010, triggerPrice=1000, triggerDirection="ascending")
    assert rising == {"price": "1010", "trigger": "stop", "trigger_price": "1000"}
    falling = asked(exchange, "limit", "buy", 990, triggerPrice=995, triggerDirection="descending")
    assert falling == {"price": "990", "trigger": "take_profit", "trigger_price": "995"}


def test_a_market_buy_names_the_highest_price_that_it_pays(exchange: Any) -> None:
    """As `maxPrice`, or as the price; one with a cost needs none."""
    expected = {"trigger": "stop", "trigger_price": "1000", "max_price": "1010"}
    assert asked(exchange, "market", "buy", triggerPrice=1000, maxPrice=1010) == expected
    assert asked(exchange, "market", "buy", 1010, triggerPrice=1000) == expected
    plan = exchange.plan_market_buy_with_cost("BTC/USDT", 50, {"triggerPrice": 1000})
    order = next(plan)[1]
    assert (order["amount"], order["trigger_price"]) == ("50", "1000")
    assert order.keys() & {"size", "max_price"} == set()


@pytest.mark.parametrize(
    ("error", "params"),
    [
        (ccxt.InvalidOrder, {"triggerPrice": 900, "trailingAmount": 1}),
        (ccxt.InvalidOrder, {"stopLossPrice": 900, "triggerDirection": "ascending"}),
        (ccxt.InvalidOrder, {"takeProfitPrice": 1100, "triggerDirection": "descending"}),
        (ccxt.InvalidOrder, {"triggerPrice": 900, "triggerDirection": "sideways"}),
        (ccxt.NotSupported, {"stopLoss": {"triggerPrice": 900}}),
        (ccxt.NotSupported, {"takeProfit": {"triggerPrice": 1100}}),
        (ccxt.NotSupported, {"trailingAmount": 1, "trailingTriggerPrice": 1100}),
    ],
)
def test_what_makes_no_sense_is_refused(exchange: Any, error: Any, params: dict[str, Any]) -> None:
    """Rather than understood in some way."""
    with pytest.raises(error):
        asked(exchange, "market", "sell", **params)


@pytest.mark.parametrize("wrong", ["abc", "", "nan", float("inf"), 1e40, True])
def test_what_is_no_number_is_an_invalid_order(exchange: Any, wrong: Any) -> None:
    """By whatever name it comes; the text says which it is, and what was given."""
    order, edit = exchange.plan_create_order, exchange.plan_edit_order
    for name, plan in (
        ("amount", order("BTC/USDT", "market", "buy", wrong)),
        ("price", order("BTC/USDT", "limit", "buy", 1, wrong)),
        ("price", order("BTC/USDT", "market", "sell", 1, None, {"triggerPrice": wrong})),
        ("price", order("BTC/USDT", "market", "sell", 1, None, {"trailingAmount": wrong})),
        ("amount", edit("1", "BTC/USDT", "limit", "buy", wrong)),
        ("price", edit("1", "BTC/USDT", "limit", "buy", 1, wrong)),
    ):
        with pytest.raises(ccxt.InvalidOrder, match=f"^cxgame {name} of BTC/USDT ") as told:
            next(plan)
        assert str(told.value).endswith(f"not {wrong!r}")


def test_a_cost_or_a_share_that_is_no_number_is_an_invalid_order(exchange: Any) -> None:
    """These are sent as they are given, but they are numbers."""
    for name, params in (("cost", {"cost": "abc"}), ("trailingPercent", {"trailingPercent": ""})):
        with pytest.raises(ccxt.InvalidOrder, match=f"^cxgame {name} of BTC/USDT "):
            next(exchange.plan_create_order("BTC/USDT", "market", "buy", 1, None, params))


@pytest.mark.parametrize("timeframe", ["7m", "7x", "minute", ""])
def test_a_timeframe_that_there_is_not_is_told(exchange: Any, timeframe: str) -> None:
    """With those that there are."""
    with pytest.raises(ccxt.BadRequest, match=f"no timeframe '{timeframe}', but 1s, 5s, .*, 1d$"):
        next(exchange.plan_ohlcv("BTC/USDT", timeframe))


async def test_a_timeframe_that_there_is_not_cannot_be_watched() -> None:
    """Nobody needs to be asked for that."""
    watcher = ccxt.pro.cxgame()
    watcher.set_markets([watcher.parse_market(MARKET)])
    try:
        for watching in (
            watcher.watch_ohlcv("BTC/USDT", "7m"),
            watcher.watch_ohlcv_for_symbols([["BTC/USDT", "7m"]]),
        ):
            with pytest.raises(ccxt.BadRequest, match="no timeframe '7m'"):
                await watching
    finally:
        await watcher.close()


def test_some_kinds_can_be_asked_for_alone() -> None:
    """By the words of exchanges that keep them apart."""
    plain, stop = {"id": "1"}, {"id": "2", "trigger": {"kind": "stop"}}
    trailing = {"id": "3", "trigger": {"kind": "trailing"}}
    rows = [plain, stop, trailing]
    params = {"trigger": True, "trailing": False, "other": 1}
    assert kinds_of(params) == ("trigger",)
    assert params == {"other": 1}
    for kinds, found in (((), rows), (("trigger",), rows[1:]), (("trailing",), rows[2:])):
        assert [row for row in rows if is_of(kinds, row)] == found


STEP_MS = 60_000


def candles_asked(exchange: Any, since: int | None, limit: int | None, **params: Any) -> Any:
    """The plan of `fetch_ohlcv`, and what it asks first."""
    plan = exchange.plan_ohlcv("BTC/USDT", "1m", since, limit, params)
    command, asked = next(plan)
    assert (command, asked.pop("symbol"), asked.pop("interval")) == ("candles", "BTC/USDT", "1m")
    return plan, asked


@pytest.mark.parametrize(
    ("since", "limit", "params", "expected"),
    [
        (None, None, {}, {"limit": 1000}),
        (None, 5, {"until": 7_000}, {"limit": 5, "until": 7_000}),
        (STEP_MS, 5, {}, {"limit": 5, "since": STEP_MS, "until": 6 * STEP_MS}),
        (1, 5_000, {}, {"limit": 1000, "since": STEP_MS, "until": 1001 * STEP_MS}),
        (0, 5, {"until": 100 * STEP_MS}, {"limit": 5, "since": 0, "until": 5 * STEP_MS}),
        (0, 5, {"until": STEP_MS}, {"limit": 5, "since": 0, "until": STEP_MS}),
    ],
)
def test_candles_from_a_time_on_are_the_first(
    exchange: Any, since: int | None, limit: int | None, params: Any, expected: Any
) -> None:
    """However far the span goes: of one that is longer the exchange would tell the end."""
    assert candles_asked(exchange, since, limit, **params)[1] == expected


def test_candles_of_an_exchange_with_short_answers_are_the_first_too(exchange: Any) -> None:
    """It has told the last ones of what was asked: the first are asked for again."""
    row = dict.fromkeys(("open", "high", "low", "close", "volume"), "1.00")
    plan, _ = candles_asked(exchange, STEP_MS, 5)
    late = [{**row, "timestamp": 60.0 * number} for number in (4, 5)]
    _, asked = plan.send({"data": late, "more": True})
    assert (asked["since"], asked["until"]) == (STEP_MS, 3 * STEP_MS)
    early = [{**row, "timestamp": 60.0 * number} for number in (1, 2)]
    with pytest.raises(StopIteration) as end:
        plan.send({"data": early})
    assert [candle[0] for candle in end.value.value] == [STEP_MS, 2 * STEP_MS]
