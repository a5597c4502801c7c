"""A replay is a feed like any other: the same frames in the same order, for the same readers."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import Any

import pytest
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosedError

from cxgame.client import CxFeedReader
from cxgame.engine.engine import Engine
from cxgame.game import Game
from cxgame.history import Recent
from cxgame.model.commands import Broadcast, Close, Open, OpenAccount, SetRules
from cxgame.recovery import JournalDamaged
from cxgame.server.broadcast.hub import now
from cxgame.server.broadcast.player import AT_ONCE, Player, Point
from cxgame.server.broadcast.spectator import TOO_SLOW
from cxgame.server.errors import StartError
from cxgame.server.replay import ReplayFeed
from cxgame.store.memory import MemoryJournal
from cxgame.wire.feed_state import Now
from tests.records.played import Record, record
from tests.server.feed_watchers import WAIT_S
from tests.support.games import ManualClock, rules

Frame = dict[str, Any]


@asynccontextmanager
async def replayed(
    source: Record, start: Point | None = None, speed: float = AT_ONCE
) -> AsyncIterator[ReplayFeed]:
    """A replay, ended afterwards if it has not ended by itself."""
    player = Player(speed, start or Point())
    feed = ReplayFeed(source, player, port=0, bind="127.0.0.1")
    await feed.open()
    serving = asyncio.create_task(feed.serve_on())
    try:
        yield feed
        feed.stop()
        await asyncio.wait_for(serving, WAIT_S)
    finally:
        serving.cancel()
        await asyncio.gather(serving, return_exceptions=True)


def reader(feed: ReplayFeed, *channels: str, **options: Any) -> CxFeedReader:
    return CxFeedReader(f"ws://127.0.0.1:{feed.port}", channels or ("full",), **options)


async def all_of(watcher: CxFeedReader) -> list[Frame]:
    """Every frame up to the end of the game."""
    frames = []
    async with asyncio.timeout(WAIT_S), watcher:
        async for frame in watcher:
            frames.append(frame)
    return frames


def seqs(frames: list[Frame]) -> list[int]:
    return [frame["seq"] for frame in frames if "prev_seq" in frame]


@pytest.fixture(scope="module")
def over() -> Record:
    """A game that was played to its end."""
    return asyncio.run(record(count=200, last=Close("over")))


async def test_a_reader_sees_the_whole_game(over: Record) -> None:
    """Every event once and in order, from the first spectator's coming to the results."""
    async with replayed(over) as feed:
        frames = await all_of(reader(feed))
    hello = frames[0]
    assert (hello["type"], hello["game"], hello["number"]) == ("hello", "main", 1)
    assert seqs(frames) == list(range(hello["seq"] + 1, over.engine.event_seq + 1))
    kinds = {frame["type"] for frame in frames}
    assert kinds >= {"buy", "sell", "match", "cancel", "bcast", "ticker", "results", "shutdown"}
    trades = [frame for frame in frames if frame["type"] == "match"]
    assert len(trades) == over.engine.last_trade_id


async def test_it_waits_for_the_first_subscription(over: Record) -> None:
    """However late that comes: at full speed the game would be over before it is answered."""
    async with replayed(over) as feed:
        async with connect(f"ws://127.0.0.1:{feed.port}", compression=None) as watcher:
            assert json.loads(await watcher.recv())["type"] == "hello"
            await asyncio.sleep(0.3)
            await watcher.send('{"cmd": "subscribe", "params": {"channels": ["full"]}}')
            async with asyncio.timeout(WAIT_S):
                frames = [json.loads(text) async for text in watcher]
    assert frames[0]["type"] == "subscribed"
    assert seqs(frames)[-1] == over.engine.event_seq


async def test_who_says_nothing_sees_the_default_channel(
    over: Record, monkeypatch: pytest.MonkeyPatch
) -> None:
    """After a while."""
    monkeypatch.setattr("cxgame.server.replay._SETTLE_S", 0.1)
    async with replayed(over) as feed:
        async with connect(f"ws://127.0.0.1:{feed.port}", compression=None) as watcher:
            async with asyncio.timeout(WAIT_S):
                kinds = {json.loads(text)["type"] async for text in watcher}
    assert kinds >= {"hello", "match", "bcast", "shutdown"}


async def test_a_recording_that_ends_in_play_ends_the_feed() -> None:
    """Its readers are told that it is over, and come to their end."""
    source = await record(count=60)
    async with replayed(source) as feed:
        frames = await all_of(reader(feed))
    assert seqs(frames)[-1] == source.engine.event_seq


async def test_it_begins_after_an_event(over: Record) -> None:
    """At the first batch after it, with the book as it was then."""
    middle = over.engine.event_seq // 2
    async with replayed(over, Point(event=middle)) as feed:
        frames = await all_of(reader(feed, "full", "book"))
    assert middle <= frames[0]["seq"] < middle + 20
    assert frames[0]["phase"] == "open"
    assert seqs(frames) == list(range(frames[0]["seq"] + 1, over.engine.event_seq + 1))
    books = [frame for frame in frames if frame["type"] == "book"]
    assert any(book["bids"] for book in books[:2])


