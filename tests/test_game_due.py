"""What falls due in a game: by itself, before the next command, under halt and restart."""

import asyncio
from typing import Any

import pytest

from cxgame.draws import draw_u64
from cxgame.engine import pending
from cxgame.failure import Failure
from cxgame.game import Game
from cxgame.model.batch import unseal
from cxgame.model.commands import (
    Advance,
    Broadcast,
    CancelOrder,
    PlacePending,
    Tick,
)
from cxgame.model.enums import Liquidity, OrderStatus, OrderType, Side
from cxgame.model.errors import Code
from cxgame.model.events import Event, Trade
from cxgame.recovery import replay
from tests.support.games import Bench
from tests.support.waiting import until


def market_buy(account: int, quantity: int = 10**8, delay_ms: int = 50) -> PlacePending:
    """An order that waits."""
    return PlacePending(account, 0, Side.BUY, OrderType.MARKET, 0, quantity, delay_ms)


async def house_bench(**changes: Any) -> tuple[Bench, int]:
    """An open game in which the house quotes, and alice's account."""
    bench = Bench(liquidity=Liquidity.HOUSE, **changes)
    (alice,) = await bench.open_with("alice")
    bench.submit(Tick(0, 1, 99_000, 101_000, 10**10, 10**10))
    await bench.game.settled()
    return bench, alice


def advances(bench: Bench) -> list[tuple[int, int]]:
    """(batch, draw) of each `Advance` in the journal."""
    return [
        (batch.seq, stamped.command.draw)
        for batch in bench.journal.batches
        for stamped in unseal(batch.record)[0].commands
        if isinstance(stamped.command, Advance)
    ]


async def test_an_order_that_waits_sets_the_alarm(monkeypatch: pytest.MonkeyPatch) -> None:
    """It is not carried out a second late because nobody sends anything."""
    bench, alice = await house_bench()
    delays: list[float] = []
    loop = asyncio.get_running_loop()
    monkeypatch.setattr(
        loop, "call_later", lambda delay, *_: delays.append(delay) or loop.call_soon(int)
    )
    bench.submit(market_buy(alice, delay_ms=300))
    assert [0.3 <= delay < 0.31 for delay in delays] == [True]
    bench.submit(market_buy(alice, delay_ms=700))
    assert len(delays) == 1, "what is due later needs no other alarm"
    bench.submit(market_buy(alice, delay_ms=0))
    assert [delay <= 0.002 for delay in delays] == [False, True]


async def test_an_order_that_waits_falls_due_by_itself() -> None:
    """With nobody sending; and not before its time."""
    bench, alice = await house_bench()
    order = bench.submit(market_buy(alice)).order
    assert order is not None
    bench.clock.pass_s(0.049)
    await asyncio.sleep(0.08)
    assert order.status is OrderStatus.OPEN
    bench.clock.pass_s(0.001)
    await until(lambda: order.status is OrderStatus.FILLED)
    await bench.game.settled()
    assert bench.game.engine.game_time_ns == 50_000_000
    assert (await replay(bench.journal)).engine.state_hash() == bench.game.engine.state_hash()


async def test_what_is_due_comes_before_the_next_command() -> None:
    """A cancel that is late is late, though the alarm has not gone off yet."""
    bench, alice = await house_bench()
    order = bench.submit(market_buy(alice)).order
    assert order is not None
    await bench.game.settled()
    bench.clock.pass_s(0.05)
    refused = bench.submit(CancelOrder(alice, order.id)).rejection
    assert refused is not None
    assert refused.code is Code.ORDER_NOT_FOUND
    assert order.status is OrderStatus.FILLED


async def test_two_that_are_due_at_once_go_in_one_batch_in_their_order() -> None:
    """The one placed first is filled first, at the same game time."""
    bench, alice = await house_bench()
    seen: list[Event] = []
    bench.game.subscribe(lambda batch: seen.extend(batch.events))
    first, second = (bench.submit(market_buy(alice)).order_id for _ in range(2))
    await bench.game.settled()
    bench.clock.pass_s(0.05)
    await until(lambda: not bench.game.engine.orders)
    await bench.game.settled()
    assert [event.buy_order for event in seen if isinstance(event, Trade)] == [first, second]
    assert len(advances(bench)) == 1


