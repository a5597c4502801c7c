"""A back-test's journal: its commands in batches, sealed and chained as a server seals them.

What the server's journal proves, this one does: replayed, it must have the same effects.
"""

from cxgame.engine.engine import Engine
from cxgame.model.batch import Origin
from cxgame.model.commands import Command
from cxgame.model.events import Event
from cxgame.open_batch import OpenBatch
from cxgame.ports import Entry

_ORIGIN = Origin("exchange", 0, None)

Stamp = tuple[int, int]  # game time in ns and wall clock in ms, one for all commands of a batch


class Recorder:
    """Takes what an engine did, command by command; must be told before each and after it."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._entries: list[Entry] = []
        self._open = OpenBatch()
        self._stamp: Stamp = (0, 0)
        self._hash = b""

    def before(self, stamp: Stamp) -> None:
        """A command is about to be applied: a batch that it cannot join ends here."""
        if stamp != self._stamp:
            self._end_batch()
            self._stamp = stamp
            self._open = OpenBatch(*stamp)

    def after(self, command: Command, events: list[Event]) -> None:
        """A command was applied; one without events changed nothing and is not written down."""
        if events and self._open.add(_ORIGIN, command, events):
            self._end_batch()

    def entries(self) -> tuple[Entry, ...]:
        """The journal up to now."""
        self._end_batch()
        return tuple(self._entries)

    def _end_batch(self) -> None:
        if not self._open.commands:
            return
        seq = len(self._entries) + 1
        sealed = self._open.seal(self._engine, seq, self._hash)
        self._hash = sealed.digest
        self._entries.append(Entry(seq, sealed.digest, sealed.record))
        self._open = OpenBatch(*self._stamp)
