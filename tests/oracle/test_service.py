"""The oracle plays its ticks in order and on time, and takes tickers over."""

import asyncio
import heapq
import logging
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from decimal import Decimal
from typing import Any

import pytest

from cxgame.oracle import Oracle, PriceModel, Quote, Start, assign, parse
from cxgame.oracle.models import Constant, Gbm
from cxgame.oracle.numbers import OracleError
from cxgame.oracle.service import MAX_BURST
from cxgame.oracle.tickers import mirrored_by

TURNS = 30  # of the event loop: enough for every task to come to its next sleep


class ManualTime:
    """A clock that stands until it is told to go on, and sleeps that end by it."""

    def __init__(self) -> None:
        self.now = 0.0
        self._sleepers: list[tuple[float, int, asyncio.Future[None]]] = []
        self._count = 0

    def clock(self) -> float:
        """Seconds."""
        return self.now

    async def sleep(self, delay_s: float) -> None:
        """Until the clock was moved that far."""
        future = asyncio.get_running_loop().create_future()
        self._count += 1
        heapq.heappush(self._sleepers, (self.now + delay_s, self._count, future))
        await future

    async def until(self, time_s: float) -> None:
        """Move the clock from sleeper to sleeper."""
        async with asyncio.timeout(60):  # of real time: a loop that stands still must fail
            await settle()
            while self._sleepers and self._sleepers[0][0] <= time_s:
                wake_s, _, future = heapq.heappop(self._sleepers)
                self.now = max(self.now, wake_s)
                if not future.done():
                    future.set_result(None)
                await settle()
        self.now = time_s


async def settle() -> None:
    """Let every task run until it waits for time."""
    for _ in range(TURNS):
        await asyncio.sleep(0)


class Shelf:
    """Tickers in memory, with a switch that makes them unreachable."""

    def __init__(self) -> None:
        self.tickers: dict[str, dict[str, str]] = {}
        self.reads = 0
        self.most_at_once = 0
        self.writes: list[dict[str, str]] = []
        self.is_down = False

    async def read_many(self, symbols: Sequence[str]) -> Mapping[str, Mapping[str, str]]:
        """All fields."""
        self.reads += 1
        self.most_at_once = max(self.most_at_once, len(symbols))
        if self.is_down:
            raise ConnectionError("no Valkey")
        return {symbol: self.tickers[symbol] for symbol in symbols if symbol in self.tickers}

    async def write(self, tickers: Mapping[str, Mapping[str, str]]) -> None:
        """Replace all fields."""
        if self.is_down:
            raise ConnectionError("no Valkey")
        for symbol, fields in tickers.items():
            self.tickers[symbol] = dict(fields)
            self.writes.append(dict(fields))

    def hset(self, symbol: str, **fields: str) -> None:
        """What another program does: it leaves the fields that it doesn't know."""
        self.tickers.setdefault(symbol, {}).update(fields)


@pytest.fixture
def manual() -> ManualTime:
    """Time at zero."""
    return ManualTime()


@pytest.fixture
def shelf() -> Shelf:
    """No tickers."""
    return Shelf()


@asynccontextmanager
async def running(
    oracle: Oracle, submit: Callable[[Quote], Any], manual: ManualTime, **options: Any
) -> AsyncIterator[None]:
    """The oracle at work on manual time; a failure of it comes out at the end."""
    task = asyncio.create_task(
        oracle.run(submit, clock=manual.clock, wall=manual.clock, sleep=manual.sleep, **options)
    )
    await settle()
    try:
        yield
    finally:
        task.cancel()
        async with asyncio.timeout(10):
            await asyncio.wait([task])
    if not task.cancelled():
        task.result()


def indexes(quotes: list[Quote]) -> list[int]:
    """Their tick numbers."""
    return [quote.index for quote in quotes]


