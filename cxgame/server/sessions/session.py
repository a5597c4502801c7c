"""A session: one connection's state, who it is and what it may ask. Sans-I/O.

Messages come in one by one and are handled strictly in order; each leads to exactly one reply,
which the game releases once what it tells is durable. While something takes longer (a password,
a user record, a full batch) the connection is asked to read no further, so nothing piles up.
"""

import asyncio
import logging
from collections.abc import Callable, Coroutine
from typing import Any

from cxgame.limits import NS_PER_S, MessageRate, too_fast
from cxgame.model.batch import RequestId
from cxgame.model.errors import Code, Rejection, reject
from cxgame.pipeline import Push
from cxgame.server.sessions.answers import Answer, Opening, Ready
from cxgame.server.sessions.asked import dressing
from cxgame.server.sessions.connection import Connection
from cxgame.server.sessions.host import Host
from cxgame.server.sessions.rates import AT
from cxgame.server.sessions.routes import ROUTES, Route
from cxgame.server.sessions.safety import Guard
from cxgame.wire.diagnosis import BadRequest, peek_id
from cxgame.wire.feed import Subscription
from cxgame.wire.replies import as_of, bad, leaving, refused
from cxgame.wire.request_types import Request
from cxgame.wire.requests import Asking, parse

POLICY, INTERNAL = 1008, 1011  # close codes of RFC 6455, 7.4.1

FOR_GOOD_S = 31_536_000  # a year: what who is banned for good is told to wait

Dress = Callable[[bytes], bytes]  # adds to a reply what was asked for

log = logging.getLogger("cxgame.session")