async def test_nothing_falls_due_while_the_game_is_halted() -> None:
    """The rest of the waiting time runs when the journal answers again."""
    bench, alice = await house_bench(timeout=1.0)
    order = bench.submit(market_buy(alice, delay_ms=2_000)).order
    assert order is not None
    await bench.game.settled()
    bench.journal.gate.clear()
    bench.submit(Broadcast(alice, "hello"))
    await asyncio.sleep(0.01)
    bench.clock.pass_s(1.2)
    await bench.until_halted()
    bench.clock.pass_s(1_000)
    await asyncio.sleep(0.02)
    assert order.status is OrderStatus.OPEN
    bench.journal.gate.set()
    await bench.game.settled()
    bench.submit(Advance())
    assert order.status is OrderStatus.OPEN
    bench.clock.pass_s(2)
    await until(lambda: order.status is OrderStatus.FILLED)
    await bench.game.stop()


async def test_an_order_that_waits_outlives_a_restart() -> None:
    """The time in between is no waiting time; then it falls due by itself."""
    bench, alice = await house_bench()
    id = bench.submit(market_buy(alice)).order_id
    await bench.game.settled()
    bench.clock.pass_s(0.03)
    bench.submit(Broadcast(alice, "good night"))
    await bench.game.settled()
    await bench.game.stop()
    bench.clock.pass_s(1_000)
    left = await replay(bench.journal)
    game = Game(
        bench.journal,
        bench.clock,
        left.engine,
        left.recent,
        batch_seq=left.batch_seq,
        batch_hash=left.batch_hash,
    )
    game.start()
    bench.clock.pass_s(0.019)
    await asyncio.sleep(0.05)
    assert game.engine.orders.keys() == {id}
    bench.clock.pass_s(0.001)
    await until(lambda: not game.engine.orders)
    await game.settled()
    closed = game.recent.order(alice, id)
    assert closed is not None
    assert closed.status is OrderStatus.FILLED
    await game.stop()


@pytest.mark.parametrize("sigma", ["0", "0.1"])
async def test_time_passes_with_a_draw_only_where_something_may_be_drawn(sigma: str) -> None:
    """Keyed by the game's seed and the number of the command, so another one each time."""
    bench, alice = await house_bench(fill_sigma=sigma, seed=7)
    expected = []
    for _ in range(3):
        bench.submit(market_buy(alice))
        await bench.game.settled()
        expected.append(draw_u64(7, "advance", bench.game.engine.command_seq))
        bench.clock.pass_s(0.05)
        bench.submit(Broadcast(alice, "late"))
        await bench.game.settled()
    draws = [draw for _, draw in advances(bench)]
    assert draws == ([0] * 3 if sigma == "0" else expected)
    assert len(set(expected)) == 3


async def test_an_engine_that_fails_on_what_is_due_is_rebuilt_once(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The command behind it was not applied and may come again."""
    kept: list[Failure] = []
    bench, alice = await house_bench(keep_evidence=kept.append)
    order = bench.submit(market_buy(alice)).order
    assert order is not None
    await bench.game.settled()
    bench.clock.pass_s(0.05)
    real = pending.carry_out

    def failing(*_: object) -> None:
        monkeypatch.setattr(pending, "carry_out", real)
        raise ZeroDivisionError

    monkeypatch.setattr(pending, "carry_out", failing)
    refused = bench.submit(Broadcast(alice, "hello")).rejection
    assert refused is not None
    assert refused.code is Code.STATE_HALTED
    await until(lambda: not bench.game.halted)
    assert [type(failure.command) for failure in kept] == [Advance]
    bench.clock.pass_s(0.05)
    assert bench.submit(Broadcast(alice, "hello")).rejection is None
    await bench.game.settled()
    assert bench.game.engine.orders == {}
    assert (await replay(bench.journal)).engine.state_hash() == bench.game.engine.state_hash()


async def test_time_is_journaled_when_it_has_moved(monkeypatch: pytest.MonkeyPatch) -> None:
    """A timer of the loop that goes off early, or twice, leaves nothing in the journal."""
    monkeypatch.setattr("cxgame.game._ADVANCE_S", 0.001)
    bench, _ = await house_bench()
    await asyncio.sleep(0.05)
    assert advances(bench) == []
    bench.clock.pass_s(1)
    await until(lambda: bool(advances(bench)))
    await asyncio.sleep(0.05)
    assert len(advances(bench)) == 1
    await bench.game.stop()
