"""`ReplayFeed`: a recorded game on a feed of its own, as if it were played now.

It waits for its first spectator, so that a replay at full speed is not over before anybody looks,
and ends with the recording.
"""

import asyncio
from pathlib import Path

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
        self._recording = recording

    def _source(self, hub: FeedHub) -> RecordedSource:
        return RecordedSource(
            self._recording,
            self.player,
            hub,
            watched=self._watched,
            jumped=self._jumped,
            caught_up=self._caught_up,
        )

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
