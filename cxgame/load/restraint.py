"""When a client that backs off may send: below the rate it believes in, and never while refused."""

import asyncio
from collections.abc import Callable
from typing import Final

from cxgame.load.dialect import Answer
from cxgame.load.profiles import Plan
from cxgame.network import Backoff, RateBudget

PATIENCE_S: Final = 1.0  # what had to wait longer is not sent any more
FIRST_WAIT_S, LONGEST_WAIT_S = 0.05, 5.0
UNBOUND_PER_S, LEAST_PER_S, BURST = 10_000.0, 1.0, 20


class Restraint:
    """Begins with the rate that a client is to send at; learns from refusals what it may."""

    def __init__(self, plan: Plan, resume: Callable[[], None]) -> None:
        """`resume` is called when one may be sent that had to wait."""
        per_s = plan.rate / plan.clients or UNBOUND_PER_S
        self._budget = RateBudget(
            per_s,
            BURST,
            least_per_s=min(per_s, LEAST_PER_S),
            backoff=Backoff(FIRST_WAIT_S, LONGEST_WAIT_S),
        )
        self._resume = resume
        self._loop = asyncio.get_running_loop()
        self._waits = False
        self._has_place = False  # has waited, and may send one

    def may_send(self) -> bool:
        """Take a place for one message; False: `resume` is called when there is one."""
        if self._waits:
            return False
        wait_s = 0.0 if self._has_place else self._budget.take(self._loop.time())
        self._has_place = False
        if wait_s > 0:
            self._wait(wait_s)
        return wait_s <= 0

    def heed(self, answer: Answer) -> None:
        """Learn from an answer."""
        if answer.is_later:
            self._budget.refused(self._loop.time(), answer.wait_s or None)
        else:
            self._budget.accepted()

    def _wait(self, seconds: float) -> None:
        self._waits = True
        self._loop.call_later(seconds, self._go_on)

    def _go_on(self) -> None:
        self._waits = False
        quiet_s = self._budget.quiet_s(self._loop.time())
        if quiet_s > 0:  # refused meanwhile
            self._wait(quiet_s)
        else:
            self._has_place = True
            self._resume()