async def ended(source: Record, start: Point | None = None) -> None:
    """Return when the replay has ended while somebody watches; raises what ended it."""
    async with asyncio.timeout(WAIT_S), replayed(source, start) as feed:
        watching = asyncio.create_task(all_of(reader(feed)))
        try:
            await feed.ended()
        finally:
            watching.cancel()
            await asyncio.gather(watching, return_exceptions=True)


async def test_a_point_behind_the_end_is_refused(over: Record) -> None:
    """In one line that says where the end is."""
    last = over.engine.event_seq
    for point in (Point(event=last + 1), Point(wall_ms=2**62), Point(after_ms=10**12)):
        with pytest.raises(StartError, match=f"ends before that: its last event is {last}"):
            await ended(over, point)


async def test_a_damaged_recording_ends_with_the_batch_named(over: Record) -> None:
    """What comes before it is played."""
    source = Record(over.list, over.engine)
    source.list[20] = source.list[20]._replace(hash=b"another")
    with pytest.raises(JournalDamaged, match="batch 21"):
        await ended(source)


async def test_a_pause_holds_everybody_and_a_jump_begins_elsewhere(over: Record) -> None:
    """Readers that were on the way are greeted anew, with the seq of the point."""
    async with replayed(over, speed=1e-6) as feed:
        feed.player.pause()
        async with asyncio.timeout(WAIT_S), reader(feed) as watcher:
            first = await anext(watcher)
            assert first["type"] == "hello"
            begin = first["seq"]
            feed.player.seek(Point(event=over.engine.event_seq - 10))
            while (frame := await anext(watcher))["type"] != "hello":
                pass
            assert frame["seq"] >= over.engine.event_seq - 10 > begin
            feed.player.seek(Point())
            while (frame := await anext(watcher))["type"] != "hello":
                pass
            assert frame["seq"] == begin
            feed.player.speed = AT_ONCE
            feed.player.play()
            frames = [frame async for frame in watcher]
    assert seqs(frames) == list(range(begin + 1, over.engine.event_seq + 1))


async def test_a_jump_behind_the_end_goes_to_the_end(over: Record) -> None:
    """Whoever asks for that ends the replay for nobody; one can go back from there."""
    async with replayed(over, speed=1e-6) as feed:
        feed.player.pause()
        async with asyncio.timeout(WAIT_S), reader(feed) as watcher:
            begin = (await anext(watcher))["seq"]
            feed.seen()
            feed.player.seek(Point(after_ms=10**12))
            while (frame := await anext(watcher))["type"] != "hello":
                pass
            assert frame["seq"] == over.engine.event_seq
            feed.seen()
            feed.player.seek(Point())
            while (frame := await anext(watcher))["type"] != "hello":
                pass
            assert frame["seq"] == begin


async def test_standings_are_shown_while_it_plays(over: Record) -> None:
    """As of the batch that was played last."""
    async with replayed(over, speed=1e-6) as feed:
        watching = asyncio.create_task(all_of(reader(feed, "standings")))
        async with asyncio.timeout(WAIT_S):
            while feed._hub is None or not feed._hub.standings_wanted:
                await asyncio.sleep(0.01)
        feed.player.speed = AT_ONCE
        kinds = [frame["type"] for frame in await watching]
    assert "standings" in kinds
    assert "csv" in kinds


@pytest.fixture(scope="module")
def great() -> Record:
    """More than fits into the buffers between a feed and its spectator."""
    return asyncio.run(record(count=0, then=(Broadcast(1, "x" * 500) for _ in range(16_000))))


async def test_a_great_game_is_not_told_faster_than_it_is_read(great: Record) -> None:
    """At full speed nobody is dropped, and each event comes once."""
    async with replayed(great) as feed:
        feed.feed_buffer = 600_000
        frames = await all_of(reader(feed))
    assert seqs(frames) == list(range(frames[0]["seq"] + 1, great.engine.event_seq + 1))
    assert len(seqs(frames)) > 10_000
    assert [frame["type"] for frame in frames].count("hello") == 1


