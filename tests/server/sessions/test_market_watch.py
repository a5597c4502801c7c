"""What is watched of markets: from the first look on, and from the trades before it."""

from pathlib import Path

import pytest

from cxgame.model.enums import Liquidity, Side
from cxgame.server.sessions import market_watch
from cxgame.server.sessions.past_reader import PastReader
from cxgame.wire.simulator_rows import Watched
from tests.server.rig import Rig
from tests.server.sessions.played import PlayedRig
from tests.support.games import limit
from tests.support.waiting import until

LOTS = 10**10  # one coin


async def traded(*prices: int) -> Rig:
    """A game in which two have traded a coin at each price."""
    rig = await Rig(liquidity=Liquidity.NONE).start()
    await rig.player("alice")
    await rig.player("bob")
    for price in prices:
        trade(rig, price)
    await rig.game.settled()
    return rig


def trade(rig: Rig, price: int) -> None:
    """One coin changes hands."""
    rig.bench.submit(limit(1, Side.SELL, price, LOTS))
    rig.bench.submit(limit(2, Side.BUY, price, LOTS))


async def test_trades_before_the_first_look_count() -> None:
    """With all their volume, once; so do those that come while the hours are read."""
    rig = await traded(90_000, 120_000)
    watch = rig.host.market_watch
    beginning = watch.begin()
    trade(rig, 130_000)
    await rig.game.settled()
    await beginning
    watched = watch.watched(0)
    assert (watched.high2, watched.low2, watched.volume) == (260_000, 180_000, 3 * LOTS)
    assert watched.last2 == 260_000
    trade(rig, 125_000)
    await rig.game.settled()
    await watch.ready()
    assert watch.watched(0)[-4:-1] == (260_000, 180_000, 4 * LOTS)
    await rig.stop()


async def test_trades_of_yesterday_do_not() -> None:
    """What is older than 24 hours is no part of the day."""
    rig = await traded(90_000)
    rig.bench.clock.pass_s(24 * 3600 + 60)
    trade(rig, 110_000)
    await rig.game.settled()
    await rig.host.market_watch.ready()
    watched = rig.host.market_watch.watched(0)
    assert (watched.low2, watched.volume) == (200_000, LOTS)  # the price was at 1,000.00 then
    await rig.stop()


async def test_best_prices_may_be_given() -> None:
    """Who knows the book says so; else it is the oracle's quote."""
    rig = await traded()
    await rig.host.market_watch.ready()
    rig.tick(100_500)
    await rig.game.settled()
    now_ms = rig.bench.clock.now_ms
    quoted = rig.host.market_watch.watched(0)
    assert quoted == Watched(201_000, 100_500, 100_500, 201_000, 200_000, 0, now_ms)
    known = rig.host.market_watch.watched(0, (5, 0))
    assert (known.bid, known.ask) == (5, 0)
    await rig.stop()


async def test_what_is_not_released_is_not_shown() -> None:
    """While the journal is silent the last price is the one that everybody has seen."""
    rig = await traded()
    await rig.host.market_watch.ready()
    await rig.halt()  # some price is on its way
    assert rig.host.market_watch.watched(0).last2 == 200_000
    assert len(rig.host.market_watch.history(0)) == 0
    await rig.resume()
    assert rig.host.market_watch.watched(0).last2 == 2 * 99_999
    assert len(rig.host.market_watch.history(0)) == 1
    await rig.stop()


async def test_a_history_that_comes_late_is_read_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is written anew after a start, say: the day has a hole only until it has caught up."""
    monkeypatch.setattr(market_watch, "AGAIN_S", 0.01)
    rig = await PlayedRig().play()
    batches, watch = len(rig.bench.journal.batches), rig.host.market_watch
    trades = [rig.game.recent.trades(market) for market in (0, 1)]
    everything = [sum(trade.quantity for trade in each) for each in trades]
    rig.start_from_snapshot(batches - 20, tells_order=True)
    rig.host.past = PastReader(tmp_path / "h.sqlite")  # nothing is there yet
    await watch.ready()
    lacking = volumes(rig)
    assert lacking[0] < everything[0]
    rig.keep(tmp_path / "h.sqlite", behind=30)  # not yet up to where memory begins
    await rig.alice.done("order", side="sell", type="limit", price="1200", size="2", stp="none")
    await rig.alice.done("order", side="buy", type="limit", price="1200", size="2", stp="none")
    everything[0] += 2 * LOTS
    await rig.game.settled()
    assert volumes(rig)[0] == lacking[0] + 2 * LOTS
    rig.host.past.close()
    (tmp_path / "h.sqlite").unlink()
    rig.keep(tmp_path / "h.sqlite")
    await until(lambda: volumes(rig) == everything)
    assert watch.watched(0).low2 == 2 * min(trade.price for trade in trades[0])
    await rig.alice.done("order", side="sell", type="limit", price="1200", size="2", stp="none")
    await rig.alice.done("order", side="buy", type="limit", price="1200", size="2", stp="none")
    await rig.game.settled()
    assert volumes(rig) == [everything[0] + 2 * LOTS, everything[1]], "each trade counts once"
    await rig.stop()


def volumes(rig: Rig) -> list[int]:
    """The 24 hours' lots of both markets."""
    return [rig.host.market_watch.watched(market).volume for market in (0, 1)]
