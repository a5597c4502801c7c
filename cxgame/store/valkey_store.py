"""Users and games in one Valkey, be it our child or run by somebody else."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from functools import partial

from cxgame import failpoints
from cxgame.ports import JournalFault
from cxgame.store.api import GameStore
from cxgame.store.endpoint import Endpoint
from cxgame.store.errors import StoreDamaged, StoreError, StoreUnavailable
from cxgame.store.events import ValkeyEvents, readers_busy
from cxgame.store.guard import Guard
from cxgame.store.keeping import KeeperAccess
from cxgame.store.keys import GameKeys, check_name, current
from cxgame.store.lease import Head, load_functions, take_lease
from cxgame.store.link import Link
from cxgame.store.marked import MarkedJournal
from cxgame.store.resp import surrender
from cxgame.store.streams import hash_at
from cxgame.store.tickers import Tickers
from cxgame.store.users import ValkeyUsers
from cxgame.store.valkey import ValkeyJournal
from cxgame.store.views import ValkeyViews
from cxgame.store.writer import this_writer

_READ_WITHIN_S = 1.0  # what readers have left, to learn how a game ended, when our Valkey ends
_LOOK_S = 0.01


class ValkeyStore:
    """Implements `cxgame.store.api.Store`. Call `prepare` first."""

    def __init__(
        self,
        endpoint: Endpoint,
        durability: str,
        *,
        takeover: bool,
        guard: Guard | None = None,
        stop: Callable[[], Awaitable[None]] | None = None,
    ) -> None:
        self.endpoint = endpoint
        self.durability = durability
        self.users = ValkeyUsers(endpoint)
        self.tickers = Tickers(endpoint)
        self._takeover = takeover
        self._guard = guard  # None: nobody remembers what was acknowledged
        self._stop = stop  # ends the Valkey, if it is ours
        self._link = Link(endpoint)
        self._owner = this_writer()
        self._games: dict[str, GameStore] = {}

    async def prepare(self) -> None:
        """Make sure that Valkey knows our functions."""
        await load_functions(self._link)

    async def open_game(self, name: str, *, fresh: bool = False) -> GameStore:
        """Become the writer of the current game; `fresh` begins the next unless it is unplayed."""
        check_name(name)
        if name in self._games:
            raise StoreError(f"game {name} is open already")
        keys = GameKeys(name, await self._current(name))
        head = await self._take(keys)
        if not fresh:
            fresh = not await self._admits(keys, head)
        played = 0 if self._guard is None else self._guard.played(name)
        while fresh and (head.seq > 0 or keys.number <= played):
            await self._give_back(keys, head)
            keys = GameKeys(name, max(keys.number, played) + 1)
            head = await self._take(keys)
        game = self._game(keys, head)  # its mark comes first: whoever names a game has begun it
        self._games[name] = game
        await self._link.call("SET", current(name), keys.number)
        failpoints.hit(failpoints.OPENED)
        return game

    async def next_game(self, name: str) -> GameStore:
        """Leave a closed game and begin the next under its name."""
        await self._games[name].close()
        return await self.open_game(name, fresh=True)

    def events_reader(self, name: str) -> ValkeyEvents:
        """The public events of an open game, for a reader in whatever loop or thread."""
        return ValkeyEvents(lambda: self.endpoint, name, self._games[name].number)

    async def close(self) -> None:
        """Close every game, every connection, and the Valkey if it is ours."""
        for game in list(self._games.values()):
            await game.close()
        if self._stop is not None:
            await self._until_read()
        for part in (self.users, self.tickers, self._link):
            await part.close()
        if self._stop is not None:
            await self._stop()

    async def _until_read(self) -> None:
        """Wait until whoever follows a game's events in a process of its own has them all."""
        with suppress(StoreError, StoreUnavailable, TimeoutError):
            async with asyncio.timeout(_READ_WITHIN_S):
                while await readers_busy(self._link):
                    await asyncio.sleep(_LOOK_S)

    async def _current(self, name: str) -> int:
        """The number of the game that the store names."""
        number = await self._link.call("GET", current(name))
        if number is None:
            return 1
        if not number.isdigit() or int(number) == 0:
            raise StoreDamaged(f"{current(name)} in Valkey should be a number, and is not")
        return int(number)

    async def _take(self, keys: GameKeys) -> Head:
        return await take_lease(self._link, keys, self._owner, takeover=self._takeover)

    async def _give_back(self, keys: GameKeys, head: Head) -> None:
        await self._link.calls([surrender(keys, head.epoch)])

    async def _admits(self, keys: GameKeys, head: Head) -> bool:
        """Whether the game can be gone on with; a refusal gives it back."""
        if self._guard is None:
            return True
        try:
            return await self._guard.admits(keys, head, partial(hash_at, self._link))
        except (StoreError, JournalFault):
            await self._give_back(keys, head)
            raise

    def _game(self, keys: GameKeys, head: Head) -> GameStore:
        journal = ValkeyJournal(self.endpoint, keys, head)
        marked = None
        if self._guard is not None:
            marked = MarkedJournal(journal, self._guard.follow(keys, head))
            marked.start()
        journal.start()
        views = ValkeyViews(self.endpoint, keys)

        async def close() -> None:
            self._games.pop(keys.name, None)
            await journal.close()
            if marked is not None:
                await marked.close()
            await views.close()

        return GameStore(
            keys.name,
            keys.number,
            marked or journal,
            views,
            head.seq,
            head.hash,
            close,
            journal.on_fault,
            KeeperAccess(self.endpoint, keys, head.epoch),
        )