class Session:
    """One connection to one game. `account` 0: not logged in."""

    __slots__ = (
        "_is_limited",
        "_is_pushed_to",
        "_is_timed",
        "_rate",
        "account",
        "answered",
        "connection",
        "guard",
        "host",
        "id",
        "is_closed",
        "is_organiser",
        "name",
    )

    def __init__(self, host: Host, connection: Connection) -> None:
        self.host = host
        self.connection = connection
        self.id = host.next_session_id()
        self.account = 0
        self.name = ""
        self.answered = host.rates.of(0)  # the account's counts of replies: see `rates`
        self.is_organiser = False  # whoever speaks over it has shown the admin secret
        self.guard: Guard | None = None  # what is cancelled when the connection is lost
        self._rate = MessageRate(host.limits)
        self._is_limited = host.limits.rate_limit > 0
        self._is_timed = False  # replies may be waiting for the time they leave
        self._is_pushed_to = False  # what is delivered may answer nothing
        self.is_closed = False
        self._announce()

    # Called by the connection

    def receive(self, raw: bytes) -> None:
        """Take one text message."""
        if self._is_limited and self._is_too_fast(raw):
            return
        request: Any = parse(raw)
        try:
            route = ROUTES[type(request)]
        except KeyError:  # as good as never, and costs nothing until then
            self._receive_other(request)
            return
        game = self.host.game
        if game.halted or (route.needs_login and not self.account):
            answer: Any = self._answer_withheld(route, request)
        else:
            answer = route.handle(self, request)
        if type(answer) is not bytes:
            self._answer_more(answer, route, request.id, _as_it_is)
            return
        self.answered[answer[AT]] += 1
        game.tell(self, answer, request.id)
        if game.full:
            self._wait_for_room()

    def binary(self) -> None:
        """A binary message came."""
        if not self._is_too_fast(b""):
            self._refuse(reject(Code.PARAM_JSON), None)

    def too_long(self, size: int) -> None:
        """A message of `size` bytes was not read; the connection will be closed."""
        limit = f"{self.host.limits.max_message} bytes"
        self._refuse(reject(Code.LIMIT_MESSAGE, limit=limit, got=f"{size} bytes"), None)

    def limited(self, raw: bytes, wait_s: float | None) -> None:
        """A message came too soon for the network: it is refused as one too many."""
        wait_ns = round((FOR_GOOD_S if wait_s is None else wait_s) * NS_PER_S)
        self._refuse(too_fast(wait_ns), self.id_in(raw))

    def closed(self, clean: bool = False) -> None:
        """The connection is gone; `clean`: because the client has said goodbye."""
        self.is_closed = True
        self.host.safety.gone(self, clean)
        self.host.market_data.leave(self)
        self.host.logout(self)

    # Called by the game

    def deliver(self, payloads: list[bytes]) -> None:
        """Send replies that are durable now, and what is pushed."""
        if self._is_timed:
            payloads = leaving(payloads, self.host.clock.wall_ms())
        if self._is_pushed_to:
            pushed = sum(type(payload) is Push for payload in payloads)
            self.connection.write(payloads, pushed)
        else:
            self.connection.write(payloads)

    def in_doubt(self, requests: list[RequestId]) -> None:
        """Say that the outcome of requests is open."""
        self.connection.write([self.no("", reject(Code.STATE_UNKNOWN), id) for id in requests])

    # What another dialect says in its own way

    def no(self, command: str, rejection: Rejection, id: RequestId) -> bytes:
        """A refusal as its client reads it."""
        return refused(command, rejection, id)

    def id_in(self, raw: bytes) -> RequestId:
        """What marks a message that is not read any further."""
        return peek_id(raw)

    # Called by commands

    def login(self, account: int) -> Rejection | None:
        """Act for an account from now on."""
        if self.is_closed:  # while the account was looked up
            return None
        refusal = self.host.login(self, account)
        if refusal is None and self.guard is not None and self.guard.account != account:
            self.host.safety.guard(self, on=False)
        return refusal

    def charge(self, more: int) -> int:
        """Count a message as `more` than one: 0, or the ns to wait before sending it again."""
        if not self._is_limited:
            return 0
        return self._rate.take_more(self.host.clock.monotonic_ns(), more)

    def follow_account(self) -> None:
        """Be pushed what becomes of the account's orders from now on."""
        if self.account and not self.is_closed:
            self._is_pushed_to = True
            self.host.executions.follow(self)

    def follow_markets(self, subscription: Subscription) -> None:
        """Be pushed market data from now on, once what was told so far has left."""
        if not self.is_closed:
            self.host.market_data.subscribe(self, subscription)

    def messages_left(self) -> int | None:
        """How many messages would be taken now; None without a limit."""
        return self._rate.left(self.host.clock.monotonic_ns()) if self._is_limited else None

    # Within

    def _receive_other(self, read: BadRequest | Asking) -> None:
        """Take a message that is no request, or whose reply is to carry more than usual."""
        if type(read) is BadRequest:
            self._reply(bad(read), read.id)
            return
        assert type(read) is Asking
        request = read.request
        route, dress = ROUTES[type(request)], dressing(self, request)
        self._is_timed = self._is_timed or bool(request.ts)
        if self.host.game.halted or (route.needs_login and not self.account):
            answer = self._answer_withheld(route, request)
        else:
            answer = route.handle(self, request)
        self._answer_more(answer, route, request.id, dress)

    def _announce(self) -> None:
        """Tell the feed that somebody came."""
        self.host.notice("New connection")

    def _is_too_fast(self, raw: bytes) -> bool:
        now_ns = self.host.clock.monotonic_ns()
        wait_ns = self._rate.take(now_ns)
        if not wait_ns:
            return False
        self._refuse(too_fast(wait_ns), self.id_in(raw))
        if self._rate.is_overused(now_ns):
            self.connection.close(POLICY, "Too many messages, in spite of LIMIT_RATE.")
        return True

    def _refuse(self, rejection: Rejection, id: RequestId) -> None:
        self._reply(self.no("", rejection, id), id)

    def _reply(self, payload: bytes, id: RequestId) -> None:
        """Answer with the state that the game has now; read on while it takes more."""
        self.answered[payload[AT]] += 1
        self.host.game.tell(self, payload, id)
        if self.host.game.full:
            self._wait_for_room()

    def _wait_for_room(self) -> None:
        self.connection.pause_reading()
        self.host.game.when_room(self.connection.resume_reading)

    def _answer_more(self, answer: Answer, route: Route, id: RequestId, dress: Dress) -> None:
        """Answer with what is no plain reply, or later."""
        if isinstance(answer, bytes | Opening):
            self._reply_ready(answer, id, dress)
        else:
            self._wait_for(answer, route, id, dress)

    def _reply_ready(self, answer: Ready, id: RequestId, dress: Dress) -> None:
        """Answer, and begin what is to follow."""
        if isinstance(answer, bytes):
            self._reply(dress(answer), id)
        else:
            self._reply(dress(answer.reply), id)
            answer.begin()

    def _answer_withheld(self, route: Route, request: Request) -> Answer:
        """Who needs a login has none, or the game is halted.

        A halted game answers reads, if what it had released can be read back.
        """
        if route.needs_login and not self.account:
            return self.no(route.command, reject(Code.AUTH_REQUIRED), request.id)
        if route.is_read:
            return self._show_released(route, request)
        return self.no(route.command, reject(Code.STATE_HALTED), request.id)

    async def _show_released(self, route: Route, request: Request) -> bytes:
        shown, game = self.host.shown, self.host.game
        seq = await shown.halted_at()
        is_halted = game.halted  # it may have resumed meanwhile
        if is_halted and (seq is None or self.account >= len(shown.engine.accounts)):
            return self.no(route.command, reject(Code.STATE_HALTED), request.id)
        answer = route.handle(self, request)
        assert not isinstance(answer, Opening), "what only looks begins nothing"
        payload = answer if isinstance(answer, bytes) else await answer
        assert isinstance(payload, bytes)
        return as_of(payload, seq) if is_halted and seq is not None else payload

    def _wait_for(
        self, answer: Coroutine[Any, Any, Ready], route: Route, id: RequestId, dress: Dress
    ) -> None:
        """Answer later, and nothing else before."""
        self.connection.pause_reading()
        task = self.host.run(self._answer_late(answer, route, id, dress))
        task.add_done_callback(self._answered)

    async def _answer_late(
        self, answer: Coroutine[Any, Any, Ready], route: Route, id: RequestId, dress: Dress
    ) -> None:
        was_halted = self.host.game.halted
        work = self.host.run(answer)
        await asyncio.wait({work}, timeout=self.host.answer_within_s)
        payload: Ready = work.result() if work.done() else b""
        if not payload or (self.host.game.halted and not was_halted):
            # It goes on and may still succeed, or it tells of a state that may still vanish.
            code = Code.STATE_HALTED if route.is_read else Code.STATE_UNKNOWN
            payload = self.no(route.command, reject(code), id)
        self._reply_ready(payload, id, dress)

    def _answered(self, task: "asyncio.Task[None]") -> None:
        """Read on; a bug ends this connection, and no other."""
        if task.cancelled():
            return
        error = task.exception()
        if error is not None:
            log.error("session %d failed", self.id, exc_info=error)
            self.connection.close(INTERNAL, "The server failed on this message.")
        if not self.host.game.full:  # else the game will say when
            self.connection.resume_reading()


def _as_it_is(reply: bytes) -> bytes:
    """Nothing more was asked for."""
    return reply
