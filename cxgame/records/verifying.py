"""`cxgame verify`: a journal, replayed and compared with everything it says of itself.

Of every batch: its place, its checksum, its hash in the chain, which covers what its commands did
and what the accounts they touched own. Of the whole: every invariant, each snapshot on the way,
and that it ends where its keeper says.
"""

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass

from cxgame.engine.engine import Engine
from cxgame.ports import Entry
from cxgame.records.errors import Misuse, RecordsError
from cxgame.records.snapshots import begin, compare, snapshots_of
from cxgame.records.source import Source
from cxgame.recovery import JournalDamaged, Replay

_TELL_S = 0.2  # between two words on how far it has come
_YIELD_EVERY = 50  # entries between two looks at whether somebody wants it to end


@dataclass
class Verified:
    """What a journal was found to hold, as far as it was read."""

    game: str
    head: int  # batch with which it ends
    batches: int = 0
    commands: int = 0
    trades: int = 0
    orders: int = 0
    snapshots: int = 0  # compared with what the journal leads to
    skipped: int = 0  # commands before the snapshot that was begun with
    seconds: float = 0.0
    last_hash: bytes = b""
    last_event: int = 0  # seq of the last public event
    last_private: int = 0
    state_hash: bytes = b""

    @property
    def rate(self) -> float:
        """Commands per second."""
        return (self.commands - self.skipped) / self.seconds if self.seconds else 0.0

    def count(self, run: Replay, seconds: float) -> None:
        """Take in how far a replay has come."""
        self.batches, self.last_hash = run.batch_seq, run.batch_hash
        self.commands = run.engine.command_seq
        self.trades, self.orders = run.engine.last_trade_id, run.engine.last_order_id
        self.last_event, self.last_private = run.engine.event_seq, run.engine.private_seq
        self.seconds = seconds


Tell = Callable[[Verified], None]  # hears now and then how far it has come


async def verify_source(
    source: Source,
    to: int | None = None,
    tell: Tell | None = None,
    keep: Callable[[Entry], None] | None = None,
    *,
    from_snapshot: bool = False,
    accept_loss: bool = False,
) -> Verified:
    """Replay the journal up to batch `to`; raises `JournalDamaged` at the first bad entry.

    `keep` is handed each entry that was found good. `from_snapshot` passes over what came before
    the oldest snapshot. `accept_loss` takes a journal that lacks what players were told last.
    """
    head = source.head
    end = head.seq if to is None else to
    if not 1 <= end <= head.seq:
        raise Misuse(f"there is no batch {end}: the journal has batches 1 to {head.seq}")
    verified = Verified(f"{source.name}.{source.number}", head.seq)
    snapshots = snapshots_of(source)
    run = begin(snapshots, end) if from_snapshot else Replay(remember=False)
    verified.skipped = run.engine.command_seq
    started = told = time.perf_counter()
    async for entry in source.entries(run.batch_seq):
        if entry.seq > end:
            break
        run.take(entry)
        _compare_acknowledged(source, run)
        if entry.seq in snapshots:
            compare(snapshots[entry.seq], run)
            verified.snapshots += 1
        if keep is not None:
            keep(entry)
        if entry.seq % _YIELD_EVERY == 0:
            await asyncio.sleep(0)
        now = time.perf_counter()
        if tell is not None and now - told > _TELL_S:
            told = now
            verified.count(run, now - started)
            tell(verified)
    verified.count(run, time.perf_counter() - started)
    if run.batch_seq != end:
        raise JournalDamaged(run.batch_seq + 1, f"it is missing; the journal ends at batch {end}")
    if end == head.seq and run.batch_hash != head.hash:
        raise JournalDamaged(end, "the journal should end with another")
    last = source.acknowledged
    if to is None and last is not None and last.seq > end and not accept_loss:
        raise JournalDamaged(end + 1, f"it is missing; players were told of batch {last.seq}")
    async for entry, other in source.twice():
        if entry != other and entry.seq <= end:
            raise JournalDamaged(entry.seq, "its two copies, in archive and journal, differ")
    verified.state_hash = ensure_sound(run.engine, end)
    return verified


def _compare_acknowledged(source: Source, run: Replay) -> None:
    told = source.acknowledged
    if told is not None and told.seq == run.batch_seq and told.hash != run.batch_hash:
        raise JournalDamaged(told.seq, "it is not the batch that players were told of")


def ensure_sound(engine: Engine, seq: int) -> bytes:
    """The hash of a state in which every invariant holds; raises `RecordsError`."""
    problems = engine.violations()
    if problems:
        more = f" (and {len(problems) - 1} more)" if len(problems) > 1 else ""
        raise RecordsError(f"after batch {seq} the game is unsound: {problems[0]}{more}")
    return engine.state_hash()
