"""The end of a game's process: a stop, a journal at fault, an engine that cannot be rebuilt."""

import asyncio

import pytest

from cxgame.engine.engine import Engine
from cxgame.model.commands import Broadcast
from cxgame.model.enums import Side
from cxgame.model.errors import Code
from cxgame.ports import JournalFault
from cxgame.recovery import Replayed, replay
from tests.support.games import Bench, Mailbox, limit
from tests.support.waiting import WAIT_S, turns, until

POISON = "poison"


async def waiting_for_its_journal() -> Bench:
    """A game whose journal has not answered to an order yet."""
    bench = Bench(timeout=1.0)
    (alice,) = await bench.open_with("alice")
    bench.journal.gate.clear()
    bench.submit(limit(alice, Side.BUY, 100, 10**6))
    await turns()
    return bench


async def poisoned(monkeypatch: pytest.MonkeyPatch) -> tuple[Bench, int]:
    """A game whose engine fails on a broadcast of `POISON`."""
    bench, real = Bench(), Engine.apply
    (alice,) = await bench.open_with("alice")

    def failing(self: Engine, command: object, *stamp: int) -> object:
        if isinstance(command, Broadcast) and command.text == POISON:
            raise ZeroDivisionError
        return real(self, command, *stamp)  # type: ignore[arg-type]

    monkeypatch.setattr(Engine, "apply", failing)
    return bench, alice


async def test_a_stop_waits_for_what_is_under_way() -> None:
    """What was submitted before is durable then."""
    bench = await waiting_for_its_journal()
    stopping = asyncio.create_task(bench.game.stop())
    await turns()
    assert not stopping.done()
    bench.journal.gate.set()
    await asyncio.wait_for(stopping, WAIT_S)
    assert bench.journal.under_way == 0
    assert not bench.game.halted


async def test_a_stop_gives_up_with_a_journal_that_falls_silent(
    caplog: pytest.LogCaptureFixture,
) -> None:
    """Whoever ends a server whose disk has just hung need not wait until that comes back."""
    bench = await waiting_for_its_journal()
    stopping = asyncio.create_task(bench.game.stop())
    await turns()
    bench.clock.pass_s(1.2)
    await asyncio.wait_for(stopping, WAIT_S)
    assert "STATE_UNKNOWN" in caplog.text


async def test_a_stop_ends_with_a_journal_at_fault() -> None:
    """Nothing of what is open will become durable any more."""
    bench = await waiting_for_its_journal()
    stopping = asyncio.create_task(bench.game.stop())
    await turns()
    bench.journal.refusal = JournalFault("FENCED", "another writer took over")
    bench.journal.gate.set()
    await asyncio.wait_for(stopping, WAIT_S)
    assert bench.game.fault is bench.journal.refusal


async def test_who_waits_is_not_left_waiting_at_a_fault() -> None:
    """Neither who waits then nor who comes later, such as a server that is just starting."""
    bench = await waiting_for_its_journal()
    settling = asyncio.create_task(bench.game.settled())
    await turns()
    bench.journal.refusal = JournalFault("FENCED", "another writer took over")
    bench.journal.gate.set()
    await asyncio.wait_for(settling, WAIT_S)
    await asyncio.wait_for(bench.game.settled(), WAIT_S)
    assert not bench.game.is_settled
    assert bench.game.fault is bench.journal.refusal


async def test_who_waits_in_a_halted_game_hears_of_a_fault_too() -> None:
    """A journal that did not answer may be somebody else's when it does."""
    bench = await waiting_for_its_journal()
    settling = asyncio.create_task(bench.game.settled())
    bench.clock.pass_s(1.2)
    await bench.until_halted()
    bench.journal.refusal = JournalFault("FENCED", "another writer took over")
    bench.journal.gate.set()
    await asyncio.wait_for(settling, WAIT_S)
    assert bench.game.failed.is_set()


async def test_a_quiet_game_ends_when_its_journal_is_lost() -> None:
    """It commits nothing, so it has to be told."""
    bench = Bench()
    await bench.open_with("alice")
    fenced = JournalFault("FENCED", "another writer took over")
    bench.game.fail(fenced)
    assert bench.game.failed.is_set()
    assert bench.game.fault is fenced
    assert bench.submit(Broadcast(1, "hello")).rejection is not None
    await asyncio.wait_for(bench.game.stop(), WAIT_S)


async def test_an_engine_is_rebuilt_once_the_journal_can_be_read(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A store that is away just then is waited for."""
    monkeypatch.setattr("cxgame.game._AGAIN_S", 0.0)
    bench, alice = await poisoned(monkeypatch)
    refusals = [ConnectionError("away"), ConnectionError("still away")]

    async def recover() -> Replayed:
        if refusals:
            raise refusals.pop()
        return await replay(bench.journal)

    monkeypatch.setattr(bench.game, "_recover", recover)
    bench.submit(Broadcast(alice, POISON))
    await until(lambda: not bench.game.halted)
    assert refusals == []
    assert bench.submit(Broadcast(alice, "well again")).rejection is None
    await bench.game.stop()


async def test_an_engine_that_cannot_be_rebuilt_ends_the_process(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A game without an engine must not stay halted for ever, with nobody the wiser."""
    bench, alice = await poisoned(monkeypatch)
    gap = JournalFault("GAP", "batch 1 is missing")

    async def recover() -> Replayed:
        raise gap

    monkeypatch.setattr(bench.game, "_recover", recover)
    refused = bench.submit(Broadcast(alice, POISON))
    assert refused.rejection is not None
    assert refused.rejection.code is Code.INTERNAL_ENGINE
    await asyncio.wait_for(bench.game.failed.wait(), WAIT_S)
    assert bench.game.fault is gap
    assert bench.game.halted


async def test_a_batch_that_cannot_be_written_down_ends_the_process(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """A game that goes on without a journal would look as if nothing were wrong."""
    bench, box = Bench(), Mailbox()
    (alice,) = await bench.open_with("alice")
    batches = len(bench.journal.batches)
    too_large = OverflowError("more than the record has room for")

    def fail(*_: object) -> bytes:
        raise too_large

    monkeypatch.setattr("cxgame.game.seal_into", fail)
    bench.submit(limit(alice, Side.BUY, 100, 10**6))
    bench.game.tell(box, b"placed", "r1")
    await asyncio.wait_for(bench.game.failed.wait(), WAIT_S)
    assert bench.game.fault is too_large
    assert bench.submit(Broadcast(alice, "hello")).rejection is not None
    await asyncio.wait_for(bench.game.stop(), WAIT_S)
    assert (box.received, len(bench.journal.batches)) == ([], batches)
    assert "cannot be written down" in caplog.text
