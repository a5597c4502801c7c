"""A feed's source in the same process: a game in play, in the same event loop or another one.

The tap lives in the game's loop, the hub in its own. The hub is only told of what was released:
a snapshot or standings read from the engine wait, like any reply, for the batch that they show.
"""

import asyncio
import logging
from collections.abc import AsyncIterator, Callable, Sequence
from itertools import count
from pathlib import Path
from typing import Any, Protocol

from cxgame.game import Game
from cxgame.model.batch import DamagedRecord, RequestId
from cxgame.pipeline import Released
from cxgame.ports import Journal
from cxgame.server.broadcast.hub import FeedHub
from cxgame.server.broadcast.past import PastCandles
from cxgame.server.broadcast.snapshot import snapshot_of, stretch_of
from cxgame.store.errors import EventsGap, StoreUnavailable
from cxgame.wire.feed_tape import Stretch

_LOOK_S = 0.05  # between two looks for an exchange that was not started yet, or for a halt
_STANDINGS_EVERY = 20  # looks: once a second
HALTED = "Halted: the store does not answer. Orders wait."

log = logging.getLogger("cxgame.feed")


class Played(Protocol):
    """What a feed needs of an exchange: its game and that game's loop, while it plays."""

    @property
    def game(self) -> Game | None: ...

    @property
    def loop(self) -> asyncio.AbstractEventLoop | None: ...

    @property
    def journal(self) -> Journal | None:
        """Asked for events from before the feed, in the feed's loop."""
        ...

    @property
    def history(self) -> Path | None:
        """The database of what happened before the feed."""
        ...


class GameSource:
    """Follows the game of one exchange until that ends."""

    def __init__(self, exchange: Played, hub: FeedHub) -> None:
        self._exchange = exchange
        self._hub = hub
        self._loop = asyncio.get_running_loop()

    async def run(self) -> None:
        """Returns when the exchange has stopped."""
        while (game := self._exchange.game) is None or (loop := self._exchange.loop) is None:
            await asyncio.sleep(_LOOK_S)
        self._hub.history = self._earlier
        past = PastCandles(self._exchange.history)
        self._hub.past, self._hub.stored = past.latest, past.window
        tap = Tap(game, loop, lambda call, *args: _pass(self._loop, call, *args), self._hub)
        _pass(loop, tap.attach)
        try:
            await self._hub.followed.wait()
            for look in count(1):
                await asyncio.sleep(_LOOK_S)
                if self._exchange.game is not game:
                    return
                self._hub.set_halted(game.halted, HALTED)
                if look % _STANDINGS_EVERY == 0 and self._hub.standings_wanted:
                    _pass(loop, tap.ask_standings)
        finally:
            _pass(loop, tap.detach)
            self._hub.history = self._hub.past = self._hub.stored = None
            past.close()

    async def _earlier(self, seq: int) -> AsyncIterator[Stretch]:
        """Events from before the feed, as far as the journal keeps them."""
        journal = self._exchange.journal
        if journal is None:
            return
        try:
            async for events in journal.events(seq):
                yield stretch_of(events)
        except (EventsGap, DamagedRecord, StoreUnavailable) as error:
            log.info("no resume after event %d: %s", seq, error)


class Tap:
    """In the game's loop: passes on what is released."""

    def __init__(
        self,
        game: Game,
        loop: asyncio.AbstractEventLoop,
        tell: Callable[..., None],
        hub: FeedHub,
    ) -> None:
        self._game = game
        self._loop = loop
        self._tell = tell  # calls a function in the hub's loop
        self._hub = hub
        self._stop: Callable[[], None] | None = None

    def attach(self) -> None:
        """Begin with where the game stands, once that is durable."""
        if self._game.halted:  # what would be shown now may still vanish
            self._loop.call_later(_LOOK_S, self.attach)
            return
        if self._stop is None:
            self._stop = self._game.subscribe(self._released)
        game = self._game
        snapshot = snapshot_of(game.engine, game.name, game.number)
        told = Told(lambda: self._tell(self._hub.begin, snapshot), self.attach)
        self._game.tell(told, b"", None)

    def detach(self) -> None:
        """Pass nothing on any more."""
        if self._stop is not None:
            self._stop()
            self._stop = None

    def ask_standings(self) -> None:
        """Pass the standings on, once what they show is durable."""
        if self._game.halted:  # since it was asked for
            return
        standings = self._game.engine.standings()
        told = Told(lambda: self._tell(self._hub.set_standings, standings), _nothing)
        self._game.tell(told, b"", None)

    def _released(self, released: Released) -> None:
        if released.events:
            stretch = Stretch(released.first_event, released.wall_ms, released.events)
            self._tell(self._take, stretch)

    def _take(self, stretch: Stretch) -> None:
        """In the hub's loop. Before the snapshot there is nobody to tell."""
        if self._hub.followed.is_set() and not self._hub.release(stretch):
            log.error("events before %d are missing; the feed begins anew", stretch.first)
            _pass(self._loop, self.attach)


class Told:
    """A sink for one reply of the game: what to do once the state it was made from is durable."""

    def __init__(self, released: Callable[[], None], again: Callable[[], None]) -> None:
        self._released = released
        self._again = again

    def deliver(self, payloads: Sequence[bytes]) -> None:
        """Called by the game."""
        self._released()

    def in_doubt(self, requests: Sequence[RequestId]) -> None:
        """Called by the game, which was halted in between."""
        self._again()


def _pass(loop: asyncio.AbstractEventLoop, call: Callable[..., Any], *args: Any) -> None:
    """Call a function in a loop: now if we are in it, else as soon as it can."""
    if loop is _running_loop():
        call(*args)
        return
    try:
        loop.call_soon_threadsafe(call, *args)
    except RuntimeError:  # the loop was closed: nobody is there to be told
        log.debug("%s was not passed on", call)


def _running_loop() -> asyncio.AbstractEventLoop | None:
    try:
        return asyncio.get_running_loop()
    except RuntimeError:
        return None


def _nothing() -> None:
    """Standings that were lost come again a second later."""
