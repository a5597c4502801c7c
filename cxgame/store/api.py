"""What the composition root gets of a store, whichever it is."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from cxgame.ports import Journal, UserStore

if TYPE_CHECKING:  # a store in memory loads no redis
    from cxgame.store.events import EventsReader
    from cxgame.store.keeping import KeeperAccess
    from cxgame.store.tickers import Tickers
    from cxgame.store.views import Views

OnFault = Callable[[Exception], None]

ALWAYS = "always"  # the promise: what was acknowledged survives
MEMORY_ONLY = "memory only: nothing is kept"


def ignore(listener: OnFault) -> None:
    """A journal in memory refuses nothing."""


@dataclass(frozen=True)
class GameStore:
    """One game, held by this process as its only writer until `close`."""

    name: str
    number: int  # a closed game is followed by the next number under the same name
    journal: Journal
    views: "Views"  # for what no commit carries
    head_seq: int  # of the last batch when the game was opened; 0 in a new game
    head_hash: bytes
    close: Callable[[], Awaitable[None]]
    on_fault: Callable[[OnFault], None] = ignore  # told when no commit will succeed any more
    keeper_access: "KeeperAccess | None" = None  # None: nothing here is worth keeping

    @property
    def id(self) -> str:
        """How people call the game: `main.1`."""
        return f"{self.name}.{self.number}"


class Store(Protocol):
    """Users, and games by name. Made by `cxgame.store.opening.open_store`."""

    @property
    def durability(self) -> str:
        """What an acknowledgement is worth, for banner and health; "always" is the promise."""
        ...

    @property
    def users(self) -> UserStore:
        """Users of all games."""
        ...

    @property
    def tickers(self) -> "Tickers | None":
        """Prices of other programs, where there can be any."""
        ...

    async def open_game(self, name: str, *, fresh: bool = False) -> GameStore:
        """Become the writer of the current game; `fresh` begins the next unless it is unplayed.

        Raises LeaseHeld while another server plays it, StoreError, StoreUnavailable.
        """
        ...

    async def next_game(self, name: str) -> GameStore:
        """Leave a closed game and begin the next under its name."""
        ...

    def events_reader(self, name: str) -> "EventsReader":
        """The public events of an open game, for a reader in whatever loop or thread."""
        ...

    async def close(self) -> None:
        """Close every game and the store."""
        ...
