"""The feed as a spectator sees it: a real socket, a game in memory."""

import asyncio
import time
from typing import Any

import pytest
from websockets.exceptions import ConnectionClosed, InvalidStatus

from cxgame.model.commands import Broadcast, CancelOrder, OpenAccount, Tick
from cxgame.model.enums import Side
from cxgame.server import feed as feed_module
from tests.server.feed_watchers import Exchange, broadcast, playing, spectator
from tests.support.games import limit

COIN = 10**10


async def test_hello_comes_first_and_then_what_happens() -> None:
    """Game, markets and seq; then each event with the seq before it."""
    bench, (alice, bob) = await playing("alice", "bob")
    async with broadcast(Exchange(bench)) as feed, spectator(feed) as watcher:
        hello = await watcher.frame()
        assert (hello["type"], hello["game"], hello["phase"]) == ("hello", "main", "open")
        bench.submit(limit(alice, Side.BUY, 90_000, COIN))
        order = bench.submit(limit(bob, Side.SELL, 90_000, COIN // 4)).order_id
        bench.submit(Broadcast(alice, "hello"))
        frames = [await watcher.frame() for _ in range(4)]
        assert [frame["type"] for frame in frames] == ["buy", "sell", "match", "bcast"]
        assert frames[2]["message"]["sell_id"] == str(order)
        seqs = [hello["seq"], *(frame["seq"] for frame in frames)]
        assert [frame["prev_seq"] for frame in frames] == seqs[:-1]
        assert seqs == list(range(hello["seq"], hello["seq"] + 5))


async def test_nothing_is_shown_before_it_is_durable() -> None:
    """While the commit is under way a spectator sees neither event nor snapshot of it."""
    bench, (alice,) = await playing("alice")
    async with broadcast(Exchange(bench)) as feed, spectator(feed) as watcher:
        seq = (await watcher.frame())["seq"]
        bench.journal.gate.clear()
        bench.submit(limit(alice, Side.BUY, 90_000, COIN))
        (beat,) = await watcher.until(lambda frame: True)
        assert beat["type"] == "heartbeat"
        async with broadcast(Exchange(bench)) as late, spectator(late) as newcomer:
            waiting = asyncio.create_task(newcomer.frame())
            await asyncio.sleep(0.1)
            assert not waiting.done()
            bench.journal.gate.set()
            assert (await waiting)["seq"] == seq + 1
        assert (await watcher.frame())["seq"] == seq + 1


async def test_channels_and_symbol_are_kept_apart() -> None:
    """Only what was subscribed to comes, and a filter is no gap."""
    bench, (alice, bob) = await playing("alice", "bob")
    async with broadcast(Exchange(bench)) as feed, spectator(feed) as watcher:
        hello = await watcher.frame()
        confirmed = await watcher.subscribe("trades", symbol="BTC/USD")
        assert confirmed["channels"] == ["trades"]
        for _ in range(2):
            bench.submit(limit(alice, Side.BUY, 90_000, COIN))
            bench.submit(limit(bob, Side.SELL, 90_000, COIN))
        first, second = await watcher.frame(), await watcher.frame()
        assert (first["type"], second["type"]) == ("match", "match")
        assert first["prev_seq"] == hello["seq"]
        assert second["prev_seq"] == first["seq"] < second["seq"] - 1


async def test_book_ticker_and_standings_have_their_channels() -> None:
    """How things stand on subscribing, then the changes."""
    bench, (alice,) = await playing("alice")
    bench.submit(limit(alice, Side.BUY, 90_000, COIN))
    bench.submit(Tick(0, 1, 99_900, 100_100))
    await bench.game.settled()
    async with broadcast(Exchange(bench)) as feed, spectator(feed) as watcher:
        await watcher.frame()
        await watcher.subscribe("book", "ticker", "standings")
        ticker, book = await watcher.frame(), await watcher.frame()
        assert (ticker["type"], ticker["mid"]) == ("ticker", "1000.00")
        assert book["bids"] == [["900.00", "1.0000000000"]]
        standings = (await watcher.until(lambda frame: frame["type"] == "standings"))[-1]
        assert standings["standings"][0]["user"] == "alice"
        bench.submit(CancelOrder(alice, 1))
        bench.submit(Tick(0, 2, 99_901, 100_101))
        frames = [await watcher.frame() for _ in range(2)]
        assert {frame["type"] for frame in frames} == {"ticker", "book"}
        assert [f["bids"] for f in frames if f["type"] == "book"] == [[]]


async def test_resume_sends_what_was_missed_and_goes_on() -> None:
    """A spectator that comes back misses nothing and sees nothing twice."""
    bench, (alice,) = await playing("alice")
    async with broadcast(Exchange(bench)) as feed:
        async with spectator(feed) as watcher:
            seen = (await watcher.frame())["seq"]
        async with spectator(feed) as witness:
            await witness.subscribe("full")
            for number in range(1_000):
                bench.submit(Broadcast(alice, str(number)))
                if number % 100 == 0:
                    await bench.game.settled()
            # All was told: else what comes live might come before what is asked for.
            await witness.until(lambda frame: frame.get("message") == "999")
        async with spectator(feed) as watcher:
            await watcher.subscribe("full")
            await watcher.ask("resume", seq=seen)
            frames = await watcher.until(lambda frame: frame.get("message") == "999")
            bench.submit(Broadcast(alice, "live"))
            frames += await watcher.until(lambda frame: frame.get("message") == "live")
        told = [frame for frame in frames if frame["type"] == "bcast" and frame["seq"] > seen]
        assert [frame["message"] for frame in told] == [*map(str, range(1_000)), "live"]
        assert [frame["prev_seq"] for frame in told] == list(range(seen, seen + 1_001))


async def test_events_before_the_feed_come_from_the_journal() -> None:
    """A feed that was started later still sends what the journal keeps."""
    bench, (alice,) = await playing("alice")
    for number in range(10):
        bench.submit(Broadcast(alice, str(number)))
        await bench.game.settled()
    async with broadcast(Exchange(bench)) as feed, spectator(feed) as watcher:
        last = (await watcher.frame())["seq"]
        await watcher.ask("resume", seq=0)
        frames = await watcher.until(lambda frame: frame.get("seq") == last)
        numbered = [frame for frame in frames if "seq" in frame]
        assert [frame["message"] for frame in numbered][-10:] == [*map(str, range(10))]
        assert numbered[0]["prev_seq"] == 0


async def test_what_is_out_of_reach_is_said() -> None:
    """Events of the future are of another game: the feed says where it is and goes on."""
    bench, (alice,) = await playing("alice")
    async with broadcast(Exchange(bench)) as feed, spectator(feed) as watcher:
        seq = (await watcher.frame())["seq"]
        await watcher.ask("resume", seq=999_999)
        resync = await watcher.frame()
        assert (resync["type"], resync["seq"], resync["first"]) == ("resync", seq, seq + 1)
        bench.submit(Broadcast(alice, "on"))
        frame = await watcher.frame()
        assert (frame["message"], frame["prev_seq"]) == ("on", seq)


@pytest.mark.parametrize(
    ("message", "code"),
    [("hello", "PARAM_JSON"), (b"{}", "PARAM_JSON"), ('{"cmd":"x","params":{}}', "PARAM_COMMAND")],
)
async def test_a_bad_request_is_answered_and_changes_nothing(
    message: str | bytes, code: str
) -> None:
    """One error frame; the subscription stays."""
    bench, (alice,) = await playing("alice")
    async with broadcast(Exchange(bench)) as feed, spectator(feed) as watcher:
        await watcher.frame()
        await watcher.websocket.send(message)
        error = await watcher.frame()
        assert (error["type"], error["code"]) == ("error", code)
        bench.submit(Broadcast(alice, "on"))
        assert (await watcher.frame())["message"] == "on"


async def test_a_long_request_is_closed_with_1009() -> None:
    """Requests are short; others are not disturbed."""
    bench, _ = await playing("alice")
    async with broadcast(Exchange(bench)) as feed, spectator(feed) as watcher:
        await watcher.websocket.send("x" * 5_000)
        with pytest.raises(ConnectionClosed) as closed:
            await watcher.until(lambda frame: False)
        assert closed.value.rcvd is not None
        assert closed.value.rcvd.code == 1009
        async with spectator(feed) as other:
            assert (await other.frame())["type"] == "hello"


async def test_a_slow_spectator_is_dropped_and_nobody_waits() -> None:
    """Who reads nothing is closed with 1013 once too much lies there; others see everything."""
    bench, (alice,) = await playing("alice")
    async with broadcast(Exchange(bench), feed_buffer=200_000) as feed:
        slow_options = {"max_queue": 1, "ping_interval": None}
        async with spectator(feed, **slow_options) as slow, spectator(feed) as quick:
            slow.websocket.transport.pause_reading()
            await quick.frame()
            for number in range(100):  # more than the system's own buffers hold
                for _ in range(100):
                    bench.submit(Broadcast(alice, "x" * 900))
                bench.submit(Broadcast(alice, str(number)))
                await quick.until(lambda f, n=str(number): f.get("message") == n)
            slow.websocket.transport.resume_reading()
            with pytest.raises(ConnectionClosed) as closed:
                await slow.until(lambda frame: False)
            assert closed.value.rcvd is not None
            assert closed.value.rcvd.code == 1013
            bench.submit(Broadcast(alice, "on"))
            await quick.until(lambda frame: frame.get("message") == "on")


async def test_books_are_kept_and_asked_for_again() -> None:
    """Snapshot, changes, resync, the end of it: over a socket, behind a game."""
    bench, (alice, bob) = await playing("alice", "bob")
    async with broadcast(Exchange(bench)) as feed, spectator(feed) as watcher:
        confirmed = await watcher.subscribe("depth", symbol="BTC/USD")
        assert confirmed["channels"] == ["depth"]
        whole = await watcher.frame()
        bench.submit(limit(alice, Side.BUY, 90_000, COIN))
        change = await watcher.frame()
        assert (change["type"], change["prev_seq"]) == ("depth", whole["seq"])
        assert change["bids"] == [["900.00", "1.0000000000"]]
        bench.submit(limit(bob, Side.SELL, 90_000, COIN))
        gone = await watcher.frame()
        assert (gone["prev_seq"], gone["bids"]) == (change["seq"], [["900.00", "0"]])
        assert gone["checksum"] == 0
        await watcher.ask("resync", symbol="BTC/USD")
        again = await watcher.frame()
        assert (again["type"], again["seq"], again["bids"]) == ("depth_snapshot", gone["seq"], [])
        await watcher.ask("unsubscribe")
        assert (await watcher.frame())["channels"] == []
        bench.submit(limit(alice, Side.BUY, 90_000, COIN))
        await watcher.ask("resync")
        assert (await watcher.frame())["code"] == "PARAM_TYPE"


async def test_candles_of_a_game_begin_with_its_trades_so_far() -> None:
    """Those that the feed has seen; then as they come."""
    bench, (alice, bob) = await playing("alice", "bob")
    async with broadcast(Exchange(bench)) as feed, spectator(feed) as watcher:
        await watcher.frame()
        bench.clock.now_ms = time.time_ns() // 1_000_000
        bench.submit(limit(alice, Side.BUY, 90_000, 2 * COIN))
        bench.submit(limit(bob, Side.SELL, 90_000, COIN))
        await watcher.until(lambda frame: frame["type"] == "match")
        confirmed = await watcher.subscribe("candles", symbol="BTC/USD")
        assert confirmed["timeframe"] == "1m"
        await watcher.ask("subscribe", channels=["candles"], timeframe="1d")
        await watcher.until(lambda frame: frame["type"] == "subscribed")
        frames = await watcher.until(
            lambda frame: frame.get("timeframe") == "1d" and "open" in frame
        )
        candle = frames[-1]
        assert (candle["open"], candle["volume"], candle["trades"]) == ("900.00", "1.0000000000", 1)
        bench.submit(limit(bob, Side.SELL, 90_000, COIN))
        (*_, candle) = await watcher.until(lambda frame: frame.get("trades") == 2)
        assert candle["volume"] == "2.0000000000"


async def test_only_its_own_game_is_found() -> None:
    """By its name in the path, or without any."""
    bench, _ = await playing("alice")
    async with broadcast(Exchange(bench)) as feed:
        async with spectator(feed, "main") as watcher:
            assert (await watcher.frame())["game"] == "main"
        with pytest.raises(InvalidStatus) as refused:
            async with spectator(feed, "other"):
                pass
        assert refused.value.response.status_code == 404


async def test_there_are_at_most_so_many_spectators(monkeypatch: pytest.MonkeyPatch) -> None:
    """The last one is let in, one more is not."""
    monkeypatch.setattr(feed_module, "MAX_SPECTATORS", 1)
    bench, _ = await playing("alice")
    async with broadcast(Exchange(bench)) as feed, spectator(feed) as watcher:
        await watcher.frame()
        with pytest.raises(InvalidStatus) as refused:
            async with spectator(feed):
                pass
        assert refused.value.response.status_code == 503


async def test_requests_in_a_rush_wait(monkeypatch: pytest.MonkeyPatch) -> None:
    """They are all answered, in order, and others are served meanwhile."""
    monkeypatch.setattr(feed_module, "REQUESTS_AT_ONCE", 2)
    monkeypatch.setattr(feed_module, "REQUESTS_PER_S", 50)
    bench, _ = await playing("alice")
    async with broadcast(Exchange(bench)) as feed, spectator(feed) as watcher:
        for channel in ("trades", "full", "book", "activity"):
            await watcher.ask("subscribe", channels=[channel])
        confirmed: list[Any] = []
        while len(confirmed) < 4:
            frame = await watcher.frame()
            if frame["type"] == "subscribed":
                confirmed += frame["channels"]
        assert confirmed == ["trades", "full", "book", "activity"]


async def test_a_registration_names_the_user() -> None:
    """In its sentence."""
    bench, _ = await playing("alice")
    async with broadcast(Exchange(bench)) as feed, spectator(feed) as watcher:
        await watcher.frame()
        bench.submit(OpenAccount("bob"))
        assert (await watcher.frame())["message"] == "Registered: bob"
