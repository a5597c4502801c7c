"""What cancels orders for a bot that can't any more: its connection is lost, or it is stuck.

Both are conditions of the server's process, like the connections themselves: they are in no
journal, and a server that starts anew knows nothing of them. What they do are ordinary commands.
A pause of the game ends them, so that nobody finds his orders gone who could not act meanwhile.
"""

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from cxgame.game import Game, Released
from cxgame.model.commands import CancelAll, CancelOrder
from cxgame.model.enums import Phase
from cxgame.model.errors import Code
from cxgame.model.events import PhaseChanged

if TYPE_CHECKING:
    from cxgame.server.sessions.session import Session

ORIGIN = "safety"  # of these commands in the journal
RETRY_S = 1.0  # a halted game cancels when its journal answers again
KEPT = 1_000  # orders of a guard that may be over before it is looked which are
_OVER = (Phase.PAUSED, Phase.CLOSED)


@dataclass(slots=True)
class Guard:
    """The orders that go with a connection."""

    account: int
    orders: set[int] = field(default_factory=set)  # placed over it, maybe over by now

    def add(self, order: int, open_orders: Mapping[int, object]) -> None:
        """Guard one more; those that are over are forgotten from time to time."""
        self.orders.add(order)
        if len(self.orders) > KEPT + 2 * len(open_orders):
            self.orders &= open_orders.keys()


class Safety:
    """The guards and switches of one game. Call from the event loop."""

    def __init__(self, game: Game) -> None:
        self._game = game
        self._guarded: set[Session] = set()
        self._switches: dict[int, asyncio.TimerHandle] = {}  # by account
        self._retries: set[asyncio.TimerHandle] = set()
        self._listens = False

    def guard(self, session: "Session", *, on: bool) -> None:
        """Let the orders that a session places from now on go with its connection, or not."""
        if not on:
            session.guard = None
            self._guarded.discard(session)
        elif session.guard is None:
            session.guard = Guard(session.account)
            self._guarded.add(session)
            self._listen()

    def gone(self, session: "Session", clean: bool) -> None:
        """A connection has ended; `clean`: by its client's own word, which leaves the orders."""
        guard = session.guard
        if guard is None:
            return
        self.guard(session, on=False)
        if not clean:
            self._cancel_orders(guard.account, sorted(guard.orders, reverse=True), session.id)

    def switch(self, account: int, ms: int) -> None:
        """Cancel all of an account's orders after a time, counted from now; 0: don't."""
        armed = self._switches.pop(account, None)
        if armed is not None:
            armed.cancel()
        if ms:
            loop = asyncio.get_running_loop()
            self._switches[account] = loop.call_later(ms / 1000, self._fire, account)
            self._listen()

    def close(self) -> None:
        """Do nothing any more: the server ends."""
        self._clear()
        for retry in self._retries:
            retry.cancel()
        self._retries.clear()

    def _listen(self) -> None:
        """Follow the game's phases, from the first use on."""
        if not self._listens:
            self._listens = True
            self._game.subscribe(self._follow)

    def _follow(self, released: Released) -> None:
        if not self._switches and not self._guarded:
            return
        if any(type(event) is PhaseChanged and event.phase in _OVER for event in released.events):
            self._clear()

    def _clear(self) -> None:
        for session in [*self._guarded]:
            self.guard(session, on=False)
        for account in [*self._switches]:
            self.switch(account, 0)

    def _fire(self, account: int) -> None:
        self._switches.pop(account, None)
        self._cancel_all(account)

    def _cancel_all(self, account: int) -> None:
        if not self._took(CancelAll(account), 0):
            self._later(lambda: self._cancel_all(account))

    def _cancel_orders(self, account: int, orders: list[int], session: int) -> None:
        """Cancel those that are open; what a halted game does not take comes again later."""
        while orders:
            is_open = orders[-1] in self._game.engine.accounts[account].orders
            if self._game.halted or (
                is_open and not self._took(CancelOrder(account, orders[-1]), session)
            ):
                self._later(lambda: self._cancel_orders(account, orders, session))
                return
            orders.pop()

    def _took(self, command: CancelAll | CancelOrder, session: int) -> bool:
        """Whether the game has dealt with a command; False: it is halted, perhaps just now."""
        refusal = self._game.submit(command, ORIGIN, session, None).rejection
        return refusal is None or refusal.code is not Code.STATE_HALTED

    def _later(self, what: Callable[[], None]) -> None:
        def again() -> None:
            self._retries.discard(retry)
            what()

        retry = asyncio.get_running_loop().call_later(RETRY_S, again)
        self._retries.add(retry)
