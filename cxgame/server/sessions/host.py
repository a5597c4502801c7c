"""What the sessions of one game share: the game, its users, who is connected, who may enter.

A host decides when a game opens by itself, because only it sees who is connected; everything else
about the course of a game is the engine's. It knows sessions, not sockets.
"""

import asyncio
from collections.abc import Callable, Coroutine
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cxgame.auth import User, Users
from cxgame.engine.phases import entry_refusal
from cxgame.game import Game
from cxgame.limits import Buckets, Limits, too_many_connections
from cxgame.model.batch import RequestId
from cxgame.model.commands import Open, OpenAccount
from cxgame.model.enums import Phase
from cxgame.model.errors import Code, Rejection, reject, unknown_symbol
from cxgame.ports import Clock
from cxgame.server.sessions.auditing import Auditor
from cxgame.server.sessions.days import Days
from cxgame.server.sessions.dealing import Dealing
from cxgame.server.sessions.executions import Executions
from cxgame.server.sessions.market_data import MarketData
from cxgame.server.sessions.market_watch import MarketWatch
from cxgame.server.sessions.past_reader import PastReader
from cxgame.server.sessions.prices import Prices
from cxgame.server.sessions.rates import Rates
from cxgame.server.sessions.safety import Safety
from cxgame.server.sessions.shown import ReadBack, Shown
from cxgame.wire.diagnosis import shorten
from cxgame.wire.money import MarketMoney

if TYPE_CHECKING:
    from cxgame.server.sessions.session import Session

GATEWAY = "ws"  # origin of this face's commands in the journal
REPLACED = (1008, "The token was replaced.")  # close code of RFC 6455, 7.4.1, and reason
RETRY_OPEN_S = 1.0  # a halted game opens when its journal answers again