def test_the_first_price_comes_at_once_and_then_one_each_interval() -> None:
    """Time is an argument: nothing is due before its moment, and nothing twice."""
    oracle = Oracle({"BTC/USD": Constant()}, 0.1)
    assert oracle.next_due_s(7.0) == 7.0
    steps = [(7.0, [0]), (7.0, []), (7.0999, []), (7.1, [1]), (7.15, []), (7.3, [2, 3])]
    for now_s, expected in steps:
        assert indexes(oracle.quotes_due(now_s)) == expected
    assert oracle.next_due_s(7.3) == pytest.approx(7.4)


def test_after_a_restart_the_next_tick_is_an_interval_away() -> None:
    """The journal's tick was told already; the tape goes on with the next index."""
    oracle = Oracle({"BTC/USD": Constant()}, 1.0, starts={"BTC/USD": Start(8, Decimal(5))})
    assert oracle.quotes_due(100.0) == []
    (quote,) = oracle.quotes_due(101.0)
    assert (quote.index, quote.price) == (9, 5)


def test_markets_tick_together_each_on_its_own_tape() -> None:
    """A market that was added later starts with its tick 0 beside the others."""
    models = {symbol: Gbm(symbol=symbol) for symbol in ("BTC/USD", "ETH/USD")}
    oracle = Oracle(models, 1.0, starts={"BTC/USD": Start(8, Decimal(5))})
    quotes = oracle.quotes_due(0.0) + oracle.quotes_due(2.0)
    assert [(quote.symbol, quote.index) for quote in quotes] == [
        ("ETH/USD", 0),
        ("BTC/USD", 9),
        ("ETH/USD", 1),
        ("BTC/USD", 10),
        ("ETH/USD", 2),
    ]


def test_late_ticks_are_played_in_order_and_never_skipped() -> None:
    """However long the game was busy, the tape is the one of a game that never was."""
    busy = Oracle({"BTC/USD": Gbm(seed=3)}, 0.001)
    busy.quotes_due(0.0)
    late: list[Quote] = []
    while burst := busy.quotes_due(1.0):
        assert len(burst) <= MAX_BURST
        late += burst
    calm = Oracle({"BTC/USD": Gbm(seed=3)}, 0.001)
    calm.quotes_due(0.0)
    assert late == [quote for step in range(1, 1001) for quote in calm.quotes_due(step / 1000)]
    assert indexes(late) == list(range(1, 1001))


def test_a_burst_ends_with_a_whole_round() -> None:
    """With several markets none gets ahead of the others."""
    models = {f"C{number}/USD": Constant(symbol=f"C{number}/USD") for number in range(3)}
    oracle = Oracle(models, 1.0)
    oracle.quotes_due(0.0)
    burst = oracle.quotes_due(1000.0)
    assert len(burst) == 102
    assert {quote.index for quote in burst[-3:]} == {34}


def test_standing_still_puts_ticks_off() -> None:
    """What would have been due meanwhile never was; only tick 0 comes in any case."""
    oracle = Oracle({"BTC/USD": Constant()}, 1.0)
    oracle.stands_still = True
    assert indexes(oracle.quotes_due(0.0)) == [0]
    assert oracle.quotes_due(50.0) == []
    assert oracle.next_due_s(50.0) == pytest.approx(50.05)
    oracle.stands_still = False
    assert oracle.quotes_due(50.05) == []
    assert indexes(oracle.quotes_due(52.05)) == [1, 2]
    oracle.stands_still = True
    assert oracle.quotes_due(60.0) == []
    oracle.stands_still = False
    assert oracle.quotes_due(60.0) == []
    assert indexes(oracle.quotes_due(61.0)) == [3]


def test_the_interval_has_a_lower_limit() -> None:
    """One millisecond is allowed, less is not."""
    assert Oracle({"BTC/USD": Constant()}, 0.001).quotes_due(0.0)
    with pytest.raises(ValueError, match="1 ms or more"):
        Oracle({"BTC/USD": Constant()}, 0.0009)