@pytest.mark.ci
async def test_who_does_not_read_holds_nobody_up_for_long(
    great: Record, monkeypatch: pytest.MonkeyPatch
) -> None:
    """After a while it is dropped, as from a live feed; the others see everything."""
    monkeypatch.setattr("cxgame.server.replay._PATIENCE_S", 0.1)
    # It reads why once the others have seen all, which takes a slow machine longer than usual.
    monkeypatch.setattr("cxgame.server.broadcast.spectator.CLOSE_S", float(WAIT_S))
    async with replayed(great, speed=1e-6) as feed:
        feed.feed_buffer = 600_000
        async with connect(f"ws://127.0.0.1:{feed.port}", max_queue=1, compression=None) as idle:
            watching = asyncio.create_task(all_of(reader(feed)))
            async with asyncio.timeout(WAIT_S):
                while feed.spectators < 2:
                    await asyncio.sleep(0.01)
            feed.player.speed = AT_ONCE
            frames = await watching
            with suppress(ConnectionClosedError):
                async with asyncio.timeout(WAIT_S):
                    async for _ in idle:
                        pass
            assert (idle.close_code, idle.close_reason) == (1013, TOO_SLOW)
    assert seqs(frames) == list(range(frames[0]["seq"] + 1, great.engine.event_seq + 1))


async def test_it_stays_at_its_end_for_who_may_go_back(
    over: Record, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And ends once nobody looks at its page any more."""
    monkeypatch.setattr("cxgame.server.replay._LEFT_S", WAIT_S)
    async with replayed(over) as feed:
        feed.seen()
        async with asyncio.timeout(WAIT_S):
            async with reader(feed) as watcher:
                async for frame in watcher:
                    if frame["type"] == "csv":
                        break
            feed.player.seek(Point())
            again = reader(feed)
            async with again:
                async for frame in again:
                    if frame["type"] == "match":
                        break
            monkeypatch.setattr("cxgame.server.replay._LEFT_S", 0.0)
            frames = await all_of(reader(feed))
    assert frames[-1]["type"] != "match"


async def test_it_knows_how_long_it_is(over: Record) -> None:
    """From the first batch to the last."""
    async with replayed(over) as feed:
        await feed.measure()
        assert feed.first_ms is not None
        assert feed.last_ms is not None
        assert feed.last_ms - feed.first_ms > 0


LIMIT_S = 3_600.0
STEP_S = 5.0  # of play from one message to the next
MESSAGES = 200


async def slow() -> Record:
    """A game with a time limit, in which something is said every few seconds."""
    clock, journal = ManualClock(), MemoryJournal()
    game = Game(journal, clock, Engine(), Recent())
    game.start()
    game.submit(SetRules(rules(time_limit_ms=int(LIMIT_S * 1000))), "server", 0, None)
    game.submit(OpenAccount("alice"), "test", 1, None)
    game.submit(Open(), "test", 1, None)
    await game.settled()
    for index in range(MESSAGES):
        clock.pass_s(STEP_S)
        game.submit(Broadcast(1, f"message {index}"), "test", 1, None)
        await game.settled()
    await game.stop()
    assert game.fault is None
    return Record(journal.log.entries, game.engine)


async def heard(watcher: CxFeedReader, kind: str) -> Frame:
    """The next frame of a kind."""
    while (frame := await anext(watcher))["type"] != kind:
        pass
    return frame


async def test_the_time_left_is_that_of_the_game_where_the_replay_stands() -> None:
    """However fast it came there, and for as long as it stays."""
    source = await slow()
    async with replayed(source, speed=50) as feed:
        async with asyncio.timeout(WAIT_S), reader(feed) as watcher:
            for _ in range(3):
                await heard(watcher, "bcast")
            feed.player.pause()
            for _ in range(2):  # the first may be older, on a machine that stood still
                beat = await heard(watcher, "heartbeat")
            said = beat["last_seq"] - (source.engine.event_seq - MESSAGES)
            assert said >= 3
            assert (said + 1) * STEP_S >= LIMIT_S - beat["remaining"] >= said * STEP_S
            async with reader(feed) as late:
                assert (await heard(late, "hello"))["remaining"] == beat["remaining"]


async def test_the_time_left_stands_still_in_a_pause(monkeypatch: pytest.MonkeyPatch) -> None:
    """Who comes a minute later is told what the first was; after a jump, what was left there."""
    source = await slow()
    async with replayed(source, Point(event=10), speed=1) as feed:
        feed.player.pause()
        async with asyncio.timeout(WAIT_S), reader(feed) as watcher:
            await heard(watcher, "hello")
            first = await heard(watcher, "heartbeat")
            assert LIMIT_S - 20 * STEP_S < first["remaining"] < LIMIT_S
            monkeypatch.setattr("cxgame.server.broadcast.hub.now", in_a_minute)
            async with reader(feed) as late:
                hello = await heard(late, "hello")
            assert hello["ts"] >= first["ts"] + 59
            assert hello["remaining"] == first["remaining"]
            feed.player.seek(Point(after_ms=int(100 * STEP_S * 1000)))
            await heard(watcher, "hello")
            left_s = LIMIT_S - 100 * STEP_S
            while (await heard(watcher, "heartbeat"))["remaining"] != left_s:
                pass


def in_a_minute() -> Now:
    at = now()
    return Now(at.monotonic_s + 60, at.wall_ms + 60_000)
