"""One request on its way through faults: what becomes of it, and of its answer.

A connection of HTTP carries one request after the other, so what holds one up holds up nobody
else. Who is not answered waits, as on a real line, until he gives up or for `SILENT_S`.
"""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Coroutine
from math import ceil
from typing import Any, Final

import msgspec
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from cxgame.faults import Ban, Direction, HalfOpen, InForce, Line
from cxgame.faults.fate import Fate, Window
from cxgame.faults.link import HOLDING, QUIET_S
from cxgame.model.errors import Code

SILENT_S: Final = 30.0  # then a connection that is not answered is cut off
CUT: Final = "cut"  # in a scope's `state`: what ends the connection, put there by the server
_REFUSED: Final = "Rate limit exceeded"
_BANNED: Final = "Rate limit exceeded: banned for good"


class Room:
    """Where the messages of one direction wait for each other, to go on shuffled."""

    def __init__(self) -> None:
        self._waiting: list[asyncio.Future[None]] = []
        self._window: Window | None = None  # of who came last
        self._quiet: asyncio.TimerHandle | None = None

    async def wait(self, window: Window) -> None:
        """Return when it is this message's turn."""
        loop = asyncio.get_running_loop()
        turn = loop.create_future()
        self._waiting.append(turn)
        self._window = window
        if self._quiet is not None:
            self._quiet.cancel()
        if len(self._waiting) >= window.size:
            self.go_on()
        else:
            self._quiet = loop.call_later(QUIET_S, self.go_on)
        try:
            await turn
        finally:
            if turn in self._waiting:  # its client has gone
                self._waiting.remove(turn)

    def go_on(self) -> None:
        """Let all of them go; they run in the order in which they are woken."""
        waiting, self._waiting = self._waiting, []
        for place in self._window.order(len(waiting)) if self._window is not None else ():
            if not waiting[place].done():  # else its client goes at this moment
                waiting[place].set_result(None)


class Rooms:
    """Where one visitor's messages wait: for each other, in two rooms, or for their time."""

    def __init__(self, line: Line) -> None:
        self._line = line
        self._rooms = {each: Room() for each in (Direction.IN, Direction.OUT)}
        self._let_go = asyncio.Event()
        self._holding = self._now_holding()
        line.changed = self._refresh

    async def wait(self, fate: Fate, direction: Direction) -> None:
        """Return when a message may go on: in its turn, or once a fault has ended that holds it."""
        if fate.window is not None:
            await self._rooms[direction].wait(fate.window)
        now_s = asyncio.get_running_loop().time()
        delay_s = fate.due_s(now_s) - now_s
        if delay_s > 0:
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._let_go.wait(), delay_s)

    def _refresh(self) -> None:
        """Other faults concern the line than before."""
        was, self._holding = self._holding, self._now_holding()
        if was <= self._holding:
            return
        for room in self._rooms.values():
            room.go_on()
        self._let_go.set()
        self._let_go = asyncio.Event()

    def _now_holding(self) -> frozenset[InForce]:
        return frozenset(each for each in self._line.faults if isinstance(each.fault, HOLDING))


class Answer:
    """An answer that has not left yet."""

    def __init__(self) -> None:
        self._start: Message = {}
        self._body = b""

    async def take(self, message: Message) -> None:
        """As an application's `send`."""
        if message["type"] == "http.response.start":
            self._start = message
        elif message["type"] == "http.response.body":
            self._body += message.get("body", b"")

    async def leave(self, send: Send, change: Callable[[bytes], bytes]) -> None:
        """Send it, with its body changed; its length may differ then."""
        body = change(self._body)
        headers = [
            (name, b"%d" % len(body) if name.lower() == b"content-length" else value)
            for name, value in self._start["headers"]
        ]
        await send({**self._start, "headers": headers})
        await send({"type": "http.response.body", "body": body})


