"""`ReplayFeed`: a recorded game on a feed of its own, as if it were played now.

It waits for its first spectator, so that a replay at full speed is not over before anybody looks,
and ends with the recording.
"""

import asyncio
from pathlib import Path

from cxgame.model.batch import unseal
from cxgame.server.broadcast.hub import FeedHub
from cxgame.server.broadcast.player import Player
from cxgame.server.broadcast.recorded import RecordedSource, Recording
from cxgame.server.broadcast.spectator import MAX_UNREAD_BYTES, Spectator
from cxgame.server.feed import CxFeed
from cxgame.wire.feed import DEFAULT

_LOOK_S = 0.01
_CALM_BYTES = 65_536  # a spectator that has less unread keeps up
_PATIENCE_S = 5.0  # with one that does not; then it is dropped, as from a live feed
_SETTLE_S = 2.0  # for a spectator to subscribe; one that does not sees the default channel
_LEFT_S = 3.0  # after the last look of its page, which looks twice a second
_YIELD_EVERY = 200  # entries looked through before the spectators have their turn
_SERVICE_RESTART = 1012
JUMPED = "The replay goes on elsewhere: connect again."


class ReplayFeed(CxFeed):
    """Broadcasts a recording; `player` may be told to pause, or to go on elsewhere."""

    def __init__(
        self,
        recording: Recording,
        player: Player,
        port: int = 9876,
        bind: str = "127.0.0.1",
        pem_file: str | Path | None = None,
        feed_buffer: int = MAX_UNREAD_BYTES,
    ) -> None:
        super().__init__(port, bind, pem_file, game=recording.name, feed_buffer=feed_buffer)
        self.player = player
        self.first_ms: int | None = None  # of the recording, once it was looked through
        self.last_ms: int | None = None
        self._recording = recording
        self._seen_s = float("-inf")

    def _source(self, hub: FeedHub) -> RecordedSource:
        return RecordedSource(
            self._recording,
            self.player,
            hub,
            watched=self._watched,
            jumped=self._jumped,
            caught_up=self._caught_up,
            may_go_back=self._may_go_back,
        )

    def seen(self) -> None:
        """Somebody looks at the replay's page."""
        self._seen_s = asyncio.get_running_loop().time()

    async def measure(self) -> None:
        """Find out when the recording begins and ends."""
        last = None
        async for entry in self._recording.entries():
            last = unseal(entry.record)[0].wall_ms
            if self.first_ms is None:
                self.first_ms = last
            if entry.seq % _YIELD_EVERY == 0:
                await asyncio.sleep(0)
        self.last_ms = last

    async def ended(self) -> None:
        """Wait until the recording has ended and nobody is there to go back."""
        await asyncio.wait(self._tasks, return_when=asyncio.FIRST_COMPLETED)
        for task in self._tasks:
            if task.done():
                task.result()  # a damaged record must show

    def _may_go_back(self) -> bool:
        return asyncio.get_running_loop().time() - self._seen_s < _LEFT_S

    async def _watched(self) -> None:
        """Somebody is there, and has said what to see: at full speed all may be over at once."""
        while not self._watching():
            await asyncio.sleep(_LOOK_S)
        deadline = asyncio.get_running_loop().time() + _SETTLE_S
        while all(spectator.subscription is DEFAULT for spectator in self._watching()):
            if asyncio.get_running_loop().time() > deadline:
                return
            await asyncio.sleep(_LOOK_S)

    def _watching(self) -> list[Spectator]:
        return [spectator for spectator in self._spectators if not spectator.gone]

    def _jumped(self) -> None:
        for spectator in list(self._spectators):
            spectator.close(_SERVICE_RESTART, JUMPED)

    async def _caught_up(self) -> None:
        deadline = asyncio.get_running_loop().time() + _PATIENCE_S
        while any(spectator.unread_bytes > _CALM_BYTES for spectator in self._spectators):
            if asyncio.get_running_loop().time() > deadline:
                return
            await asyncio.sleep(_LOOK_S)
