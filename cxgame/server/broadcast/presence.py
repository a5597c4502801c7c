"""Whether the exchange of a game in another process is there, and how far the game's clock is.

The Valkey may be there while the exchange is not, or cannot reach it. Then nothing happens, as in a
quiet game. But who writes a game holds a lease on it, and while the game is open its time is
journaled each second; so whoever has no lease, or adds nothing to an open game, is away.
"""

import asyncio
from collections.abc import Callable
from contextlib import suppress
from typing import NamedTuple

from cxgame.engine.engine import Engine
from cxgame.engine.state import NS_PER_MS
from cxgame.model.batch import DamagedRecord, unseal
from cxgame.model.enums import Phase
from cxgame.model.events import PhaseChanged, RulesSet
from cxgame.server.broadcast.hub import FeedHub
from cxgame.store.endpoint import Endpoint
from cxgame.store.errors import StoreUnavailable
from cxgame.store.keys import GameKeys
from cxgame.store.link import Link
from cxgame.wire.feed_tape import Stretch

AWAY = "The exchange is away. The feed waits for it."
QUIET_S = 5.0  # without a batch of an open game: as long as a lease lasts


class Clock(NamedTuple):
    """What was left of a game's time, and when; None in an endless game."""

    remaining_ms: int | None
    wall_ms: int


class Presence:
    """One game's exchange, as its Valkey tells of it."""

    def __init__(self, keys: GameKeys, locate: Callable[[], Endpoint], engine: Engine) -> None:
        """`engine` stands where what is taken goes on."""
        self.has_new_rules = False  # to be known: with them the game may end at another time
        self._keys = keys
        self._locate = locate
        self._link: Link | None = None
        self._loop = asyncio.get_running_loop()
        self._is_here = True
        self._clock: Clock | None = None  # after the last batch, once it is known
        self._shown: tuple[bool, Clock | None] = True, None
        self._head = b""  # the last batch that was seen
        self._head_s = 0.0  # and when it was new
        self._phase = engine.phase
        self.know_rules(engine)

    def know_rules(self, engine: Engine) -> None:
        """Take from an engine when the game ends."""
        self._limit_ms = engine.known_rules.time_limit_ms
        self._head = b""  # the clock is to be read anew
        self.has_new_rules = False

    def take(self, stretch: Stretch) -> None:
        """Follow what happens."""
        for event in stretch.events:
            if type(event) is PhaseChanged:
                self._phase = event.phase
            elif type(event) is RulesSet:
                self.has_new_rules = True

    async def look(self) -> None:
        """See what the Valkey tells now; that nobody is there, where it is away itself."""
        try:
            if self._link is None:
                self._link = Link(self._locate())
            await self._look(self._link)
        except StoreUnavailable:
            self._is_here = False
            await self.close()

    def show(self, hub: FeedHub) -> None:
        """Tell a hub what has changed."""
        shown = self._is_here, self._clock
        if shown == self._shown:
            return
        self._shown = shown
        hub.set_halted(not self._is_here, AWAY)
        if self._clock is not None:
            hub.set_clock(*self._clock)

    async def close(self) -> None:
        """Disconnect."""
        link, self._link = self._link, None
        if link is not None:
            await link.close()

    async def _look(self, link: Link) -> None:
        head, expires = await link.call("HMGET", self._keys.meta, "seq", "expires")
        seconds, micros = await link.call("TIME")
        is_leased = int(expires or 0) > int(seconds) * 1000 + int(micros) // 1000
        if head != self._head:
            self._head, self._head_s = head, self._loop.time()
            await self._read_clock(link)
        is_quiet = self._loop.time() - self._head_s >= QUIET_S
        self._is_here = is_leased and not (is_quiet and self._phase is Phase.OPEN)

    async def _read_clock(self, link: Link) -> None:
        if self._limit_ms is None:
            self._clock = Clock(None, 0)
            return
        newest = await link.call("XREVRANGE", self._keys.journal, "+", "-", "COUNT", 1)
        if newest:  # else all of it is in the archive
            with suppress(DamagedRecord):  # which is told where batches are replayed
                body, _, _ = unseal(newest[0][1][3])
                left_ms = self._limit_ms - body.game_time_ns // NS_PER_MS
                self._clock = Clock(max(0, left_ms), body.wall_ms)
