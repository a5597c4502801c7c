"""Orders whose triggers fire in a game in play: carried out by themselves, before anything else."""

import asyncio
from typing import Any

import pytest

from cxgame.engine import triggering
from cxgame.engine.engine import Engine
from cxgame.failure import Failure
from cxgame.game import Game
from cxgame.model.batch import unseal
from cxgame.model.commands import (
    Broadcast,
    Command,
    Continue,
    Deposit,
    PlaceOrder,
    PlaceTrigger,
    Tick,
)
from cxgame.model.enums import OrderStatus, OrderType, Side, TriggerBy, TriggerKind, Verb
from cxgame.model.errors import Code
from cxgame.model.events import TriggerFired
from cxgame.open_batch import MAX_BATCH_EVENTS
from cxgame.recovery import replay
from tests.support.games import Bench, limit
from tests.support.waiting import WAIT_S, until

BUY, SELL = Side
LOTS = 10**8


def stop(account: int, trigger: int, price: int, side: Side = BUY, **rest: Any) -> PlaceTrigger:
    """A limit order that comes to the market with the mid; prices in ticks."""
    order = limit(account, side, price, LOTS, **rest)
    return PlaceTrigger(order, TriggerKind.STOP, TriggerBy.MID, trigger)


async def bench_with(count: int = 1, **changes: Any) -> tuple[Bench, list[int]]:
    """An open game at a mid of 1000.00 in which `count` stops of alice wait for 1010.00."""
    bench = Bench(max_open_orders=0, **changes)
    (alice,) = await bench.open_with("alice")
    bench.submit(Deposit(alice, "USD", str(10**32)))
    orders = []
    for number in range(count):
        if number % triggering.MAX_ARMED == 0:
            opened = await bench.open_with(f"user{number}")
            account = opened[0]
            bench.submit(Deposit(account, "USD", str(10**32)))
        orders.append(bench.submit(stop(account, 101_000, 90_000 - number)).order_id)
    await bench.game.settled()
    return bench, orders


def commands(bench: Bench) -> list[list[str]]:
    """What each batch of the journal holds, by name."""
    return [
        [type(stamped.command).__name__ for stamped in unseal(batch.record)[0].commands]
        for batch in bench.journal.batches
    ]


def fill_up(bench: Bench, room: int) -> None:
    """Let the open batch take so many events more."""
    bench.game._open.event_count = MAX_BATCH_EVENTS - room


def in_book(bench: Bench) -> int:
    """How many orders stand in the book."""
    return sum(order.level is not None for order in bench.game.engine.orders.values())


async def same_again(bench: Bench) -> None:
    """The journal leads to where the game is."""
    again = await replay(bench.journal)
    assert again.engine.state_hash() == bench.game.engine.state_hash()
    assert again.engine.violations() == []


async def test_what_a_command_fires_is_carried_out_with_it() -> None:
    """In the same batch, by the game itself, before the sender looks at the state."""
    bench, (order,) = await bench_with()
    bench.submit(Tick(0, 1, 101_000, 101_000))
    assert bench.game.engine.orders[order].level is not None
    assert not bench.game.engine.triggered
    await bench.game.settled()
    assert commands(bench)[-1] == ["Tick", "Continue"]
    last = unseal(bench.journal.batches[-1].record)[0].commands[-1]
    assert (last.origin.gateway, last.origin.session, last.origin.request) == ("game", 0, None)
    await same_again(bench)


async def test_a_full_batch_lets_the_rest_wait_for_the_next() -> None:
    """The queue goes on by itself after the flush, a hundred orders at a time."""
    bench, orders = await bench_with(700)
    fill_up(bench, 800)
    bench.submit(Tick(0, 1, 101_000, 101_000))
    assert bench.game.full
    assert in_book(bench) == 100
    await bench.game.settled()
    assert commands(bench)[-2:] == [["Tick", "Continue"], ["Continue"] * 6]
    assert in_book(bench) == len(orders)
    await same_again(bench)


async def test_the_next_command_finds_the_queue_empty() -> None:
    """Even if the batch is full: the market that it meets is that after all that has fired."""
    bench, orders = await bench_with(300)
    fill_up(bench, 350)
    bench.submit(Tick(0, 1, 101_000, 101_000))
    assert len(bench.game.engine.triggered) == 200
    (bob,) = await asyncio.wait_for(bench.open_with("bob"), WAIT_S)
    assert in_book(bench) == len(orders)
    assert bob
    await same_again(bench)


