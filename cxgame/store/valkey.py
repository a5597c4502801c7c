"""The journal in Valkey: one connection, commits in order, and no doubt left unresolved.

Whatever goes wrong on the way (a lost reply, a dead or hung or full Valkey), the connection is
dropped and the same bytes of every unresolved commit are sent again over a new one, until each is
answered OK or DUP. Only FENCED, CONFLICT and GAP are final.
"""

import asyncio
import contextlib
import logging
from collections import deque
from collections.abc import AsyncIterator, Callable

from redis.asyncio.connection import AbstractConnection
from redis.exceptions import RedisError, ResponseError

from cxgame import failpoints
from cxgame.ports import Batch, Entry, Events, JournalFault
from cxgame.store.endpoint import Endpoint, send
from cxgame.store.errors import StoreError, StoreUnavailable
from cxgame.store.keys import GameKeys
from cxgame.store.lease import Head
from cxgame.store.link import Link
from cxgame.store.resp import CommitPacker, loading, renewal, surrender
from cxgame.store.streams import read_events, read_journal

EVENTS_KEPT = 10_000  # batches; a reader who comes back within some minutes can resume
# Who comes back is to be noticed within a second, so nothing here waits long for silence. Neither
# must a link be given up for ever for being slow: some waits are patient, or grow.
_CONNECT_TIMEOUT_S = 0.75  # connecting takes milliseconds
_PATIENT_S = 5.0  # the first time, at each eighth attempt, and for sending all that is unresolved
_PATIENT_EVERY = 8
_REPLY_TIMEOUT_S = 1.0  # a commit takes milliseconds, on a disk that stalls seconds: it doubles
_MAX_DOUBLINGS = 4
_RENEW_AFTER_S = 1.5  # a lease lasts 5 s, so that one lost renewal does no harm
_WATCH_S = 0.1
_PAUSES_S = (0.0, 0.05, 0.1, 0.2)  # before connecting again; the last one repeats

log = logging.getLogger("cxgame.store")


class _Request:
    """Bytes that were or will be sent, until their reply is known."""

    __slots__ = ("packed", "resolved")

    def __init__(self, packed: bytes, resolved: asyncio.Future[None] | None) -> None:
        self.packed = packed
        self.resolved = resolved  # None: nobody waits for it


