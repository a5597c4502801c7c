"""The two servers that `benchmarks.feed` compares; each reports its own CPU time as JSON.

Both tell the same frames to every spectator, 20 events every 20 ms. The yardstick sends each with
`websockets.broadcast`; ours is `CxFeed` on a game in memory, which joins what a batch released.
"""

import asyncio
import json
import sys
import time
from collections.abc import Callable
from pathlib import Path

from websockets.asyncio.server import ServerConnection, broadcast, serve

from cxgame.clock import SystemClock
from cxgame.engine.engine import Engine
from cxgame.game import Game
from cxgame.history import Recent
from cxgame.model.commands import Broadcast, OpenAccount, SetRules
from cxgame.model.rules import MarketRules, Rules
from cxgame.ports import Journal
from cxgame.server.feed import CxFeed
from cxgame.store.memory import MemoryJournal

EVENTS_AT_ONCE, INTERVAL_S = 20, 0.02
TEXT = "x" * 100


async def play(spectators: int, batches: int, watching: Callable[[], int], tell: "Tell") -> None:
    """Wait for the spectators, tell them all batches, report the CPU time that took."""
    while watching() < spectators:
        await asyncio.sleep(0.05)
    await asyncio.sleep(1.0)
    began = time.process_time()
    for _ in range(batches):
        tell()
        await asyncio.sleep(INTERVAL_S)
    await asyncio.sleep(0.5)
    print(json.dumps({"cpu_s": time.process_time() - began}), flush=True)


Tell = Callable[[], None]


async def yardstick(spectators: int, batches: int) -> None:
    """`websockets.broadcast`, once per event."""
    connections: set[ServerConnection] = set()

    async def watch(connection: ServerConnection) -> None:
        connections.add(connection)
        await connection.wait_closed()

    frame = json.dumps(
        {"type": "bcast", "message": TEXT, "user": "alice", "seq": 12345, "prev_seq": 12344}
    )

    def tell() -> None:
        for _ in range(EVENTS_AT_ONCE):
            broadcast(connections, frame)

    async with serve(watch, "127.0.0.1", 0, compression=None) as server:
        print(next(iter(server.sockets)).getsockname()[1], flush=True)
        await play(spectators, batches, lambda: len(connections), tell)


class Played:
    """A game without order server, as a feed sees an exchange."""

    def __init__(self) -> None:
        self.loop = asyncio.get_running_loop()
        self.journal: Journal = MemoryJournal()
        self.history: Path | None = None
        self.game = Game(self.journal, SystemClock(), Engine(), Recent())
        market = MarketRules("BTC/USD", "BTC", "USD")
        self.game.submit(SetRules(Rules(1, (market,), {}, 1)), "bench", 0, None)
        self.game.submit(OpenAccount("alice"), "bench", 0, None)

    def tell(self) -> None:
        """20 events, which the game releases together."""
        for _ in range(EVENTS_AT_ONCE):
            self.game.submit(Broadcast(1, TEXT), "bench", 0, None)


async def ours(spectators: int, batches: int) -> None:
    """`CxFeed`."""
    played = Played()
    feed = CxFeed(0, "127.0.0.1", exchange=played, max_connections_per_address=spectators)
    await feed.open()
    print(feed.port, flush=True)
    await play(spectators, batches, lambda: feed.spectators, played.tell)
    await feed.close(1001, "The end.")


if __name__ == "__main__":
    asyncio.run(
        {"ours": ours, "yardstick": yardstick}[sys.argv[1]](int(sys.argv[2]), int(sys.argv[3]))
    )
