"""From a journal back to a game: apply every command again and compare every effect.

Not from its beginning, as a rule, but from a snapshot of the state after some batch. Whether that
was the right state shows at once: the hash of the next batch runs over what it owned and did.
"""

import asyncio
import logging
from collections.abc import Iterable
from typing import NamedTuple

from cxgame.effects import Touched, balances
from cxgame.engine.engine import Engine
from cxgame.engine.restoring import UnknownSchema, load
from cxgame.engine.snapshot import dump
from cxgame.history import Recent
from cxgame.model.batch import (
    Body,
    DamagedRecord,
    Origin,
    batch_hash,
    encode_effects,
    unseal,
)
from cxgame.model.commands import SetRules
from cxgame.model.events import Event
from cxgame.model.rules import RULES_VERSION
from cxgame.ports import Entry, Journal, Snapshot

_YIELD_EVERY = 50  # entries between two breaths of the event loop

log = logging.getLogger("cxgame.recovery")


class JournalDamaged(Exception):
    """The journal cannot be what this program wrote; says at which batch and why."""

    def __init__(self, seq: int, why: str) -> None:
        super().__init__(f"the journal is damaged at batch {seq}: {why}")
        self.seq = seq
        self.why = why


class Replayed(NamedTuple):
    """A game as its journal left it."""

    engine: Engine
    recent: Recent
    batch_seq: int
    batch_hash: bytes
    first_trade: int = 1  # from which on `recent` is complete; the history has what lies before


class Replay:
    """Applies journal entries one after another, the first of a game or those after a snapshot.

    `remember` False keeps no fills and closed orders, for who asks for none. Raises
    `cxgame.engine.restoring.UnknownSchema`.
    """

    def __init__(self, begin: Snapshot | None = None, *, remember: bool = True) -> None:
        self.engine = Engine() if begin is None else load(begin.state)
        # What ended before the snapshot is not here: whoever asks for it must look further.
        first = (self.engine.last_trade_id + 1, self.engine.last_order_id + 1)
        self.recent = Recent() if begin is None else Recent(*first, self.engine.wall_ms)
        self.batch_seq = 0 if begin is None else begin.seq
        self.batch_hash = b"" if begin is None else begin.hash
        self.wall_ms = 0  # of the last entry
        self.first_trade = self.engine.last_trade_id + 1
        self._remember = remember

    def take(self, entry: Entry) -> list[tuple[Origin, list[Event]]]:
        """Apply one entry and return what each of its commands did.

        Raises `JournalDamaged` if it is not the next link of the chain.
        """
        if entry.seq != self.batch_seq + 1:
            raise JournalDamaged(entry.seq, f"batch {self.batch_seq + 1} is missing")
        try:
            body, packed, expected = unseal(entry.record)
        except DamagedRecord as error:
            raise JournalDamaged(entry.seq, str(error)) from error
        if body.seq != entry.seq or body.first_command != self.engine.command_seq + 1:
            raise JournalDamaged(entry.seq, "it belongs elsewhere")
        if body.rules_version != RULES_VERSION:
            raise JournalDamaged(entry.seq, _other_rules(body.rules_version))
        try:
            effects = list(self._apply(body))
        except (ArithmeticError, AssertionError, LookupError, ValueError) as error:
            raise JournalDamaged(entry.seq, f"its commands cannot be applied: {error}") from error
        touched = Touched()
        for _, events in effects:
            touched.take(self.engine, events)
        owned = balances(self.engine, touched.accounts)
        actual = batch_hash(self.batch_hash, packed, encode_effects(effects), owned)
        if actual != expected:
            why = "its commands do not have the effects it records: altered, or another game's"
            raise JournalDamaged(entry.seq, why)
        if actual != entry.hash:
            raise JournalDamaged(entry.seq, "the hash beside it is not its own")
        self.batch_seq, self.batch_hash, self.wall_ms = entry.seq, actual, body.wall_ms
        return effects

    def _apply(self, body: Body) -> Iterable[tuple[Origin, list[Event]]]:
        if self.batch_seq == 0 and type(body.commands[0].command) is not SetRules:
            raise JournalDamaged(body.seq, "it does not begin with the rules")
        for stamped in body.commands:
            applied = self.engine.apply(stamped.command, body.game_time_ns, body.wall_ms)
            if self._remember:
                self.recent.fold(applied, body.wall_ms)
            yield stamped.origin, applied.events

    def result(self) -> Replayed:
        """Where the entries have led."""
        return Replayed(self.engine, self.recent, self.batch_seq, self.batch_hash, self.first_trade)

    def snapshot(self) -> Snapshot:
        """Where the entries have led, to begin with another time."""
        return Snapshot(self.batch_seq, self.batch_hash, dump(self.engine))


def _other_rules(version: int) -> str:
    return (
        f"it was written under rules version {version}, this release plays {RULES_VERSION};"
        " use the release that wrote it"
    )


async def replay(journal: Journal, snapshots: Iterable[Snapshot] = ()) -> Replayed:
    """The game at the end of a journal. An empty one gives an engine without rules.

    Begins with the first of the snapshots, newest first, to which the journal's hashes fit; else
    at the beginning.
    """
    for begin in snapshots:
        try:
            return await _replay(journal, Replay(begin))
        except (JournalDamaged, UnknownSchema) as error:
            text = "cannot start from the snapshot of batch %d, trying from before it: %s"
            log.warning(text, begin.seq, error)
    return await _replay(journal, Replay())


async def _replay(journal: Journal, run: Replay) -> Replayed:
    async for entry in journal.replay(run.batch_seq):
        run.take(entry)
        if entry.seq % _YIELD_EVERY == 0:
            await asyncio.sleep(0)
    return run.result()
