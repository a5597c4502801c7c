"""The feed reader: events until the game is over, with the book, candles and filters asked for."""

import asyncio
from typing import Any

import pytest
from websockets.asyncio.server import ServerConnection

from cxgame.client import CxFeedReader, LiveBook
from tests.client.fake_streams import checksum
from tests.client.fakes import BOUND_S, FakeFeed
from tests.client.feed_scripts import end, event, greet, hello, numbers, read, tell


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


async def test_a_feed_that_is_not_there_is_an_error_on_entering() -> None:
    """In words, after `timeout_s`, or at once where waiting can't help."""
    with FakeFeed(lambda websocket: websocket.wait_closed()) as feed:
        uri = feed.uri
    with pytest.raises(ConnectionError, match="Nothing listens"):
        await CxFeedReader(uri, timeout_s=0.1).__aenter__()
    with pytest.raises(ConnectionError, match="an address looks like"):
        await CxFeedReader("127.0.0.1:9876").__aenter__()
