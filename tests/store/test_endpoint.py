"""Addresses of a Valkey."""

import asyncio

import pytest
from redis.asyncio.connection import Connection, SSLConnection, UnixDomainSocketConnection

from cxgame.store.endpoint import Endpoint, send
from cxgame.store.errors import StoreError, StoreUnavailable


@pytest.mark.parametrize(
    ("url", "name", "type_"),
    [
        ("redis://localhost", "localhost:6379", Connection),
        ("valkey://user:hidden@example.org:7000/3", "example.org:7000", Connection),
        ("rediss://example.org", "example.org:6379", SSLConnection),
        ("valkeys://example.org:7001", "example.org:7001", SSLConnection),
        ("unix:///run/valkey.sock", "/run/valkey.sock", UnixDomainSocketConnection),
    ],
)
async def test_urls_name_a_place_and_hide_the_password(url: str, name: str, type_: type) -> None:
    """Both spellings of the scheme; what is shown to people holds no secret."""
    endpoint = Endpoint.url(url)
    assert endpoint.name == name
    assert type(endpoint.connection()) is type_
    assert "hidden" not in repr(endpoint)


async def test_nothing_is_ever_sent_again_by_itself() -> None:
    """Whatever the URL asks for: retries would turn a lost reply into two writes."""
    connection = Endpoint.url("redis://h?retry_on_timeout=yes&health_check_interval=5").connection()
    assert connection.retry.get_retries() == 0
    assert connection.retry_on_error == []
    assert connection.health_check_interval == 0


@pytest.mark.parametrize(
    "url",
    ["", "localhost:6379", "http://h", "redis://h:port", "redis://h?color=red", "unix://", "redis"],
)
def test_what_is_no_url_is_one_clear_line(url: str) -> None:
    """The line says what a URL looks like, and quotes nothing of what was given."""
    with pytest.raises(StoreError, match="the Valkey URL is not understood"):
        asyncio.run(_parse(url))


async def _parse(url: str) -> None:
    Endpoint.url(url)


class Raising(Connection):
    """A connection of whose transport something is wrong."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.text = text

    async def send_packed_command(self, command: object, check_health: bool = True) -> None:
        raise RuntimeError(self.text)


async def test_a_transport_that_was_closed_is_unavailability() -> None:
    """uvloop raises RuntimeError for it, which must not pass for a bug of ours, nor hide one."""
    with pytest.raises(StoreUnavailable):
        await send(Raising("unable to perform operation on <X closed=True>; ..."), b"PING")
    with pytest.raises(RuntimeError, match="another loop"):
        await send(Raising("attached to another loop"), b"PING")
