"""Orders with a trigger: the feed learns of them when they come to the market."""

from cxgame.model.batch import decode_public
from cxgame.model.commands import CancelOrder, PlaceTrigger, Tick
from cxgame.model.enums import Side, TriggerBy, TriggerKind
from cxgame.model.events import Event, OrderPlaced, Ticker
from cxgame.server.broadcast.snapshot import snapshot_of
from cxgame.wire.feed_frames import FrameMaker
from cxgame.wire.feed_names import Names
from tests.support.games import BTC_USD, Bench, limit

COIN = 10**10


def stop(account: int) -> PlaceTrigger:
    """A sell at 900 once the mid has fallen to 950."""
    order = limit(account, Side.SELL, 90_000, COIN)
    return PlaceTrigger(order, TriggerKind.STOP, TriggerBy.MID, 95_000)


async def opened() -> tuple[Bench, int]:
    """A game at 1000, and one of its players."""
    bench = Bench()
    (alice,) = await bench.open_with("alice")
    bench.submit(Tick(0, 1, 100_000, 100_000))
    await bench.game.settled()
    return bench, alice


def shown(bench: Bench, since: int) -> list[Event]:
    """What the feed was given since a batch."""
    batches = [batch for batch in bench.journal.batches[since:] if batch.public]
    return [event for batch in batches for event in decode_public(batch.public).events]


async def test_an_armed_order_is_not_on_the_feed() -> None:
    """Nor in what a spectator is shown who comes now; its cancel is not told either."""
    bench, alice = await opened()
    since = len(bench.journal.batches)
    order = bench.submit(stop(alice)).order
    assert order is not None
    assert snapshot_of(bench.game.engine, "main", 1).orders == ()
    bench.submit(CancelOrder(alice, order.id))
    await bench.game.settled()
    assert len(bench.journal.batches) > since
    assert shown(bench, since) == []
    await bench.game.stop()


async def test_a_fired_order_is_an_order_on_the_feed() -> None:
    """Of nothing but its placing does one learn, in the frame of any other order."""
    bench, alice = await opened()
    since = len(bench.journal.batches)
    bench.submit(stop(alice))
    bench.submit(Tick(0, 2, 95_000, 95_000))
    await bench.game.settled()
    events = shown(bench, since)
    assert [type(event) for event in events] == [Ticker, OrderPlaced]
    (frame,) = FrameMaker([BTC_USD], Names(["house", "alice"])).of_event(events[1], 1, 0)
    assert b'"type":"sell"' in frame.head
    assert b"trigger" not in frame.head
    (resting,) = snapshot_of(bench.game.engine, "main", 1).orders
    assert (resting.price, resting.left) == (90_000, COIN)
    await bench.game.stop()
