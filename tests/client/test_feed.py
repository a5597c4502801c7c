"""The feed reader against a feed that breaks, repeats, skips and ends."""

import asyncio
import json
from typing import Any

import pytest
from websockets.asyncio.server import ServerConnection

from cxgame.client import CxFeedReader, LiveBook
from cxgame.network import Backoff
from tests.client.fake_streams import checksum
from tests.client.fakes import BOUND_S, FakeFeed


async def tell(websocket: ServerConnection, *frames: dict[str, Any]) -> None:
    for frame in frames:
        await websocket.send(json.dumps(frame))


def hello(seq: int, number: int = 1, **more: Any) -> dict[str, Any]:
    return {"type": "hello", "game": "main", "number": number, "seq": seq, "phase": "open", **more}


def event(seq: int, prev_seq: int | None = None, kind: str = "match") -> dict[str, Any]:
    return {"type": kind, "seq": seq, "prev_seq": seq - 1 if prev_seq is None else prev_seq}


async def greet(feed: FakeFeed, websocket: ServerConnection, seq: int, number: int = 1) -> int:
    """Say hello, confirm the subscription; from where the reader wants to resume."""
    await tell(websocket, hello(seq, number))
    assert (await feed.request(websocket))["cmd"] == "subscribe"
    await tell(websocket, {"type": "subscribed"})
    resume = await feed.request(websocket)
    assert resume["cmd"] == "resume"
    return int(resume["params"]["seq"])


async def end(websocket: ServerConnection, seq: int) -> None:
    """The game is over."""
    await tell(websocket, {"type": "phase", "phase": "closed"}, event(seq, kind="shutdown"))
    await websocket.close(1001, "The game is over.")


async def read(reader: CxFeedReader) -> list[dict[str, Any]]:
    """All frames until the game is over."""
    async with asyncio.timeout(BOUND_S), reader:
        return [frame async for frame in reader]


async def numbers(reader: CxFeedReader) -> list[int]:
    """The seq of every numbered event until the game is over."""
    return [frame["seq"] for frame in await read(reader) if "prev_seq" in frame]


async def test_events_come_until_the_game_is_over() -> None:
    """From the hello on: each frame as a dict, then the iteration ends."""

    async def script(websocket: ServerConnection) -> None:
        assert await greet(feed, websocket, 5) == 5
        await tell(websocket, event(6), {"type": "heartbeat", "last_seq": 6}, event(7))
        await end(websocket, 8)

    with FakeFeed(script) as feed:
        reader = CxFeedReader(feed.uri, symbol="BTC/USD")
        frames = await read(reader)
    assert [
        frame["type"] for frame in frames
    ] == "hello subscribed match heartbeat match phase shutdown".split()
    subscribe = feed.asked[0]
    assert subscribe["params"] == {"channels": ["full"], "symbol": "BTC/USD"}
    assert reader.seq == 8


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


async def test_a_filter_is_no_hole() -> None:
    """On a thinner channel numbers jump, and nothing is asked for."""

    async def script(websocket: ServerConnection) -> None:
        await greet(feed, websocket, 0)
        await tell(websocket, event(3, 0), event(8, 3))
        await websocket.close(1001, "The game is over.")  # no frame of this channel says so

    with FakeFeed(script) as feed:
        assert await numbers(CxFeedReader(feed.uri, channels=("trades",))) == [3, 8]
    assert len(feed.asked) == 2


async def test_frames_before_the_subscription_are_not_the_readers() -> None:
    """The default channel's frames would tear holes into the full one; they come by resume."""

    async def script(websocket: ServerConnection) -> None:
        await tell(websocket, hello(0), event(3, 0, "bcast"))
        await feed.request(websocket)
        await tell(websocket, {"type": "subscribed"})
        assert (await feed.request(websocket))["params"] == {"seq": 0}
        await tell(websocket, *(event(seq) for seq in range(1, 5)))
        await end(websocket, 5)

    with FakeFeed(script) as feed:
        assert await numbers(CxFeedReader(feed.uri)) == [1, 2, 3, 4, 5]


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


async def test_another_game_is_read_from_its_present() -> None:
    """After a restart with a new game the old position means nothing."""

    async def first(websocket: ServerConnection) -> None:
        await greet(feed, websocket, 70)
        await tell(websocket, event(71))
        await websocket.close(1001)

    async def second(websocket: ServerConnection) -> None:
        assert await greet(feed, websocket, 0, number=2) == 0
        await tell(websocket, event(1))
        await end(websocket, 2)

    with FakeFeed(first, second) as feed:
        assert await numbers(CxFeedReader(feed.uri)) == [71, 1, 2]


async def test_a_former_reading_can_go_on() -> None:
    """`after` resumes where another reader, or an earlier run, stopped."""

    async def script(websocket: ServerConnection) -> None:
        assert await greet(feed, websocket, 9) == 7
        await tell(websocket, event(8), event(9))
        await end(websocket, 10)

    with FakeFeed(script) as feed:
        assert await numbers(CxFeedReader(feed.uri, after=7)) == [8, 9, 10]


