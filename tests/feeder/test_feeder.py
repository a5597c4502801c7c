"""The loop of the feeder, on a clock of its own."""

import logging
from collections.abc import Callable

import pytest

from cxgame.feeder.feeder import Feeder, pause_after
from cxgame.oracle import OracleError
from cxgame.oracle.live import LiveError
from cxgame.store.errors import StoreError, StoreUnavailable
from cxgame.store.tickers import Ticker

TICKERS = [Ticker("A/B", "1", "2"), Ticker("C/D", "3", "4")]


class Ended(BaseException):
    """The test has seen enough."""


class Bench:
    """A source, a writer and a clock in one. `script` says how each round goes."""

    name = "bench"

    def __init__(self, *script: Exception | list[Ticker], opening: Exception | None = None) -> None:
        self.script = list(script)
        self.opening = opening
        self.refusing: Exception | None = None
        self.written: list[list[Ticker]] = []
        self.now_s = 100.0
        self.pauses: list[float] = []
        self.takes_s = 0.0
        self.wake: Callable[[], None] = lambda: None

    async def open(self) -> list[str]:
        error, self.opening = self.opening, None
        if error is not None:
            raise error
        return ["A/B", "C/D"]

    async def tickers(self) -> list[Ticker]:
        self.now_s += self.takes_s
        if not self.script:
            raise Ended
        step = self.script.pop(0)
        if isinstance(step, Exception):
            raise step
        return step

    async def write(self, tickers: list[Ticker]) -> None:
        if self.refusing is not None:
            raise self.refusing
        self.written.append(tickers)

    async def close(self) -> None:
        pass

    async def sleep(self, pause_s: float) -> None:
        self.pauses.append(pause_s)
        self.now_s += pause_s
        self.wake()

    async def run(self, interval_s: float = 10.0) -> None:
        """Feed until the script is over."""
        clock = lambda: self.now_s  # noqa: E731 a line of its own would say no more
        feeder = Feeder(self, self, "here", interval_s, clock=clock, sleep=self.sleep)
        with pytest.raises(Ended):
            await feeder.run()


@pytest.fixture(autouse=True)
def _heard(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, logger="cxgame.feeder")


async def test_prices_are_carried_over_each_interval(caplog: pytest.LogCaptureFixture) -> None:
    """What asking takes is part of the interval, and one line says what is going on."""
    bench = Bench(TICKERS, TICKERS, TICKERS)
    bench.takes_s = 3.0
    await bench.run()
    assert bench.written == [TICKERS] * 3
    assert bench.pauses == [7.0] * 3
    assert caplog.messages == [
        "prices from bench, 2 of them (A/B, C/D), go to Valkey at here every 10 s"
    ]


async def test_a_round_that_takes_longer_is_followed_at_once() -> None:
    """No pause is negative."""
    bench = Bench(TICKERS, TICKERS)
    bench.takes_s = 30.0
    await bench.run()
    assert bench.pauses == [0.0, 0.0]


@pytest.mark.parametrize("error", [LiveError("gone"), StoreError("no"), StoreUnavailable("away")])
async def test_trouble_is_logged_and_tried_again(
    error: Exception, caplog: pytest.LogCaptureFixture
) -> None:
    """At the next interval, then after pauses that double, until it goes well again."""
    bench = Bench(error, error, error, TICKERS, TICKERS)
    await bench.run()
    assert bench.pauses == [10.0, 20.0, 40.0, 10.0, 10.0]
    assert bench.written == [TICKERS, TICKERS]
    assert caplog.messages[1] == f"no new prices, again in 10 s: {error}"
    assert caplog.messages[4] == "prices are back after 3 failures"


async def test_a_store_that_refuses_counts_as_trouble() -> None:
    """The prices of that round are lost; the next ones are newer anyway."""
    bench = Bench(TICKERS, TICKERS)
    bench.refusing = StoreUnavailable("away")

    def heal() -> None:
        bench.refusing = None

    bench.wake = heal
    await bench.run()
    assert bench.written == [TICKERS]


async def test_an_exchange_that_is_away_at_the_start_is_waited_for() -> None:
    """As later; what is wrong with the wish itself ends it."""
    bench = Bench(TICKERS, opening=LiveError("gone"))
    await bench.run()
    assert bench.pauses == [10.0, 10.0]
    assert bench.written == [TICKERS]
    with pytest.raises(OracleError, match="no markets"):
        await Feeder(Bench(opening=OracleError("no markets")), bench, "here", 1.0).run()


async def test_a_market_without_a_price_is_told_once(caplog: pytest.LogCaptureFixture) -> None:
    """And again when it has had one in between."""
    one = TICKERS[:1]
    await Bench(one, one, TICKERS, one).run()
    assert caplog.messages[1:] == ["bench gives no price for C/D"] * 2


async def test_now_and_then_a_line_sums_up(caplog: pytest.LogCaptureFixture) -> None:
    """Each minute, of that minute."""
    await Bench(*[TICKERS] * 5, LiveError("gone"), *[TICKERS] * 8).run()
    summaries = [text for text in caplog.messages if "rounds" in text]
    assert summaries == [
        "12 prices written in 7 rounds, of which 1 failed, in the last 60 s",
        "12 prices written in 6 rounds, of which 0 failed, in the last 60 s",
    ]


@pytest.mark.parametrize(
    ("failures", "interval_s", "pause_s"),
    [
        (0, 10.0, 10.0),
        (1, 10.0, 10.0),
        (2, 10.0, 20.0),
        (9, 10.0, 60.0),
        (10**6, 10.0, 60.0),
        (3, 0.5, 2.0),
        (5, 3600.0, 3600.0),
    ],
)
def test_pauses_double_up_to_a_minute(failures: int, interval_s: float, pause_s: float) -> None:
    """An interval that is longer stays what it is."""
    assert pause_after(failures, interval_s) == pause_s
