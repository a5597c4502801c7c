"""A run from its first connection to its last answer: who begins when, and what is due when."""

import asyncio
from collections.abc import Callable
from enum import StrEnum

from cxgame.load.client import Client
from cxgame.load.dialect import CannotLoad, Dialect, Market
from cxgame.load.profiles import Plan, due_times
from cxgame.load.tally import Tally

OPENING_S = 60.0  # for all clients to get in; the run begins without those who did not
NOBODY_S = 5.0  # for the first of them
AT_ONCE = 50  # connections that are opened side by side
DRAIN_S = 5.0  # for what still waits to be sent, and then for the last answers
TIDY_S = 2.0  # for the cancels of what was left open
LOOK_S = 1.0  # between two looks at the price, and for lost messages
STEP_S = 0.05
BEFORE_YIELDING = 64  # messages that are sent in one go by a generator that is late


class Stage(StrEnum):
    """What a run is at."""

    OPENING = "connecting"
    RUNNING = "running"
    DRAINING = "last answers"


Tell = Callable[[Stage, float], None]  # how much of a stage is done, from 0 to 1


class Run:
    """`play` does it; `tally` has what was seen, at any time, and `seconds` how long it took."""

    def __init__(self, dialect: Dialect, plan: Plan, tell: Tell) -> None:
        self.tally = Tally(plan.seconds)
        self.plan = plan
        self.seconds = 0.0
        self.is_interrupted = False
        self._dialect = dialect
        self._tell = tell
        self._stop = asyncio.Event()
        self._clients: list[Client] = []
        self._begun_at = 0.0
        self._loop = asyncio.get_running_loop()

    def interrupt(self) -> None:
        """End it; what was seen so far stays."""
        self.is_interrupted = True
        self._stop.set()

    async def play(self) -> None:
        """Connect, send, wait for the last answers. Raises `CannotLoad`."""
        market = await self._dialect.market()
        try:
            await self._open(market)
            if not self._stop.is_set():
                await self._drive(market)
        finally:
            await asyncio.gather(*(client.end() for client in self._clients))
            await self._dialect.close()

    async def _open(self, market: Market) -> None:
        gate = asyncio.Semaphore(AT_ONCE)
        for number in range(self.plan.clients):
            client = Client(number, self._dialect, self.plan, market, self.tally)
            self._clients.append(client)
            client.begin(gate)
        begun_at = self._loop.time()
        while (connected := self.tally.connected) < len(self._clients):
            self._tell(Stage.OPENING, connected / len(self._clients))
            passed_s = self._loop.time() - begun_at
            if self._stop.is_set() or passed_s > (OPENING_S if connected else NOBODY_S):
                break
            await asyncio.sleep(STEP_S)
        if not self.tally.connected and not self._stop.is_set():
            reasons = [*self.tally.refused, *self.tally.errors]
            raise CannotLoad(f"Nobody got in: {', '.join(reasons) or 'no answer'}.")

    async def _drive(self, market: Market) -> None:
        self._begun_at = self._loop.time()
        for client in self._clients:
            client.begun_at = self._begun_at
        stopped = asyncio.create_task(self._stop.wait())
        pacing = asyncio.create_task(self._pace() if self.plan.rate else self._circle())
        tasks = (self._follow(market), self._expire(), self._report())
        beside = [asyncio.create_task(task) for task in tasks]
        try:
            await asyncio.wait([pacing, stopped], return_when="FIRST_COMPLETED")
            pacing.cancel()
            self.seconds = self._loop.time() - self._begun_at
            self.tally.ended(self.seconds)
            await self._drain()
        finally:
            for task in (pacing, stopped, *beside):
                task.cancel()
            ended = await asyncio.gather(pacing, stopped, *beside, return_exceptions=True)
            for error in ended:
                if isinstance(error, Exception):
                    raise error

    async def _pace(self) -> None:
        """Tell each client in turn when a message is due: an open loop."""
        plan, loop, sent_late = self.plan, self._loop, 0
        for number, due in enumerate(due_times(plan.profile.course, plan.rate, plan.seconds)):
            at = self._begun_at + due
            while (wait_s := at - loop.time()) > 0:
                sent_late = 0
                await asyncio.sleep(wait_s)
            sent_late += 1
            if sent_late > BEFORE_YIELDING:  # answers must be read all the same
                sent_late = 0
                await asyncio.sleep(0)
            self.tally.was_due(due, loop.time() - at)
            self._clients[number % len(self._clients)].due(at)
        await asyncio.sleep(max(0.0, self._begun_at + plan.seconds - loop.time()))

    async def _circle(self) -> None:
        """Let every client send as soon as it was answered: closed loops."""
        for client in self._clients:
            client.loops = True
            client.due(self._loop.time())
        await asyncio.sleep(self.plan.seconds)

    async def _follow(self, market: Market) -> None:
        """Keep the price that orders are placed around."""
        while True:
            await asyncio.sleep(LOOK_S)
            market.mid = await self._dialect.mid() or market.mid

    async def _expire(self) -> None:
        """Count messages whose answers do not come."""
        while True:
            await asyncio.sleep(LOOK_S)
            for client in self._clients:
                client.expire()

    async def _report(self) -> None:
        while True:
            passed = self._loop.time() - self._begun_at
            stage = Stage.RUNNING if passed < self.plan.seconds else Stage.DRAINING
            self._tell(stage, min(1.0, passed / self.plan.seconds))
            await asyncio.sleep(STEP_S)

    async def _drain(self) -> None:
        """Wait for the last answers, count those that do not come, and tidy up."""
        for client in self._clients:
            client.loops = False
        await self._until_answered(0.0 if self.is_interrupted else DRAIN_S)
        for client in self._clients:
            client.give_up_waiting()
        await self._until_answered(DRAIN_S)
        for client in self._clients:
            client.count_unanswered()
            client.tidy()
        await self._until_answered(TIDY_S)

    async def _until_answered(self, seconds: float) -> None:
        deadline = self._loop.time() + seconds
        while any(client.has_more for client in self._clients) and self._loop.time() < deadline:
            await asyncio.sleep(STEP_S)
