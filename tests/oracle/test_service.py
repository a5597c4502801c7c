"""The oracle plays its ticks in order and on time."""

import asyncio
from decimal import Decimal

import pytest

from cxgame.oracle import Oracle, PriceModel, Quote, Start, assign, parse
from cxgame.oracle.models import Constant, Gbm
from cxgame.oracle.numbers import OracleError
from cxgame.oracle.service import MAX_BURST
from tests.oracle.by_hand import ManualTime, Shelf, indexes, running


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
