"""The batch that is still open: commands under one stamp, and what they did, until it is sealed.

A server's game and a back-test's recorder fill the same batches, so that the journals of both are
replayed and verified by the same rules.
"""

from collections.abc import Sequence
from typing import NamedTuple

from cxgame.effects import Touched, balances
from cxgame.engine.engine import Engine
from cxgame.model.batch import Origin, encode_effects, seal
from cxgame.model.commands import Command
from cxgame.model.events import Event

# A full batch stays within one commit's time, and below 1 MB, since no command is longer than a
# broadcast of 500 characters; it also bounds what a replay must hold at once.
MAX_BATCH_COMMANDS = 500
MAX_BATCH_EVENTS = 2_000


class Sealed(NamedTuple):
    """A batch as the journal keeps it, and what was found in it on the way."""

    digest: bytes
    record: bytes
    private: bytes  # the events of `effects`, encoded
    events: Sequence[Event]
    touched: Touched


class OpenBatch:
    """Commands that share one game time (ns) and one wall clock (ms)."""

    __slots__ = ("commands", "effects", "event_count", "game_time_ns", "wall_ms")

    def __init__(self, game_time_ns: int = 0, wall_ms: int = 0) -> None:
        self.commands: list[tuple[Origin, Command]] = []
        self.effects: list[tuple[Origin, list[Event]]] = []
        self.event_count = 0
        self.game_time_ns = game_time_ns
        self.wall_ms = wall_ms

    def add(self, origin: Origin, command: Command, events: list[Event]) -> bool:
        """Take a command that was applied, and what it did; returns whether the batch is full."""
        self.commands.append((origin, command))
        self.effects.append((origin, events))
        self.event_count += len(events)
        return len(self.commands) >= MAX_BATCH_COMMANDS or self.event_count >= MAX_BATCH_EVENTS

    def seal(self, engine: Engine, seq: int, previous: bytes) -> Sealed:
        """Pack it as batch `seq` after the one of hash `previous`; the engine stands at its end."""
        private = encode_effects(self.effects)
        events = [event for _, happened in self.effects for event in happened]
        touched = Touched()
        touched.take(engine, events)
        first_command = engine.command_seq - len(self.commands) + 1
        version = engine.known_rules.version
        head = (seq, self.game_time_ns, self.wall_ms, version, first_command)
        owned = balances(engine, touched.accounts)
        record, digest = seal(previous, head, self.commands, private, owned)
        return Sealed(digest, record, private, events, touched)
