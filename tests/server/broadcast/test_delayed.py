"""A delayed feed: later, in order, and consistent with itself."""

import asyncio
from typing import cast

from cxgame.model.enums import Phase
from cxgame.model.events import PhaseChanged
from cxgame.server.broadcast.delayed import DelayedHub
from cxgame.server.broadcast.hub import now
from cxgame.server.broadcast.writing import Spectator
from cxgame.wire.feed import Subscribe
from cxgame.wire.feed_tape import Stretch
from tests.server.broadcast.test_hub import FULL, WAIT_S, Watcher, batch, until
from tests.wire.feed_samples import WALL_MS, frames, snapshot

DELAY_S = 0.15


def watching(hub: DelayedHub) -> Watcher:
    watcher = Watcher()
    hub.welcome(cast(Spectator, watcher))
    return watcher


async def test_nothing_is_told_before_its_time() -> None:
    """Not even where the game stands; then all of it, in order."""
    hub = DelayedHub(DELAY_S)
    began = asyncio.get_running_loop().time()
    hub.begin(snapshot())
    hub.release(batch(11, "a"))
    hub.notice("said")
    hub.release(batch(12, "b"))
    assert hub.followed.is_set()
    assert not hub.begun.is_set()
    async with asyncio.timeout(WAIT_S):
        await hub.begun.wait()
        watcher = watching(hub)
        await hub.request(cast(Spectator, watcher), Subscribe(FULL, None, 1))
        await hub.told()
        await until(lambda: len(watcher.numbered()) == 2)
    assert asyncio.get_running_loop().time() - began >= DELAY_S
    hello = frames(watcher.written[0])[0]
    assert (hello["delay"], hello["seq"]) == (DELAY_S, 10)
    assert [seq for seq, _ in watcher.numbered()] == [11, 12]


async def test_its_clock_is_as_late() -> None:
    """So that playing time left and candles fit what is told."""
    assert now().wall_ms - DelayedHub(60).now().wall_ms in range(59_990, 60_001)


async def test_a_gap_is_known_at_once() -> None:
    """The source begins anew then, and not a delay later."""
    hub = DelayedHub(DELAY_S)
    hub.begin(snapshot())
    assert hub.release(batch(11, "a"))
    assert not hub.release(batch(13, "c"))
    assert hub.release(batch(11, "a", "b"))


async def test_the_end_is_known_when_it_is_told() -> None:
    """A feed that closed sooner would keep the end to itself."""
    hub = DelayedHub(DELAY_S)
    hub.begin(snapshot())
    hub.release(Stretch(11, WALL_MS, [PhaseChanged(Phase.CLOSED, None, "over")]))
    async with asyncio.timeout(WAIT_S):
        assert not hub.closed.is_set()
        await hub.closed.wait()
        await hub.told()


async def test_what_goes_on_does_not_put_off_the_end() -> None:
    """Standings of a game that is over come each second, as long as somebody watches them."""
    hub = DelayedHub(DELAY_S)
    hub.begin(snapshot())
    hub.release(Stretch(11, WALL_MS, [PhaseChanged(Phase.CLOSED, None, "over")]))

    async def go_on() -> None:
        while True:
            hub.set_standings([])
            await asyncio.sleep(0.001)

    going_on = asyncio.create_task(go_on())
    async with asyncio.timeout(WAIT_S):
        await hub.told()
        await hub.closed.wait()
    going_on.cancel()
    hub.finish()


async def test_what_waits_at_the_end_is_not_told() -> None:
    """Who stops the server stops the feed."""
    hub = DelayedHub(DELAY_S)
    hub.begin(snapshot())
    async with asyncio.timeout(WAIT_S):
        await hub.begun.wait()
    watcher = watching(hub)
    watcher.written.clear()
    hub.release(batch(11, "a"))
    hub.finish()
    await asyncio.sleep(2 * DELAY_S)
    assert watcher.written == []
