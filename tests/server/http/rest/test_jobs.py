"""The jobs beside a game: hide, expire, check."""

import asyncio
import logging
from decimal import Decimal

import pytest

from cxgame.model.commands import CancelOrder, Pause, Start
from cxgame.model.enums import OrderStatus, Reason, Side
from cxgame.server.http.rest.jobs import Intervals, Jobs, run_jobs
from tests.server.http.rest.office import Office

LOT = 10**12  # lots in one whole
HOUR_S, DAY_S = 3_600, 86_400
WITHIN_S = 20


@pytest.fixture
async def jobs(office: Office) -> Jobs:
    """Of a game with money in it: what is a day old is too old."""
    await office.do("POST", "/admin/fund", json={"asset": "USDT", "amount": 100_000_000})
    jobs = office.run_jobs()
    await jobs.look()
    return jobs


async def wait_s(office: Office, jobs: Jobs, seconds: float) -> None:
    """Let time pass, with the looks that are due."""
    await office.rig.game.settled()
    for _ in range(24):
        office.rig.bench.clock.pass_s(seconds / 24)
        await jobs.look()


async def test_old_orders_are_hidden_at_each_pruning(office: Office, jobs: Jobs) -> None:
    """The bound is now less the age; between two prunings it stands."""
    assert jobs.hidden_before_ms == 0
    await jobs.prune()
    then_ms = office.rig.bench.clock.wall_ms()
    assert jobs.hidden_before_ms == then_ms - DAY_S * 1000
    office.rig.bench.clock.pass_s(60)
    assert jobs.hidden_before_ms == then_ms - DAY_S * 1000
    await jobs.prune()
    assert jobs.hidden_before_ms == then_ms + 60_000 - DAY_S * 1000


async def test_without_an_age_nothing_is_hidden_and_nothing_expires(office: Office) -> None:
    """0 is never."""
    await office.do("POST", "/admin/fund", json={"asset": "USDT"})
    jobs = office.run_jobs(stale_after=0, expire_after=0)
    id = office.place(Side.BUY, LOT, "1")
    await wait_s(office, jobs, 100 * DAY_S)
    await jobs.prune()
    await jobs.expire()
    assert jobs.hidden_before_ms == 0
    assert id in office.engine.orders


async def test_an_order_without_a_trade_expires(office: Office, jobs: Jobs) -> None:
    """Not before its time; what it held is free, and it says why it ended."""
    id = office.place(Side.BUY, LOT, "1")
    order = office.engine.orders[id]
    await wait_s(office, jobs, DAY_S - 24)
    await jobs.expire()
    assert order.status is OrderStatus.OPEN
    young = office.place(Side.BUY, LOT, "1")
    await wait_s(office, jobs, 24)
    await jobs.expire()
    assert (order.status, order.reason) == (OrderStatus.CANCEL, Reason.EXPIRED)
    assert list(office.engine.orders) == [young]
    row = await office.do("GET", "/balance/USDT")
    assert (row["free"], row["used"]) == (99_999_999.0, 1.0)


async def test_a_fill_begins_the_time_anew(office: Office, jobs: Jobs) -> None:
    """A day after the last one it expires."""
    order = office.engine.orders[office.place(Side.BUY, LOT, "50000")]
    await wait_s(office, jobs, 20 * HOUR_S)
    tenth = Decimal("0.1")
    office.set_price("BTC/USDT", Decimal(40_000), tenth, tenth)
    assert 0 < order.filled < order.quantity
    await wait_s(office, jobs, 23 * HOUR_S)
    await jobs.expire()
    assert order.status is OrderStatus.OPEN
    await wait_s(office, jobs, HOUR_S)
    await jobs.expire()
    assert (order.status, order.reason) == (OrderStatus.CANCEL, Reason.EXPIRED)


async def test_a_market_order_that_waits_expires_too(office: Office, jobs: Jobs) -> None:
    """There was nothing for it to take."""
    office.set_price("BTC/USDT", Decimal(60_000), Decimal(0), Decimal(0))
    order = office.engine.orders[office.place(Side.BUY, LOT)]
    await wait_s(office, jobs, DAY_S)
    await jobs.expire()
    assert (order.status, order.reason) == (OrderStatus.CANCEL, Reason.EXPIRED)
    assert office.engine.violations() == []


