"""The feed reader against a feed that breaks, skips, repeats or falls silent: nothing is lost."""

import asyncio

import pytest
from websockets.asyncio.server import ServerConnection

from cxgame.client import CxFeedReader
from cxgame.network import Backoff
from tests.client.fakes import BOUND_S, FakeFeed
from tests.client.feed_scripts import end, event, greet, numbers, read, tell


async def test_a_break_is_resumed_without_loss_or_repeat() -> None:
    """After a reconnect the reader asks from its last event; what it knows is dropped."""

    async def first(websocket: ServerConnection) -> None:
        await greet(feed, websocket, 0)
        await tell(websocket, event(1), event(2))
        await websocket.close(1013, "Too slow.")

    async def second(websocket: ServerConnection) -> None:
        assert await greet(feed, websocket, 9) == 2
        await tell(websocket, *(event(seq) for seq in range(2, 10)))
        await end(websocket, 10)

    with FakeFeed(first, second) as feed:
        assert await numbers(CxFeedReader(feed.uri)) == list(range(1, 11))


async def test_a_torn_connection_is_resumed() -> None:
    """Also when nobody said goodbye."""

    async def first(websocket: ServerConnection) -> None:
        await greet(feed, websocket, 0)
        await tell(websocket, event(1))
        await websocket.ping()
        websocket.transport.close()

    async def second(websocket: ServerConnection) -> None:
        assert await greet(feed, websocket, 1) in (0, 1)
        await tell(websocket, event(1), event(2))
        await end(websocket, 3)

    with FakeFeed(first, second) as feed:
        assert await numbers(CxFeedReader(feed.uri)) == [1, 2, 3]


async def test_a_hole_is_filled_by_a_resume() -> None:
    """A missing event is asked for, once, and what came after it waits for its turn."""

    async def script(websocket: ServerConnection) -> None:
        await greet(feed, websocket, 0)
        await tell(websocket, event(1), event(4), {"type": "heartbeat"}, event(5))
        assert (await feed.request(websocket))["params"] == {"seq": 1}
        await tell(websocket, *(event(seq) for seq in range(2, 7)))
        await end(websocket, 7)

    with FakeFeed(script) as feed:
        assert await numbers(CxFeedReader(feed.uri)) == list(range(1, 8))
    assert [request["cmd"] for request in feed.asked] == ["subscribe", "resume", "resume"]


async def test_a_hole_that_is_not_filled_leads_to_a_new_connection() -> None:
    """A feed that does not answer a resume is left and tried again."""

    async def first(websocket: ServerConnection) -> None:
        await greet(feed, websocket, 0)
        await tell(websocket, event(1))
        for seq in range(3, 10_000):
            await tell(websocket, event(seq))
            await asyncio.sleep(0.01)

    async def second(websocket: ServerConnection) -> None:
        assert await greet(feed, websocket, 4) == 1
        await tell(websocket, event(2))
        await end(websocket, 3)

    with FakeFeed(first, second) as feed:
        assert await numbers(CxFeedReader(feed.uri, timeout_s=0.2)) == [1, 2, 3]


async def test_out_of_reach_is_said() -> None:
    """The reader hands the resync on and goes on from the present."""

    async def first(websocket: ServerConnection) -> None:
        await greet(feed, websocket, 0)
        await tell(websocket, event(1))
        await websocket.close(1013)

    async def second(websocket: ServerConnection) -> None:
        await greet(feed, websocket, 900)
        await tell(websocket, {"type": "resync", "seq": 900, "first": 500}, event(901))
        await end(websocket, 902)

    with FakeFeed(first, second) as feed:
        frames = await read(CxFeedReader(feed.uri))
    kinds = [frame["type"] for frame in frames if frame["type"] not in ("hello", "subscribed")]
    assert kinds == ["match", "resync", "match", "phase", "shutdown"]


async def test_a_feed_that_hangs_up_on_everybody_is_not_besieged(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Waits grow until a subscription is confirmed; one that was is renewed at once."""
    waits: list[int] = []

    class Noted(Backoff):
        def __next__(self) -> float:
            super().__next__()
            waits.append(self.tries)
            return 0.001

    async def hang_up(websocket: ServerConnection) -> None:
        await websocket.close(1011)

    async def script(websocket: ServerConnection) -> None:
        await greet(feed, websocket, 1)
        await end(websocket, 2)

    monkeypatch.setattr("cxgame.client.feed.Backoff", Noted)
    with FakeFeed(*[hang_up] * 6, script) as feed:
        assert await numbers(CxFeedReader(feed.uri)) == [2]
    assert max(waits) == 6


async def test_the_end_counts_even_if_the_server_just_vanishes() -> None:
    """After the shutdown frame nobody waits for the server to come back."""

    async def script(websocket: ServerConnection) -> None:
        await greet(feed, websocket, 0)
        await tell(websocket, event(1, kind="shutdown"))
        await websocket.wait_closed()

    with FakeFeed(script) as feed:
        async with asyncio.timeout(BOUND_S), CxFeedReader(feed.uri) as reader:
            seen = [(await anext(reader))["type"] for _ in range(3)]
            await asyncio.to_thread(feed.stop, 1011)
            with pytest.raises(StopAsyncIteration):
                await anext(reader)
    assert seen == ["hello", "subscribed", "shutdown"]


async def test_a_feed_that_falls_silent_is_left_and_resumed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Open but mute: the reader connects again and goes on where it was."""
    monkeypatch.setattr("cxgame.client.feed.SILENT_S", 0.2)
    monkeypatch.setattr("cxgame.client.feed.LOOK_S", 0.02)

    async def first(websocket: ServerConnection) -> None:
        await greet(feed, websocket, 0)
        await tell(websocket, event(1))
        await websocket.wait_closed()

    async def second(websocket: ServerConnection) -> None:
        assert await greet(feed, websocket, 3) == 1
        await tell(websocket, *(event(seq) for seq in range(2, 4)))
        await end(websocket, 4)

    with FakeFeed(first, second) as feed:
        assert await numbers(CxFeedReader(feed.uri)) == [1, 2, 3, 4]


async def test_ones_own_pause_is_not_the_feeds_silence(monkeypatch: pytest.MonkeyPatch) -> None:
    """A reader that does something else for long keeps its connection."""
    monkeypatch.setattr("cxgame.client.feed.SILENT_S", 0.2)
    monkeypatch.setattr("cxgame.client.feed.LOOK_S", 0.02)

    async def script(websocket: ServerConnection) -> None:
        await greet(feed, websocket, 0)
        await tell(websocket, event(1))
        assert (await feed.request(websocket))["cmd"] == "resync"
        await end(websocket, 2)

    with FakeFeed(script) as feed:
        async with asyncio.timeout(BOUND_S), CxFeedReader(feed.uri) as reader:
            while (await anext(reader))["type"] != "match":
                pass
            await asyncio.sleep(0.5)
            reader.resync()
            assert [frame["seq"] async for frame in reader if "prev_seq" in frame] == [2]
