"""The tap on a game in play: nothing is passed on that may still vanish."""

import asyncio
from collections.abc import Callable
from typing import Any

from cxgame.model.commands import Broadcast
from cxgame.server.broadcast.game import Tap
from cxgame.server.broadcast.hub import FeedHub
from cxgame.wire.feed_state import Now, Snapshot
from tests.support.games import Bench
from tests.wire.feed_samples import snapshot

WAIT_S = 20.0  # a bound, never a measure


def call(function: Callable[..., None], *args: Any) -> None:
    """As the source does it within one loop."""
    function(*args)


def tap_of(bench: Bench, hub: FeedHub) -> Tap:
    """A tap in the hub's own loop."""
    return Tap(bench.game, asyncio.get_running_loop(), call, hub)


async def halted(bench: Bench) -> None:
    """Let the game halt: its journal does not answer."""
    while not bench.journal.under_way:
        await asyncio.sleep(0)
    bench.clock.pass_s(1)
    async with asyncio.timeout(WAIT_S):
        while not bench.game.halted:
            await asyncio.sleep(0.01)


async def test_a_halted_game_is_waited_for() -> None:
    """Its state may still vanish; once it plays again the feed begins."""
    bench, hub = Bench(timeout=0.05), FeedHub()
    (alice,) = await bench.open_with("alice")
    bench.journal.gate.clear()
    bench.submit(Broadcast(alice, "?"))
    await halted(bench)
    tap = tap_of(bench, hub)
    tap.attach()
    await asyncio.sleep(0.12)
    assert not hub.begun.is_set()
    bench.journal.gate.set()
    await asyncio.wait_for(hub.begun.wait(), WAIT_S)
    assert hub.core.seq == bench.game.engine.event_seq


async def test_a_snapshot_in_doubt_is_taken_again() -> None:
    """The game halts between the snapshot and its commit: another one is made afterwards."""
    bench, hub = Bench(timeout=0.05), FeedHub()
    (alice,) = await bench.open_with("alice")
    bench.journal.gate.clear()
    bench.submit(Broadcast(alice, "?"))
    tap = tap_of(bench, hub)
    tap.attach()
    tap.ask_standings()
    await halted(bench)
    assert not hub.begun.is_set()
    bench.journal.gate.set()
    await asyncio.wait_for(hub.begun.wait(), WAIT_S)
    bench.submit(Broadcast(alice, "on"))
    await bench.game.settled()
    hub.finish()
    assert hub.core.seq == bench.game.engine.event_seq


async def test_a_halted_game_gives_no_standings() -> None:
    """Also when it was asked for them before it halted."""
    bench, hub = Bench(timeout=0.05), FeedHub()
    (alice,) = await bench.open_with("alice")
    told: list[object] = []
    tap = Tap(bench.game, asyncio.get_running_loop(), lambda *call: told.append(call), hub)
    bench.journal.gate.clear()
    bench.submit(Broadcast(alice, "?"))
    await halted(bench)
    tap.ask_standings()
    assert told == []
    bench.journal.gate.set()
    await bench.game.settled()
    tap.ask_standings()
    await asyncio.sleep(0)
    assert len(told) == 1


async def test_a_detached_tap_is_silent() -> None:
    """And may be detached twice."""
    bench, hub = Bench(), FeedHub()
    (alice,) = await bench.open_with("alice")
    tap = tap_of(bench, hub)
    tap.attach()
    await bench.game.settled()
    seq = hub.core.seq
    tap.detach()
    tap.detach()
    bench.submit(Broadcast(alice, "?"))
    await bench.game.settled()
    hub.finish()
    assert hub.core.seq == seq


async def test_after_a_hole_the_feed_begins_anew() -> None:
    """It should never happen; if it does, the committer does not hear of it, spectators do."""
    bench, hub = Bench(), FeedHub()
    (alice,) = await bench.open_with("alice")
    tap = tap_of(bench, hub)
    tap.attach()
    await bench.game.settled()
    hub.core.begin(hub_behind(hub), Now(0.0, 0))
    bench.submit(Broadcast(alice, "?"))
    await bench.game.settled()
    await bench.game.settled()
    hub.finish()
    assert hub.core.seq == bench.game.engine.event_seq


def hub_behind(hub: FeedHub) -> Snapshot:
    """A snapshot from before the events that the hub knows."""
    return snapshot(seq=hub.core.seq - 2)
