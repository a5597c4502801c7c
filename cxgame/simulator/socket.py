"""The kept WebSocket: opened again when it breaks or falls silent; asks, and hands on what comes.

Knows nothing of orders and books. Whoever makes one is told of each frame, and of up and down.
"""

import asyncio
import itertools
import json
import logging
from collections.abc import Mapping
from typing import Any, Protocol

from websockets.asyncio.client import ClientConnection
from websockets.exceptions import ConnectionClosed

from cxgame.client.opening import CannotOpen, closing_sentence, open_websocket
from cxgame.network import Backoff, Heartbeat, Pulse, RateBudget
from cxgame.simulator.errors import Refused, Unreachable
from cxgame.simulator.frames import Frame, Unreadable, read_frame
from cxgame.simulator.health import SOCKET_DOWN, Health
from cxgame.simulator.replies import is_too_fast, wait_s_in
from cxgame.simulator.terms import Terms

log = logging.getLogger(__name__)

QUEUE_FRAMES = 1_024  # read ahead; a client that is busy for longer slows the server down


class Owner(Protocol):
    """Who is told. Called in the event loop, between two frames."""

    def came(self, frame: Frame, *, is_awaited: bool) -> None:
        """A frame has come; one that is awaited is handed to who asked as well."""

    def mangled(self) -> None:
        """Something came that can't be read, and nobody knows what it was."""

    def is_up(self) -> None:
        """A connection is open."""

    def is_down(self) -> None:
        """It is gone."""


class Unanswered(Exception):
    """No answer. `sent` if the request may have arrived."""

    def __init__(self, sentence: str, *, sent: bool) -> None:
        super().__init__(sentence)
        self.sent = sent


