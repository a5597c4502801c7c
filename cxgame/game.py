"""The one writer: takes commands, stamps and applies them, and batches them for the journal.

All commands of one turn of the event loop form a batch. A command is applied the moment it is
submitted, by the loop's own thread, so that its sender can format the reply from the state it made;
the reply is released with the batch. Faces know the game through this class alone.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable

from cxgame.draws import draw_u64
from cxgame.engine.engine import Engine
from cxgame.engine.state import NS_PER_MS, Applied
from cxgame.failure import Failure, traceback_of
from cxgame.history import Recent
from cxgame.model.batch import Origin, RequestId, command_digest, plain
from cxgame.model.commands import Advance, Command, Continue
from cxgame.model.enums import Phase
from cxgame.model.errors import Code, Rejection, reject
from cxgame.model.events import Trade
from cxgame.open_batch import OpenBatch
from cxgame.pipeline import MAX_IN_FLIGHT, Cargo, Pipeline, Released, Sink
from cxgame.play_time import PlayTime
from cxgame.ports import Clock, Journal
from cxgame.recovery import Replayed, replay
from cxgame.sealing import seal_into
from cxgame.views import Views

_POLL_S = 0.005
_AGAIN_S = 1.0  # between two attempts to read back a journal that does not answer
_NEVER_NS = 2**63
_ADVANCE_S = 1.0  # how often game time is journaled when nothing else happens
_BY_ITSELF = Origin("game", 0, None)
_CONTINUE = Continue()

__all__ = ["Game", "Released", "Sink"]

log = logging.getLogger("cxgame.game")


class Game:
    """One game in play. Call `start` in the event loop before anything else."""

    def __init__(
        self,
        journal: Journal,
        clock: Clock,
        engine: Engine,
        recent: Recent,
        *,
        name: str = "main",
        number: int = 1,
        batch_seq: int = 0,
        batch_hash: bytes = b"",
        commit_timeout_s: float = 5.0,
        recover: Callable[[], Awaitable[Replayed]] | None = None,
        keep_evidence: Callable[[Failure], None] | None = None,
    ) -> None:
        """`recover` reads the game back when an engine failed, of which `keep_evidence` is told."""
        self.engine = engine
        self.recent = recent
        self.name = name
        self.number = number
        self.batch_seq = batch_seq
        self.closed = asyncio.Event()  # set once the end of the game has been told
        self.failed = asyncio.Event()  # set when the process must end: see `fault`
        self._watchers: tuple[Callable[[Applied], None], ...] = ()
        self._clock = clock
        self._recover = recover or (lambda: replay(journal))
        self._keep_evidence = keep_evidence or (lambda failure: None)
        self.halted = False  # commands and reads must wait; a condition of the process
        self.full = False  # the open batch takes no more: see `when_room`
        self._broken = False  # an engine that failed is being rebuilt
        self._banned: set[bytes] = set()  # digests of commands that failed an engine
        self._rebuilding: asyncio.Task[None] | None = None
        self._views = Views(engine.orders)
        self._hash = batch_hash
        self._pipeline = Pipeline(journal, commit_timeout_s, clock.monotonic_ns, self._on_change)
        self._open = OpenBatch()
        self._cargo = Cargo()  # what waits for it
        self._scheduled = False
        self._waiting: list[Callable[[], None]] = []
        self._settled: list[asyncio.Future[None]] = []
        self._time = PlayTime(clock.monotonic_ns, engine.game_time_ns)
        self._timer: asyncio.TimerHandle | None = None
        self._armed_ns = _NEVER_NS  # game time for which the timer is set

    def start(self) -> None:
        """Let time run, and go on with what the last process has left in the queue."""
        self._watch_phase()
        self._go_on()

    async def stop(self) -> None:
        """Commit what is open and stop; the game itself goes on at the next start.

        A journal that falls silent meanwhile is waited for until the game is halted, no longer.
        """
        if self._timer is not None:
            self._timer.cancel()
        while not (self.is_settled or self.halted):
            await asyncio.sleep(_POLL_S)
        if self._rebuilding is not None:
            self._rebuilding.cancel()
        if self._pipeline.halted and (self._open.commands or not self._pipeline.idle):
            log.warning(
                "stopped while the journal does not answer: what was answered STATE_UNKNOWN "
                "counts only if it has arrived there"
            )
        self._pipeline.stop()

    def fail(self, error: BaseException) -> None:
        """Go on no more: nothing will become durable, whether or not anything is under way."""
        self._pipeline.fault = error
        self._on_change()

    # Asked by the faces

    @property
    def fault(self) -> BaseException | None:
        """Why the journal refused for good, if it did."""
        return self._pipeline.fault

    @property
    def game_time_ns(self) -> int:
        """How long the game has been played, now; it stands still while the game is not open."""
        return self._time.now_ns()

    def when_room(self, callback: Callable[[], None]) -> None:
        """Call back once, after the open batch was sent or the game was halted."""
        self._waiting.append(callback)

    def subscribe(self, listener: Callable[[Released], None]) -> Callable[[], None]:
        """Be told of every released batch, in order; returns the way to stop it."""
        self._pipeline.listeners.append(listener)
        return lambda: self._pipeline.listeners.remove(listener)

    @property
    def is_watched(self) -> bool:
        """Whether anybody is told of each command."""
        return bool(self._watchers)

    def watch(self, watcher: Callable[[Applied], None]) -> Callable[[], None]:
        """Tell of what each command did, before anybody else; returns the way to stop it.

        A watcher may `push`.
        """
        self._watchers = (*self._watchers, watcher)
        return lambda: self._unwatch(watcher)

    def submit(self, command: Command, gateway: str, session: int, request: RequestId) -> Applied:
        """Apply a command now; what it did becomes durable with the open batch."""
        if self.halted:
            return _refused(reject(Code.STATE_HALTED))
        if self._banned and command_digest(command) in self._banned:
            return _refused(reject(Code.INTERNAL_ENGINE))
        if not self._open.commands:
            self._stamp()
        heap = self.engine.timers.heap
        if self.engine.triggered:
            self._carry_out(to_the_end=True)
        if heap and heap[0].due_ns <= self._open.game_time_ns and type(command) is not Advance:
            if not self._broken:
                self._apply(self._advance(), _BY_ITSELF)
            self._carry_out(to_the_end=True)
        if self._broken:  # by what came before: the command was not applied, so it may come again
            return _refused(reject(Code.STATE_HALTED))
        applied = self._apply(command, Origin(gateway, session, request))
        if self.engine.triggered:
            self._carry_out()
        if heap and heap[0].due_ns < self._armed_ns:
            self._arm()
        return applied

    def tell(self, sink: Sink, payload: bytes, request: RequestId) -> None:
        """Release a reply with the state it was made from; at once while halted."""
        if self.halted and self._pipeline.halted:
            sink.deliver([payload])
            return
        self._cargo.tell(sink, payload, request)
        if not self._scheduled:
            self._schedule()

    def push(self, sink: Sink, payload: bytes) -> None:
        """Release what answers no request, with the state it was made from; not while halted."""
        self._cargo.push(sink, payload)
        if not self._scheduled:
            self._schedule()

    @property
    def is_settled(self) -> bool:
        """Whether everything submitted so far has been released."""
        return self._pipeline.idle and not self._scheduled and not self._broken

    async def settled(self) -> None:
        """Wait until everything submitted so far has been released, or there is a `fault`."""
        if self.is_settled or self.fault is not None:
            return
        future: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._settled.append(future)
        await future

    def _unwatch(self, watcher: Callable[[Applied], None]) -> None:
        self._watchers = tuple(each for each in self._watchers if each != watcher)

    # The open batch

    def _stamp(self) -> None:
        """One game time and one wall clock for the batch."""
        self._open.wall_ms = max(self._clock.wall_ms(), self.engine.wall_ms)
        self._open.game_time_ns = self._time.now_ns()

    def _apply(self, command: Command, origin: Origin) -> Applied:
        engine, batch = self.engine, self._open
        phase = engine.phase
        try:
            applied = engine.apply(command, batch.game_time_ns, batch.wall_ms)
        except Exception as error:  # noqa: BLE001 whatever it was, the engine must be thrown away
            self._discard_engine(command, error)
            return _refused(reject(Code.INTERNAL_ENGINE))
        events = applied.events
        if events:
            self.full = batch.add(origin, command, events)
            # An order that just rests is not remembered; one that waited may just trade.
            if len(events) > 1 or applied.ended or type(events[0]) is Trade:
                self.recent.fold(applied, batch.wall_ms)
            if not self._scheduled:
                self._schedule()
            if engine.phase is not phase:
                self._watch_phase()
            for watcher in self._watchers:
                watcher(applied)
        elif applied.replayed and applied.order is None:
            account = command.account  # type: ignore[attr-defined]
            applied.order = self.recent.order(account, applied.order_id)
        return applied

    def _carry_out(self, *, to_the_end: bool = False) -> None:
        """Bring orders whose triggers have fired to the market, while the batch has room."""
        while self.engine.triggered and not self._broken and (to_the_end or not self.full):
            self._apply(_CONTINUE, _BY_ITSELF)

    def _go_on(self) -> None:
        """Do so by itself; not if that has failed an engine: then the next command tries again."""
        if not self.engine.triggered or self.halted or command_digest(_CONTINUE) in self._banned:
            return
        if not self._open.commands:
            self._stamp()
        self._carry_out()

    def _schedule(self) -> None:
        """Flush at the end of this turn of the loop."""
        self._scheduled = True
        asyncio.get_running_loop().call_soon(self._flush)

    def _flush(self) -> None:
        """Send the open batch on its way, unless two are under way already."""
        self._scheduled = False
        batch, cargo = self._open, self._cargo
        if self._broken or self.fault is not None:
            return
        if batch.commands:
            if self._pipeline.in_flight >= MAX_IN_FLIGHT or not self._seal():
                return
        elif not cargo.tells:
            return
        self._open, self._cargo, self.full = OpenBatch(), Cargo(), False
        self._pipeline.send(cargo)
        self._go_on()
        self._tell_of_room()

    def _seal(self) -> bool:
        """Write the open batch down; what cannot be written ends the process, as a lost commit."""
        link, now_ns = (self.batch_seq + 1, self._hash), self._clock.monotonic_ns()
        try:
            self._hash = seal_into(self._cargo, self._open, self.engine, self._views, link, now_ns)
        except Exception as error:  # whatever it was, the journal lacks this batch
            log.critical("batch %d cannot be written down", link[0], exc_info=error)
            self.fail(error)
            return False
        self.batch_seq += 1
        return True

    def _tell_of_room(self) -> None:
        waiting, self._waiting = self._waiting, []
        for callback in waiting:
            callback()

    def _on_change(self) -> None:
        """After a release, a halt, a resume or a fault."""
        self.halted = self._pipeline.halted or self._broken or self.fault is not None
        if self.fault is not None:
            self.failed.set()
            self._tell_settled()
        if self._pipeline.halted:
            self._time.stand(self.engine.game_time_ns)
            self._cargo.doubt()
            self.full = False  # it takes nothing now, so nobody need wait with what is refused
            self._tell_of_room()
            return
        if self.engine.phase is Phase.OPEN and not self._time.is_running:
            self._watch_phase()
        self._go_on()
        if (self._open.commands or self._cargo.tells) and not self._scheduled:
            self._flush()
        if self._pipeline.idle and not self._open.commands and not self._broken:
            if self.engine.phase is Phase.CLOSED:
                self.closed.set()
            self._tell_settled()

    def _tell_settled(self) -> None:
        settled, self._settled = self._settled, []
        for future in settled:
            if not future.done():
                future.set_result(None)

    # An engine that failed

    def _discard_engine(self, command: Command, error: Exception) -> None:
        """A bug: keep the evidence, refuse the command from now on, rebuild from the journal."""
        failure = Failure(
            f"{self.name}.{self.number}",
            self.batch_seq,
            self._hash,
            self._open.game_time_ns,
            self._open.wall_ms,
            [each for _, each in self._open.commands],
            command,
            traceback_of(error),
        )
        log.error("the engine failed on %s", plain(command), exc_info=error)
        self._keep_evidence(failure)
        self._banned.add(command_digest(command))
        self._broken = self.halted = True
        self._rebuilding = asyncio.get_running_loop().create_task(self._rebuild())
        self._rebuilding.add_done_callback(self._rebuilt)

    async def _rebuild(self) -> None:
        """Apply the journal, then the open batch, to a new engine."""
        while not self._pipeline.idle:
            await asyncio.sleep(_POLL_S)
        replayed = await self._read_back()
        batch = self._open
        for _, command in batch.commands:
            applied = replayed.engine.apply(command, batch.game_time_ns, batch.wall_ms)
            replayed.recent.fold(applied, batch.wall_ms)
        self.engine, self.recent = replayed.engine, replayed.recent
        self._broken = False
        self._time.stand(self.engine.game_time_ns)
        self._watch_phase()
        self._on_change()
        log.warning("the engine was rebuilt from %d batches; play resumes", replayed.batch_seq)

    async def _read_back(self) -> Replayed:
        """The game as the journal has it; waits for a journal that does not answer."""
        while True:
            try:
                return await self._recover()
            except ConnectionError as error:
                log.warning("the engine cannot be rebuilt yet: %s", error)
                await asyncio.sleep(_AGAIN_S)

    def _rebuilt(self, rebuilding: "asyncio.Task[None]") -> None:
        """Without an engine there is no game: what kept it from being rebuilt ends the process."""
        if not rebuilding.cancelled() and (error := rebuilding.exception()) is not None:
            log.critical("the engine cannot be rebuilt: %s", error)
            self.fail(error)

    # Game time

    def _watch_phase(self) -> None:
        """Let game time run while the game is open and the journal answers, and only then."""
        if self.engine.phase is Phase.OPEN and not self._pipeline.halted:
            self._time.run(self.engine.game_time_ns)
        else:
            self._time.stand(self.engine.game_time_ns)
        self._arm()

    def _arm(self) -> None:
        """Wake when something falls due, or to journal the time when nothing else does."""
        if self._timer is not None:
            self._timer.cancel()
        due = self.engine.timers.next_ns()
        self._armed_ns = _NEVER_NS if due is None else due
        pause_s = _ADVANCE_S
        if due is not None and self._time.is_running:
            pause_s = min(pause_s, max(0.0, (due - self._time.now_ns() + NS_PER_MS) / 1e9))
        self._timer = asyncio.get_running_loop().call_later(pause_s, self._let_time_pass)

    def _let_time_pass(self) -> None:
        """Do what falls due, and journal the game's time each second in which it has moved."""
        if self.engine.phase is Phase.OPEN and not self.halted:
            now_ns, due_ns = self._time.now_ns(), self.engine.timers.next_ns()
            if now_ns > self.engine.game_time_ns or (due_ns is not None and due_ns <= now_ns):
                self.submit(self._advance(), "game", 0, None)
        self._arm()

    def _advance(self) -> Advance:
        """Time passes; with a draw where something may be drawn for what falls due."""
        engine = self.engine
        if not engine.fill_sigma:
            return Advance()
        return Advance(draw_u64(engine.known_rules.seed, "advance", engine.command_seq))


def _refused(rejection: Rejection) -> Applied:
    applied = Applied()
    applied.rejection = rejection
    return applied
