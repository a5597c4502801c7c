"""Users in Valkey: one hash, beside the games."""

import asyncio

from cxgame import failpoints
from cxgame.store.endpoint import Endpoint
from cxgame.store.errors import StoreUnavailable
from cxgame.store.keys import USERS
from cxgame.store.link import Link
from cxgame.store.resp import command

_PATIENCE_S = 10.0  # a person waits for this
_PAUSE_S = 0.1
_ATTEMPT_S = 1.0  # a reply that was lost never comes; who comes back is noticed within a second


class ValkeyUsers:
    """Implements `cxgame.ports.UserStore`.

    When Valkey stays unavailable for 10 s these raise `StoreUnavailable` (a ConnectionError); every
    one of them may then be called again.
    """

    def __init__(self, endpoint: Endpoint) -> None:
        self._link = Link(endpoint, connect_s=_ATTEMPT_S)

    async def load(self) -> dict[str, bytes]:
        """All records, by case-folded name."""
        flat = await self._link.patient("HGETALL", USERS, patience_s=_PATIENCE_S)
        return {name.decode(): record for name, record in zip(flat[::2], flat[1::2], strict=True)}

    async def create(self, key: str, record: bytes) -> bytes | None:
        """Store `record` unless there is one; then return that."""
        commands = [command("HSETNX", USERS, key, record), command("HGET", USERS, key)]
        failpoints.hit(failpoints.USER_SENDING)
        loop = asyncio.get_running_loop()
        deadline, repeated = loop.time() + _PATIENCE_S, False
        while True:
            try:
                created, stored = await self._link.calls(commands, _ATTEMPT_S)
                for reply in (created, stored):
                    if isinstance(reply, Exception):
                        raise reply
            except StoreUnavailable:
                if loop.time() > deadline:
                    raise
                repeated = True
                await asyncio.sleep(_PAUSE_S)
                continue
            failpoints.hit(failpoints.USER_STORED)
            assert isinstance(stored, bytes)
            ours = created == 1 or (repeated and stored == record)
            return None if ours else stored

    async def put(self, key: str, record: bytes) -> None:
        """Replace the record."""
        failpoints.hit(failpoints.USER_SENDING)
        await self._link.patient(
            "HSET", USERS, key, record, patience_s=_PATIENCE_S, timeout_s=_ATTEMPT_S
        )
        failpoints.hit(failpoints.USER_STORED)

    async def close(self) -> None:
        """Disconnect."""
        await self._link.close()
