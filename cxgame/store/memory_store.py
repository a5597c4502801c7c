"""Users and games in memory: gone when the process ends."""

from cxgame.store.api import MEMORY_ONLY, GameStore
from cxgame.store.errors import StoreError
from cxgame.store.keys import check_name
from cxgame.store.memory import MemoryEvents, MemoryJournal, MemoryLog, MemoryUsers, MemoryViews


class MemoryStore:
    """Implements `cxgame.store.api.Store`."""

    durability = MEMORY_ONLY
    tickers = None  # no other program can write any

    def __init__(self) -> None:
        self.users = MemoryUsers()
        self._logs: dict[str, list[MemoryLog]] = {}  # by name; the last one is played
        self._open: set[str] = set()

    async def open_game(self, name: str, *, fresh: bool = False) -> GameStore:
        """Become the writer of the current game; `fresh` begins the next unless it is unplayed."""
        check_name(name)
        if name in self._open:
            raise StoreError(f"game {name} is open already")
        logs = self._logs.setdefault(name, [MemoryLog()])
        if fresh and logs[-1].entries:
            logs.append(MemoryLog())
        self._open.add(name)
        log = logs[-1]
        seq, hash_ = (log.entries[-1].seq, log.entries[-1].hash) if log.entries else (0, b"")

        async def close() -> None:
            self._open.discard(name)

        journal, views = MemoryJournal(log), MemoryViews(log)
        return GameStore(name, len(logs), journal, views, seq, hash_, close)

    async def next_game(self, name: str) -> GameStore:
        """Leave a closed game and begin the next under its name."""
        self._open.discard(name)
        return await self.open_game(name, fresh=True)

    def events_reader(self, name: str) -> MemoryEvents:
        """The public events of an open game, for a reader in whatever loop or thread."""
        logs = self._logs[name]
        return MemoryEvents(logs[-1], len(logs))

    async def close(self) -> None:
        """Nothing to give back."""
