"""The way of a batch to durability, and of its replies to their senders: commit, then tell.

At most two commits are under way; whatever is told is released strictly in order. A batch whose
commit does not answer in time is in doubt, not undone: its senders are told so, the journal goes
on trying, and when it answers play resumes by itself. What was pushed waits for that.
"""

import asyncio
import logging
from collections import deque
from collections.abc import Callable
from typing import NamedTuple, Protocol

from cxgame import failpoints
from cxgame.model.batch import RequestId
from cxgame.model.events import Event
from cxgame.ports import Batch, Journal

MAX_IN_FLIGHT = 2  # a third would only wait inside the store, out of our sight
_WATCH_S = 0.05  # between two looks for a commit that is overdue

log = logging.getLogger("cxgame.game")


class Push(bytes):
    """A message that answers no request: it outlives a doubt."""


class Sink(Protocol):
    """Where replies go: a connection, as the game sees it. Its methods must not raise."""

    def deliver(self, payloads: list[bytes]) -> None:
        """Everything told to this sink in one batch, in order, after it became durable."""
        ...

    def in_doubt(self, requests: list[RequestId]) -> None:
        """The commit did not answer in time; the outcome of these requests is open."""
        ...


class Released(NamedTuple):
    """A durable batch as listeners see it; seqs of `events` count from `first_event`."""

    seq: int
    first_event: int
    last_event: int
    wall_ms: int
    events: list[Event]  # the public ones
    public: bytes  # the same, as the journal's event stream holds them


class Cargo:
    """A batch with all that waits for it. Without `batch` it only carries replies."""

    __slots__ = ("batch", "done", "released", "sent_ns", "tells")

    def __init__(self) -> None:
        self.batch: Batch | None = None
        self.released: Released | None = None
        self.tells: dict[Sink, tuple[list[bytes], list[RequestId]]] = {}
        self.sent_ns = 0
        self.done = False

    def tell(self, sink: Sink, payload: bytes, request: RequestId) -> None:
        """Release `payload` to `sink` with this cargo."""
        told = self.tells.get(sink)
        if told is None:
            self.tells[sink] = ([payload], [request])
        else:
            told[0].append(payload)
            told[1].append(request)

    def push(self, sink: Sink, payload: bytes) -> None:
        """Release a message that answers no request, after what `sink` was told before."""
        told = self.tells.get(sink)
        if told is None:
            self.tells[sink] = ([Push(payload)], [])
        else:
            told[0].append(Push(payload))

    def deliver(self) -> None:
        """Hand over what was told and pushed."""
        for sink, (payloads, _) in self.tells.items():
            sink.deliver(payloads)
        self.tells = {}

    def doubt(self) -> None:
        """Tell every sender that the outcome is open; the replies are dropped, not the pushes."""
        tells, self.tells = self.tells, {}
        for sink, (payloads, requests) in tells.items():
            pushes: list[bytes] = [each for each in payloads if type(each) is Push]
            if pushes:
                self.tells[sink] = (pushes, [])
            if requests:
                sink.in_doubt(requests)


class Pipeline:
    """Cargoes between apply and release, in order."""

    def __init__(
        self,
        journal: Journal,
        timeout_s: float,
        monotonic_ns: Callable[[], int],
        on_change: Callable[[], None],
    ) -> None:
        self._journal = journal
        self._timeout_ns = int(timeout_s * 1e9)
        self._monotonic_ns = monotonic_ns
        self._on_change = on_change  # after each release, halt, resume and fault
        self._queue: deque[Cargo] = deque()
        self._tasks: set[asyncio.Task[None]] = set()
        self._watch: asyncio.TimerHandle | None = None
        self._look_s = 0.0  # when the next look is due, by the loop's clock
        self._spared = False  # by the last look, which came late
        self.listeners: list[Callable[[Released], None]] = []
        self.in_flight = 0
        self.halted = False
        self.fault: BaseException | None = None

    @property
    def idle(self) -> bool:
        """Whether everything that was sent has been released."""
        return not self._queue

    def send(self, cargo: Cargo) -> None:
        """Commit a cargo and release it after all that were sent before."""
        self._queue.append(cargo)
        if cargo.batch is None:
            cargo.done = True
            self._release()
            return
        failpoints.hit(failpoints.SEALED)
        cargo.sent_ns = self._monotonic_ns()
        self.in_flight += 1
        task = asyncio.get_running_loop().create_task(self._commit(cargo, cargo.batch))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        if self._watch is None:
            self._look_later()

    async def _commit(self, cargo: Cargo, batch: Batch) -> None:
        """The commit supervisor: whatever the journal raises ends the game, never silently."""
        try:
            await self._journal.commit(batch)
        except Exception as error:  # noqa: BLE001 one of the two places that must see everything
            log.critical("commit of batch %d failed for good: %s", batch.seq, error)
            self.fault = error
            self._on_change()
            return
        self.in_flight -= 1
        cargo.done = True
        failpoints.hit(failpoints.RELEASING)
        self._release()
        failpoints.hit(failpoints.RELEASED)

    def _release(self) -> None:
        """Deliver every cargo up to the first that is not durable yet."""
        queue = self._queue
        while queue and queue[0].done:
            cargo = queue.popleft()
            cargo.deliver()
            if cargo.released is not None:
                self._tell_listeners(cargo.released)
        if self.halted and not queue:
            self.halted = False
            log.warning("the journal answers again; play resumes")
        self._on_change()

    def _tell_listeners(self, released: Released) -> None:
        """One that fails is a bug, which costs neither the others nor the game anything."""
        for listener in self.listeners:
            try:
                listener(released)
            except Exception:
                log.exception("batch %d was not taken in by %r", released.seq, listener)

    def _look_later(self) -> None:
        loop = asyncio.get_running_loop()
        self._look_s = loop.time() + _WATCH_S
        self._watch = loop.call_at(self._look_s, self._look)

    def _look(self) -> None:
        """Notice a commit that is overdue; looks again while one is under way.

        A look that comes late itself, for this process or its machine stood still, decides nothing:
        what the journal has answered meanwhile is read first. The next one does, late or not.
        """
        loop, was_spared = asyncio.get_running_loop(), self._spared
        self._spared = not was_spared and loop.time() - self._look_s > _WATCH_S
        self._watch = None
        head = next((cargo for cargo in self._queue if not cargo.done), None)
        if head is None or self.fault is not None:
            return
        self._look_later()
        if self._spared or self.halted:
            return
        if self._monotonic_ns() - head.sent_ns > self._timeout_ns:
            log.error("the journal does not answer; the game is halted")
            self.halted = True
            for cargo in self._queue:
                cargo.doubt()
            self._on_change()

    def stop(self) -> None:
        """Forget what is under way, when the process ends."""
        if self._watch is not None:
            self._watch.cancel()
        for task in self._tasks:
            task.cancel()
