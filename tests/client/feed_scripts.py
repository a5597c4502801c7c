"""What a scripted feed says to a reader, and what the reader made of it."""

import asyncio
import json
from typing import Any

from websockets.asyncio.server import ServerConnection

from cxgame.client import CxFeedReader
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
