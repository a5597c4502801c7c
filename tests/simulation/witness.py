"""The game once more, from what the store's file holds: the order that everything is judged by.

Each command of the journal goes through a fresh engine and through the naive reference exchange of
the engine's tests, which shares no code with it; whatever the two say differently is a problem.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from itertools import accumulate
from typing import NamedTuple

from cxgame.engine.engine import Engine
from cxgame.engine.state import Applied
from cxgame.model.batch import Origin, decode_public, unseal
from cxgame.model.commands import Command, PlaceOrder
from cxgame.model.events import (
    Event,
    OrderClosed,
    OrderFilled,
    OrderRejected,
    Trade,
    TriggerClosed,
    is_public,
)
from cxgame.ports import Entry
from cxgame.recovery import JournalDamaged, Replay
from cxgame.store.keys import GameKeys
from tests.engine.reference import Exchange
from tests.engine.reference_differences import different_answers, different_states
from tests.simulation.values import Data, StreamValue

_STATES_EVERY = 40  # commands; comparing all that can be looked at costs as much as 20 of them


class Step(NamedTuple):
    """One command of the journal; its position counts from 1."""

    position: int
    origin: Origin
    command: Command
    applied: Applied


class Fill(NamedTuple):
    """One account's side of a trade."""

    trade: int
    order: int
    price: int
    quantity: int


