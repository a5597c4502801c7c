"""The oracle follows tickers, mirrors its prices to them, and takes over what others write."""

import asyncio
import logging
from decimal import Decimal

import pytest

from cxgame.oracle import Oracle, Quote
from cxgame.oracle.models import Constant, Gbm
from cxgame.oracle.tickers import mirrored_by
from tests.oracle.by_hand import ManualTime, Shelf, indexes, running


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
