"""Views that no commit carries, such as standings: written beside the journal, at their own pace.

A view is a disposable cache, so nothing here may hold up or end a game: errors are logged.
"""

import logging
from collections.abc import Iterable, Sequence
from typing import Protocol

from cxgame.ports import View
from cxgame.store.endpoint import Endpoint
from cxgame.store.errors import StoreError, StoreUnavailable
from cxgame.store.keys import VIEWS, GameKeys
from cxgame.store.link import Link
from cxgame.store.resp import command

_TIMEOUT_S = 2.0
_AT_ONCE = 1_000  # fields to write in one go

log = logging.getLogger("cxgame.store")


class Views(Protocol):
    """Where views go outside commits."""

    async def write(self, views: Sequence[View]) -> None:
        """Set, or delete, each field. Never raises for the store's sake."""
        ...

    async def replace(self, views: Sequence[View]) -> None:
        """Forget all that commits have written and show these instead."""
        ...


class ValkeyViews:
    """Views of one game in Valkey, over a connection of their own."""

    def __init__(self, endpoint: Endpoint, keys: GameKeys) -> None:
        self._link = Link(endpoint, _TIMEOUT_S)
        self._keys = keys
        self._failing = False

    async def write(self, views: Sequence[View]) -> None:
        """Set, or delete, each field; between many at once orders have their turn."""
        for first in range(0, len(views), _AT_ONCE):
            await self._send(
                command("HDEL", self._keys.view(key), field)
                if blob is None
                else command("HSET", self._keys.view(key), field, blob)
                for key, field, blob in views[first : first + _AT_ONCE]
            )
            if self._failing:  # the others would have to wait for as long
                return

    async def replace(self, views: Sequence[View]) -> None:
        """Forget all that commits have written and show these instead."""
        await self._send([command("UNLINK", *map(self._keys.view, VIEWS))])
        await self.write(views)

    async def _send(self, commands: Iterable[bytes]) -> None:
        try:
            for reply in await self._link.calls(list(commands)):
                if isinstance(reply, Exception):
                    raise reply
        except (StoreError, StoreUnavailable) as error:
            if not self._failing:
                log.warning("views are not written: %s", error)
            self._failing = True
        else:
            self._failing = False

    async def close(self) -> None:
        """Disconnect."""
        await self._link.close()