async def test_a_pause_makes_no_order_older(office: Office, jobs: Jobs) -> None:
    """While it lasts nothing expires; after it there is as much time left as before."""
    order = office.engine.orders[office.place(Side.BUY, LOT, "1")]
    await wait_s(office, jobs, 23 * HOUR_S)
    office.rig.bench.submit(Pause())
    await wait_s(office, jobs, 30 * DAY_S)
    await jobs.expire()
    assert order.status is OrderStatus.OPEN
    office.rig.bench.submit(Start())
    await jobs.expire()
    await wait_s(office, jobs, HOUR_S - 24)
    await jobs.expire()
    assert order.status is OrderStatus.OPEN
    await wait_s(office, jobs, 24)
    await jobs.expire()
    assert order.status is OrderStatus.CANCEL


async def test_a_halt_makes_no_order_older(office: Office, jobs: Jobs) -> None:
    """Nor is anything cancelled in it."""
    await office.do("POST", "/admin/fund", json={"asset": "BTC", "amount": 1})
    order = office.engine.orders[office.place(Side.SELL, LOT, "70000")]
    await wait_s(office, jobs, HOUR_S)
    await office.rig.halt()
    office.rig.bench.clock.pass_s(30 * DAY_S)
    await jobs.expire()
    await office.rig.resume()
    await jobs.expire()
    assert order.status is OrderStatus.OPEN
    await wait_s(office, jobs, 23 * HOUR_S)
    await jobs.expire()
    assert order.status is OrderStatus.CANCEL


async def test_the_time_before_a_start_makes_no_order_older(office: Office, jobs: Jobs) -> None:
    """A server that was down for a month goes on with its orders."""
    order = office.engine.orders[office.place(Side.BUY, LOT, "1")]
    await wait_s(office, jobs, 23 * HOUR_S)
    office.rig.bench.submit(CancelOrder(office.owner.id, office.place(Side.BUY, LOT, "1")))
    await office.rig.game.settled()
    office.rig.bench.clock.pass_s(30 * DAY_S)
    again = office.run_jobs()
    await again.expire()
    assert order.status is OrderStatus.OPEN
    await wait_s(office, again, HOUR_S)
    await again.expire()
    assert order.status is OrderStatus.CANCEL


async def test_many_orders_expire_in_batches(office: Office, jobs: Jobs) -> None:
    """None holds more commands than a batch may."""
    for price in range(1, 1_201):
        office.place(Side.BUY, LOT, str(price))
        if office.rig.game.full:
            await office.rig.game.settled()
    await wait_s(office, jobs, DAY_S)
    async with asyncio.timeout(WITHIN_S):
        await jobs.expire()
    assert office.engine.orders == {}
    assert office.engine.violations() == []


async def test_the_books_are_checked(
    office: Office, jobs: Jobs, caplog: pytest.LogCaptureFixture
) -> None:
    """Holds against held columns among them; what is wrong is logged and kept until it is right."""
    office.place(Side.BUY, LOT, "1")
    await jobs.check()
    assert jobs.violations == []
    column = office.engine.ledger.column("USDT")
    office.owner.held[column] += 1
    office.owner.free[column] -= 1
    await jobs.check()
    assert jobs.violations == ["mockx's held USDT is not what orders and admin hold"]
    assert [record.levelno for record in caplog.records] == [logging.CRITICAL]
    office.owner.held[column] -= 1
    office.owner.free[column] += 1
    await jobs.check()
    assert jobs.violations == []


async def test_a_halted_game_is_not_checked(office: Office, jobs: Jobs) -> None:
    """What it has applied may not stand."""
    office.owner.free[0] += 1
    await office.rig.halt()
    await jobs.check()
    assert jobs.violations == []
    office.owner.free[0] -= 1
    await office.rig.resume()


async def test_jobs_run_until_they_are_cancelled(office: Office) -> None:
    """Each at once and then in its time; one whose time is 0 never."""
    task = run_jobs(office.app.state, office.rig.host, Intervals(sanity_check_every=0))
    office.owner.free[0] += 1
    jobs = office.app.state.jobs
    async with asyncio.timeout(WITHIN_S):
        while not jobs.hidden_before_ms:
            await asyncio.sleep(0.01)
    office.owner.free[0] -= 1
    assert jobs.violations == []
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    assert task.cancelled()


async def test_a_job_that_fails_is_heard_of(
    office: Office, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """Play goes on without it."""

    async def fail(self: Jobs) -> None:
        raise ZeroDivisionError("a bug")

    monkeypatch.setattr(Jobs, "prune", fail)
    task = run_jobs(office.app.state, office.rig.host, Intervals())
    async with asyncio.timeout(WITHIN_S):
        await asyncio.gather(task, return_exceptions=True)
    await asyncio.sleep(0)  # the task's end is told in the next turn
    (record,) = [each for each in caplog.records if each.levelno == logging.ERROR]
    assert "jobs failed" in record.message
    assert await office.do("GET", "/balance") == {}
