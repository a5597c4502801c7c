"""A raw connection to a real Valkey: replies in the shapes of the simulated one."""

from __future__ import annotations

import asyncio
from typing import Any, Self

from cxgame.store.endpoint import Endpoint
from cxgame.store.resp import command
from tests.simulation.functions import Status
from tests.simulation.valkey_commands import Nothing
from tests.simulation.values import Failure

_BOUND_S = 10.0


class RealValkey:
    """Asks, and reads the answer byte by byte."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader, self._writer = reader, writer

    @classmethod
    async def connect(cls, endpoint: Endpoint) -> Self:
        """By a Unix socket."""
        reader, writer = await asyncio.open_unix_connection(endpoint.name)
        self = cls(reader, writer)
        password: Any = getattr(endpoint.connection(), "password", None)
        if password is not None:
            assert await self.ask([b"AUTH", password.encode()]) == b"OK"
        return self

    async def ask(self, parts: list[bytes]) -> Any:
        """One command and its reply; a refusal is a `Failure`."""
        self._writer.write(command(*parts))
        async with asyncio.timeout(_BOUND_S):
            return await self._reply()

    async def close(self) -> None:
        """Disconnect."""
        self._writer.close()
        await self._writer.wait_closed()

    async def _reply(self) -> Any:
        line = (await self._reader.readuntil(b"\r\n"))[:-2]
        kind, rest = line[:1], line[1:]
        match kind:
            case b"+":
                return Status(rest)
            case b"-":
                return Failure(rest.decode())
            case b":":
                return int(rest)
            case b"$":
                if rest == b"-1":
                    return None
                return (await self._reader.readexactly(int(rest) + 2))[:-2]
            case b"*":
                if rest == b"-1":
                    return Nothing
                return [await self._reply() for _ in range(int(rest))]
        raise AssertionError(line)