class Socket:
    """One connection at a time, from `open` until `close`."""

    def __init__(
        self,
        uri: str,
        headers: Mapping[str, str],
        owner: Owner,
        *,
        health: Health,
        terms: Terms,
        ssl_verify: bool = True,
    ) -> None:
        self.up = asyncio.Event()
        self._uri = uri
        self._headers = headers
        self._owner = owner
        self._health = health
        self._terms = terms
        self._ssl_verify = ssl_verify
        self._budget = self._new_budget()
        self._task: asyncio.Task[None] | None = None
        self._websocket: ClientConnection | None = None
        self._numbers = itertools.count(1)  # across connections: a late answer fits no other
        self._pending: dict[int, asyncio.Future[Frame | None]] = {}
        self._fault = ""
        self._is_hopeless = False  # the first tries were answered by a no
        self._has_been_up = False
        self._tried = asyncio.Event()  # a try to connect has ended

    @property
    def is_kept(self) -> bool:
        """Whether it was opened and not closed, be it up or down."""
        return self._task is not None

    def quiet_s(self) -> float:
        """For how long nothing may be asked, since it was too much."""
        return self._budget.quiet_s(asyncio.get_running_loop().time())

    async def open(self, until: float) -> None:
        """Begin, and return once a connection is open.

        Raises `Unreachable`, after which tries go on, and `Refused`, after which they do not.
        """
        if self._task is None:
            self._is_hopeless = False  # it was, perhaps, at an earlier time
            self._health.begin(SOCKET_DOWN)
            self._task = asyncio.create_task(self._keep(), name="simulator socket")
        try:
            async with asyncio.timeout_at(until):
                while not self.up.is_set():
                    if self._is_hopeless:
                        await self.close()
                        raise Refused(self._fault)
                    self._tried.clear()
                    await self._tried.wait()
        except TimeoutError:
            raise Unreachable(self._fault or f"{self._uri} does not answer.") from None

    async def close(self) -> None:
        """End."""
        task, self._task = self._task, None
        if task is not None:
            task.cancel()
            await asyncio.wait([task])

    async def ask(self, kind: str, within_s: float, **members: Any) -> Frame:
        """Send a frame and wait for its answer. Raises `Unanswered`."""
        clock = asyncio.get_running_loop().time
        if self._budget.wait_s(clock()) >= within_s:
            raise Unanswered("The socket may not be asked as often.", sent=False)
        await asyncio.sleep(self._budget.take(clock()))
        if self._websocket is None:
            raise Unanswered("The socket is down.", sent=False)
        number, begun = next(self._numbers), clock()
        answer: asyncio.Future[Frame | None] = asyncio.get_running_loop().create_future()
        self._pending[number] = answer
        self._health.count("requests")
        try:
            async with asyncio.timeout(within_s):
                await self._send(kind, number, members)
                frame = await answer
        except TimeoutError:
            self._health.count("timeouts")
            raise Unanswered("The socket did not answer in time.", sent=True) from None
        finally:
            self._pending.pop(number, None)
        if frame is None:
            raise Unanswered("The socket broke.", sent=True)
        self._health.answered(clock() - begun)
        if is_too_fast(frame):
            self._health.count("refused_for_rate")
            self._budget.refused(clock(), wait_s_in(frame))
            raise Unanswered("The socket was asked too often.", sent=False)
        self._budget.accepted()
        return frame

    def _new_budget(self) -> RateBudget:
        return RateBudget(self._terms.socket_per_s, self._terms.socket_burst)

    async def _send(self, kind: str, number: int, members: Mapping[str, Any]) -> None:
        assert self._websocket is not None
        frame = {"type": kind, "request_id": number, **members}
        try:
            await self._websocket.send(json.dumps(frame))
        except ConnectionClosed:
            raise Unanswered("The socket broke.", sent=True) from None

    async def _keep(self) -> None:
        backoff = Backoff(0.1, 3.0)
        try:
            while True:
                websocket = await self._connect()
                if websocket is not None:
                    heard = await self._while_up(websocket)
                    if heard:
                        backoff.reset()
                await asyncio.sleep(next(backoff))
        finally:
            self._health.end(SOCKET_DOWN)

    async def _connect(self) -> ClientConnection | None:
        try:
            async with asyncio.timeout(self._terms.silent_s):
                return await open_websocket(
                    self._uri,
                    ssl_verify=self._ssl_verify,
                    max_queue=QUEUE_FRAMES,
                    headers=self._headers,
                )
        except CannotOpen as fault:
            self._fault = fault.sentence
            self._is_hopeless = not (fault.heals or self._has_been_up)
        except TimeoutError:
            self._fault = f"{self._uri} does not answer."
        self._tried.set()
        log.info("%s Trying again.", self._fault)
        return None

    async def _while_up(self, websocket: ClientConnection) -> bool:
        """Serve a connection until it is gone; whether anything came over it."""
        self._websocket = websocket
        self._budget = self._new_budget()  # limits are those of a connection
        self._health.count("connects")
        self._health.end(SOCKET_DOWN)
        self._has_been_up = True
        self.up.set()
        self._tried.set()
        self._owner.is_up()
        self._heard = False
        try:
            await self._serve(websocket)
            self._health.count("silences")
            log.info("The socket is silent; opening another")
        except ConnectionClosed as closed:
            self._health.count("disconnects")
            log.info("%s", closing_sentence(closed))
        finally:
            self._gone(websocket)
            await websocket.wait_closed()
        return self._heard

    def _gone(self, websocket: ClientConnection) -> None:
        self._websocket = None
        self.up.clear()
        self._health.begin(SOCKET_DOWN)
        for answer in self._pending.values():
            if not answer.done():
                answer.set_result(None)
        websocket.transport.abort()  # nobody may be there to say goodbye to
        self._owner.is_down()

    async def _serve(self, websocket: ClientConnection) -> None:
        """Read until the connection is silent for too long. Raises `ConnectionClosed`."""
        terms, clock = self._terms, asyncio.get_running_loop().time
        look_s = terms.ping_s / 2
        heartbeat = Heartbeat(terms.silent_s, ping_s=terms.ping_s, step_s=look_s)
        while True:
            match heartbeat.look(clock()):
                case Pulse.DEAD:
                    return
                case Pulse.ASK:
                    frame = {"type": "PING", "request_id": next(self._numbers)}
                    await websocket.send(json.dumps(frame))
            try:
                async with asyncio.timeout(look_s):
                    raw = await websocket.recv()
            except TimeoutError:
                continue
            heartbeat.heard()
            self._heard = True
            self._deliver(raw)

    def _deliver(self, raw: str | bytes) -> None:
        self._health.count("frames")
        try:
            frame = read_frame(raw)
        except Unreadable as fault:
            log.info("A message that can't be read: %s", fault)
            self._health.count("garbage")
            self._owner.mangled()
            return
        number = frame.get("request_id")
        answer = self._pending.get(number) if isinstance(number, int) else None
        if number is not None and answer is None and frame["type"] != "PONG":
            self._health.count("late_replies")
        self._owner.came(frame, is_awaited=answer is not None)
        if answer is not None and not answer.done():
            answer.set_result(frame)
