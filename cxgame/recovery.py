"""From a journal back to a game: apply every command again and compare every effect."""

import asyncio
from collections.abc import Iterable
from typing import NamedTuple

from cxgame.effects import Touched, balances
from cxgame.engine.engine import Engine
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
from cxgame.ports import Entry, Journal

_YIELD_EVERY = 50  # entries between two breaths of the event loop


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


class Replay:
    """Applies journal entries one after another."""

    def __init__(self) -> None:
        self.engine = Engine()
        self.recent = Recent()
        self.batch_seq = 0
        self.batch_hash = b""

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
        except (ValueError, LookupError, AssertionError) as error:
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
        self.batch_seq, self.batch_hash = entry.seq, actual
        return effects

    def _apply(self, body: Body) -> Iterable[tuple[Origin, list[Event]]]:
        if self.batch_seq == 0 and type(body.commands[0].command) is not SetRules:
            raise JournalDamaged(body.seq, "it does not begin with the rules")
        for stamped in body.commands:
            applied = self.engine.apply(stamped.command, body.game_time_ns, body.wall_ms)
            self.recent.fold(applied, body.wall_ms)
            yield stamped.origin, applied.events

    def result(self) -> Replayed:
        """Where the entries have led."""
        return Replayed(self.engine, self.recent, self.batch_seq, self.batch_hash)


def _other_rules(version: int) -> str:
    return (
        f"it was written under rules version {version}, this release plays {RULES_VERSION};"
        " use the release that wrote it"
    )


async def replay(journal: Journal) -> Replayed:
    """Apply a whole journal. An empty one gives an engine without rules."""
    run = Replay()
    async for entry in journal.replay():
        run.take(entry)
        if entry.seq % _YIELD_EVERY == 0:
            await asyncio.sleep(0)
    return run.result()
