"""The one writer: batches, releases in order, doubt, time, and a broken engine."""

import asyncio
import time

import pytest

from cxgame.engine.engine import Engine
from cxgame.failure import Failure, dump, load, repeat
from cxgame.model.commands import Advance, Broadcast, CancelOrder, OpenAccount, Pause, Start
from cxgame.model.enums import Phase, Side
from cxgame.model.errors import Code
from cxgame.pipeline import Released
from cxgame.ports import JournalFault
from cxgame.recovery import Replay, replay
from tests.support.games import Bench, Mailbox, limit
from tests.support.waiting import WAIT_S, turns, until


async def unanswered() -> tuple[Bench, int, Mailbox]:
    """A game whose journal does not answer to alice's order, and where she waits for her reply."""
    bench, box = Bench(timeout=1.0), Mailbox()
    (alice,) = await bench.open_with("alice")
    bench.journal.gate.clear()
    bench.submit(limit(alice, Side.BUY, 100, 10**6))
    bench.game.tell(box, b"placed", "r1")
    await turns()
    return bench, alice, box


async def test_commands_of_one_turn_form_one_batch() -> None:
    """What is submitted in one turn of the loop is committed together."""
    bench = Bench()
    (alice,) = await bench.open_with("alice")
    before = len(bench.journal.batches)
    for price in range(100, 110):
        bench.submit(limit(alice, Side.BUY, price, 10**6))
    await bench.game.settled()
    assert len(bench.journal.batches) == before + 1
    assert len(bench.game.engine.orders) == 10


async def test_a_reply_waits_for_the_commit() -> None:
    """Nobody is told what may still vanish."""
    bench, box = Bench(), Mailbox()
    (alice,) = await bench.open_with("alice")
    bench.journal.gate.clear()
    bench.submit(limit(alice, Side.BUY, 100, 10**6))
    bench.game.tell(box, b"placed", 1)
    await turns()
    assert box.received == []
    bench.journal.gate.set()
    await bench.game.settled()
    assert box.deliveries == [[b"placed"]]


async def test_a_read_is_released_after_the_commands_before_it() -> None:
    """A read answers from a state and waits until that state is durable."""
    bench, box = Bench(), Mailbox()
    (alice,) = await bench.open_with("alice")
    bench.journal.gate.clear()
    bench.submit(limit(alice, Side.BUY, 100, 10**6))
    bench.game.tell(box, b"first", 1)
    await turns()
    bench.game.tell(box, b"read", 2)
    await turns()
    assert box.received == []
    bench.journal.gate.set()
    await bench.game.settled()
    assert box.received == [b"first", b"read"]


async def test_at_most_two_commits_are_under_way() -> None:
    """Further commands gather in the open batch."""
    bench = Bench()
    (alice,) = await bench.open_with("alice")
    bench.journal.gate.clear()
    for price in range(100, 110):
        bench.submit(limit(alice, Side.BUY, price, 10**6))
        await turns(2)
    assert bench.journal.under_way == 2
    bench.journal.gate.set()
    await bench.game.settled()
    assert bench.journal.most_under_way == 2
    assert len(bench.game.engine.orders) == 10


async def test_a_refusal_changes_nothing_and_is_not_journaled() -> None:
    """Only commands that did something are in the journal."""
    bench = Bench()
    (alice,) = await bench.open_with("alice")
    state, batches = bench.game.engine.state_hash(), len(bench.journal.batches)
    bench.clock.pass_s(0.5)
    applied = bench.submit(CancelOrder(alice, 77))
    assert applied.rejection is not None
    assert applied.rejection.code is Code.ORDER_NOT_FOUND
    await bench.game.settled()
    assert bench.game.engine.state_hash() == state
    assert len(bench.journal.batches) == batches


async def test_a_full_batch_says_so_and_calls_back() -> None:
    """Faces stop reading while the open batch is full."""
    bench, called = Bench(max_open_orders=0), []
    (alice,) = await bench.open_with("alice")
    for _ in range(500):
        assert not bench.game.full
        bench.submit(limit(alice, Side.BUY, 100, 100))
    assert bench.game.full
    bench.game.when_room(lambda: called.append(True))
    await bench.game.settled()
    assert called == [True]
    assert not bench.game.full


