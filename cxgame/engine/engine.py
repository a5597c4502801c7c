"""The engine: a pure function from commands to events.

It reads no clock, draws no random number and does no input or output; time comes with each
command. Applying the same commands to a new engine leads to the same state, which recovery,
replay and verification rest on.
"""

from collections.abc import Callable, Iterator
from typing import Any

from cxgame.engine import (
    amending,
    expiring,
    funds,
    house,
    invariants,
    pending,
    phases,
    placing,
    settling,
    snapshot,
    triggering,
)
from cxgame.engine.checking import not_found
from cxgame.engine.standings import standings
from cxgame.engine.state import Applied, State
from cxgame.engine.timers import Task
from cxgame.model import commands
from cxgame.model.enums import Phase, Reason
from cxgame.model.errors import Code, reject
from cxgame.model.events import Message, Noticed, Standing, TimePassed, is_public

_CLOSED = Phase.CLOSED
_BEFORE_WHAT_IS_DUE = (commands.Advance, commands.Continue)
# A repeated order or entry still finds what it named; all else is over with the game.
_OVER_WHEN_CLOSED = frozenset(
    (
        commands.SetRules,
        commands.GrantRole,
        commands.CancelOrder,
        commands.CancelAll,
        commands.Broadcast,
        commands.Notice,
        commands.Tick,
        commands.AddMarket,
        commands.Deposit,
        commands.Withdraw,
        commands.SetBalance,
        commands.ResetAccounts,
        commands.Start,
        commands.Open,
        commands.Pause,
        commands.Close,
        commands.StartRound,
        commands.EndRound,
    )
)


class Engine(State):
    """One game. The first command must be `SetRules`."""

    def apply(self, command: commands.Command, game_time_ns: int, wall_ms: int) -> Applied:
        """Carry out one command at a game time, in full or not at all.

        A business no is `Applied.rejection`. An exception is a bug, and leaves the engine in a
        state that must be thrown away.
        """
        before_ns, before_ms = self.game_time_ns, self.wall_ms
        if game_time_ns < before_ns or wall_ms < before_ms:
            raise ValueError("time went back")
        kind = type(command)
        due = self.timers.heap
        if due and due[0].due_ns <= game_time_ns and kind not in _BEFORE_WHAT_IS_DUE:
            raise ValueError("something is due before this command")
        followed = self.followed
        if followed and self.triggered and kind is not commands.Continue:
            raise ValueError("orders whose triggers have fired come before this command")
        self.game_time_ns, self.wall_ms = game_time_ns, wall_ms
        applied = Applied()
        if self.phase is _CLOSED and kind in _OVER_WHEN_CLOSED:
            applied.rejection = reject(Code.STATE_CLOSED)
        else:
            _HANDLERS[kind](self, command, applied)
        events = applied.events
        if events:
            if followed:
                triggering.watch(self, applied)
            invariants.ensure(self, applied)
            self.command_seq += 1
            self.private_seq += len(events)
            self.event_seq += sum(map(is_public, events))
        else:  # not journaled, so nothing may have changed
            self.game_time_ns, self.wall_ms = before_ns, before_ms
        return applied

    def standings(self) -> tuple[Standing, ...]:
        """One row per account but the house, best first."""
        return standings(self)

    def violations(self) -> list[str]:
        """Every invariant that does not hold now; none in a sound engine."""
        return invariants.violations(self)

    def audit(self) -> Iterator[list[str]]:
        """The same in slices, between which commands may be applied."""
        return invariants.audit(self)

    def state_hash(self) -> bytes:
        """16 bytes over the whole state."""
        return snapshot.state_hash(self)


def _grant_role(engine: Engine, command: commands.GrantRole, applied: Applied) -> None:
    phases.grant_role(engine, command.account, applied)


def _cancel(engine: Engine, command: commands.CancelOrder, applied: Applied) -> None:
    order = engine.orders.get(command.order)
    applied.rejection = not_found(order, command.account, command.order)
    if order is not None and applied.rejection is None:
        reason = Reason.EXPIRED if command.expired else Reason.USER
        settling.close(engine, order, reason, applied)
        engine.update_mid(engine.markets[order.market])
        applied.order = order
        applied.order_id = order.id


def _cancel_all(engine: Engine, command: commands.CancelAll, applied: Applied) -> None:
    account = engine.accounts[command.account]
    cancelled: list[int] = []
    for order_id in sorted(account.orders):
        order = account.orders[order_id]
        other_market = command.market not in (commands.ALL_MARKETS, order.market)
        if other_market or command.side not in (None, order.side):
            continue
        settling.close(engine, order, Reason.USER, applied)
        cancelled.append(order_id)
    applied.cancelled = cancelled
    for place in engine.markets:
        engine.update_mid(place)


def _broadcast(engine: Engine, command: commands.Broadcast, applied: Applied) -> None:
    name = engine.accounts[command.account].name
    applied.events.append(Message(command.account, name, command.text))


def _notice(engine: Engine, command: commands.Notice, applied: Applied) -> None:
    name = engine.accounts[command.account].name if command.account else ""
    applied.events.append(Noticed(command.account, name, command.act, command.text))


def _advance(engine: Engine, command: commands.Advance, applied: Applied) -> None:
    while due := engine.timers.take(engine.game_time_ns):
        if due.task is Task.END:
            phases.close(engine, commands.Close("time limit"), applied)
        elif due.task is Task.EXPIRE:
            expiring.expire(engine, due.order, applied)
        else:
            pending.carry_out(engine, due.order, command.draw, applied)
    if not applied.events:
        applied.events.append(TimePassed())
    elif engine.mid_by_book:
        for place in engine.markets:
            engine.update_mid(place)


_HANDLERS: dict[type[commands.Command], Callable[[Engine, Any, Applied], None]] = {
    commands.SetRules: phases.set_rules,
    commands.OpenAccount: phases.open_account,
    commands.GrantRole: _grant_role,
    commands.PlaceOrder: placing.place,
    commands.PlacePending: pending.place,
    commands.PlaceTrigger: triggering.place,
    commands.Continue: triggering.carry_out,
    commands.AmendOrder: amending.amend,
    commands.CancelOrder: _cancel,
    commands.CancelAll: _cancel_all,
    commands.Broadcast: _broadcast,
    commands.Notice: _notice,
    commands.Tick: house.tick,
    commands.AddMarket: phases.add_market,
    commands.Deposit: funds.deposit,
    commands.Withdraw: funds.withdraw,
    commands.SetBalance: funds.set_balance,
    commands.ResetAccounts: funds.reset,
    commands.Advance: _advance,
    commands.Start: lambda engine, _, applied: phases.start(engine, applied),
    commands.Open: lambda engine, _, applied: phases.open_game(engine, applied),
    commands.Pause: lambda engine, _, applied: phases.pause(engine, applied),
    commands.Close: phases.close,
    commands.StartRound: phases.start_round,
    commands.EndRound: lambda engine, _, applied: phases.end_round(engine, applied),
}