class ValkeyJournal:
    """Implements `cxgame.ports.Journal`. Call `start` in the event loop, `close` at the end."""

    def __init__(
        self, endpoint: Endpoint, keys: GameKeys, head: Head, events_kept: int = EVENTS_KEPT
    ) -> None:
        self._endpoint = endpoint
        self._keys = keys
        self._head = head
        self._packer = CommitPacker(keys, head.epoch, events_kept)
        self._renewal = renewal(keys, head.epoch)
        self._unresolved: deque[_Request] = deque()
        self._live: AbstractConnection | None = None  # to which all unresolved ones were sent
        self._heard_s = 0.0  # loop time of the last reply, or since when one is awaited
        self._failures = 0  # connections in a row that resolved nothing
        self._silences = 0  # of them, those that took the bytes and did not answer in time
        self._was_connected = False
        self._trouble = ""  # as last logged
        self._fault: Exception | None = None  # why no commit will ever succeed again
        self._on_fault: Callable[[Exception], None] = _ignore
        self._tasks: list[asyncio.Task[None]] = []

    def start(self) -> None:
        """Connect, and stay connected."""
        loop = asyncio.get_running_loop()
        self._heard_s = loop.time()
        for work in (self._stay_connected(), self._watch()):
            task = loop.create_task(work)
            task.add_done_callback(self._ended)
            self._tasks.append(task)

    def on_fault(self, listener: Callable[[Exception], None]) -> None:
        """Tell why no commit will ever succeed again, also while nobody commits."""
        self._on_fault = listener
        if self._fault is not None:
            listener(self._fault)

    async def close(self) -> None:
        """Give the lease back and disconnect. What is unresolved stays so."""
        failpoints.hit(failpoints.CLOSING)
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        if self._fault is None:
            self._fail(StoreUnavailable("the journal is closed"))
            await self._surrender()

    # The port

    async def commit(self, batch: Batch) -> None:
        """Return once the batch is durable; raises JournalFault when that will never be."""
        if self._fault is not None:
            raise self._fault
        loop = asyncio.get_running_loop()
        request = _Request(self._packer.pack(batch), loop.create_future())
        failpoints.hit(failpoints.SENDING)
        await self._send(request, loop.time())
        failpoints.hit(failpoints.SENT)
        assert request.resolved is not None
        await request.resolved

    async def replay(self, after: int = 0) -> AsyncIterator[Entry]:
        """The batches after `after`, at least up to where this writer began."""
        link = Link(self._endpoint)
        try:
            async for entry in read_journal(link, self._keys, after, self._head.seq):
                yield entry
        finally:
            await link.close()

    async def events(self, after: int) -> AsyncIterator[Events]:
        """The kept public events after `after`; what is no longer kept is left out."""
        link = Link(self._endpoint)
        try:
            async for events in read_events(link, self._keys, after):
                yield events
        finally:
            await link.close()

    # Sending and hearing

    async def _send(self, request: _Request, now_s: float) -> None:
        if not self._unresolved:
            self._heard_s = now_s
        self._unresolved.append(request)
        # A connection that is gone must not be used: redis-py would connect anew on its own.
        if self._live is not None and self._live.is_connected:
            # The reader of replies sees a broken connection too, and has everything sent again.
            with contextlib.suppress(RedisError, OSError):
                await send(self._live, request.packed)

    async def _stay_connected(self) -> None:
        while self._fault is None:
            connection = self._endpoint.connection()
            try:
                async with asyncio.timeout(self._patience_s()):
                    await _prepare(connection)
                self._was_connected = True
                async with asyncio.timeout(_PATIENT_S):
                    await self._send_unresolved(connection)
                await self._hear(connection)
            except (RedisError, OSError) as error:
                self._log_trouble(error)
            finally:
                self._live = None
                await connection.disconnect(nowait=True)
            self._failures += 1
            await asyncio.sleep(_PAUSES_S[min(self._failures, len(_PAUSES_S)) - 1])

    def _patience_s(self) -> float:
        """How long connecting may take this time."""
        quick = self._was_connected and (self._failures + 1) % _PATIENT_EVERY
        return _CONNECT_TIMEOUT_S if quick else _PATIENT_S

    async def _send_unresolved(self, connection: AbstractConnection) -> None:
        """Send everything unresolved; from here on `_send` does, without a turn in between."""
        sent = 0
        while sent < len(self._unresolved):
            await send(connection, self._unresolved[sent].packed)
            sent += 1
        self._heard_s = asyncio.get_running_loop().time()
        self._live = connection

    async def _hear(self, connection: AbstractConnection) -> None:
        """Replies come in the order of the requests; returns when the journal is at fault."""
        loop, unresolved = asyncio.get_running_loop(), self._unresolved
        while True:
            reply = await connection.read_response(disable_decoding=True)
            if not unresolved:
                raise StoreUnavailable("a reply to nothing")
            if reply not in (b"OK", b"DUP"):
                reason, _, detail = reply.decode().partition(" ")
                log.critical("the journal of game %s refuses: %s %s", self._keys.id, reason, detail)
                self._break(JournalFault(reason, detail))
                return
            request = unresolved.popleft()
            if request.resolved is not None:
                failpoints.hit(failpoints.ANSWERED)
            self._heard_s = loop.time()
            self._failures = self._silences = 0
            if request.resolved is not None and not request.resolved.done():
                request.resolved.set_result(None)
            if self._trouble:
                log.warning("Valkey at %s answers again", self._endpoint.name)
                self._trouble = ""

    async def _watch(self) -> None:
        """Give up on a connection that does not answer; renew the lease of a quiet game."""
        loop = asyncio.get_running_loop()
        while self._fault is None:
            await asyncio.sleep(_WATCH_S)
            silent_s = loop.time() - self._heard_s
            if self._live is None:
                continue
            if self._unresolved and silent_s > _REPLY_TIMEOUT_S * 2**self._silences:
                self._silences = min(self._silences + 1, _MAX_DOUBLINGS)
                self._log_trouble(TimeoutError())
                await self._live.disconnect(nowait=True)
            elif not self._unresolved and silent_s > _RENEW_AFTER_S:
                await self._send(_Request(self._renewal, None), loop.time())

    # Ends

    def _break(self, fault: Exception) -> None:
        """Fail, and say so: a game in which nothing happens would not hear of it."""
        self._fail(fault)
        self._on_fault(fault)

    def _fail(self, fault: Exception) -> None:
        """Nothing that waits, and nothing later, can become durable any more."""
        self._fault = fault
        for request in self._unresolved:
            if request.resolved is not None and not request.resolved.done():
                request.resolved.set_exception(fault)
        self._unresolved.clear()

    def _log_trouble(self, error: Exception) -> None:
        """Once per kind of trouble, however often it is met."""
        text = "no answer in time" if isinstance(error, TimeoutError) else str(error)
        if text != self._trouble:
            self._trouble = text
            log.warning("Valkey at %s: %s; trying again", self._endpoint.name, text)

    def _ended(self, task: asyncio.Task[None]) -> None:
        """A task that dies of a bug must not leave commits waiting for ever."""
        if task.cancelled() or (error := task.exception()) is None:
            return
        log.critical("the connection to the journal failed", exc_info=error)
        self._break(StoreUnavailable(f"the connection to the journal failed: {error!r}"))

    async def _surrender(self) -> None:
        link = Link(self._endpoint)
        with contextlib.suppress(StoreError, StoreUnavailable, TimeoutError):
            async with asyncio.timeout(1.0):
                await link.calls([surrender(self._keys, self._head.epoch)])
        await link.close()


async def _prepare(connection: AbstractConnection) -> None:
    """Connect and make sure that the function is there: Valkey may be another than before."""
    await connection.connect()  # type: ignore[no-untyped-call]
    for stem in ("commit", "open"):
        await send(connection, loading(stem))
        try:
            await connection.read_response()
        except ResponseError as error:
            if "already exists" not in str(error):
                raise


def _ignore(fault: Exception) -> None:
    """Nobody listens."""