async def test_a_commit_without_answer_halts_and_resumes() -> None:
    """Senders are told of the doubt, new commands are refused, and play resumes by itself."""
    bench, alice, box = await unanswered()
    bench.clock.pass_s(1.2)
    await bench.until_halted()
    assert box.doubts == ["r1"]
    refused = bench.submit(limit(alice, Side.BUY, 100, 10**6))
    assert refused.rejection is not None
    assert refused.rejection.code is Code.STATE_HALTED
    bench.journal.gate.set()
    await bench.game.settled()
    assert not bench.game.halted
    assert box.received == []
    assert len(bench.game.engine.orders) == 1


async def test_a_process_that_stood_still_reads_what_was_answered_meanwhile() -> None:
    """A stopped virtual machine is no silent journal: nobody is told of a doubt."""
    bench, _, box = await unanswered()

    async def answer() -> None:
        await turns()
        bench.journal.gate.set()

    answering = asyncio.create_task(answer())
    bench.clock.pass_s(3600)
    time.sleep(0.2)  # so did the loop
    await answering
    await bench.game.settled()
    assert (box.received, box.doubts) == ([b"placed"], [])


async def test_a_loop_that_is_always_late_notices_a_silent_journal() -> None:
    """Only one late look in a row decides nothing."""
    bench, _, _ = await unanswered()
    bench.clock.pass_s(1.2)
    for _ in range(3):
        time.sleep(0.15)  # its work
        await turns()
    assert bench.game.halted


async def test_a_stop_in_doubt_says_so(caplog: pytest.LogCaptureFixture) -> None:
    """Whoever ends a halted server learns that something is left open."""
    bench, _, _ = await unanswered()
    bench.clock.pass_s(1.2)
    await bench.until_halted()
    await bench.game.stop()
    assert "STATE_UNKNOWN" in caplog.text


async def test_halted_time_is_not_playing_time() -> None:
    """The game's clock stands still while the journal does not answer."""
    bench = Bench(timeout=1.0, time_limit_ms=60_000)
    await bench.open_with("alice")
    bench.journal.gate.clear()
    bench.submit(Advance())
    await turns()
    bench.clock.pass_s(1.2)
    await bench.until_halted()
    bench.clock.pass_s(1000)
    bench.journal.gate.set()
    await bench.game.settled()
    bench.submit(Advance())
    assert bench.game.engine.phase is Phase.OPEN
    await bench.game.stop()


async def test_a_fenced_writer_fails() -> None:
    """A journal that refuses for good ends the process."""
    bench = Bench()
    (alice,) = await bench.open_with("alice")
    bench.journal.refusal = JournalFault("FENCED", "another writer took over")
    bench.submit(limit(alice, Side.BUY, 100, 10**6))
    await asyncio.wait_for(bench.game.failed.wait(), WAIT_S)
    assert isinstance(bench.game.fault, JournalFault)


async def test_replay_leads_to_the_same_state() -> None:
    """State is a function of the journal, down to the hash."""
    bench = Bench()
    alice, bob = await bench.open_with("alice", "bob")
    for index in range(50):
        side = Side(index % 2)
        bench.submit(limit((alice, bob)[index % 2], side, 1000 + index % 7, 10**6))
        if index % 5 == 0:
            bench.clock.pass_s(0.1)
            await turns(3)
    await bench.game.settled()
    again = await replay(bench.journal)
    assert again.engine.state_hash() == bench.game.engine.state_hash()
    assert again.recent.fills(alice) == bench.game.recent.fills(alice)
    assert again.engine.violations() == []
    assert bench.game.engine.last_trade_id > 0


async def test_public_events_are_numbered_without_gaps() -> None:
    """Listeners see every public event exactly once, in order."""
    bench = Bench()
    seen: list[int] = []
    bench.game.subscribe(lambda batch: seen.extend(range(batch.first_event, batch.last_event + 1)))
    alice, bob = await bench.open_with("alice", "bob")
    bench.submit(limit(alice, Side.BUY, 1000, 10**6))
    bench.submit(limit(bob, Side.SELL, 900, 10**6))
    bench.submit(Broadcast(alice, "hello"))
    await bench.game.settled()
    assert seen == list(range(1, bench.game.engine.event_seq + 1))


