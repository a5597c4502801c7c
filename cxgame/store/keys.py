"""Every key name in Valkey.

All keys of one game share the hash tag `{<name>.<number>}`, so that one function call may touch
them all, also in a Valkey Cluster.
"""

import re
from typing import NamedTuple

from cxgame.store.errors import StoreError

VIEWS = ("wallets", "orders", "markets")  # written by commits; standings beside them
USERS = "cx:{users}"  # hash: case-folded name → record
TICKERS = "tickers:"  # hash per symbol, written by price feeders and by our own oracle
OLD_TICKERS = "sym_"  # the older spelling, only read


class GameKeys(NamedTuple):
    """The keys of one game, e.g. `cx:{main.1}:journal`."""

    name: str
    number: int

    @property
    def id(self) -> str:
        """How people call the game: `main.1`."""
        return f"{self.name}.{self.number}"

    @property
    def meta(self) -> str:
        """Hash: epoch, owner, expires; seq, hash, event, private of the last batch; snapshot."""
        return self.view("meta")

    @property
    def journal(self) -> str:
        """Stream of batches, id `<seq>-0`, fields hash and record."""
        return self.view("journal")

    @property
    def events(self) -> str:
        """Capped stream of public events, id `<last event seq>-0`, fields first and events."""
        return self.view("events")

    @property
    def private(self) -> str:
        """Capped stream of private events, id `<last private seq>-0`, fields first and events."""
        return self.view("private")

    def view(self, key: str) -> str:
        """The hash that shows `key`, e.g. wallets, to people and tools."""
        return f"cx:{{{self.id}}}:{key}"


def current(name: str) -> str:
    """Text: the number of the game that is played under `name`."""
    return f"cx:{{{name}}}:current"


def check_name(name: str) -> None:
    """Refuse a name of a game that would break the hash tag; raises StoreError."""
    if re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,31}", name) is None:
        raise StoreError(f"a game cannot be called {name!r}: letters, digits, _ . - up to 32")