def test_a_set_price_is_where_the_model_goes_on() -> None:
    """The quote comes back for the caller to submit; a market that doesn't exist is a bug."""
    oracle = Oracle({"BTC/USD": Constant()}, 1.0, followed=["ETH/USD"])
    oracle.quotes_due(0.0)
    assert oracle.set_price("BTC/USD", Decimal(7)).index == 0
    assert oracle.quotes_due(1.0)[0].price == 7
    assert oracle.set_price("ETH/USD", Decimal(3), Decimal(2)).bid == 2
    with pytest.raises(KeyError):
        oracle.set_price("XRP/USD", Decimal(1))


def test_an_oracle_is_made_of_specs() -> None:
    """Models are built with seed and interval, `valkey` markets are followed."""
    specs = [parse("gbm:price=5"), parse("ETH/USD=valkey")]
    oracle = Oracle.from_specs(
        assign(specs, ["BTC/USD", "ETH/USD"]), 9, 0.5, starts={"ETH/USD": Start(4, Decimal(1))}
    )
    twin = Oracle({"BTC/USD": Gbm(price=5, seed=9, dt_s=0.5)}, 0.5)
    for now_s in (0.0, 3.0):
        assert oracle.quotes_due(now_s) == twin.quotes_due(now_s)
    assert oracle.set_price("ETH/USD", Decimal(2)).index == 5


async def test_run_submits_each_tick_at_its_time(manual: ManualTime) -> None:
    """Deadlines lie on a grid: the time that submitting takes doesn't add up."""
    seen: list[tuple[float, int]] = []

    def submit(quote: Quote) -> None:
        seen.append((round(manual.now, 6), quote.index))
        manual.now += 0.03

    async with running(Oracle({"BTC/USD": Constant()}, 0.5), submit, manual):
        await manual.until(2.2)
    assert seen == [(0.0, 0), (0.5, 1), (1.0, 2), (1.5, 3), (2.0, 4)]


async def test_a_burst_is_submitted_before_any_of_it_is_awaited(manual: ManualTime) -> None:
    """The game can take late ticks into one batch, instead of one commit for each."""
    gate = asyncio.Event()
    begun: list[int] = []

    async def submit(quote: Quote) -> None:
        begun.append(quote.index)
        if quote.index:
            await gate.wait()

    async with running(Oracle({"BTC/USD": Constant()}, 0.001), submit, manual):
        manual.now = 0.050
        await manual.until(0.050)
        assert begun == list(range(51))


async def test_run_waits_for_a_slow_game_and_then_catches_up(manual: ManualTime) -> None:
    """A burst is handed over whole, in order, and the next one waits until it is taken."""
    gate = asyncio.Event()
    begun: list[int] = []

    async def submit(quote: Quote) -> None:
        begun.append(quote.index)
        await gate.wait()

    async with running(Oracle({"BTC/USD": Constant()}, 0.001), submit, manual):
        await manual.until(0.250)
        assert begun == [0]
        gate.set()
        await manual.until(0.251)
        assert begun == list(range(252))


async def test_run_ticks_on_a_real_clock() -> None:
    """At one millisecond the ticks come, contiguous, until the oracle is cancelled."""
    seen: list[int] = []
    enough = asyncio.Event()

    def submit(quote: Quote) -> None:
        seen.append(quote.index)
        if quote.index == 50:
            enough.set()

    task = asyncio.create_task(Oracle({"BTC/USD": Gbm(dt_s=0.001)}, 0.001).run(submit))
    async with asyncio.timeout(30):
        await enough.wait()
        task.cancel()
        await asyncio.wait([task])
    assert task.cancelled()
    assert seen == list(range(len(seen)))


class Failing(PriceModel):
    """Breaks at its third tick."""

    def next_price(self, current: Decimal) -> Decimal:
        """One, two, nothing."""
        return Decimal(0) if self.index == 3 else current


async def test_a_failing_model_ends_run_with_its_sentence(manual: ManualTime, shelf: Shelf) -> None:
    """Nothing is swallowed, and no loop goes on beside it."""
    oracle = Oracle({"BTC/USD": Failing()}, 1.0)
    with pytest.raises(OracleError, match="Failing: 0 at tick 3"):
        async with running(oracle, lambda _: None, manual, reader=shelf, mirror=shelf.write):
            await manual.until(10.0)
    reads = shelf.reads
    await manual.until(20.0)
    assert shelf.reads == reads