async def test_game_time_runs_only_while_open() -> None:
    """Pause stops the clock of the game, start lets it run again."""
    bench = Bench()
    (alice,) = await bench.open_with("alice")
    bench.clock.pass_s(3)
    bench.submit(Pause())
    await bench.game.settled()
    assert bench.game.engine.game_time_ns == 3_000_000_000
    bench.clock.pass_s(100)
    bench.submit(Broadcast(alice, "waiting"))
    await bench.game.settled()
    bench.submit(Start())
    await bench.game.settled()
    bench.clock.pass_s(2)
    bench.submit(Advance())
    assert bench.game.engine.game_time_ns == 5_000_000_000


async def test_the_time_limit_closes_the_game_with_nobody_sending() -> None:
    """The end comes by itself and sets `closed` once it is durable."""
    bench = Bench(time_limit_ms=1_000)
    (alice,) = await bench.open_with("alice")
    bench.submit(limit(alice, Side.BUY, 100, 10**6))
    await bench.game.settled()
    bench.clock.pass_s(1.5)
    await asyncio.wait_for(bench.game.closed.wait(), WAIT_S)
    assert bench.game.engine.phase is Phase.CLOSED
    assert bench.game.engine.orders == {}
    assert bench.game.engine.violations() == []


async def test_the_opening_sets_the_alarm_for_the_end(monkeypatch: pytest.MonkeyPatch) -> None:
    """A time limit is not noticed a second late because nobody sends anything."""
    bench, delays = Bench(time_limit_ms=50), []
    loop = asyncio.get_running_loop()
    monkeypatch.setattr(
        loop, "call_later", lambda delay, *_: delays.append(delay) or loop.call_soon(int)
    )
    await bench.open_with("alice")
    assert any(0.05 <= delay < 0.06 for delay in delays)


async def test_an_engine_that_fails_is_rebuilt(monkeypatch: pytest.MonkeyPatch) -> None:
    """The failing command is refused for good; all others before and after it stand."""
    kept: list[Failure] = []
    bench = Bench(keep_evidence=kept.append)
    (alice,) = await bench.open_with("alice")
    bench.submit(limit(alice, Side.BUY, 100, 10**6))
    real = Engine.apply

    def failing(self: Engine, command: object, *stamp: int) -> object:
        if isinstance(command, Broadcast) and command.text == "poison":
            half_done = self.accounts[alice]
            self.ledger.transfer(half_done.free, half_done.held, 0, 1)
            raise ZeroDivisionError
        return real(self, command, *stamp)  # type: ignore[arg-type]

    monkeypatch.setattr(Engine, "apply", failing)
    broken = bench.game.engine
    refused = bench.submit(Broadcast(alice, "poison"))
    assert refused.rejection is not None
    assert refused.rejection.code is Code.INTERNAL_ENGINE
    assert bench.game.halted
    await until(lambda: not bench.game.halted)
    assert bench.game.engine is not broken
    assert len(bench.game.engine.orders) == 1
    again = bench.submit(Broadcast(alice, "poison"))
    assert again.rejection is not None
    assert bench.submit(OpenAccount("bob")).rejection is None
    await bench.game.settled()
    assert (await replay(bench.journal)).engine.state_hash() == bench.game.engine.state_hash()
    (failure,) = kept
    assert load(dump(failure)) == failure
    another = Replay()
    async for entry in bench.journal.replay():
        if entry.seq <= failure.after_batch:
            another.take(entry)
    with pytest.raises(ZeroDivisionError):
        repeat(another.engine, failure)


async def test_a_listener_that_fails_costs_the_others_nothing(
    caplog: pytest.LogCaptureFixture,
) -> None:
    """A page that cannot take a batch in is no reason for the game, or another page, to stop."""
    bench = Bench()
    heard: list[int] = []

    def fail(released: Released) -> None:
        raise OverflowError

    def hear(released: Released) -> None:
        heard.append(released.seq)

    (alice,) = await bench.open_with("alice")
    bench.game.subscribe(fail)
    bench.game.subscribe(hear)
    bench.submit(limit(alice, Side.BUY, 100, 10**6))
    await asyncio.wait_for(bench.game.settled(), WAIT_S)
    assert heard == [bench.game.batch_seq]
    assert "was not taken in" in caplog.text
