"""A feed that never heard, or never answered, what the reader asked it for."""

import asyncio

from websockets.asyncio.server import ServerConnection

from cxgame.client import CxFeedReader
from tests.client.fakes import FakeFeed
from tests.client.feed_scripts import end, event, greet, hello, numbers, tell

HEARTBEAT = {"type": "heartbeat", "last_seq": 0}


async def test_a_subscription_that_is_not_answered_is_asked_for_anew() -> None:
    """Over another connection: what comes meanwhile is of a channel that nobody wanted."""

    async def deaf(websocket: ServerConnection) -> None:
        await tell(websocket, hello(0), event(1))
        await feed.request(websocket)
        while True:
            await tell(websocket, HEARTBEAT)
            await asyncio.sleep(0.02)

    async def well(websocket: ServerConnection) -> None:
        assert await greet(feed, websocket, 1) == 0
        await tell(websocket, event(1))
        await end(websocket, 2)

    with FakeFeed(deaf, well) as feed:
        reader = CxFeedReader(feed.uri, ["trades"], timeout_s=0.3)
        assert await numbers(reader) == [1, 2]
    assert reader.breaks == 1


async def test_a_hello_that_was_lost_is_missed() -> None:
    """Without it nothing would be subscribed to, and everything of the default channel told."""

    async def rude(websocket: ServerConnection) -> None:
        await tell(websocket, event(7), HEARTBEAT)
        await websocket.wait_closed()

    async def well(websocket: ServerConnection) -> None:
        assert await greet(feed, websocket, 7) == 7
        await tell(websocket, event(8))
        await end(websocket, 9)

    with FakeFeed(rude, well) as feed:
        assert await numbers(CxFeedReader(feed.uri)) == [8, 9]