class Host:
    """One game as its sessions know it. The game must have its rules."""

    def __init__(
        self,
        game: Game,
        users: Users,
        clock: Clock,
        limits: Limits | None = None,
        *,
        notice: Callable[[str], None] | None = None,
        stop: Callable[[str], None] | None = None,
        answer_within_s: float = 5.0,
        history: Path | None = None,
        read_back: ReadBack | None = None,
        fault_seed: int | None = None,
    ) -> None:
        """`notice` takes sentences for the feed; `stop` is called once `shutdown` was accepted.

        Who waits longer than `answer_within_s` for a user record or a password check is
        answered with STATE_UNKNOWN. `history` is the database of the game's past; `read_back` finds
        what a halted game had released. `fault_seed` draws network faults; else the game's does.
        """
        limits = limits or Limits()
        self.game = game
        self.users = users
        self.clock = clock
        self.limits = limits
        self.notice = notice or _ignore
        self.stop = stop or _ignore
        self.answer_within_s = answer_within_s
        self.sandbox = False  # whether whoever names a session has an account
        self.auditor = Auditor(game)
        self.past = PastReader(history)
        self.days = Days()
        self.shown = Shown(game, read_back)
        self.safety = Safety(game)
        self.executions = Executions(game, lambda: self.money)
        self.market_data = MarketData(game, self.run, history)
        self.market_watch = MarketWatch(self)
        self.prices: Prices | None = None  # once there are any
        self.dealing = Dealing(game, fault_seed)
        self.faults = self.dealing.board
        self.rates = Rates(clock.monotonic_ns())
        self._money: list[MarketMoney] = []  # by market, of those that were there when last asked
        self.broadcasts: Buckets[int] = Buckets(limits.bcast_rate, limits.bcast_rate)
        per_minute = limits.max_registrations_per_minute
        self.registrations: Buckets[str] = Buckets(per_minute / 60, per_minute)
        self._connected: dict[int, set[Session]] = {}  # by account
        self._listed: tuple[object, frozenset[str]] = (None, frozenset())  # a whitelist, its names
        self._entering: list[str] = []  # names of users that are being written
        self._session_ids = count(1)
        self._tasks: set[asyncio.Task[Any]] = set()

    # Asked by commands

    @property
    def money(self) -> list[MarketMoney]:
        """The numbers of all markets, by id; a market may join at any time."""
        for state in self.game.engine.markets[len(self._money) :]:
            self._money.append(MarketMoney(state.market))
        return self._money

    def money_of(self, symbol: str | None) -> MarketMoney | Rejection:
        """The market of a symbol; the game's first without one."""
        id = 0 if symbol is None else self.game.engine.market_ids.get(symbol)
        if id is None:
            return unknown_symbol(shorten(symbol or ""), self.game.engine.market_ids)
        try:  # every order asks for this, and markets join seldom
            return self._money[id]
        except IndexError:
            return self.money[id]

    def account_of(self, name: str) -> int | None:
        """The account id of a user, once it has entered the game."""
        return self.game.engine.account_ids.get(name.casefold())

    def is_admin(self, account: int) -> bool:
        """Whether an account has the admin role; 0 is nobody."""
        return account > 0 and self.game.engine.accounts[account].admin

    def may_play(self, account: int) -> bool:
        """Whether an account may log in: with a whitelist, whoever is not taken off it."""
        whitelist = self.game.engine.known_rules.whitelist
        if whitelist is None:
            return True
        if self._listed[0] is not whitelist:
            names = frozenset(name.casefold() for team in whitelist.values() for name in team)
            self._listed = (whitelist, names)
        who = self.game.engine.accounts[account]
        return who.bot or who.admin or who.name.casefold() in self._listed[1]

    # Entering

    async def register(
        self, name: str, token: str | None, password: str | None
    ) -> tuple[User, str] | Rejection:
        """Make a user who may enter the game, or find one who holds `token`."""
        if self.users.find(name) is None:
            refusal = self.entry_refusal(name)
            if refusal is not None:
                return refusal
        self._entering.append(name.casefold())
        try:
            answer = await self.users.register(name, token, password, self.clock.wall_ms())
        finally:
            self._entering.remove(name.casefold())
        user = self.users.find(name)
        if isinstance(answer, Rejection) or user is None:
            return answer if isinstance(answer, Rejection) else reject(Code.AUTH_UNKNOWN_USER)
        return user, answer

    def is_registering(self, name: str) -> bool:
        """Whether a user of this name is being written just now."""
        return name.casefold() in self._entering

    def enter(self, user: User, team: str, session: int, request: RequestId) -> int | Rejection:
        """The account of a user, opened if it has none yet."""
        known = self.account_of(user.name)
        if known is not None:
            return known if self.may_play(known) else reject(Code.AUTH_NOT_LISTED)
        applied = self.game.submit(OpenAccount(user.name, team), GATEWAY, session, request)
        if applied.rejection is not None:
            return applied.rejection
        assert applied.account is not None
        return applied.account.id

    async def enter_bot(self, name: str, token: str) -> Rejection | None:
        """Make a house bot's user and account; its process then connects with the token."""
        answer = await self.users.register(name, token, None, self.clock.wall_ms())
        if isinstance(answer, Rejection):
            return answer
        return self.game.submit(OpenAccount(name, bot=True), "server", 0, None).rejection

    def entry_refusal(self, name: str) -> Rejection | None:
        """Why a name that no user has may not be registered now.

        To be asked before the user is written: a name without a game would be lost to its owner.
        The engine asks again when the account is opened.
        """
        known = self.account_of(name)
        if known is not None and self.game.engine.accounts[known].sandbox:
            return reject(Code.AUTH_USER_TAKEN)
        others = {*self._entering} - {name.casefold()}
        return entry_refusal(self.game.engine, name, entering=len(others))

    # Who is connected

    def next_session_id(self) -> int:
        """A number for a new session."""
        return next(self._session_ids)

    def sessions_of(self, account: int) -> set["Session"]:
        """The logged-in sessions of an account."""
        return self._connected.get(account, set())

    def login(self, session: "Session", account: int) -> Rejection | None:
        """Let a session act for an account; it leaves the one it acted for before."""
        others = self.sessions_of(account) - {session}
        limit = self.limits.max_connections_per_account
        if limit and len(others) >= limit:
            return too_many_connections(limit, len(others) + 1)
        if session.account != account:  # else it goes on following its account
            self.logout(session)
        session.account = account
        session.answered = self.rates.of(account)
        session.name = self.game.engine.accounts[account].name
        self.faults.named(session.connection, session.name)
        self._connected.setdefault(account, set()).add(session)
        self.open_if_ready()
        return None

    def logout(self, session: "Session") -> None:
        """Forget whom a session acts for."""
        self.executions.leave(session)
        sessions = self._connected.get(session.account)
        if sessions is not None:
            sessions.discard(session)
            if not sessions:
                del self._connected[session.account]
        session.account = 0
        session.answered = self.rates.of(0)

    def close_all(self, account: int, why: tuple[int, str], *, but: "Session") -> int:
        """Close an account's connections, save the one that asks; returns how many."""
        others = self.sessions_of(account) - {but}
        for other in others:
            self.logout(other)
            other.connection.close(*why)
        return len(others)

    # The opening

    def open_if_ready(self) -> None:
        """Open a game that may begin, once all listed users are connected.

        To be called when the server is up; logins and `start` call it too.
        """
        engine = self.game.engine
        if engine.phase is not Phase.REGISTRATION or not engine.start_requested:
            return
        for names in (engine.known_rules.whitelist or {}).values():
            if not all(self.account_of(name) in self._connected for name in names):
                return
        if self.game.submit(Open(), "server", 0, None).rejection is not None:
            asyncio.get_running_loop().call_later(RETRY_OPEN_S, self.open_if_ready)

    # Work that waits

    def run(self, work: Coroutine[Any, Any, Any]) -> asyncio.Task[Any]:
        """A task that somebody holds on to."""
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task

    async def close(self) -> None:
        """Give up what still waits, when the server ends."""
        self.safety.close()
        self.dealing.close()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self.auditor.close()
        self.past.close()


def _ignore(_: str) -> None:
    """Nobody listens."""