class Passage:
    """The way of one request."""

    def __init__(self, line: Line, rooms: Rooms, kind: str, max_body: int) -> None:
        self._line = line
        self._rooms = rooms
        self._kind = kind
        self._max_body = max_body

    async def carry(self, app: ASGIApp, scope: Scope, receive: Receive, send: Send) -> None:
        """Bring a request to the application and its answer back, as far as they come."""
        heard = await _heard(receive, self._max_body)
        fate = self._next(Direction.IN)
        if fate.ban is not None:
            await _refuse(fate.ban, send)
            return
        if not await self._arrives(fate, Direction.IN, scope, receive):
            return
        answer = Answer()
        changed = _changed(heard, fate)
        await app(scope, _saying(changed, receive), answer.take)
        for _ in range(fate.copies):
            await app(dict(scope), _saying(changed, receive), Answer().take)
        fate = self._next(Direction.OUT)
        if await self._arrives(fate, Direction.OUT, scope, receive):
            await answer.leave(send, fate.applied)

    def _next(self, direction: Direction) -> Fate:
        return self._line.next(direction, self._kind, asyncio.get_running_loop().time())

    async def _arrives(
        self, fate: Fate, direction: Direction, scope: Scope, receive: Receive
    ) -> bool:
        """Wait until a message is through; False: it is lost, and so is the connection."""
        if fate.cut is not None and not isinstance(fate.cut, HalfOpen):
            await _cut_off(scope, receive)
            return False
        if fate.is_lost or fate.cut is not None:
            await _given_up(receive, SILENT_S)
            await _cut_off(scope, receive)
            return False
        if fate.window is None and not fate.slots and not fate.delay_s:
            return True
        is_through = await _first(self._rooms.wait(fate, direction), _given_up(receive, None))
        # Who has gone has said what he said; what he was to be told is told to nobody.
        return is_through or direction is Direction.IN


async def _heard(receive: Receive, most: int) -> list[Message]:
    """The request's body as it came; no more of one that is too long than shows that it is."""
    heard: list[Message] = []
    size = 0
    while size <= most:
        message = await receive()
        heard.append(message)
        size += len(message.get("body", b""))
        if message["type"] != "http.request" or not message.get("more_body", False):
            break
    return heard


def _changed(heard: list[Message], fate: Fate) -> list[Message]:
    """The request as it arrives."""
    if not fate.changes or heard[-1]["type"] != "http.request" or heard[-1].get("more_body", False):
        return heard
    body = b"".join(message.get("body", b"") for message in heard)
    return [{"type": "http.request", "body": fate.applied(body), "more_body": False}]


def _saying(heard: list[Message], receive: Receive) -> Receive:
    """What an application is to hear, once more; then whatever comes."""
    left = iter(heard)

    async def hear() -> Message:
        message = next(left, None)
        return await receive() if message is None else message

    return hear


async def _refuse(ban: Ban, send: Send) -> None:
    """Say no to who asks too often, as long as he is banned."""
    body: dict[str, Any] = {"error": _BANNED, "code": Code.LIMIT_RATE}
    body["violation_count"] = ban.violation_count
    headers = [(b"content-type", b"application/json")]
    if ban.retry_after_s is not None:
        wait_s = max(1, ceil(ban.retry_after_s))
        body |= {"error": _REFUSED, "retry_after": wait_s}
        headers.append((b"retry-after", b"%d" % wait_s))
    content = msgspec.json.encode(body)
    headers.append((b"content-length", b"%d" % len(content)))
    await send({"type": "http.response.start", "status": 429, "headers": headers})
    await send({"type": "http.response.body", "body": content})


async def _given_up(receive: Receive, within_s: float | None) -> None:
    """Return when the client has gone, or should have."""
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(within_s):
            while (await receive())["type"] != "http.disconnect":
                pass


async def _first(wanted: Coroutine[Any, Any, None], other: Coroutine[Any, Any, None]) -> bool:
    """Whether `wanted` is over before `other`; whichever is not is given up."""
    tasks = [asyncio.ensure_future(each) for each in (wanted, other)]
    try:
        await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        return tasks[0].done()
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def _cut_off(scope: Scope, receive: Receive) -> None:
    """End the connection without an answer; return once it has ended, so that nobody misses one."""
    cut: Callable[[], Awaitable[None] | None] | None = scope.get("state", {}).get(CUT)
    if cut is not None:
        cut()
        await _given_up(receive, SILENT_S)
