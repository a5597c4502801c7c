"""A client that backs off: when it sends again."""

import asyncio

from cxgame.load.dialect import Answer
from cxgame.load.profiles import PROFILES, Plan
from cxgame.load.restraint import BURST, Restraint

WITHIN_S = 30
LATER = Answer(1, "LIMIT_RATE", is_later=True, wait_s=0.01)


def restraint(resumed: asyncio.Event, rate: float = 50.0) -> Restraint:
    """Of one client at a rate."""
    return Restraint(Plan(PROFILES["congestion"], 1, 10, rate), resumed.set)


async def test_a_burst_is_sent_and_then_the_rate_holds() -> None:
    """Who has to wait is called, and has a place then."""
    resumed = asyncio.Event()
    one = restraint(resumed)
    sent = 0
    while one.may_send():
        sent += 1
    assert sent >= BURST
    assert not resumed.is_set()
    await asyncio.wait_for(resumed.wait(), WITHIN_S)
    assert one.may_send()


async def test_a_refusal_keeps_quiet() -> None:
    """For as long as the server says; also who was waiting for a place waits for that."""
    resumed = asyncio.Event()
    one = restraint(resumed)
    one.heed(LATER)
    assert not one.may_send()
    one.heed(Answer(1, "LIMIT_RATE", is_later=True, wait_s=0.2))
    begun = asyncio.get_running_loop().time()
    await asyncio.wait_for(resumed.wait(), WITHIN_S)
    assert asyncio.get_running_loop().time() - begun >= 0.2
    assert one.may_send()


async def test_a_closed_loop_has_no_rate_of_its_own() -> None:
    """It sends until it is refused."""
    one = restraint(asyncio.Event(), rate=0)
    assert all(one.may_send() for _ in range(BURST))
