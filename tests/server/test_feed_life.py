"""A feed beside its exchange: which begins first, what ends it, what it says of a halt."""

import asyncio
import threading

import pytest
from websockets.exceptions import ConnectionClosed

from cxgame.model.commands import Broadcast, Close
from cxgame.server.errors import StartError
from cxgame.server.feed import CxFeed
from tests.server.feed_watchers import WAIT_S, Exchange, broadcast, playing, spectator
from tests.support.games import Bench


async def test_the_end_of_the_game_ends_the_feed() -> None:
    """`shutdown`, then the table; then the sockets close with a reason and `serve` returns."""
    bench, _ = await playing("alice")
    feed = CxFeed(port=0, bind="127.0.0.1", exchange=Exchange(bench))
    serving = asyncio.create_task(feed.serve())
    while not feed.port:
        await asyncio.sleep(0.01)
    async with spectator(feed) as watcher:
        await watcher.frame()
        bench.submit(Close("shutdown"))
        frames = [await watcher.frame() for _ in range(4)]
        assert [frame["type"] for frame in frames] == ["phase", "shutdown", "results", "csv"]
        assert '"alice"' in frames[3]["data"]
        with pytest.raises(ConnectionClosed) as closed:
            await watcher.frame()
        assert closed.value.rcvd is not None
        assert (closed.value.rcvd.code, closed.value.rcvd.reason) == (1001, "The game is over.")
    await asyncio.wait_for(serving, WAIT_S)


async def test_a_halt_is_said_and_its_end_too() -> None:
    """Notices to the activity; heartbeats carry it."""
    bench = Bench(timeout=0.05)
    (alice,) = await bench.open_with("alice")
    async with broadcast(Exchange(bench)) as feed, spectator(feed) as watcher:
        await watcher.frame()
        bench.journal.gate.clear()
        bench.submit(Broadcast(alice, "lost?"))
        while not bench.journal.under_way:
            await asyncio.sleep(0)
        bench.clock.pass_s(1)
        frames = await watcher.until(lambda frame: frame.get("halted", False))
        assert "Halted" in str([frame.get("message") for frame in frames])
        bench.journal.gate.set()
        frames = await watcher.until(lambda frame: frame.get("message") == "Play goes on.")
        assert "lost?" in [frame.get("message") for frame in frames]


async def test_a_notice_from_any_thread_reaches_the_activity() -> None:
    """Without seq; before the game is known it is dropped."""
    bench, _ = await playing("alice")
    async with broadcast(Exchange(bench)) as feed, spectator(feed) as watcher:
        await watcher.frame()
        thread = threading.Thread(target=feed.notice, args=("Authenticated: bob",))
        thread.start()
        notice = await watcher.frame()
        thread.join()
        assert (notice["type"], notice["message"]) == ("info", "Authenticated: bob")
        assert "seq" not in notice


async def test_the_feed_may_be_started_first() -> None:
    """Spectators wait for the game with it."""
    exchange = Exchange()
    async with broadcast(exchange) as feed, spectator(feed) as watcher:
        feed.notice("nobody hears this")
        waiting = asyncio.create_task(watcher.frame())
        await asyncio.sleep(0.1)
        assert not waiting.done()
        bench, _ = await playing("alice")
        exchange.game = bench.game
        assert (await waiting)["type"] == "hello"


async def test_a_waiting_spectator_may_leave() -> None:
    """And the feed may end while others wait."""
    async with broadcast(Exchange()) as feed:
        async with spectator(feed):
            assert feed.spectators == 1
        while feed.spectators:
            await asyncio.sleep(0.01)
        async with spectator(feed) as watcher:
            closing = asyncio.create_task(feed.close(1001, "Bye."))
            with pytest.raises(ConnectionClosed):
                await watcher.frame()
            await asyncio.wait_for(closing, WAIT_S)


async def test_two_threads_share_a_game() -> None:
    """A feed in a loop of its own follows a game in this one, and stops from outside."""
    bench, (alice,) = await playing("alice")
    feed = CxFeed(port=0, bind="127.0.0.1", exchange=Exchange(bench))
    thread = threading.Thread(target=feed.start)
    thread.start()
    try:
        while not feed.port:
            await asyncio.sleep(0.01)
        async with spectator(feed) as watcher:
            seq = (await watcher.frame())["seq"]
            await watcher.subscribe("full", "standings")
            for number in range(100):
                bench.submit(Broadcast(alice, str(number)))
                await asyncio.sleep(0)
            frames = await watcher.until(lambda frame: frame.get("message") == "99")
            said = [frame["seq"] for frame in frames if frame["type"] == "bcast"]
            assert said == list(range(seq + 1, seq + 101))
            await watcher.until(lambda frame: frame["type"] == "standings")
    finally:
        feed.stop()
        await asyncio.wait_for(asyncio.to_thread(thread.join), WAIT_S)


async def test_stop_before_start_is_kept() -> None:
    """Whoever stops a feed that is just starting need not stop it again."""
    bench, _ = await playing("alice")
    feed = CxFeed(port=0, bind="127.0.0.1", exchange=Exchange(bench))
    feed.stop()
    await asyncio.wait_for(feed.serve(), WAIT_S)
    feed.stop()
    feed.notice("nobody hears this")


async def test_the_feed_ends_with_its_exchange() -> None:
    """An exchange that stops (and will go on at the next start) takes its feed along."""
    bench, _ = await playing("alice")
    exchange = Exchange(bench)
    feed = CxFeed(port=0, bind="127.0.0.1", exchange=exchange)
    serving = asyncio.create_task(feed.serve())
    while not feed.port:
        await asyncio.sleep(0.01)
    async with spectator(feed) as watcher:
        await watcher.frame()
        exchange.game = None
        with pytest.raises(ConnectionClosed) as closed:
            await watcher.frame()
        assert closed.value.rcvd is not None
        assert closed.value.rcvd.reason == "The feed was stopped."
    await asyncio.wait_for(serving, WAIT_S)


async def test_a_taken_port_is_one_clear_line() -> None:
    """The sentence names the port."""
    bench, _ = await playing("alice")
    async with broadcast(Exchange(bench)) as feed:
        with pytest.raises(StartError, match=f"port {feed.port}"):
            await CxFeed(port=feed.port, bind="127.0.0.1", exchange=Exchange(bench)).open()
