"""Reading a game's public events from outside its process (or thread): what a feed lives on."""

import asyncio
import logging
from collections.abc import AsyncIterator, Callable
from typing import Protocol

from cxgame.ports import Events
from cxgame.store.endpoint import Endpoint
from cxgame.store.errors import EventsGap, StoreUnavailable
from cxgame.store.keys import GameKeys, current
from cxgame.store.link import Link
from cxgame.store.streams import parse_events, read_events

_PAGE = 100  # batches that one wait returns at most
_LOOK_S = 0.2  # between two looks for a Valkey or a game that is not there yet

log = logging.getLogger("cxgame.store")

Locate = Callable[[], Endpoint | None]  # an embedded Valkey moves at every start


class EventsReader(Protocol):
    """The public events of one game, by seq."""

    @property
    def number(self) -> int:
        """Which game is read under its name; a closed game is followed by the next."""
        ...

    async def last(self) -> int:
        """Seq of the last public event, 0 if there is none."""
        ...

    def range(self, after: int) -> AsyncIterator[Events]:
        """The events > `after` that are there now; raises EventsGap if one is not kept."""
        ...

    async def wait(self, after: int, timeout_s: float) -> list[Events]:
        """The next events > `after`, [] if none come in time; raises EventsGap."""
        ...

    async def moved(self) -> bool:
        """Whether the game was closed and the next one begun, which is read from now on."""
        ...

    async def close(self) -> None:
        """Stop reading."""
        ...


class ValkeyEvents:
    """Implements `EventsReader`. While Valkey is away, `wait` finds nothing and the rest raises."""

    def __init__(self, locate: Locate, name: str, number: int = 0) -> None:
        self._locate = locate
        self._keys = GameKeys(name, number)  # 0: not known yet; see `open`
        self._link: Link | None = None
        self._waiting: Link | None = None  # only ever waits: `readers_busy` knows it by that
        self._away = False

    @property
    def number(self) -> int:
        """Which game is read under its name."""
        return self._keys.number

    async def open(self) -> None:
        """Wait, for ever if need be, until Valkey and the game are there."""
        while True:
            try:
                if await self.moved():
                    return
            except StoreUnavailable as error:
                log.debug("waiting for game %s: %s", self._keys.name, error)
            await asyncio.sleep(_LOOK_S)

    async def last(self) -> int:
        """Seq of the last public event, 0 if there is none."""
        newest = await self._connected().call("XREVRANGE", self._keys.events, "+", "-", "COUNT", 1)
        return int(newest[0][0].partition(b"-")[0]) if newest else 0

    async def range(self, after: int) -> AsyncIterator[Events]:
        """The events > `after` that are there now; raises EventsGap if one is not kept."""
        last = after
        async for events in read_events(self._connected(), self._keys, after):
            if events.first > last + 1:
                raise EventsGap(last + 1, events.first)
            yield events
            last = events.last

    async def wait(self, after: int, timeout_s: float) -> list[Events]:
        """The next events > `after`, [] if none come in time; raises EventsGap."""
        block_ms = max(1, int(timeout_s * 1000))  # 0 would mean for ever
        question = ("COUNT", _PAGE, "BLOCK", block_ms, "STREAMS", self._keys.events, f"{after}-0")
        try:
            if self._waiting is None:
                self._waiting = self._new_link()
            found = await self._waiting.call("XREAD", *question, timeout_s=timeout_s + 5.0)
        except StoreUnavailable as error:
            if not self._away:
                log.warning("the feed waits for the exchange: %s", error)
            self._away = True
            await self._forget()
            await asyncio.sleep(min(_LOOK_S, timeout_s))
            return []
        self._away = False
        return parse_events(found[0][1], after) if found else []

    async def moved(self) -> bool:
        """Whether the game was closed and the next one begun, which is read from now on."""
        try:
            number = await self._connected().call("GET", current(self._keys.name))
        except StoreUnavailable:
            await self._forget()
            raise
        if number is None or int(number) == self._keys.number:
            return False
        self._keys = GameKeys(self._keys.name, int(number))
        return True

    async def close(self) -> None:
        """Disconnect."""
        await self._forget()

    def _connected(self) -> Link:
        if self._link is None:
            self._link = self._new_link()
        return self._link

    def _new_link(self) -> Link:
        endpoint = self._locate()
        if endpoint is None:
            raise StoreUnavailable("no Valkey is running there")
        return Link(endpoint)

    async def _forget(self) -> None:
        links, self._link, self._waiting = (self._link, self._waiting), None, None
        for link in links:
            if link is not None:
                await link.close()


async def readers_busy(link: Link) -> bool:
    """Whether some reader has not yet come back to wait: there may be events it does not know."""
    clients = (await link.call("CLIENT", "LIST")).decode().splitlines()
    told = [dict(field.partition("=")[::2] for field in client.split()) for client in clients]
    return any(each.get("cmd") == "xread" and "b" not in each["flags"] for each in told)