async def test_a_crash_between_trigger_and_continue_loses_nothing() -> None:
    """The next process goes on with what is left in the queue, before anybody says a word."""
    bench, orders = await bench_with(300)
    fill_up(bench, 350)
    bench.submit(Tick(0, 1, 101_000, 101_000))
    await bench.game.settled()
    await bench.game.stop()
    assert commands(bench)[-2:] == [["Tick", "Continue"], ["Continue"] * 2]
    del bench.journal.batches[-1]  # it never arrived
    cut = len(bench.journal.batches)
    left = await replay(bench.journal)
    assert len(left.engine.triggered) == 200
    bench.game = Game(
        bench.journal,
        bench.clock,
        left.engine,
        left.recent,
        batch_seq=left.batch_seq,
        batch_hash=left.batch_hash,
    )
    bench.game.start()
    await bench.game.settled()
    assert commands(bench)[cut:] == [["Continue", "Continue"]]
    assert in_book(bench) == len(orders)
    await same_again(bench)
    await bench.game.stop()


async def test_the_queue_goes_on_when_the_journal_answers_again() -> None:
    """In a halt nothing is carried out."""
    bench, orders = await bench_with(300, timeout=1.0)
    bench.journal.gate.clear()
    for text in ("one", "two"):  # as many commits as may be under way
        bench.submit(Broadcast(1, text))
        await asyncio.sleep(0.001)
    fill_up(bench, 350)
    bench.submit(Tick(0, 1, 101_000, 101_000))
    bench.clock.pass_s(1.2)
    await bench.until_halted()
    assert in_book(bench) == 100
    assert not bench.game.is_settled
    bench.journal.gate.set()
    await bench.game.settled()
    assert in_book(bench) == len(orders)
    await same_again(bench)


async def test_what_falls_due_and_fires_comes_before_the_next_command() -> None:
    """The time limit closes a game whose queue is empty, whatever came before."""
    bench, (order,) = await bench_with(1, time_limit_ms=1_000)
    fill_up(bench, 0)
    bench.submit(Tick(0, 1, 101_000, 101_000))
    bench.game.full = True
    await bench.game.settled()
    assert bench.game.engine.orders[order].level is not None
    bench.clock.pass_s(1.0)
    refused = bench.submit(Broadcast(1, "late")).rejection
    assert refused is not None
    assert refused.code is Code.STATE_CLOSED
    assert not bench.game.engine.orders
    await bench.game.settled()
    await same_again(bench)


@pytest.mark.parametrize("times", [1, 2])
async def test_an_engine_that_fails_on_a_fired_order_is_rebuilt(
    monkeypatch: pytest.MonkeyPatch, times: int
) -> None:
    """It does not go on by itself, or it might fail for ever; the next command tries again."""
    kept: list[Failure] = []
    bench, (order,) = await bench_with(1, keep_evidence=kept.append)
    real = Engine.apply

    def failing(self: Engine, command: Command, *stamp: int) -> object:
        if type(command) is Continue and len(kept) < times:
            raise ZeroDivisionError
        return real(self, command, *stamp)

    monkeypatch.setattr(Engine, "apply", failing)
    applied = bench.submit(Tick(0, 1, 101_000, 101_000))
    assert isinstance(applied.events[-1], TriggerFired), "the command itself was applied"
    await until(lambda: not bench.game.halted)
    assert len(kept) == 1
    assert [each.id for each in bench.game.engine.triggered] == [order]
    if times == 2:
        refused = bench.submit(Broadcast(1, "hello")).rejection
        assert refused is not None
        assert refused.code is Code.STATE_HALTED
        await until(lambda: not bench.game.halted)
    assert bench.submit(Broadcast(1, "hello")).rejection is None
    assert bench.game.engine.orders[order].status is OrderStatus.OPEN
    assert not bench.game.engine.triggered
    await bench.game.settled()
    await same_again(bench)


async def test_a_fill_by_a_trigger_is_remembered() -> None:
    """The owner finds it among the fills, as any other."""
    bench = Bench()
    alice, bob = await bench.open_with("alice", "bob")
    bench.submit(limit(bob, SELL, 101_000, LOTS))
    body = PlaceOrder(alice, 0, Verb.ORDER, BUY, OrderType.MARKET, 0, LOTS)
    command = PlaceTrigger(body, TriggerKind.STOP, TriggerBy.MID, 100_500, max_price=102_000)
    id = bench.submit(command).order_id
    bench.submit(Tick(0, 1, 100_500, 100_500))
    await bench.game.settled()
    assert [fill.order for fill in bench.game.recent.fills(alice)] == [id]