class Witness:
    """Reads the journal. `engine`, `fills` and `closed` stand where the latest step has led."""

    def __init__(self, data: Data, keys: GameKeys, archive: list[Entry]) -> None:
        self.engine = Engine()
        self.reference = Exchange()
        self.steps: list[Step] = []
        self.problems: list[str] = []
        self.fills: defaultdict[int, list[Fill]] = defaultdict(list)  # by account
        self.closed: defaultdict[int, list[int]] = defaultdict(list)  # order ids, by account
        self.filled: defaultdict[int, int] = defaultdict(int)  # lots, by order
        self.public: list[Event] = []
        self._data, self._keys = data, keys
        self.entries = self._entries(archive)

    def _entries(self, archive: list[Entry]) -> list[Entry]:
        """The journal, and what was trimmed from it after it was archived."""
        journal = self._stream(self._keys.journal)
        kept = [Entry(id.ms, fields[1], fields[3]) for id, fields in journal.entries]
        first = kept[0].seq if kept else 1
        again = [entry for entry in archive if entry.seq >= first]
        if again != kept[: len(again)]:
            self.problems.append("the archive differs from the journal")
        return [entry for entry in archive if entry.seq < first] + kept

    def _stream(self, key: str) -> StreamValue:
        return self._data.stream(key.encode()) or StreamValue()

    def origins(self) -> list[tuple[Origin, Command]]:
        """The commands in their order, without carrying them out."""
        bodies = [unseal(entry.record)[0] for entry in self.entries]
        counts = accumulate((len(body.commands) for body in bodies), initial=0)
        self.ends = dict(enumerate(counts))  # position of the last command of each batch
        return [(stamped.origin, stamped.command) for body in bodies for stamped in body.commands]

    def walk(self, look: Callable[[Step], None]) -> None:
        """Carry out everything; `look` is called after each step."""
        try:
            self._steps(look)
        except ValueError as error:  # time that goes back, or a command that may not come
            self.problems.append(f"after step {len(self.steps)} the journal is wrong: {error}")
            return
        self.problems += different_states(self.engine, self.reference)
        self._check_chain()
        self._check_events()
        self._check_head()
        self._check_books()

    def _steps(self, look: Callable[[Step], None]) -> None:
        for entry in self.entries:
            body = unseal(entry.record)[0]
            for stamped in body.commands:
                self._step(stamped.origin, stamped.command, body.game_time_ns, body.wall_ms, look)

    def _step(
        self,
        origin: Origin,
        command: Command,
        now_ns: int,
        wall_ms: int,
        look: Callable[[Step], None],
    ) -> None:
        applied = self.engine.apply(command, now_ns, wall_ms)
        outcome = self.reference.do(command, now_ns, wall_ms)
        position = len(self.steps) + 1
        differing = different_answers(self.engine, applied, outcome)
        if position % _STATES_EVERY == 0:
            differing += different_states(self.engine, self.reference)
        self.problems += [f"step {position}, {command}: {text}" for text in differing]
        self._fold(applied.events)
        step = Step(position, origin, command, applied)
        self.steps.append(step)
        look(step)

    def _fold(self, events: list[Event]) -> None:
        for event in events:
            if is_public(event):
                self.public.append(event)
            if isinstance(event, Trade):
                sides = (
                    (event.buy_account, event.buy_order),
                    (event.sell_account, event.sell_order),
                )
                for account, order in sides:
                    fill = Fill(event.trade, order, event.price, event.quantity)
                    self.fills[account].append(fill)
                    self.filled[order] += event.quantity
            elif isinstance(event, OrderClosed | OrderFilled | OrderRejected | TriggerClosed):
                self.closed[event.account].append(event.order)

    # What must be true of the file itself.

    def _check_chain(self) -> None:
        replay = Replay()
        try:
            for entry in self.entries:
                replay.take(entry)
        except JournalDamaged as damage:
            self.problems.append(str(damage))

    def _check_events(self) -> None:
        """The events for the feed are those of the journal, each once and in order."""
        told: list[Event] = []
        for id, fields in self._stream(self._keys.events).entries:
            blob = decode_public(fields[3])
            if not blob.first == int(fields[1]) == len(told) + 1:
                self.problems.append(f"events {id} begin at {blob.first}, after {len(told)}")
            told += blob.events
            if id.ms != len(told):
                self.problems.append(f"events {id} end at {len(told)}")
        if told != self.public:
            self.problems.append(f"{len(told)} events are told, {len(self.public)} happened")
        last = 0
        for id, fields in self._stream(self._keys.private).entries:
            if int(fields[1]) != last + 1:
                self.problems.append(f"private events {id} begin at {fields[1]!r}, after {last}")
            last = id.ms
        if last != self.engine.private_seq:
            self.problems.append(f"private events end at {last}, not {self.engine.private_seq}")

    def _check_head(self) -> None:
        head = self._data.hash(self._keys.meta.encode()) or {}
        found = [head.get(name) for name in (b"seq", b"hash", b"event", b"private")]
        last = self.entries[-1] if self.entries else Entry(0, b"", b"")
        counters = (self.engine.event_seq, self.engine.private_seq)
        expected = [b"%d" % last.seq, last.hash, *(b"%d" % counter for counter in counters)]
        if found != expected:
            self.problems.append(f"the head is {found}, expected {expected}")

    def _check_books(self) -> None:
        """Nothing was made or lost, and holds are those of the open orders."""
        engine, ledger = self.engine, self.engine.ledger
        for column, asset in enumerate(ledger.assets):
            total = sum(account.free[column] + account.held[column] for account in ledger.accounts)
            if total:
                self.problems.append(f"{asset} sums to {total}")
        held: defaultdict[tuple[int, str], int] = defaultdict(int)
        for order in engine.orders.values():
            market = engine.markets[order.market].market
            held[order.account, market.quote if order.side.name == "BUY" else market.base] += (
                order.hold
            )
        for account in ledger.accounts:
            for column, asset in enumerate(ledger.assets):
                if account.held[column] != held[account.id, asset]:
                    self.problems.append(f"account {account.id} holds {account.held[column]}")
        cids = [
            (order.account, order.cid)
            for step in self.steps
            for order in [getattr(step.command, "order", step.command)]
            if isinstance(order, PlaceOrder) and order.cid
        ]
        if len(cids) != len(set(cids)):
            self.problems.append("a cid was used for two orders")
