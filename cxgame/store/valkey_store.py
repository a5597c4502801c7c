"""Users and games in one Valkey, be it our child or run by somebody else."""

from collections.abc import Awaitable, Callable

from cxgame import failpoints
from cxgame.store.api import GameStore
from cxgame.store.endpoint import Endpoint
from cxgame.store.errors import StoreError
from cxgame.store.events import ValkeyEvents
from cxgame.store.keys import GameKeys, check_name, current
from cxgame.store.lease import Head, load_functions, take_lease, this_writer
from cxgame.store.link import Link
from cxgame.store.resp import surrender
from cxgame.store.tickers import Tickers
from cxgame.store.users import ValkeyUsers
from cxgame.store.valkey import ValkeyJournal
from cxgame.store.views import ValkeyViews


class ValkeyStore:
    """Implements `cxgame.store.api.Store`. Call `prepare` first."""

    def __init__(
        self,
        endpoint: Endpoint,
        durability: str,
        *,
        takeover: bool,
        stop: Callable[[], Awaitable[None]] | None = None,
    ) -> None:
        self.endpoint = endpoint
        self.durability = durability
        self.users = ValkeyUsers(endpoint)
        self.tickers = Tickers(endpoint)
        self._takeover = takeover
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
        number = await self._link.call("GET", current(name))
        keys = GameKeys(name, 1 if number is None else int(number))
        head = await self._take(keys)
        while fresh and head.seq > 0:
            await self._link.calls([surrender(keys, head.epoch)])
            keys = GameKeys(name, keys.number + 1)
            head = await self._take(keys)
        await self._link.call("SET", current(name), keys.number)
        failpoints.hit(failpoints.OPENED)
        self._games[name] = game = self._game(keys, head)
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
        for part in (self.users, self.tickers, self._link):
            await part.close()
        if self._stop is not None:
            await self._stop()

    async def _take(self, keys: GameKeys) -> Head:
        return await take_lease(self._link, keys, self._owner, takeover=self._takeover)

    def _game(self, keys: GameKeys, head: Head) -> GameStore:
        journal = ValkeyJournal(self.endpoint, keys, head)
        journal.start()
        views = ValkeyViews(self.endpoint, keys)

        async def close() -> None:
            self._games.pop(keys.name, None)
            await journal.close()
            await views.close()

        return GameStore(keys.name, keys.number, journal, views, head.seq, head.hash, close)
