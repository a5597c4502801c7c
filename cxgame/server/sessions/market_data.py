"""Market data over the order server: the feed's channels, for connections that play as well.

One hub of the feed's own for all of a game's connections, begun when the first of them asks. What
it writes are the feed's frames, byte for byte; they reach a connection behind the reply to what it
has asked for. Owns who follows what; what is shown is the hub's.
"""

import asyncio
import logging
from collections.abc import Callable, Coroutine, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cxgame.game import Game
from cxgame.limits import Bucket
from cxgame.model.batch import RequestId
from cxgame.server.broadcast.game import GameSource
from cxgame.server.broadcast.hub import FeedHub
from cxgame.server.sessions.connection import Connection
from cxgame.wire.feed import ALL_MARKETS, Subscription

if TYPE_CHECKING:
    from cxgame.server.sessions.session import Session

# A whole book may take milliseconds of everyone's time. As many as a spectator may ask for.
SHOWN_PER_S, SHOWN_AT_ONCE = 5, 20
NOTHING = Subscription(())
_FAILED = (1011, "The market data failed.")  # close code of RFC 6455, 7.4.1

log = logging.getLogger("cxgame.feed")


class Member:
    """A connection as the hub's spectator."""

    __slots__ = ("_connection", "owed", "shown", "subscription", "wanted")

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self.wanted = NOTHING  # in force once its reply has left
        self.subscription = NOTHING  # in force
        self.owed = b""  # what the last flush gave its lane, until it is written
        self.shown = Bucket(SHOWN_PER_S, SHOWN_AT_ONCE)

    @property
    def gone(self) -> bool:
        """Whether nothing that is written now will arrive."""
        return self._connection.is_closing()

    @property
    def unread_bytes(self) -> int:
        """What lies in our hands because the client does not read."""
        return self._connection.unread_bytes

    def pay(self) -> bool:
        """Write what is owed. False: it is gone, perhaps closed for not reading just now."""
        owed, self.owed = self.owed, b""
        return not owed or self._connection.push(owed)

    def send(self, data: bytes) -> bool:
        """Write `data` after what is owed. False: as above."""
        owed, self.owed = self.owed, b""
        return self._connection.push(owed + data)

    def close(self, code: int, reason: str) -> None:
        """Nothing more can be shown."""
        self._connection.close(code, reason)


class MarketData:
    """The market data of one game. Call from the event loop."""

    def __init__(
        self,
        game: Game,
        run: Callable[[Coroutine[Any, Any, Any]], asyncio.Task[Any]],
        history: Path | None = None,
    ) -> None:
        """`run` makes a task that ends with the server; `history` is the database of the past."""
        self._game = game
        self._history = history
        self._run = run
        self._hub: FeedHub | None = None  # from the first use on
        self._members: dict[Session, Member] = {}

    @property
    def hub(self) -> FeedHub | None:
        """The hub, once it knows the game; else `begin` comes first."""
        return self._hub if self._hub is not None and self._hub.begun.is_set() else None

    async def begin(self) -> None:
        """Follow the game, and wait until where it stands is known."""
        if self._hub is None:
            self._hub = FeedHub()
            for work in (
                GameSource(Playing(self._game, self._history), self._hub).run(),
                self._hub.run(),
            ):
                self._run(work).add_done_callback(self._ended)
        await self._hub.begun.wait()

    def member(self, session: "Session") -> Member:
        """A session as spectator, of nothing to begin with."""
        return self._members.setdefault(session, Member(session.connection))

    def wanted(self, session: "Session") -> Subscription:
        """What a session follows, or will as soon as its reply has left."""
        member = self._members.get(session)
        return NOTHING if member is None else member.wanted

    def subscribe(self, session: "Session", subscription: Subscription) -> None:
        """Show how things stand and what happens, once what was told before has left."""
        member = self.member(session)
        member.wanted = subscription
        self._behind_the_reply(lambda: self._join(session), lambda: self._stay(member))

    def unsubscribe(self, session: "Session", channels: frozenset[str]) -> None:
        """Show these channels no longer."""
        member, hub = self._members.get(session), self.hub
        if member is None or hub is None:
            return
        member.wanted = member.wanted.without(channels)
        if not member.wanted.channels:  # it stays known: how often it asks is counted on
            member.subscription = NOTHING
            hub.leave(member)
        elif member.subscription.channels:  # else it is about to begin
            hub.unsubscribe(member, channels)

    def resync(self, session: "Session", market: int = ALL_MARKETS) -> None:
        """Show whole books again, once what was told before has left."""
        hub, member = self.hub, self._members.get(session)
        if hub is not None and member is not None:
            self._behind_the_reply(lambda: hub.resync(member, market), _nothing)

    def leave(self, session: "Session") -> None:
        """A session is over."""
        member = self._members.pop(session, None)
        if member is not None and self._hub is not None:
            self._hub.leave(member)

    def notice(self, text: str) -> None:
        """Tell those who follow the activity something that is no event."""
        if self.hub is not None:
            self.hub.notice(text)

    def finish(self) -> None:
        """Write everything that was released, now: the server ends."""
        if self._hub is not None:
            self._hub.finish()

    def _behind_the_reply(
        self, released: Callable[[], object], in_doubt: Callable[[], None]
    ) -> None:
        self._game.tell(_Behind(released, in_doubt), b"", None)

    def _join(self, session: "Session") -> None:
        """Begin to show what is wanted now: it may have been asked for more since."""
        member, hub = self._members.get(session), self.hub
        if member is not None and hub is not None and member.wanted.channels:
            hub.subscribe(member, member.wanted)

    def _stay(self, member: Member) -> None:
        """The reply was lost in a doubt: what was followed before is followed still."""
        member.wanted = member.subscription

    def _ended(self, task: "asyncio.Task[Any]") -> None:
        """The server ends, or a bug has ended the hub: then who follows it begins anew."""
        if task.cancelled() or task.exception() is None:
            return
        log.error("the market data of the order server failed", exc_info=task.exception())
        self._hub = None
        for member in self._members.values():
            member.close(*_FAILED)
        self._members.clear()


class Playing:
    """A game in play, as the hub's source asks for it; nobody here asks for earlier events."""

    journal = None

    def __init__(self, game: Game, history: Path | None = None) -> None:
        self.game: Game | None = game
        self.history = history
        self.loop: asyncio.AbstractEventLoop | None = asyncio.get_running_loop()


class _Behind:
    """A sink of one use: told right after a session, it knows when that was delivered to."""

    def __init__(self, released: Callable[[], object], in_doubt: Callable[[], None]) -> None:
        self._released = released
        self._in_doubt = in_doubt

    def deliver(self, payloads: Sequence[bytes]) -> None:
        """Called by the game."""
        self._released()

    def in_doubt(self, requests: Sequence[RequestId]) -> None:
        """Called by the game, which was halted in between."""
        self._in_doubt()


def _nothing() -> None:
    """What was asked for can be asked for again."""
