"""Opening a store as the settings say: the one entry for the composition root and for feeds."""

import sys
from pathlib import Path

from cxgame.config.valkey import with_password
from cxgame.store.api import ALWAYS, Store
from cxgame.store.endpoint import Endpoint
from cxgame.store.errors import StoreError
from cxgame.store.events import EventsReader, ValkeyEvents
from cxgame.store.external import check_server
from cxgame.store.guard import Guard
from cxgame.store.keys import check_name
from cxgame.store.memory_store import MemoryStore
from cxgame.store.valkey_store import ValkeyStore


async def open_store(
    *,
    memory: bool,
    valkey_url: str | None,
    data_dir: Path,
    durability: str = ALWAYS,
    valkey_port: int | None = None,
    valkey_password: str | None = None,
    takeover: bool = False,
    accept_loss: bool = False,
) -> Store:
    """The store in memory, in the Valkey at `valkey_url`, or in one of our own in `data_dir`.

    `valkey_password` is for either Valkey; one that stands in the URL comes first.

    `durability` is "always" or "relaxed", which allows an external Valkey to promise less. The
    high-water marks are in `data_dir` in either case; `accept_loss` lets a game go on below its
    mark. Raises StoreError (one clear line), of which DirectoryBusy says that another server is
    running, and StoreDamaged that what was kept cannot be read.
    """
    if memory:
        return MemoryStore()
    guard = Guard(data_dir / "high_water", accept_loss=accept_loss)
    if valkey_url is not None:
        endpoint = Endpoint.url(with_password(valkey_url, valkey_password))
        promise = await check_server(endpoint, relaxed=durability == "relaxed")
        store = ValkeyStore(endpoint, promise, takeover=takeover, guard=guard)
    else:
        store = await _open_embedded(data_dir, valkey_port, valkey_password, guard)
    try:
        await store.prepare()
    except BaseException:
        await store.close()
        raise
    return store


async def open_events(
    *, valkey_url: str | None = None, data_dir: Path | None = None, game: str = "main"
) -> EventsReader:
    """The public events of a game that another process or thread plays; waits until it is there.

    Looks at `valkey_url`, else at the embedded Valkey that holds `data_dir`, wherever that is after
    a restart. Raises StoreError.
    """
    check_name(game)
    if valkey_url is not None:
        endpoint = Endpoint.url(valkey_url)
        reader = ValkeyEvents(lambda: endpoint, game)
    elif data_dir is not None:
        _check_platform()
        from cxgame.store.embedded import find_embedded

        reader = ValkeyEvents(lambda: find_embedded(data_dir), game)
    else:
        raise StoreError("give a Valkey URL or the data directory of the exchange")
    try:
        await reader.open()
    except BaseException:
        await reader.close()
        raise
    return reader


async def _open_embedded(
    data_dir: Path, port: int | None, password: str | None, guard: Guard
) -> ValkeyStore:
    _check_platform()
    from cxgame.store.embedded import EmbeddedValkey

    valkey = await EmbeddedValkey.start(data_dir, port=port, password=password)
    # The lock of the directory proves that the last writer is dead: its lease need not run out.
    return ValkeyStore(valkey.endpoint, ALWAYS, takeover=True, guard=guard, stop=valkey.stop)


def _check_platform() -> None:
    if sys.platform == "win32":
        raise StoreError(
            "the embedded Valkey needs Linux or macOS: give --valkey-url, or play with --memory"
        )
