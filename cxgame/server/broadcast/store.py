"""A feed's source in another process: what a game's store keeps.

Where the game stands is replayed from its journal, once; what happens from then on comes from the
stream of public events. Standings are replayed too, as far as the journal has grown, only while
somebody watches them.
"""

import asyncio
import logging
from collections.abc import AsyncIterator, Callable
from contextlib import suppress
from pathlib import Path

from cxgame.engine.engine import Engine
from cxgame.history.schema import history_file
from cxgame.model.batch import DamagedRecord
from cxgame.ports import Batch, Entry, Events, JournalFault
from cxgame.recovery import Replay
from cxgame.server.broadcast.hub import FeedHub
from cxgame.server.broadcast.past import PastCandles
from cxgame.server.broadcast.presence import Presence
from cxgame.server.broadcast.snapshot import snapshot_of, stretch_of
from cxgame.store.archive import ArchiveDamaged, archive_folder
from cxgame.store.archived import ArchivedJournal
from cxgame.store.endpoint import Endpoint
from cxgame.store.errors import EventsGap, StoreError, StoreUnavailable
from cxgame.store.events import EventsReader
from cxgame.store.keys import GameKeys
from cxgame.store.link import Link
from cxgame.store.opening import open_events
from cxgame.store.snapshots import Snapshots, snapshot_folder
from cxgame.store.streams import hash_at, read_events, read_journal
from cxgame.wire.feed_tape import Stretch

_WAIT_S = 1.0  # for events; then standings, and whether the game is still the same
# What comes so soon after other events is read with what follows: whoever waits in Valkey is woken
# by each commit, at the moment in which an order is answered, and wants the same processor.
_GATHER_S = 0.025
_LOOK_S = 0.2  # between two looks for a store or rules that are not there yet
_YIELD_EVERY = 20  # batches replayed before the spectators have their turn: some milliseconds

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
                await self._follow(reader)
        finally:
            self._hub.history = None
            await reader.close()
            await earlier.close()

    async def _open(self) -> EventsReader:
        data_dir = None if self._valkey_url else self._data_dir
        return await open_events(valkey_url=self._valkey_url, data_dir=data_dir, game=self._game)

    async def _follow(self, reader: EventsReader) -> None:
        """Begin, and pass events on; returns when another beginning is needed."""
        follower = Follower(GameKeys(self._game, reader.number), self._endpoint, self._data_dir)
        engine = await self._begin(follower)
        presence = Presence(follower.keys, self._endpoint, engine)
        await presence.look()
        # Of a game elsewhere a database here would be another one's.
        here = self._valkey_url is None
        past = PastCandles(history_file(self._data_dir, follower.id) if here else None)
        self._hub.past, self._hub.stored = past.latest, past.window
        try:
            self._hub.begin(snapshot_of(engine, self._game, reader.number))
            presence.show(self._hub)
            await self._pass_on(reader, follower, presence, engine.event_seq)
        finally:
            await presence.close()
            self._hub.past = self._hub.stored = None
            past.close()

    async def _pass_on(
        self, reader: EventsReader, follower: "Follower", presence: Presence, seq: int
    ) -> None:
        """Release what comes after an event; returns as above."""
        clock = asyncio.get_running_loop().time
        look_at = clock() + _WAIT_S
        while True:
            try:
                found = await reader.wait(seq, _WAIT_S)
                for events in found:
                    stretch = stretch_of(events)
                    if not self._hub.release(stretch):
                        return
                    presence.take(stretch)
                    seq = events.last
                if found:
                    await asyncio.sleep(_GATHER_S)
            except (EventsGap, DamagedRecord) as error:
                log.warning("the feed begins anew: %s", error)
                return
            if clock() >= look_at:
                if await self._look_around(reader, follower, presence):
                    return
                look_at = clock() + _WAIT_S

    async def _begin(self, follower: "Follower") -> Engine:
        """The engine as the journal leaves it, once there is one with rules."""
        while True:
            try:
                engine = await follower.catch_up()
            except StoreUnavailable as error:
                log.debug("waiting for the journal: %s", error)
            else:
                if engine.rules is not None:
                    return engine
            await asyncio.sleep(_LOOK_S)

    async def _look_around(
        self, reader: EventsReader, follower: "Follower", presence: Presence
    ) -> bool:
        """Each second: standings, whether anybody is there; True if another game is played."""
        with suppress(StoreUnavailable):  # which `presence` finds out as well
            if await reader.moved():
                return True
            if presence.has_new_rules:
                presence.know_rules(await follower.catch_up())
            if self._hub.standings_wanted:
                self._hub.set_standings((await follower.catch_up()).standings())
        await presence.look()
        presence.show(self._hub)
        return False

    def _endpoint(self) -> Endpoint:
        """Where the Valkey is now: an embedded one moves at each start."""
        if self._valkey_url is not None:
            return Endpoint.url(self._valkey_url)
        from cxgame.store.embedded import find_embedded  # not there on every platform

        endpoint = find_embedded(self._data_dir)
        if endpoint is None:
            raise StoreUnavailable("no Valkey is running there")
        return endpoint


