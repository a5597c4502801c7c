"""Where a Valkey listens, and how a connection to it is made: one, without retries.

redis-py would by default send a command again when its reply is lost, and report success for a
command that was applied twice. Whether to send again is decided by those who know what they sent.
"""

from dataclasses import dataclass, field
from typing import Any, Self

from redis.asyncio.connection import (
    AbstractConnection,
    Connection,
    SSLConnection,
    parse_url,
)
from redis.asyncio.connection import UnixDomainSocketConnection as UnixConnection

from cxgame.store.errors import StoreError, StoreUnavailable

_CONNECT_TIMEOUT_S = 5.0
_KINDS: tuple[type[AbstractConnection], ...] = (UnixConnection, Connection, SSLConnection)
_SCHEMES = {"valkey": "redis", "valkeys": "rediss"}  # as redis-py spells them


@dataclass(frozen=True)
class Endpoint:
    """An address with what it takes to get in. Its text holds no secret."""

    name: str  # for people: host:port or the socket's path
    _type: type[AbstractConnection] = field(repr=False)
    _options: dict[str, Any] = field(repr=False)

    @classmethod
    def unix(
        cls, path: str, username: str | None = None, password: str | None = None
    ) -> "Endpoint":
        """A Unix socket."""
        options: dict[str, Any] = {"path": path}
        if password is not None:
            options.update(username=username, password=password)
        return cls(path, UnixConnection, options)

    @classmethod
    def url(cls, url: str) -> Self:
        """`redis://`, `rediss://`, `valkey://`, `valkeys://` or `unix://`; raises StoreError."""
        scheme, separator, rest = url.partition("://")
        try:
            options: dict[str, Any] = dict(
                parse_url(f"{_SCHEMES.get(scheme, scheme)}{separator}{rest}")
            )
            type_ = options.pop("connection_class", Connection)
            port, host = options.get("port", 6379), options.get("host", "localhost")
            name = options["path"] if type_ is UnixConnection else f"{host}:{port}"
            endpoint = cls(name, type_, options)
            endpoint.connection()
        except (ValueError, TypeError, KeyError):
            # Not the exception's text: it may quote the URL, which may hold a password.
            raise StoreError(
                "the Valkey URL is not understood; give redis://, rediss://, valkey:// or unix://"
                " like valkey://user:password@host:6379/0"
            ) from None
        return endpoint

    @property
    def secrets(self) -> list[str]:
        """What must not be logged."""
        return [self._options["password"]] if self._options.get("password") else []

    def plain(self) -> dict[str, Any]:
        """For JSON, to tell a program of ours; holds the password."""
        return {"name": self.name, "type": self._type.__name__, "options": self._options}

    @classmethod
    def from_plain(cls, plain: dict[str, Any]) -> Self:
        """Read back what `plain` wrote."""
        (type_,) = (kind for kind in _KINDS if kind.__name__ == plain["type"])
        return cls(plain["name"], type_, plain["options"])

    def connection(self) -> AbstractConnection:
        """A connection, not connected yet; whoever waits on it sets a bound of their own."""
        return self._type(
            **{
                **self._options,
                "socket_timeout": None,
                "socket_connect_timeout": _CONNECT_TIMEOUT_S,
                "retry_on_timeout": False,
                "retry_on_error": [],
                "retry": None,
                "health_check_interval": 0,
                "protocol": 2,
                "decode_responses": False,
                "driver_info": None,
            }
        )


async def send(connection: AbstractConnection, packed: bytes) -> None:
    """Send bytes; whatever a broken connection raises is a RedisError or an OSError then.

    uvloop raises RuntimeError for a transport that was closed since, where asyncio drops the bytes.
    """
    try:
        await connection.send_packed_command([packed], check_health=False)
    except RuntimeError as error:
        if "closed" not in str(error):
            raise
        raise StoreUnavailable("the connection was closed") from error
