"""One client of a run: its connection, what it sends when something is due, what it is answered.

A message's latency counts from the moment it was due, however late it could be sent: a server that
stands still makes all that was due meanwhile late, and not one message only. So what can't be sent
now waits in line here, up to a bound; what goes beyond that is given up, and counted.
"""

import asyncio
import random
from collections import deque
from decimal import Decimal
from typing import Any, Final, NamedTuple

from cxgame.load.dialect import Answer, Dialect, Market
from cxgame.load.links import Link
from cxgame.load.profiles import Plan
from cxgame.load.restraint import PATIENCE_S, Restraint
from cxgame.load.tally import Tally
from cxgame.network import Backoff

MAX_WAITING: Final = 10_000  # messages of a client whose time has come and that can't be sent
KEPT: Final = 5  # open orders of a client; the oldest is cancelled then
AROUND: Final = Decimal("0.0005")  # how far from the market price orders are placed at most
LARGEST: Final = 5  # an order's size, in times of the least
WITHIN_S: Final = 10.0  # for a connection to open, and for an answer at the end
FIRST_WAIT_S, LONGEST_WAIT_S = 0.05, 5.0
ANSWER_S: Final = 5.0  # for an answer; then it is counted as lost
NO_ANSWER = "no answer"
# The server's word for "you ask too much": no fault. Codes of RFC 6455 and of its registry.
POLICY = {"closed 1008", "closed 1013"}


class Sent(NamedTuple):
    """A message without its answer, on the loop's clock."""

    due_at: float
    sent_at: float


