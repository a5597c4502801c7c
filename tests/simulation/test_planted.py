"""Bugs planted into server and store are found by the auditor, each within some seeds."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable, Iterator
from typing import Any
from unittest import mock

import pytest

from cxgame.history import Recent
from cxgame.pipeline import Cargo, Pipeline
from cxgame.ports import Batch, Entry
from cxgame.server.sessions import reads
from cxgame.server.sessions.session import Session
from cxgame.store.valkey import ValkeyJournal
from tests.simulation import functions
from tests.simulation.auditor import audit
from tests.simulation.functions import Status
from tests.simulation.values import Data, Id
from tests.simulation.world import World, collect, run

SEEDS = range(1_000, 1_040)

Plant = Callable[[World], contextlib.AbstractContextManager[object]]


@contextlib.contextmanager
def a_reply_before_its_commit(_: World) -> Iterator[None]:
    """Players are told what was applied, durable or not."""
    send = Pipeline.send

    def hasty(self: Pipeline, cargo: Cargo) -> None:
        cargo.deliver()
        send(self, cargo)

    with mock.patch.object(Pipeline, "send", hasty):
        yield


@contextlib.contextmanager
def a_disk_that_lies(world: World) -> Iterator[None]:
    """The store answers before its file is on the disk."""
    world.valkey.answers_early = True
    yield


@contextlib.contextmanager
def doubt_taken_for_success(_: World) -> Iterator[None]:
    """A commit that does not answer soon is reported as done."""
    commit = ValkeyJournal.commit

    async def trusting(self: ValkeyJournal, batch: Batch) -> None:
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(0.1):
                await commit(self, batch)

    with mock.patch.object(ValkeyJournal, "commit", trusting):
        yield


@contextlib.contextmanager
def a_resend_that_is_doubled(_: World) -> Iterator[None]:
    """A batch that comes again is written again, under the next number."""

    def again(data: Data, keys: list[bytes], args: list[bytes]) -> Any:
        seq = int((data.hash(keys[0]) or {})[b"seq"]) + 1
        data.xadd(keys[1], Id(seq, 0), [b"hash", args[3], b"record", args[4]])
        data.hset(keys[0], [b"seq", b"%d" % seq])
        return Status(b"OK")

    with mock.patch.object(functions, "_settled", again):
        yield


@contextlib.contextmanager
def cids_that_are_forgotten(_: World) -> Iterator[None]:
    """A repeated order is a new order."""
    with mock.patch("cxgame.engine.settling.remembers", return_value=False):
        yield


@contextlib.contextmanager
def a_fold_that_skips_a_batch(_: World) -> Iterator[None]:
    """After a start, the lists of the past lack what one batch did."""
    replay = ValkeyJournal.replay
    fold = Recent.fold
    skipped: list[bool] = [False]

    async def entries(self: ValkeyJournal, after: int = 0) -> AsyncIterator[Entry]:
        async for entry in replay(self, after):
            skipped[0] = entry.seq % 7 == 0
            yield entry
        skipped[0] = False

    def forgetful(self: Recent, *args: Any, **options: Any) -> None:
        if not skipped[0]:
            fold(self, *args, **options)

    with (
        mock.patch.object(ValkeyJournal, "replay", entries),
        mock.patch.object(Recent, "fold", forgetful),
    ):
        yield


@contextlib.contextmanager
def a_past_that_begins_at_the_snapshot(_: World) -> Iterator[None]:
    """After a start from a snapshot, memory is taken for all there is."""
    with mock.patch("cxgame.recovery.Recent", side_effect=lambda *_: Recent()):
        yield


@contextlib.contextmanager
def armed_orders_that_all_see(_: World) -> Iterator[None]:
    """The list of everybody's orders tells of those that wait for their price."""
    rows_of = reads._open_orders

    def all_of_them(session: Session, name: str, *rest: Any) -> bytes:
        if name == "all_orders":
            rest = (rest[0], reversed(session.host.shown.engine.orders.values()))
        return rows_of(session, name, *rest)

    with mock.patch.object(reads, "_open_orders", all_of_them):
        yield


@contextlib.contextmanager
def a_trail_that_stands_still(_: World) -> Iterator[None]:
    """A trailing stop stays where it was put."""
    with mock.patch("cxgame.engine.triggers.Watchers._follow", return_value=None):
        yield


@pytest.mark.parametrize(
    ("plant", "complaint"),
    [
        (a_reply_before_its_commit, "was acknowledged and lost"),
        (a_disk_that_lies, "the server ended: game main.1"),
        (doubt_taken_for_success, "was acknowledged and lost"),
        (a_resend_that_is_doubled, "in the journal 2 times"),
        (cids_that_are_forgotten, ": cid "),
        (a_fold_that_skips_a_batch, "was never true"),
        (a_past_that_begins_at_the_snapshot, "was never true"),
        (armed_orders_that_all_see, "(all_orders) was never true"),
        (a_trail_that_stands_still, "the journal is wrong"),
    ],
    ids=lambda value: getattr(value, "__name__", ""),
)
def test_a_planted_bug_is_found(plant: Plant, complaint: str) -> None:
    """Some seed among few shows it, and says what a player would have suffered."""
    for seed in SEEDS:
        with contextlib.ExitStack() as stack:

            def arrange(world: World, stack: contextlib.ExitStack = stack) -> None:
                stack.enter_context(plant(world))

            evidence = run(seed, arrange=arrange)
        collect()  # now that the plant has let go of the world
        if any(complaint in problem for problem in audit(evidence)):
            return
    pytest.fail(f"no seed in {SEEDS} shows it")
