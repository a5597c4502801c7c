"""What accounts own, told their connections when it has changed: BALANCE_UPDATE, POSITION_UPDATE.

An account that trades a hundred times a second is told twenty times what it owns then, and at once
when it has been quiet. What is told was released: of a batch its last state counts, taken as its
commands are applied and kept until the batch is durable.
"""

import asyncio
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Final, NamedTuple

from cxgame.engine.ledger import Account
from cxgame.game import Game
from cxgame.pipeline import Push
from cxgame.server.sockets.frames import text_frames
from cxgame.wire.simulator_frames import balance_update, position_update
from cxgame.wire.simulator_rows import Figures

if TYPE_CHECKING:
    from cxgame.server.simulator.session import DialectSession

GATHER_S: Final = 0.05  # between two looks at an account that trades all the time
OWED: Final = b""  # stands among what a session is told for a state that it is owed


class State:
    """What an account owns after the last command of a batch, by column of the ledger."""

    __slots__ = ("account", "batch", "frames", "free", "held", "wall_ms")

    def __init__(self, account: int, batch: int) -> None:
        self.account = account
        self.batch = batch
        self.frames: list[bytes] | None = None  # once it was told
        self.free: list[int] = []
        self.held: list[int] = []
        self.wall_ms = 0

    def take(self, account: Account, wall_ms: int) -> None:
        """How it stands after one more command."""
        self.free, self.held, self.wall_ms = account.free.copy(), account.held.copy(), wall_ms

    @property
    def amounts(self) -> list[int]:
        """Free and held together."""
        return [free + held for free, held in zip(self.free, self.held, strict=True)]


class Told(NamedTuple):
    """What was told last, and when."""

    amounts: list[int]
    at_s: float


class Holdings:
    """What the followed accounts of one game own."""

    def __init__(
        self,
        game: Game,
        figures: Callable[[int], Figures],
        followers: Callable[[int], Iterable["DialectSession"]],
    ) -> None:
        self._game = game
        self._figures = figures
        self._followers = followers
        self._loop = asyncio.get_running_loop()
        self._noted: dict[int, State] = {}  # by account: of the batch it was changed in last
        self._late: dict[int, State] = {}  # released, not told yet
        self._told: dict[int, Told] = {}  # by account that is followed
        self._timer: asyncio.TimerHandle | None = None

    def follow(self, session: "DialectSession", account: Account) -> None:
        """Tell what changes from now on of what an account owns."""
        if account.id not in self._told:
            amounts = [sum(cells) for cells in zip(account.free, account.held, strict=True)]
            self._told[account.id] = Told(amounts, 0.0)
        noted = self._noted.get(account.id)
        if noted is not None and noted.batch == self._game.batch_seq:
            self._owe(session, noted)  # or what else happens in this batch would be missed

    def forget(self, account: int) -> None:
        """Nobody follows it any more."""
        for known in (self._told, self._noted, self._late):
            known.pop(account, None)

    def note(self, account: Account) -> None:
        """A command may have changed what a followed account owns."""
        state, batch = self._noted.get(account.id), self._game.batch_seq
        if state is None or state.batch != batch:
            state = self._noted[account.id] = State(account.id, batch)
            for session in self._followers(account.id):
                self._owe(session, state)
        state.take(account, self._game.engine.wall_ms)

    def released(self, state: State) -> list[bytes]:
        """What a connection is told of a state that is durable now; nothing if it is told later."""
        told = self._told.get(state.account)
        if state.frames is None and told is not None:
            if self._loop.time() - told.at_s < GATHER_S:
                self._late[state.account] = state
                if self._timer is None:
                    self._timer = self._loop.call_later(GATHER_S, self._tell_late)
                return []
            self._late.pop(state.account, None)
            self._write(state, told)
        return state.frames or []

    def _owe(self, session: "DialectSession", state: State) -> None:
        session.owed.append(state)
        self._game.push(session, OWED)

    def _tell_late(self) -> None:
        self._timer = None
        late, self._late = self._late, {}
        for account, state in late.items():
            self._write(state, self._told[account])
            if state.frames:
                frames = text_frames(state.frames)
                for session in self._followers(account):
                    session.connection.push(frames)

    def _write(self, state: State, told: Told) -> None:
        """First all assets that have changed, then the markets' coins."""
        amounts, before = state.amounts, told.amounts
        self._told[state.account] = Told(amounts, self._loop.time())
        changed = [
            column
            for column, amount in enumerate(amounts)
            if amount != (before[column] if column < len(before) else 0)
        ]
        state.frames = []
        if not changed:
            return
        engine, wall_ms = self._game.engine, state.wall_ms
        assets = engine.ledger.assets
        holdings = [(assets[each], state.free[each], state.held[each]) for each in changed]
        state.frames.append(Push(balance_update(None, wall_ms, holdings)))
        for place in engine.markets:
            base = place.market.base_asset
            if base in changed:
                shown = self._figures(place.market.id)
                frame = position_update(None, wall_ms, shown, amounts[base])
                state.frames.append(Push(frame))