async def test_what_submit_raises_ends_run(manual: ManualTime, shelf: Shelf) -> None:
    """Even an OSError, which from the store would only mean to try again."""
    shelf.hset("BTC/USD", price="5")

    async def submit(_quote: Quote) -> None:
        raise BrokenPipeError("the game is gone")

    oracle = Oracle({}, 1.0, followed=["BTC/USD"])
    with pytest.raises(BrokenPipeError):
        async with running(oracle, submit, manual, reader=shelf):
            await manual.until(1.0)


async def test_a_followed_market_ticks_when_its_ticker_changes(
    manual: ManualTime, shelf: Shelf
) -> None:
    """It is looked at each interval; until something stands there nothing happens."""
    seen: list[tuple[int, Decimal]] = []
    oracle = Oracle({}, 0.5, followed=["BTC/USD"])
    async with running(
        oracle, lambda quote: seen.append((quote.index, quote.price)), manual, reader=shelf
    ):
        await manual.until(2.0)
        assert shelf.reads == 4
        assert seen == []
        shelf.hset("BTC/USD", price="5")
        await manual.until(4.0)
        shelf.hset("BTC/USD", price="nonsense")
        await manual.until(5.0)
        shelf.hset("BTC/USD", price="6")
        await manual.until(6.0)
    assert seen == [(0, Decimal(5)), (1, Decimal(6))]


async def test_following_needs_a_reader(manual: ManualTime) -> None:
    """Without one the mistake shows at the start."""
    with pytest.raises(ValueError, match="need a reader"):
        await Oracle({}, 1.0, followed=["BTC/USD"]).run(lambda _: None, sleep=manual.sleep)


async def test_each_tick_is_mirrored_once(manual: ManualTime, shelf: Shelf) -> None:
    """Right after the tick, with the wall clock's time and our name on it."""
    oracle = Oracle({"BTC/USD": Gbm(dt_s=2.0, seed=1)}, 2.0, writer="main.3")
    quotes: list[Quote] = []
    async with running(oracle, quotes.append, manual, mirror=shelf.write):
        await manual.until(4.5)
    assert [Decimal(fields["price"]) for fields in shelf.writes] == [
        quote.price for quote in quotes
    ]
    assert [float(fields["timestamp"]) for fields in shelf.writes] == [0.0, 2.1, 4.1]
    assert mirrored_by(shelf.tickers["BTC/USD"]) == "main.3"


async def test_a_price_that_stands_still_is_not_written_again(
    manual: ManualTime, shelf: Shelf
) -> None:
    """The mirror's timestamp is that of the last tick."""
    oracle = Oracle({"BTC/USD": Constant()}, 1.0)
    oracle.stands_still = True
    async with running(oracle, lambda _: None, manual, mirror=shelf.write):
        await manual.until(5.0)
        assert len(shelf.writes) == 1
        oracle.stands_still = False
        await manual.until(8.0)
        assert len(shelf.writes) == 3


async def test_the_mirror_shows_at_most_one_price_a_second(
    manual: ManualTime, shelf: Shelf
) -> None:
    """Fast ticks are not all shown; the last one before the look is."""
    quotes: list[Quote] = []
    oracle = Oracle({"BTC/USD": Gbm(dt_s=0.01)}, 0.01)
    async with running(oracle, quotes.append, manual, mirror=shelf.write):
        await manual.until(2.051)
    assert len(shelf.writes) == 3
    assert indexes(quotes)[-1] == 205
    shown = [Decimal(fields["price"]) for fields in shelf.writes]
    assert shown[0] == quotes[0].price
    assert all(any(quote.price == price for quote in quotes) for price in shown)


