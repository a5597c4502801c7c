"""A feed's source in another process: the event stream and the views that a game's store keeps.

The views say where the game stands, the stream what happened since. They are read after the
stream's end was noted, so they may be ahead of it; the events between happen twice, which the
fold of public events comes out of right: every one of them names what is left, not what changed.
"""

import asyncio
import logging
from collections.abc import AsyncIterator
from pathlib import Path

from cxgame.server.feed_game import stretch_of
from cxgame.server.feed_hub import FeedHub
from cxgame.server.feed_views import Rows, read_snapshot, read_standings
from cxgame.store.endpoint import Endpoint
from cxgame.store.errors import EventsGap, StoreUnavailable
from cxgame.store.events import EventsReader
from cxgame.store.keys import GameKeys
from cxgame.store.link import Link
from cxgame.store.opening import open_events
from cxgame.wire.feed_state import Snapshot
from cxgame.wire.feed_tape import Stretch

_WAIT_S = 1.0  # for events; then standings, and whether the game is still the same
_LOOK_S = 0.2  # between two looks for a game that has no rules yet
AWAY = "The exchange is away. The feed waits for it."

log = logging.getLogger("cxgame.feed")


class StoreSource:
    """Follows the game of a name, through restarts of its exchange and into the next game."""

    def __init__(self, data_dir: Path, valkey_url: str | None, game: str, hub: FeedHub) -> None:
        self._data_dir = data_dir
        self._valkey_url = valkey_url
        self._game = game
        self._hub = hub

    async def run(self) -> None:
        """Runs until cancelled. Raises StoreError for what waiting does not heal."""
        reader, earlier = await self._open(), await self._open()
        self._hub.history = History(earlier).after
        try:
            while True:
                snapshot = await self._snapshot(reader)
                self._hub.begin(snapshot)
                await self._follow(reader, snapshot.seq)
        finally:
            self._hub.history = None
            await reader.close()
            await earlier.close()

    async def _open(self) -> EventsReader:
        data_dir = None if self._valkey_url else self._data_dir
        return await open_events(valkey_url=self._valkey_url, data_dir=data_dir, game=self._game)

    async def _snapshot(self, reader: EventsReader) -> Snapshot:
        """Where the game stands, as soon as it has rules."""
        while True:
            try:
                seq = await reader.last()
                markets, orders = await self._views(reader.number, "markets", "orders")
                snapshot = read_snapshot(self._game, reader.number, seq, markets, orders)
                if snapshot is not None:
                    return snapshot
                await reader.moved()
            except StoreUnavailable as error:
                log.debug("no views yet: %s", error)
            await asyncio.sleep(_LOOK_S)

    async def _follow(self, reader: EventsReader, seq: int) -> None:
        """Pass events on; returns when another beginning is needed."""
        look = asyncio.get_running_loop().time() + _WAIT_S
        while True:
            try:
                for events in await reader.wait(seq, _WAIT_S):
                    if not self._hub.release(stretch_of(events)):
                        return
                    seq = events.last
            except EventsGap as gap:
                log.warning("the feed begins anew: %s", gap)
                return
            if asyncio.get_running_loop().time() >= look:
                if await self._moved(reader):
                    return
                look = asyncio.get_running_loop().time() + _WAIT_S

    async def _moved(self, reader: EventsReader) -> bool:
        """Look around each second: another game, standings, whether anybody is there."""
        try:
            if await reader.moved():
                return True
            if self._hub.standings_wanted:
                (rows,) = await self._views(reader.number, "standings")
                self._hub.set_standings(read_standings(rows))
        except StoreUnavailable:
            self._hub.set_halted(True, AWAY)
        else:
            self._hub.set_halted(False)
        return False

    async def _views(self, number: int, *names: str) -> list[Rows]:
        link = Link(self._endpoint())
        keys = GameKeys(self._game, number)
        try:
            replies = [await link.call("HGETALL", keys.view(name)) for name in names]
        finally:
            await link.close()
        return [
            {reply[i].decode(): reply[i + 1] for i in range(0, len(reply), 2)} for reply in replies
        ]

    def _endpoint(self) -> Endpoint:
        if self._valkey_url is not None:
            return Endpoint.url(self._valkey_url)
        from cxgame.store.embedded import find_embedded  # not on every platform

        endpoint = find_embedded(self._data_dir)
        if endpoint is None:
            raise StoreUnavailable("no Valkey is running there")
        return endpoint


class History:
    """Older events from the stream, for those who resume; a reader of its own, as one waits."""

    def __init__(self, reader: EventsReader) -> None:
        self._reader = reader

    async def after(self, seq: int) -> AsyncIterator[Stretch]:
        """As far as they are kept; what is not kept, or cannot be read now, is left out."""
        try:
            await self._reader.moved()
            async for events in self._reader.range(seq):
                yield stretch_of(events)
        except (EventsGap, StoreUnavailable) as error:
            log.info("no resume after event %d: %s", seq, error)
