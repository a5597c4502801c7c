"""What a running server does by itself: hide old orders, expire idle ones, check the books.

One `Jobs` beside each game in play, in a task that its owner cancels. A job that fails is a bug:
it is logged, and play goes on without the jobs.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from typing import NamedTuple

from starlette.datastructures import State
from starlette.requests import Request

from cxgame.engine.orders import Order
from cxgame.game import Game
from cxgame.model.commands import CancelOrder
from cxgame.model.enums import Phase
from cxgame.server.http.rest.desk import Desk
from cxgame.server.http.rest.idle import Stillness, changed_ms, old_orders
from cxgame.server.http.rest.times import TickerTimes
from cxgame.server.sessions.host import Host

LOOK_EVERY_S = 60.0  # how short a standstill may be to go unseen
SLICE = 100  # orders that are cancelled before others have their turn
_MS_PER_HOUR = 3_600_000

log = logging.getLogger("cxgame.server")


class Intervals(NamedTuple):
    """How often and after how long, as the settings of these names; 0 is never."""

    prune_every: float = 60.0  # minutes between two looks for old orders
    stale_after: float = 24.0  # hours after which a closed order is shown no more
    expire_after: float = 24.0  # hours after which an open one without a trade is cancelled
    sanity_check_every: float = 5.0  # minutes


class Jobs:
    """The periodic tasks of one game."""

    def __init__(
        self, host: Host, intervals: Intervals | None = None, stopped_ms: int | None = None
    ) -> None:
        """`stopped_ms`: when the game was last seen to play, before this start of the server.

        Without it, that is the time of the engine's last batch: right as long as nothing has been
        submitted yet.
        """
        self.hidden_before_ms = 0  # orders that ended before are shown no more
        self.violations: list[str] = []  # what the last check has found
        self.times = TickerTimes(host.game)
        self._host = host
        self._intervals = intervals or Intervals()
        since_ms = self._game.engine.wall_ms if stopped_ms is None else stopped_ms
        now_ms = host.clock.wall_ms()
        self._stillness = Stillness(since_ms or now_ms, now_ms)

    def start(self) -> "asyncio.Task[None]":
        """Run in a task of its own; a failure is logged, and no more."""
        task = asyncio.get_running_loop().create_task(self.run())
        task.add_done_callback(_report)
        return task

    async def run(self) -> None:
        """Do each job at once, and then each in its own time, until cancelled."""
        each = self._intervals
        async with asyncio.TaskGroup() as group:
            group.create_task(_repeat(self.look, LOOK_EVERY_S))
            group.create_task(_repeat(self.prune, 60 * each.prune_every))
            group.create_task(_repeat(self.expire, 60 * each.prune_every))
            group.create_task(_repeat(self.check, 60 * each.sanity_check_every))

    async def look(self) -> None:
        """Note whether the game plays: what it stands still makes no order older."""
        oldest = next(iter(self._game.engine.orders.values()), None)
        now_ms = self._host.clock.wall_ms()
        self._stillness.look(now_ms, self._plays)
        self._stillness.forget(now_ms if oldest is None else oldest.wall_ms)

    async def prune(self) -> None:
        """Hide the orders that ended too long ago."""
        if self._intervals.stale_after:
            age_ms = round(self._intervals.stale_after * _MS_PER_HOUR)
            self.hidden_before_ms = self._host.clock.wall_ms() - age_ms

    async def expire(self) -> None:
        """Cancel the open orders to which nothing has happened for too long, while it plays."""
        await self.look()
        idle_ms = round(self._intervals.expire_after * _MS_PER_HOUR)
        if not self._plays or not idle_ms:
            return
        engine = self._game.engine
        now_ms = self._host.clock.wall_ms()
        for count, order in enumerate(old_orders(engine, now_ms - idle_ms), 1):
            await self._expire(order, now_ms, idle_ms)
            if not self._plays or self._game.engine is not engine:
                return  # the next look for old orders goes on
            if count % SLICE == 0:
                await asyncio.sleep(0)

    async def check(self) -> None:
        """Look whether the books are right; the auditor logs what is not."""
        if self._game.halted:
            return  # an engine that is being rebuilt proves nothing
        violations = await self._host.auditor.violations()
        if not self._game.halted:
            self.violations = violations

    @property
    def _game(self) -> Game:
        return self._host.game

    @property
    def _plays(self) -> bool:
        return self._game.engine.phase is Phase.OPEN and not self._game.halted

    async def _expire(self, order: Order, now_ms: int, idle_ms: int) -> None:
        filled = order.filled
        since_ms = await changed_ms(self._host, order)
        still_ms = self._stillness.within(since_ms, now_ms)
        if now_ms - since_ms - still_ms < idle_ms:
            return
        await Desk(self._host).room()
        if order.filled == filled and self._plays:  # nothing came meanwhile
            cancel = CancelOrder(order.account, order.id, expired=True)
            self._game.submit(cancel, "server", 0, None)


async def _repeat(job: Callable[[], Awaitable[None]], every_s: float) -> None:
    while every_s > 0:
        await job()
        await asyncio.sleep(every_s)


def run_jobs(
    state: State, host: Host, intervals: Intervals, stopped_ms: int | None = None
) -> "asyncio.Task[None]":
    """Begin the jobs of a game that is up, and let an application's handlers find them.

    `stopped_ms` as for `Jobs`. Returns the task in which they run, for the caller to cancel.
    """
    jobs = state.jobs = Jobs(host, intervals, stopped_ms)
    return jobs.start()


def jobs_of(request: Request, host: Host) -> Jobs:
    """The jobs beside the game; some that do nothing if none were begun."""
    state = request.app.state
    if getattr(state, "jobs", None) is None:
        state.jobs = Jobs(host)
    jobs: Jobs = state.jobs
    return jobs


def _report(task: "asyncio.Task[None]") -> None:
    if not task.cancelled() and (error := task.exception()) is not None:
        log.error("the periodic jobs failed; play goes on without them", exc_info=error)
