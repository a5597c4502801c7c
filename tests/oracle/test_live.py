"""An exchange by way of a stand-in for ccxt."""

import asyncio
import logging
import sys
from decimal import Decimal
from types import SimpleNamespace

import pytest

from cxgame.oracle import OracleError, live
from cxgame.oracle.discovery import Wish
from cxgame.oracle.live import LiveError, LiveExchange, NoMarkets
from tests.oracle import standin
from tests.oracle.standin import StandIn

BOTH = ["BTC/USDT", "ETH/USDT"]


@pytest.fixture
def ccxt(monkeypatch: pytest.MonkeyPatch) -> SimpleNamespace:
    """ccxt, or what passes for it."""
    module = standin.module(binance=StandIn, kraken=StandIn)
    monkeypatch.setitem(sys.modules, "ccxt", SimpleNamespace())
    monkeypatch.setitem(sys.modules, "ccxt.async_support", module)
    return module


def opened() -> tuple[LiveExchange, StandIn]:
    """An exchange, and the stand-in beneath it."""
    beneath = StandIn()
    return LiveExchange("binance", standin.module(), beneath), beneath


def test_an_exchange_is_opened_by_name(
    ccxt: SimpleNamespace, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With ccxt's own rate limit, and a bound for every request."""
    made: list[StandIn] = []

    class Kraken(StandIn):
        def __init__(self, options: dict[str, object]) -> None:
            super().__init__(options)
            made.append(self)

    monkeypatch.setattr(ccxt, "kraken", Kraken)
    assert LiveExchange.open("kraken").name == "kraken"
    assert made[0].options == {"enableRateLimit": True, "timeout": 15_000}


@pytest.mark.usefixtures("ccxt")
def test_an_unknown_exchange_is_refused() -> None:
    """With the name that was probably meant."""
    with pytest.raises(OracleError, match=r"no exchange 'binanse'; did you mean binance\?"):
        LiveExchange.open("binanse")
    with pytest.raises(OracleError, match=r"no exchange 'exchanges'$"):
        LiveExchange.open("exchanges")


def test_without_ccxt_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    """ccxt is an extra."""
    monkeypatch.setitem(sys.modules, "ccxt.async_support", None)
    with pytest.raises(OracleError, match=r"pip install 'cxgame\[live\]'"):
        LiveExchange.open("binance")


async def test_all_tickers_come_in_one_call() -> None:
    """And are filtered here: two markets cost as much as two thousand."""
    exchange, beneath = opened()
    prices = await exchange.prices(BOTH)
    assert [(price.symbol, price.price) for price in prices] == [
        ("BTC/USDT", Decimal("60000.5")),
        ("ETH/USDT", Decimal(3000)),
    ]
    assert prices[1].timestamp_s == Decimal("1795218184.25")
    assert beneath.asked == [("tickers", None)]


async def test_an_exchange_that_wants_names_gets_them() -> None:
    """It is not asked the other way again."""
    exchange, beneath = opened()
    beneath.wants_names = True
    assert len(await exchange.prices(BOTH)) == 2
    assert len(await exchange.prices(BOTH)) == 2
    assert beneath.asked == [("tickers", None), ("tickers", BOTH), ("tickers", BOTH)]


@pytest.mark.parametrize("has", [False, None, "emulated"])
async def test_an_exchange_without_a_list_is_asked_one_by_one(has: object) -> None:
    """Whether it says so before or only when it is asked."""
    beneath = StandIn()
    beneath.has["fetchTickers"] = has
    exchange = LiveExchange("small", standin.module(), beneath)
    for _ in range(2):
        assert len(await exchange.prices(BOTH)) == 2
    assert beneath.asked[-2:] == [("ticker", "BTC/USDT"), ("ticker", "ETH/USDT")]
    assert len(beneath.asked) == (6 if has else 4)


async def test_one_market_that_refuses_does_not_hide_the_others(
    caplog: pytest.LogCaptureFixture,
) -> None:
    """It is logged once; alone, it is an error."""
    exchange, beneath = opened()
    beneath.has["fetchTickers"] = "emulated"
    for _ in range(2):
        assert len(await exchange.prices(["NO/NE", *BOTH])) == 2
    assert caplog.messages == ["binance gives no price of NO/NE: no market NO/NE"]
    with pytest.raises(LiveError, match="no market NO/NE"):
        await exchange.prices(["NO/NE"])


async def test_one_market_that_is_gone_does_not_hide_those_named_with_it(
    caplog: pytest.LogCaptureFixture,
) -> None:
    """Which it is shows one by one; after that the others are asked for in one call again."""
    exchange, beneath = opened()
    beneath.wants_names, beneath.knows_all = True, False
    for _ in range(3):
        assert len(await exchange.prices(["NO/NE", *BOTH])) == 2
    assert caplog.messages == ["binance gives no price of NO/NE: no market NO/NE"]
    assert beneath.asked[-2:] == [("tickers", BOTH)] * 2
    with pytest.raises(LiveError, match="no market NO/NE"):
        await exchange.prices(["NO/NE"])


@pytest.mark.parametrize(
    ("trouble", "text"),
    [
        (standin.NetworkError("gone\n<html>"), "binance: NetworkError: gone <html>"),
        (standin.RateLimitExceeded("429"), "binance: RateLimitExceeded: 429"),
        (standin.ExchangeError("x" * 999), r"ExchangeError: x{200}\.\.\.$"),
        (ConnectionResetError("reset"), "binance: ConnectionResetError: reset"),
        (KeyError("symbol"), "answered what ccxt cannot read: KeyError: 'symbol'"),
        (TypeError("None"), "answered what ccxt cannot read: TypeError: None"),
    ],
    ids=lambda value: type(value).__name__,
)
async def test_whatever_goes_wrong_is_one_error_on_one_line(trouble: Exception, text: str) -> None:
    """And the next question is asked as if nothing had been."""
    exchange, beneath = opened()
    beneath.trouble = [trouble]
    with pytest.raises(LiveError, match=text):
        await exchange.prices(BOTH)
    assert len(await exchange.prices(BOTH)) == 2


async def test_an_answer_of_another_shape_is_an_error() -> None:
    """A list where a table was expected."""
    exchange, beneath = opened()
    beneath.tickers = [1, 2]
    with pytest.raises(LiveError, match="answered list instead of a table"):
        await exchange.prices(BOTH)


async def test_tickers_without_a_price_are_left_out() -> None:
    """None, nonsense, and markets that are not there."""
    exchange, beneath = opened()
    beneath.tickers = {"BTC/USDT": {"last": None}, "ETH/USDT": None, "ADA/USDT": {"last": 1.0}}
    prices = await exchange.prices([*BOTH, "ADA/USDT", "BTC/EUR"])
    assert [price.symbol for price in prices] == ["ADA/USDT"]


async def test_an_exchange_that_never_answers_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    """The bound is ours: ccxt's own holds for a single request."""
    exchange, beneath = opened()

    async def hang(*_: object) -> None:
        await asyncio.Event().wait()

    monkeypatch.setattr(live, "_ANSWER_S", 0.01)
    monkeypatch.setattr(beneath, "fetch_tickers", hang)
    async with asyncio.timeout(10):
        with pytest.raises(LiveError, match="took more than"):
            await exchange.prices(BOTH)


async def test_markets_are_chosen_with_one_look_at_the_turnover() -> None:
    """Only where a limit makes it matter."""
    exchange, beneath = opened()
    assert await exchange.choose(Wish(("BTC/EUR",))) == ["BTC/EUR"]
    assert beneath.asked == [("markets", None)]
    assert await exchange.choose(Wish(quotes=("USDT",), limit=2)) == BOTH
    assert beneath.asked[1:] == [("markets", None), ("tickers", None)]


async def test_markets_that_are_not_there_are_told(caplog: pytest.LogCaptureFixture) -> None:
    """A few are logged, none at all is an error that repeating does not heal."""
    exchange, _ = opened()
    with caplog.at_level(logging.WARNING, logger="cxgame.oracle"):
        assert await exchange.choose(Wish(("BTC/EUR", "NO/NE"))) == ["BTC/EUR"]
    assert caplog.messages == ["binance has no market NO/NE"]
    with pytest.raises(NoMarkets, match=r"none of the markets NO/NE, \*/GBP"):
        await exchange.choose(Wish(("NO/NE",), ("GBP",)))


async def test_closing_never_fails(monkeypatch: pytest.MonkeyPatch) -> None:
    """What goes wrong then hurts nobody."""
    exchange, beneath = opened()
    await exchange.close()
    assert beneath.closed == 1

    async def fail() -> None:
        raise standin.NetworkError("gone")

    monkeypatch.setattr(beneath, "close", fail)
    await exchange.close()
