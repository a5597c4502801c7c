"""Is a Valkey that somebody else runs fit to keep a game?"""

import asyncio
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest

from cxgame.store.embedded import EmbeddedValkey
from cxgame.store.endpoint import Endpoint
from cxgame.store.errors import StoreError
from cxgame.store.external import check_server
from cxgame.store.link import Link

LIMIT_S = 20


@pytest.fixture
async def endpoint(tmp_path: Path) -> AsyncIterator[Endpoint]:
    """A Valkey of this test alone, set up to keep everything."""
    valkey = await EmbeddedValkey.start(tmp_path)
    yield valkey.endpoint
    await valkey.stop()


@pytest.fixture
async def configure(endpoint: Endpoint) -> AsyncIterator[Callable[..., object]]:
    link = Link(endpoint)

    async def configure(*settings: str) -> None:
        assert await link.call("CONFIG", "SET", *settings) == b"OK"

    yield configure
    await link.close()


async def check(endpoint: Endpoint, *, relaxed: bool = False) -> str:
    return await asyncio.wait_for(check_server(endpoint, relaxed=relaxed), LIMIT_S)


async def test_a_server_that_keeps_everything_is_fit(endpoint: Endpoint) -> None:
    """The promise holds, whatever was allowed."""
    assert await check(endpoint) == "always"
    assert await check(endpoint, relaxed=True) == "always"


@pytest.mark.parametrize(
    ("settings", "durability"),
    [
        (["appendfsync", "everysec"], "everysec (relaxed)"),
        (["appendfsync", "no"], "no (relaxed)"),
        (["appendonly", "no"], "memory only: nothing is kept"),
        (["appendonly", "no", "save", "60 1000"], "snapshots only (relaxed)"),
    ],
)
async def test_less_than_always_must_be_allowed(
    endpoint: Endpoint, configure: Callable[..., object], settings: list[str], durability: str
) -> None:
    """What may lose acknowledged orders is refused, with the way out; allowed, it is named."""
    await configure(*settings)
    with pytest.raises(StoreError, match=r"can lose acknowledged orders.*--durability relaxed"):
        await check(endpoint)
    assert await check(endpoint, relaxed=True) == durability


async def test_a_service_that_hides_its_settings_is_unknown(endpoint: Endpoint) -> None:
    """Where CONFIG is forbidden nothing can be promised."""
    link = Link(endpoint)
    await link.call("ACL", "SETUSER", "guest", "on", "nopass", "~*", "+@all", "-config")
    await link.close()
    guest = Endpoint.unix(endpoint.name, "guest", "any")
    with pytest.raises(StoreError, match="durability: unknown"):
        await check(guest)
    assert await check(guest, relaxed=True) == "unknown (relaxed)"


@pytest.mark.parametrize("relaxed", [False, True])
async def test_eviction_is_never_allowed(
    endpoint: Endpoint, configure: Callable[..., object], relaxed: bool
) -> None:
    """A store that drops keys when it is full loses games without a word."""
    await configure("maxmemory-policy", "allkeys-lru")
    with pytest.raises(StoreError, match="allkeys-lru"):
        await check(endpoint, relaxed=relaxed)


async def test_a_replica_is_refused(endpoint: Endpoint, tmp_path: Path) -> None:
    """Nothing can be written there."""
    link = Link(endpoint)
    await link.call("REPLICAOF", "127.0.0.1", "1")
    with pytest.raises(StoreError, match=r"is a (replica|slave); give the primary"):
        await check(endpoint)
    await link.call("REPLICAOF", "NO", "ONE")
    await link.close()


async def old_server(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Speaks as Redis 6 does."""
    while request := await reader.read(1000):
        if b"HELLO" in request:
            writer.write(
                b"*6\r\n$7\r\nversion\r\n$6\r\n6.2.14\r\n$4\r\nmode\r\n$10\r\nstandalone\r\n"
            )
            writer.write(b"$4\r\nrole\r\n$6\r\nmaster\r\n")
        else:
            writer.write(b"+OK\r\n")
    writer.close()


async def test_an_old_server_is_refused() -> None:
    """Functions came with 7.0."""
    server = await asyncio.start_server(old_server, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    with pytest.raises(StoreError, match=r"is 6\.2\.14; 7\.0 or newer"):
        await check(Endpoint.url(f"redis://127.0.0.1:{port}"))
    server.close()


async def test_an_absent_server_is_one_clear_line() -> None:
    """The address is named, the password is not."""
    with pytest.raises(StoreError, match=r"cannot reach Valkey at 127\.0\.0\.1:1: ") as caught:
        await check(Endpoint.url("valkey://user:hidden@127.0.0.1:1"))
    assert "hidden" not in str(caught.value)