class Client:
    """`begin` connects and stays connected; `due` says that a message's time has come."""

    def __init__(
        self, number: int, dialect: Dialect, plan: Plan, market: Market, tally: Tally
    ) -> None:
        self.tally = tally
        self.ready = asyncio.Event()
        self.loops = False  # closed loop: the next message is due when one was answered
        self.begun_at: float | None = None  # the run, on the loop's clock; None: not yet
        self._number = number
        self._dialect = dialect
        self._profile = plan.profile
        self._market = market
        self._dice = random.Random(number)  # noqa: S311 no secret: what is bought
        self._loop = asyncio.get_running_loop()
        self._link: Link | None = None
        self._waiting: deque[float] = deque()  # since when, oldest first
        self._under_way: dict[int, Sent] = {}  # by number, oldest first
        self._hello: asyncio.Future[Answer] | None = None
        self._next_number = 1
        self._open_orders: deque[str] = deque()
        self._restraint = Restraint(plan, self._pump) if plan.profile.backs_off else None
        self._tidies = False  # only takes back what is open
        self._staying: asyncio.Task[None] | None = None

    def begin(self, gate: asyncio.Semaphore) -> None:
        """Connect, and again whenever the connection is lost; `gate` bounds how many at once."""
        self._staying = asyncio.create_task(self._stay(gate))

    def due(self, at: float) -> None:
        """A message is due since `at`, on the loop's clock."""
        if len(self._waiting) >= MAX_WAITING:
            self.tally.given_up += 1
            return
        self._waiting.append(at)
        self._pump()

    @property
    def has_more(self) -> bool:
        """Whether something waits to be sent, or for its answer."""
        return bool(self._waiting or self._under_way)

    def expire(self) -> None:
        """Count what has had no answer for too long, so that others may be under way."""
        oldest, lost = self._loop.time() - ANSWER_S, 0
        while self._under_way and next(iter(self._under_way.values())).sent_at < oldest:
            self._take(None)
            lost += 1
        if not lost:
            return
        self.tally.failed(self._now(), NO_ANSWER, lost)
        if self._dialect.in_flight == 1 and self._link is not None:
            self._link.fail(NO_ANSWER)  # a late one would be taken for the next
        elif self.loops:
            self._waiting.append(self._loop.time())
        self._pump()

    def give_up_waiting(self) -> None:
        """Send nothing more of what was due."""
        self.loops = False
        self.tally.given_up += len(self._waiting)
        self._waiting.clear()

    def tidy(self) -> None:
        """Take back what is known to be open; no longer counted."""
        if self._link is None:
            return
        self.tally, self._restraint, self._tidies = Tally(), None, True
        self._waiting.extend([self._loop.time()] * len(self._open_orders))
        self._pump()

    def count_unanswered(self) -> None:
        """What was sent and not answered when the run ended."""
        self.tally.failed(self._now(), NO_ANSWER, len(self._under_way))
        self._under_way.clear()

    async def end(self) -> None:
        """Leave."""
        if self._staying is not None:
            self._staying.cancel()
            await asyncio.wait([self._staying])
            if not self._staying.cancelled():
                self._staying.result()

    # The connection

    async def _stay(self, gate: asyncio.Semaphore) -> None:
        backoff = Backoff(FIRST_WAIT_S, LONGEST_WAIT_S)
        try:
            while True:
                async with gate:
                    is_in = await self._enter()
                if is_in and self._link is not None:
                    backoff.reset()
                    await self._until_lost(self._link)
                    self.tally.reconnects += 1
                await asyncio.sleep(next(backoff))
        finally:
            if self._link is not None:
                self._link.close()

    async def _enter(self) -> bool:
        """Open a connection and log in; what fails is counted."""
        begun = self._loop.time()
        try:
            async with asyncio.timeout(WITHIN_S):
                self._link = await self._dialect.open(self._number)
                self._link.hear = self._hear
                refusal = await self._log_in()
        except (OSError, TimeoutError) as error:
            self.tally.failed(self._now(), f"cannot connect: {_in_words(error)}")
            return self._forget_link()
        if refusal:
            self.tally.refused[refusal] += 1
            return self._forget_link()
        self.tally.opening.add(self._loop.time() - begun)
        self.tally.connected += 1
        self.ready.set()
        self._pump()
        return True

    def _forget_link(self) -> bool:
        if self._link is not None:
            self._link.close()
        self._link = None
        return False

    async def _log_in(self) -> str:
        """The code of a refusal, or nothing."""
        assert self._link is not None
        self._next_number = 1
        for message in self._dialect.hello(self._number, trades=self._profile.trades):
            hello: asyncio.Future[Answer] = self._loop.create_future()
            self._hello = hello
            self._next_number += 1
            self._link.send(message)
            both: list[asyncio.Future[Any]] = [hello, self._link.lost]
            await asyncio.wait(both, return_when=asyncio.FIRST_COMPLETED)
            if not hello.done():
                raise ConnectionError(self._link.lost.result())
            if hello.result().refusal:
                return hello.result().refusal
        self._hello = None
        return ""

    async def _until_lost(self, link: Link) -> None:
        reason = await link.lost
        self._link = None
        self.ready.clear()
        self.tally.connected -= 1
        if reason in POLICY:
            self.tally.refused[reason] += 1 + len(self._under_way)
        else:
            self.tally.failed(self._now(), f"connection lost: {reason}")
            self.tally.failed(self._now(), "lost with the connection", len(self._under_way))
        self._under_way.clear()
        if self.loops:
            self.due(self._loop.time())

    # Messages

    def _pump(self) -> None:
        """Send what waits, as far as it may be sent."""
        if self._restraint is not None:
            self._let_go_of_old()
        while self._waiting and self.ready.is_set():
            if len(self._under_way) >= self._dialect.in_flight:
                return
            if self._restraint is not None and not self._restraint.may_send():
                return
            self._send(self._choose(), self._waiting.popleft())

    def _let_go_of_old(self) -> None:
        oldest = self._loop.time() - PATIENCE_S
        while self._waiting and self._waiting[0] < oldest:
            self._waiting.popleft()
            self.tally.given_up += 1

    def _send(self, message: bytes, due_at: float) -> None:
        assert self._link is not None
        self._under_way[self._next_number] = Sent(due_at, self._loop.time())
        self._next_number += 1
        self.tally.sent += 1
        self._link.send(message)

    def _choose(self) -> bytes:
        number, dice = self._next_number, self._dice
        if not self._profile.trades:
            return self._dialect.look(number)
        if self._tidies or len(self._open_orders) >= KEPT:
            return self._dialect.cancel(number, self._open_orders.popleft())
        price = self._market.price(AROUND * dice.randint(-100, 100) / 100)
        size = self._market.size(dice.randint(1, LARGEST))
        return self._dialect.order(number, dice.choice(("buy", "sell")), price, size)

    def _hear(self, payload: bytes, status: int) -> None:
        try:
            answer = self._dialect.read(payload, status)
        except ValueError:
            self.tally.failed(self._now(), "unreadable answer")
            if self._dialect.in_flight == 1 and self._take(None) is not None:
                self._go_on()  # whatever it says, it answers the one message under way
            return
        if answer is None:
            return
        if self._hello is not None:
            if not self._hello.done():
                self._hello.set_result(answer)
            return
        due_at = self._take(answer.number)
        if due_at is not None:
            self._count(answer, due_at)
            self._go_on()

    def _go_on(self) -> None:
        """Send the next one, after an answer."""
        if self.loops:
            self._waiting.append(self._loop.time())
        self._pump()

    def _take(self, number: int | None) -> float | None:
        """Since when the answered message was due; None: nothing of ours."""
        if number is None:
            number = next(iter(self._under_way), 0)
        sent = self._under_way.pop(number, None)
        return None if sent is None else sent.due_at

    def _count(self, answer: Answer, due_at: float) -> None:
        latency_s = self._loop.time() - due_at
        if answer.order:
            self._open_orders.append(answer.order)
        if not answer.refusal:
            self.tally.was_done(self._now(), latency_s)
        elif answer.is_fault:
            self.tally.failed(self._now(), answer.refusal)
        else:
            self.tally.was_refused(self._now(), latency_s, answer.refusal)
        if self._restraint is not None:
            self._restraint.heed(answer)

    def _now(self) -> float:
        """Since the run has begun; what happens before that counts to its beginning."""
        return 0.0 if self.begun_at is None else self._loop.time() - self.begun_at


def _in_words(error: Exception) -> str:
    if isinstance(error, TimeoutError):
        return "timeout"
    return type(error).__name__ if not str(error) else str(error)