class Follower:
    """An engine of our own that replays a journal as it grows.

    It begins with a snapshot of the exchange's keeper, and reads from the archive what the journal
    has lost since: `data_dir` is the exchange's, if this is its machine.
    """

    def __init__(self, keys: GameKeys, locate: Callable[[], Endpoint], data_dir: Path) -> None:
        self.id = keys.id
        self.keys = keys
        self._locate = locate
        self._archive = archive_folder(data_dir, keys.id)
        self._snapshots = Snapshots(snapshot_folder(data_dir, keys.id))
        self._replay: Replay | None = None

    async def catch_up(self) -> Engine:
        """The engine as the journal leaves it now.

        Raises StoreUnavailable, JournalDamaged, and StoreError for a journal that has no beginning.
        """
        link = Link(self._locate())
        try:
            run = self._replay or await self._begin(link)
            async for entry in ArchivedJournal(Reading(link, self.keys), self._archive).replay(
                run.batch_seq
            ):
                run.take(entry)
                if entry.seq % _YIELD_EVERY == 0:
                    await asyncio.sleep(0)
        except (JournalFault, ArchiveDamaged) as fault:
            text = f"game {self.keys.id} cannot be followed without its data directory: {fault}"
            raise StoreError(text) from fault
        finally:
            await link.close()
        self._replay = run
        return run.engine

    async def _begin(self, link: Link) -> Replay:
        for snapshot in self._snapshots.sound():
            if await hash_at(link, self.keys, snapshot.seq) == snapshot.hash:
                return Replay(snapshot, remember=False)
        return Replay(remember=False)


class Reading:
    """Implements `cxgame.ports.Journal` for who only reads."""

    def __init__(self, link: Link, keys: GameKeys) -> None:
        self._link = link
        self._keys = keys

    async def commit(self, batch: Batch) -> None:
        """Never."""
        raise StoreError("this journal is only read")

    def replay(self, after: int = 0) -> AsyncIterator[Entry]:
        """The batches with seq > `after`."""
        return read_journal(self._link, self._keys, after, 0)

    def events(self, after: int) -> AsyncIterator[Events]:
        """The kept public events after `after`."""
        return read_events(self._link, self._keys, after)


class History:
    """Older events of the stream, for those who resume; a reader of its own, as one waits."""

    def __init__(self, reader: EventsReader) -> None:
        self._reader = reader

    async def after(self, seq: int) -> AsyncIterator[Stretch]:
        """As far as they are kept; what is not kept, or cannot be read now, is left out."""
        try:
            await self._reader.moved()
            async for events in self._reader.range(seq):
                yield stretch_of(events)
        except (EventsGap, DamagedRecord, StoreUnavailable) as error:
            log.info("no resume after event %d: %s", seq, error)
