"""A request's way to the game: what is said is durable, and what a halted game says."""

import asyncio
import copy
from collections.abc import AsyncIterator
from typing import Any

import pytest

from cxgame.server.http.rest.desk import AS_OF
from cxgame.server.http.vitals import Condition
from tests.server.http.rest.trading import Trader, trading
from tests.support.waiting import turns

BUY = {"symbol": "BTC/USDT", "side": "buy", "type": "limit", "amount": 0.01, "limit_price": 50_000}
TURNS = 50  # of the loop: far more than an answer takes


@pytest.fixture
async def trader() -> AsyncIterator[Trader]:
    """Funded, at a price of 60,000."""
    async with trading() as one:
        yield one


async def test_an_answer_waits_until_it_is_durable(trader: Trader) -> None:
    """That of an order, and that of a read which has seen it."""
    journal = trader.office.rig.bench.journal
    journal.gate.clear()
    placing = asyncio.create_task(trader.do("POST", "/orders", json=BUY))
    await turns(TURNS)
    looking = asyncio.create_task(trader.do("GET", "/orders"))
    await turns(TURNS)
    assert not placing.done()
    assert not looking.done()
    journal.gate.set()
    placed = await placing
    assert [row["id"] for row in await looking] == [placed["id"]]


async def test_an_order_in_doubt_is_503(trader: Trader) -> None:
    """It may count; when the journal answers again, it does."""
    rig = trader.office.rig
    rig.bench.journal.gate.clear()
    placing = asyncio.create_task(trader.office.http.post("/orders", json=BUY))
    await turns(TURNS)
    rig.bench.clock.pass_s(3600)
    answer = await placing
    assert (answer.status_code, answer.json()["code"]) == (503, "STATE_UNKNOWN")
    assert answer.headers["retry-after"] == "1"
    await rig.resume()
    assert len(await trader.ids()) == 1


async def test_a_halted_game_shows_what_it_had_released(trader: Trader) -> None:
    """Reads are answered with the batch that they are of; orders are not taken."""
    await trader.do("POST", "/orders", json=BUY)
    await trader.office.rig.halt()
    answer = await trader.office.http.get("/orders")
    assert answer.status_code == 200
    assert int(answer.headers[AS_OF]) > 0
    assert len(answer.json()) == 1
    assert await trader.refused("POST", "/orders", json=BUY) == (503, "STATE_HALTED")
    assert (await trader.refused("POST", "/orders/1/cancel")) == (503, "STATE_HALTED")
    await trader.office.rig.resume()
    assert AS_OF not in (await trader.office.http.get("/orders")).headers


async def test_a_halted_game_that_cannot_be_read_back_says_so(trader: Trader) -> None:
    """503, and nothing that may still vanish."""
    trader.office.rig.forgets = True
    await trader.office.rig.halt()
    assert await trader.refused("GET", "/orders") == (503, "STATE_HALTED")
    await trader.office.rig.resume()


async def test_a_read_that_a_halt_overtakes_is_not_answered(trader: Trader) -> None:
    """What it has seen may vanish."""
    rig = trader.office.rig
    rig.bench.journal.gate.clear()
    placing = asyncio.create_task(trader.office.http.post("/orders", json=BUY))
    await turns(TURNS)
    looking = asyncio.create_task(trader.office.http.get("/orders"))
    await turns(TURNS)
    rig.bench.clock.pass_s(3600)
    answers = await asyncio.gather(placing, looking)
    assert {answer.status_code for answer in answers} == {503}
    await rig.resume()


async def test_there_is_nothing_before_the_game_is_up(trader: Trader) -> None:
    """503, however right the key."""
    vitals: Any = trader.office.app.state.face.vitals
    vitals.condition = Condition.RECOVERING
    assert await trader.refused("GET", "/orders") == (503, "STATE_HALTED")
    vitals.condition, vitals.play = Condition.READY, None
    assert await trader.refused("GET", "/orders") == (503, "STATE_HALTED")


async def test_a_full_batch_lets_orders_wait(trader: Trader) -> None:
    """Until it was sent; all of them are taken."""
    game = trader.office.rig.game
    game.full = True
    placing = asyncio.create_task(trader.do("POST", "/orders", json=BUY))
    await turns(TURNS)
    assert not placing.done()
    trader.price(61_000)  # its batch makes room
    assert (await asyncio.wait_for(placing, 10))["status"] == "new"


async def test_what_an_engine_that_failed_has_shown_is_not_answered(trader: Trader) -> None:
    """It is rebuilt from the journal, and a read of it may be of something else."""
    game = trader.office.rig.game
    await trader.do("POST", "/orders", json=BUY)
    listing = asyncio.create_task(trader.office.http.get("/orders"))
    before = game.engine
    while not listing.done():
        await asyncio.sleep(0)
        if game.engine is before:  # as if it had been rebuilt between two turns
            game.engine = copy.copy(before)
    answer = await listing
    game.engine = before
    assert answer.json()["code"] == "STATE_UNKNOWN"