async def test_another_programs_price_is_taken_once_and_gone_on_from(
    manual: ManualTime, shelf: Shelf
) -> None:
    """`HSET price 1234` over our mirror moves the market, and the mirror then shows that."""
    quotes: list[Quote] = []
    oracle = Oracle({"BTC/USD": Constant(spread="2")}, 1.0)
    async with running(oracle, quotes.append, manual, reader=shelf, mirror=shelf.write):
        await manual.until(1.5)
        shelf.hset("BTC/USD", price="1234")
        await manual.until(4.5)
    assert [(quote.index, int(quote.price)) for quote in quotes] == [
        (0, 1000),
        (1, 1000),
        (2, 1000),
        (2, 1234),
        (3, 1234),
        (4, 1234),
    ]
    assert all(quote.ask - quote.price == quote.price - quote.bid == 1 for quote in quotes)
    assert shelf.tickers["BTC/USD"]["price"] == "1234"
    assert mirrored_by(shelf.tickers["BTC/USD"]) == "main"


async def test_an_old_ticker_does_not_move_a_model(manual: ManualTime, shelf: Shelf) -> None:
    """What stood there before the start belongs to another day."""
    shelf.hset("BTC/USD", price="5", timestamp="1")
    quotes: list[Quote] = []
    async with running(Oracle({"BTC/USD": Constant()}, 1.0), quotes.append, manual, reader=shelf):
        await manual.until(3.5)
        assert {quote.price for quote in quotes} == {Decimal(1000)}
        shelf.hset("BTC/USD", price="6")
        await manual.until(5.5)
    assert quotes[-1].price == 6


async def test_two_games_on_one_store_leave_each_other_alone(
    manual: ManualTime, shelf: Shelf
) -> None:
    """Each mirrors over the other, and neither takes the other's price."""
    ours: list[Quote] = []
    theirs: list[Quote] = []
    options = {"reader": shelf, "mirror": shelf.write}
    one = Oracle({"BTC/USD": Constant(price=1)}, 1.0, writer="main.1")
    two = Oracle({"BTC/USD": Constant(price=2)}, 1.0, writer="heat.1")
    async with (
        running(one, ours.append, manual, **options),
        running(two, theirs.append, manual, **options),
    ):
        await manual.until(10.5)
    assert ({quote.price for quote in ours}, {quote.price for quote in theirs}) == ({1}, {2})
    assert len(ours) == len(theirs) == 11


async def test_an_unreachable_store_is_said_once_and_survived(
    manual: ManualTime, shelf: Shelf, caplog: pytest.LogCaptureFixture
) -> None:
    """Ticks go on, and after the outage tickers are read and written again."""
    quotes: list[Quote] = []
    oracle = Oracle({"BTC/USD": Gbm(seed=1)}, 1.0)
    with caplog.at_level(logging.WARNING, "cxgame.oracle"):
        async with running(oracle, quotes.append, manual, reader=shelf, mirror=shelf.write):
            await manual.until(1.5)
            shelf.is_down = True
            await manual.until(5.5)
            assert len(shelf.writes) == 2
            shelf.is_down = False
            await manual.until(6.5)
            assert len(shelf.writes) == 3
            shelf.hset("BTC/USD", price="5")
            shelf.is_down = True
            await manual.until(8.5)
            shelf.is_down = False
            await manual.until(9.5)
    messages = [record.getMessage() for record in caplog.records]
    assert (
        messages
        == [
            "Tickers cannot be read for now: no Valkey",
            "Tickers cannot be written for now: no Valkey",
        ]
        * 2
    )
    assert max(indexes(quotes)) == 9
    assert any(quote.price == 5 for quote in quotes)


async def test_without_reader_and_mirror_nothing_but_ticks_run(manual: ManualTime) -> None:
    """A game in memory needs no store; an oracle without markets has nothing to do."""
    quotes: list[Quote] = []
    async with running(Oracle({"BTC/USD": Constant()}, 1.0), quotes.append, manual):
        await manual.until(3.0)
    assert indexes(quotes) == [0, 1, 2, 3]
    async with asyncio.timeout(10):
        await Oracle({}, 1.0).run(quotes.append)
