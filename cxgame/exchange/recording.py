"""A back-test's journal: its commands in batches, sealed and chained as a server seals them.

What the server's journal proves, this one does: replayed, it must have the same effects.
"""

from cxgame.effects import Touched, balances
from cxgame.engine.engine import Engine
from cxgame.model.batch import Origin, encode_effects, seal
from cxgame.model.commands import Command
from cxgame.model.events import Event
from cxgame.ports import Entry

# As in a server's batches, which bounds what a replay must hold at once.
MAX_BATCH_COMMANDS = 500
MAX_BATCH_EVENTS = 2_000
_ORIGIN = Origin("exchange", 0, None)

Stamp = tuple[int, int]  # game time in ns and wall clock in ms, one for all commands of a batch


class Recorder:
    """Takes what an engine did, command by command; must be told before each and after it."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._entries: list[Entry] = []
        self._commands: list[tuple[Origin, Command]] = []
        self._effects: list[tuple[Origin, list[Event]]] = []
        self._event_count = 0
        self._stamp: Stamp = (0, 0)
        self._hash = b""

    def before(self, stamp: Stamp) -> None:
        """A command is about to be applied: a batch that it cannot join ends here."""
        if stamp != self._stamp:
            self._end_batch()
            self._stamp = stamp

    def after(self, command: Command, events: list[Event]) -> None:
        """A command was applied; one without events changed nothing and is not written down."""
        if not events:
            return
        self._commands.append((_ORIGIN, command))
        self._effects.append((_ORIGIN, events))
        self._event_count += len(events)
        if len(self._commands) >= MAX_BATCH_COMMANDS or self._event_count >= MAX_BATCH_EVENTS:
            self._end_batch()

    def entries(self) -> tuple[Entry, ...]:
        """The journal up to now."""
        self._end_batch()
        return tuple(self._entries)

    def _end_batch(self) -> None:
        if not self._commands:
            return
        engine, touched = self._engine, Touched()
        for _, events in self._effects:
            touched.take(engine, events)
        seq, first = len(self._entries) + 1, engine.command_seq - len(self._commands) + 1
        record, self._hash = seal(
            self._hash,
            (seq, *self._stamp, engine.known_rules.version, first),
            self._commands,
            encode_effects(self._effects),
            balances(engine, touched.accounts),
        )
        self._entries.append(Entry(seq, self._hash, record))
        self._commands, self._effects, self._event_count = [], [], 0