async def test_nonsense_is_passed_over() -> None:
    """A message that is no frame ends nothing."""

    async def script(websocket: ServerConnection) -> None:
        await greet(feed, websocket, 0)
        await websocket.send("Bad Gateway")
        await websocket.send("[]")
        await tell(websocket, event(1))
        await end(websocket, 2)

    with FakeFeed(script) as feed:
        assert await numbers(CxFeedReader(feed.uri)) == [1, 2]


async def test_a_reader_may_stop_waiting_and_go_on() -> None:
    """A cancelled wait loses no event, be it for the hello, the subscription or an event."""
    pause_s = 0.05

    async def script(websocket: ServerConnection) -> None:
        await asyncio.sleep(pause_s)
        await greet(feed, websocket, 0)
        for seq in range(1, 6):
            await asyncio.sleep(pause_s)
            await tell(websocket, event(seq))
        await end(websocket, 6)

    seen, waits = [], 0
    with FakeFeed(script) as feed:
        async with asyncio.timeout(BOUND_S), CxFeedReader(feed.uri) as reader:
            while True:
                waits += 1
                try:
                    frame = await asyncio.wait_for(anext(reader), 0.02)
                except TimeoutError:
                    continue
                except StopAsyncIteration:
                    break
                seen.append(frame["type"])
    assert seen == ["hello", "subscribed", *["match"] * 5, "phase", "shutdown"]
    assert waits > len(seen)


async def test_a_book_is_kept_by_the_feed() -> None:
    """Frames of books pass whatever their numbers; a snapshot is asked for when one is missing."""
    level = {"type": "depth", "symbol": "BTC/USD", "asks": []}

    def picture(seq: int, size: str) -> dict[str, Any]:
        bids = [["999.00", size]]
        frame = {"type": "depth_snapshot", "symbol": "BTC/USD", "seq": seq, "asks": []}
        return {**frame, "bids": bids, "checksum": checksum(bids, [])}

    async def script(websocket: ServerConnection) -> None:
        await greet(feed, websocket, 50)
        await tell(websocket, picture(40, "1.0"), {**level, "seq": 47, "prev_seq": 45, "bids": []})
        assert (await feed.request(websocket))["params"] == {"symbol": "BTC/USD"}
        await tell(websocket, picture(48, "3.0"))
        await end(websocket, 51)

    with FakeFeed(script) as feed:
        book = LiveBook.of_feed(feed.uri)
        async with asyncio.timeout(BOUND_S), book:
            assert book.symbol == "BTC/USD"
            while book.seq != 48:
                assert await book.wait()
            assert str(book.best_bid) == "Level(price=Decimal('999.00'), size=Decimal('3.0'))"
            while await book.wait():
                pass
    commands = [request["cmd"] for request in feed.asked]
    assert commands == ["subscribe", "resume", "resync"]
    assert feed.asked[0]["params"] == {"channels": ["depth"]}


async def test_candles_are_read_in_a_timeframe() -> None:
    """It is part of the subscription."""

    async def script(websocket: ServerConnection) -> None:
        await greet(feed, websocket, 0)
        await end(websocket, 1)

    with FakeFeed(script) as feed:
        await read(CxFeedReader(feed.uri, ["candles"], timeframe="5m"))
    assert feed.asked[0]["params"] == {"channels": ["candles"], "timeframe": "5m"}


async def test_an_unknown_channel_is_an_error() -> None:
    """A subscription that is refused can't be waited for."""

    async def script(websocket: ServerConnection) -> None:
        await tell(websocket, hello(0))
        request = await feed.request(websocket)
        refusal = {"type": "error", "code": "PARAM_TYPE", "message": "No such channel."}
        await tell(websocket, {**refusal, "id": request["id"]})
        await websocket.wait_closed()

    with FakeFeed(script) as feed, pytest.raises(ValueError, match="No such channel"):
        await numbers(CxFeedReader(feed.uri, channels=("gossip",)))


async def test_a_feed_without_numbers_is_read_as_it_comes() -> None:
    """The oldest servers send neither hello nor seq."""

    async def script(websocket: ServerConnection) -> None:
        await tell(websocket, {"type": "bcast", "message": "hi", "user": "bob"})
        await tell(websocket, {"type": "shutdown", "message": "Bye."})
        await websocket.close()

    with FakeFeed(script) as feed:
        frames = await read(CxFeedReader(feed.uri))
    assert [frame["type"] for frame in frames] == ["bcast", "shutdown"]


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


async def test_a_feed_that_is_not_there_is_an_error_on_entering() -> None:
    """In words, after `timeout_s`, or at once where waiting can't help."""
    with FakeFeed(lambda websocket: websocket.wait_closed()) as feed:
        uri = feed.uri
    with pytest.raises(ConnectionError, match="Nothing listens"):
        await CxFeedReader(uri, timeout_s=0.1).__aenter__()
    with pytest.raises(ConnectionError, match="an address looks like"):
        await CxFeedReader("127.0.0.1:9876").__aenter__()


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
