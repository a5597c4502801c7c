"""A connection for questions and answers, for everything that is not a commit.

Nothing is ever sent again here: a call whose reply is lost raises `StoreUnavailable`, and the next
call connects anew.
"""

import asyncio
import contextlib
from collections.abc import Sequence
from typing import Any

from redis.asyncio.connection import AbstractConnection
from redis.exceptions import (
    AuthenticationError,
    ClusterDownError,
    MasterDownError,
    OutOfMemoryError,
    ReadOnlyError,
    RedisError,
    ResponseError,
    TryAgainError,
)
from redis.exceptions import ConnectionError as RedisConnectionError
from redis.exceptions import TimeoutError as RedisTimeoutError

from cxgame.store.endpoint import Endpoint, send
from cxgame.store.errors import StoreError, StoreUnavailable
from cxgame.store.resp import Part, command

_CONNECT_S = 5.0
Reply = Any  # bytes, int, None or a list of replies
_UNAVAILABLE = (  # what may heal; so may MISCONF, which has no class of its own
    OSError,
    RedisConnectionError,
    RedisTimeoutError,
    OutOfMemoryError,
    ReadOnlyError,
    ClusterDownError,
    MasterDownError,
    TryAgainError,
)


class Link:
    """One connection, made when needed; calls wait for one another."""

    def __init__(
        self, endpoint: Endpoint, timeout_s: float = 5.0, connect_s: float | None = None
    ) -> None:
        """`connect_s` comes on top of `timeout_s` where a call has to connect first."""
        self._endpoint = endpoint
        self._timeout_s = timeout_s
        self._connect_s = _CONNECT_S if connect_s is None else connect_s
        self._connection: AbstractConnection | None = None
        self._lock = asyncio.Lock()

    async def call(self, *parts: Part, timeout_s: float | None = None) -> Reply:
        """One command and its reply. Raises StoreError if refused, StoreUnavailable if in doubt."""
        (reply,) = await self.calls([command(*parts)], timeout_s)
        if isinstance(reply, Exception):
            raise reply
        return reply

    async def patient(
        self, *parts: Part, patience_s: float = 10.0, timeout_s: float | None = None
    ) -> Reply:
        """As `call`, again and again while Valkey is unavailable; for what may be repeated."""
        deadline = asyncio.get_running_loop().time() + patience_s
        pause_s = 0.05
        while True:
            try:
                return await self.call(*parts, timeout_s=timeout_s)
            except StoreUnavailable:
                if asyncio.get_running_loop().time() + pause_s > deadline:
                    raise
            await asyncio.sleep(pause_s)
            pause_s = min(1.0, 2 * pause_s)

    async def calls(self, commands: Sequence[bytes], timeout_s: float | None = None) -> list[Reply]:
        """Several packed commands in one go; a refused one has its exception as its reply."""
        bound_s = self._timeout_s if timeout_s is None else timeout_s
        async with self._lock:
            if self._connection is None or not self._connection.is_connected:
                bound_s += self._connect_s
            try:
                async with asyncio.timeout(bound_s):
                    connection = await self._connected()
                    await send(connection, b"".join(commands))
                    return [await self._reply(connection) for _ in commands]
            except BaseException as error:  # also when cancelled: a reply may be under way
                await self._drop(nowait=True)
                if isinstance(error, RedisError | OSError):
                    raise _translated(error, self._endpoint) from error
                raise

    async def close(self) -> None:
        """Disconnect; a later call would connect again."""
        async with self._lock:
            await self._drop(nowait=False)

    async def _connected(self) -> AbstractConnection:
        if self._connection is None:
            self._connection = self._endpoint.connection()
        await self._connection.connect()  # type: ignore[no-untyped-call]
        return self._connection

    async def _reply(self, connection: AbstractConnection) -> Reply:
        try:
            return await connection.read_response(disable_decoding=True)
        except ResponseError as error:
            return _translated(error, self._endpoint)

    async def _drop(self, nowait: bool) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            with contextlib.suppress(RedisTimeoutError):  # TLS waits for the other side's goodbye
                await connection.disconnect(nowait=nowait)


def _translated(error: Exception, endpoint: Endpoint) -> Exception:
    """What a caller should see of an error of redis-py or of the system."""
    text = f"Valkey at {endpoint.name}: {error or type(error).__name__}"
    # Over a Unix socket redis-py wraps it.
    if any(isinstance(each, AuthenticationError) for each in (error, error.__cause__)):
        return StoreError(f"Valkey at {endpoint.name} refuses the user name or password")
    if isinstance(error, _UNAVAILABLE) or str(error).startswith("MISCONF"):
        return StoreUnavailable(text)
    return StoreError(text)
