"""Placing and cancelling when no answer comes: within the time, and with the right doubt."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any, cast

import pytest

from cxgame.simulator.errors import InDoubt, Refused, Unreachable
from cxgame.simulator.frames import Row
from cxgame.simulator.health import Health
from cxgame.simulator.rest import Rest
from cxgame.simulator.socket import Socket, Unanswered
from cxgame.simulator.terms import Terms
from cxgame.simulator.trading import Trading
from cxgame.simulator.view import View

BOUND_S = 30.0
ORDER = {"symbol": "BTC/USD", "side": "BUY", "type": "MARKET", "quantity": "1"}


class MuteSocket:
    """A socket that is open, and over which nothing comes."""

    is_kept = True

    def __init__(self) -> None:
        self.up = asyncio.Event()
        self.up.set()

    def quiet_s(self) -> float:
        return 0.0

    async def ask(self, kind: str, within_s: float, **members: Any) -> Row:
        await asyncio.sleep(within_s)
        raise Unanswered("The socket did not answer in time.", sent=True)


class FaultyRest:
    """Fails in one way to change something, and in another to tell."""

    def __init__(self, of_change: Exception, of_look: Exception) -> None:
        self._of_change = of_change
        self._of_look = of_look

    def quiet_s(self) -> float:
        return 0.0

    async def ask(self, method: str, path: str, until: float, **content: Any) -> Row:
        raise self._of_change

    async def get(self, path: str, until: float, **params: Any) -> Row:
        raise self._of_look


def trading(terms: Terms, *faults: Exception) -> Trading:
    health = Health()
    return Trading(
        cast(Rest, FaultyRest(*faults)),
        cast(Socket, MuteSocket()),
        View(health),
        health=health,
        terms=terms,
        doubt=lambda *_: None,
    )


def place(by: Trading, until: float) -> Awaitable[Row]:
    return by.place({**ORDER, "client_order_id": "my-own"}, until)


def cancel(by: Trading, until: float) -> Awaitable[Row]:
    return by.cancel("7", until)


@pytest.mark.parametrize("call", [place, cancel])
async def test_a_mute_socket_takes_no_longer_than_the_call_may(
    call: Callable[[Trading, float], Awaitable[Row]],
) -> None:
    """However long an answer may take otherwise."""
    faults = Unreachable("nobody"), Unreachable("nobody")
    until = asyncio.get_running_loop().time() + 0.1
    async with asyncio.timeout(BOUND_S):
        with pytest.raises(InDoubt):
            await call(trading(Terms(reply_s=3_600), *faults), until)


async def test_a_cancel_that_may_have_arrived_stays_in_doubt_if_nobody_tells_of_the_order() -> None:
    """The second try finds nothing to cancel; perhaps the first one has cancelled it."""
    faults = Refused("Order is not open", status=404), Unreachable("no answer in time")
    until = asyncio.get_running_loop().time() + BOUND_S
    with pytest.raises(InDoubt):
        await cancel(trading(Terms(reply_s=0.01), *faults), until)
