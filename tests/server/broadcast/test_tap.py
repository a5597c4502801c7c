"""Faults of the network on the feed: one spectator's, with another beside it as ever."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from websockets.exceptions import ConnectionClosed

from cxgame.faults import Board, Face, read_fault
from cxgame.server.feed import CxFeed
from tests.server.feed_watchers import WAIT_S, Exchange, Spectator, broadcast, spectator
from tests.support.games import Bench

FEED = {"faces": ["feed"], "messages": ["info"], "direction": "out"}


class Pair:
    """Two spectators of a feed; faults that are put concern the first alone."""

    def __init__(self, feed: CxFeed, board: Board, hit: Spectator, other: Spectator) -> None:
        self.feed = feed
        self.board = board
        self.hit = hit
        self.other = other
        self._told = 0

    def put(self, fault: str, **table: Any) -> Any:
        """A fault in force on the feed; only the first one's connection has a board."""
        return self.board.set(read_fault({"fault": fault, **FEED, **table}))

    async def tell(self, count: int = 1) -> list[str]:
        """Say something to everyone, and wait until the other one knows it."""
        texts = []
        for _ in range(count):
            self._told += 1
            texts.append(f"news {self._told}")
            self.feed.notice(texts[-1])
        assert await heard(self.other, texts[-1]) == texts
        return texts


async def heard(one: Spectator, last: str) -> list[str]:
    """The notices that a spectator hears, up to one."""
    frames = await one.until(lambda frame: frame.get("message") == last)
    return [frame["message"] for frame in frames if frame["type"] == "info"]


@asynccontextmanager
async def watched(board: Board | None = None) -> AsyncIterator[Pair]:
    """A feed of a game, with two spectators who were greeted."""
    bench = Bench()
    bench.game.start()
    board = board or Board()
    async with broadcast(Exchange(bench)) as feed:
        feed.faults = board
        async with spectator(feed) as hit:
            await hit.frame()
            feed.faults = None
            async with spectator(feed) as other:
                await other.frame()
                yield Pair(feed, board, hit, other)
    await bench.game.stop()


async def test_what_is_dropped_is_missing_and_nobody_else_misses_it() -> None:
    """The same ones with the same seed, about as many as were asked for."""
    runs = []
    for _ in range(2):
        async with watched(Board(seed=3)) as pair:
            fault = pair.put("drop", probability=0.4)
            texts = await pair.tell(60)
            pair.board.clear()
            (last,) = await pair.tell()
            got = await heard(pair.hit, last)
            runs.append(got)
            assert fault.hits == 61 - len(got)
            assert set(got) <= {*texts, last}
    assert runs[0] == runs[1]
    assert 10 < 61 - len(runs[0]) < 40


async def test_frames_are_duplicated_corrupted_and_shuffled() -> None:
    """Each within its bounds; all of them are frames that can be read as text."""
    async with watched() as pair:
        pair.put("duplicate", probability=1, max_duplicates=1)
        (text,) = await pair.tell()
        assert await heard(pair.hit, text) == [text]
        assert await heard(pair.hit, text) == [text]
        pair.board.clear()
        pair.put("reorder", window_size=8)
        texts = await pair.tell(8)
        frames = [await pair.hit.frame() for _ in range(8)]
        assert sorted(frame["message"] for frame in frames) == sorted(texts)
        assert [frame["message"] for frame in frames] != texts
        pair.board.clear()
        pair.put("corrupt", probability=1, corruption_level=1)
        await pair.tell()
        async with asyncio.timeout(WAIT_S):
            raw = await pair.hit.websocket.recv()
        assert isinstance(raw, str)
        assert not raw.startswith("{")


async def test_what_is_held_is_let_go_when_nothing_concerns_it_any_more() -> None:
    """In order, and then nothing stands between; before a close frame as well."""
    async with watched() as pair:
        pair.put("delay", ms=3_600_000)
        texts = await pair.tell(3)
        pair.board.clear()
        assert await heard(pair.hit, texts[-1]) == texts
        (text,) = await pair.tell()
        assert await heard(pair.hit, text) == [text]
        pair.put("delay", ms=3_600_000)
        texts = await pair.tell(2)
        await pair.feed.close(1001, "The test is over.")
        assert await heard(pair.hit, texts[-1]) == texts
        with pytest.raises(ConnectionClosed) as closed:
            await pair.hit.frame(beats=True)
        assert closed.value.rcvd is not None
        assert closed.value.rcvd.code == 1001


async def test_a_cut_line_ends_without_a_word() -> None:
    """A reset at once; a half-open one is silent, and ends when the fault does."""
    async with watched() as pair:
        pair.put("disconnect", after_messages=1)
        texts = await pair.tell(2)
        assert await heard(pair.hit, texts[0]) == texts[:1]
        with pytest.raises(ConnectionClosed) as closed:
            await heard(pair.hit, texts[1])
        assert closed.value.rcvd is None
        assert pair.board.lines == ()
    async with watched() as pair:
        pair.put("half_open", after_messages=1)
        texts = await pair.tell(3)
        assert await heard(pair.hit, texts[0]) == texts[:1]
        await pair.hit.ask("subscribe", channels=["activity"])
        await pair.tell()
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(pair.hit.websocket.recv(), 0.2)
        pair.board.clear()
        with pytest.raises(ConnectionClosed):
            await pair.hit.frame(beats=True)


async def test_what_is_asked_is_lost_refused_or_asked_twice() -> None:
    """By what it asks for; the answers come in the order of what came through."""
    async with watched() as pair:
        inward = {"direction": "in", "messages": ["subscribe"]}
        pair.put("drop", probability=1, **inward)
        await pair.hit.ask("subscribe", channels=["activity"])
        await pair.hit.ask("unsubscribe", channels=["book"])
        frame = (await pair.hit.until(lambda each: each["type"] != "heartbeat"))[-1]
        assert frame["type"] == "subscribed"
        assert "activity" in frame["channels"]
        pair.board.clear()
        pair.put("duplicate", probability=1, max_duplicates=1, **inward)
        await pair.hit.ask("subscribe", channels=["activity"])
        for _ in range(2):
            frame = (await pair.hit.until(lambda each: each["type"] == "subscribed"))[-1]
            assert frame["channels"] == ["activity"]
        pair.board.clear()
        pair.put("rate_limit", per_second=1, bans_s=[], **inward)
        for _ in range(12):
            await pair.hit.ask("subscribe", channels=["activity"])
        frame = (await pair.hit.until(lambda each: each["type"] == "error"))[-1]
        assert frame["code"] == "LIMIT_RATE"


async def test_without_faults_nothing_stands_between() -> None:
    """A spectator writes straight to its transport, before and after."""
    async with watched() as pair:
        (line,) = pair.board.lines
        assert line.face is Face.FEED
        (one, other) = sorted(pair.feed._spectators, key=lambda each: each._detour is None)
        assert (one._detour, other._detour) == (None, None)
        pair.put("drop", probability=1)
        assert [one._detour is None, other._detour is None].count(True) == 1
        pair.board.clear()
        assert (one._detour, other._detour) == (None, None)
