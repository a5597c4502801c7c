"""The clock on the wall may be set by a day while a game is played: it is for display alone."""

import random
from typing import NamedTuple

import pytest

from cxgame.engine.state import Applied
from cxgame.model.batch import unseal
from cxgame.model.commands import CancelOrder
from cxgame.model.enums import Phase, Side
from cxgame.model.events import Event
from tests.support.games import Bench, limit

DAY_S = 86_400
STEPS, JUMP_AT, LIMIT_S = 40, 15, 30


class Course(NamedTuple):
    """What came of a game, step by step."""

    events: list[list[Event]]
    phases: list[Phase]
    balances: list[object]
    walls: list[int]  # of the batches


async def played(jump_s: int) -> Course:
    """A game of 30 s of which the 16th second begins `jump_s` later by the clock on the wall."""
    bench = Bench(time_limit_ms=LIMIT_S * 1000)
    accounts = await bench.open_with("alice", "bob", "carol")
    random_, engine = random.Random(1), bench.game.engine
    done: list[Applied] = []
    phases = []
    for step in range(STEPS):
        bench.clock.pass_s(1)
        if step == JUMP_AT:
            bench.clock.now_ms += jump_s * 1000
        side = random_.choice([Side.BUY, Side.SELL])
        price, quantity = random_.randint(99_990, 100_010), 10**9 * random_.randint(1, 9)
        done.append(bench.submit(limit(random_.choice(accounts), side, price, quantity)))
        await bench.game.settled()
        phases.append(engine.phase)
    await bench.game.stop()
    balances: list[object] = [(account.free, account.held) for account in engine.accounts]
    walls = [unseal(batch.record)[0].wall_ms for batch in bench.journal.batches]
    return Course([applied.events for applied in done], phases, balances, walls)


@pytest.mark.parametrize("jump_s", [DAY_S, -DAY_S])
async def test_a_jump_of_a_day_changes_no_order_and_no_end(jump_s: int) -> None:
    """Every order meets the same fate, and the game ends at the same step."""
    steady, jumped = await played(0), await played(jump_s)
    assert jumped.events == steady.events
    assert jumped.balances == steady.balances
    assert jumped.phases == steady.phases
    assert jumped.phases.index(Phase.CLOSED) == LIMIT_S - 1
    assert sum(len(events) for events in steady.events) > STEPS


@pytest.mark.parametrize("jump_s", [DAY_S, -DAY_S])
async def test_the_time_that_is_shown_never_goes_back(jump_s: int) -> None:
    """It stands still until the wall has caught up."""
    walls = (await played(jump_s)).walls
    assert walls == sorted(walls)
    assert (walls[-1] - walls[0] > DAY_S * 1000) is (jump_s > 0)


@pytest.mark.parametrize("jump_s", [2 * DAY_S, -2 * DAY_S])
async def test_a_cid_is_known_after_a_jump(jump_s: int) -> None:
    """A repeat finds the order, however late the wall says it comes."""
    bench = Bench()
    (alice,) = await bench.open_with("alice")
    order = limit(alice, Side.BUY, 100, 10**6, cid="mine", fingerprint=1)
    first = bench.submit(order)
    bench.submit(CancelOrder(alice, first.order_id))
    await bench.game.settled()
    bench.clock.now_ms += jump_s * 1000
    bench.clock.pass_s(1)
    again = bench.submit(order)
    assert (again.replayed, again.order_id) == (True, first.order_id)
    await bench.game.stop()
