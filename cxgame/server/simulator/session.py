"""A session of the simulator's dialect: the order server's, with other words.

It has the same account, limits, order of messages and way to the game; frames come in and go out
as `cxgame.wire.simulator_frames` reads and writes them. Its account is known from the upgrade on.
"""

from collections import deque
from typing import Any

from cxgame.limits import too_fast
from cxgame.model.batch import RequestId
from cxgame.model.errors import Code, Rejection, reject
from cxgame.pipeline import Push
from cxgame.server.sessions.connection import Connection
from cxgame.server.sessions.rates import NO, YES
from cxgame.server.sessions.session import Session
from cxgame.server.simulator.hall import Hall
from cxgame.server.simulator.joining import Joining, Leaving
from cxgame.server.simulator.owned import State
from cxgame.server.simulator.routes import ANYTIME, ROUTES
from cxgame.wire.simulator_frames import (
    INVALID_MESSAGE,
    MAX_MESSAGE,
    BadFrame,
    Refusal,
    error,
    parse,
    request_id_in,
    subscribed,
)
from cxgame.wire.simulator_orders import said

POLICY = 1008  # close code of RFC 6455, 7.4.1
CHARGED_BYTES = 65_536  # each so many of one message count as another one
OWN_CODES = ("STATE_", "LIMIT_", "INTERNAL_")  # of refusals that the dialect has no code for
NO_TEXT = "Send text messages."


class DialectSession(Session):
    """One connection to `/ws`."""

    __slots__ = ("_followed", "_has_joined", "hall", "is_sandboxed", "owed")

    def __init__(
        self, hall: Hall, connection: Connection, account: int, *, is_sandboxed: bool
    ) -> None:
        """`is_sandboxed`: nobody has shown a token for the account."""
        super().__init__(hall.host, connection)
        self.hall = hall
        self.is_sandboxed = is_sandboxed
        self._followed = account  # also when somebody has logged the session out
        self.owed: deque[State] = deque()  # one for each `OWED` among what is told
        self._has_joined = False  # what is told may stand for an acknowledgement
        self._is_pushed_to = True
        refusal = self.login(account)
        if refusal is not None:
            connection.close(POLICY, refusal.text)
            return
        hall.accounts.follow(self)

    # Called by the connection

    def receive(self, raw: bytes) -> None:
        """Take one text message."""
        if self._is_limited and self._is_too_fast(raw):
            return
        frame: Any = parse(raw)
        try:
            route = ROUTES[type(frame)]
        except KeyError:
            assert type(frame) is BadFrame
            self._reply(
                error(frame.request_id, self.now_ms(), INVALID_MESSAGE, frame.message),
                frame.request_id,
            )
            return
        if self.host.game.halted and type(frame) not in ANYTIME:
            answer = self._answer_withheld(route, frame)
        else:
            answer = route.handle(self, frame)
        if isinstance(answer, bytes):
            self._reply(answer, frame.request_id)
        else:
            self._answer_more(answer, route, frame.request_id, _as_it_is)

    def binary(self) -> None:
        """A binary message came."""
        if not self._is_too_fast(b""):
            self._reply(error(None, self.now_ms(), INVALID_MESSAGE, NO_TEXT), None)

    def too_long(self, size: int) -> None:
        """As of any session, but here messages may be longer."""
        limit = f"{MAX_MESSAGE} bytes"
        self._refuse(reject(Code.LIMIT_MESSAGE, limit=limit, got=f"{size} bytes"), None)

    def closed(self, clean: bool = False) -> None:
        """The connection is gone."""
        self.hall.accounts.leave(self, self._followed)
        self.hall.channels.forget(self)
        super().closed(clean)

    # Called by the game

    def deliver(self, payloads: list[bytes]) -> None:
        """Send what is durable now; who subscribes joins as his acknowledgement leaves."""
        if self.owed:
            payloads = self._settled(payloads)
        if self._has_joined:
            payloads = [each for payload in payloads for each in self._written(payload)]
        pushed = sum(type(payload) is Push for payload in payloads)
        if payloads:
            self.connection.write(payloads, pushed)

    # Called by the frames' handlers

    def push(self, payloads: list[bytes]) -> None:
        """Tell what answers nothing, behind what was told before."""
        for payload in payloads:
            self.host.game.push(self, payload)

    def now_ms(self) -> int:
        """The time of day."""
        return self.host.clock.wall_ms()

    # In the words of the dialect

    def no(self, command: str, rejection: Rejection, id: RequestId) -> bytes:
        """A refusal of what is no order."""
        code, details = str(rejection.code), dict(rejection.facts)
        if not code.startswith(OWN_CODES):
            code, details = INVALID_MESSAGE, {"code": code, **details}
        return error(id, self.now_ms(), code, said(rejection), details)

    def id_in(self, raw: bytes) -> RequestId:
        """The `request_id` of a message that is not read any further."""
        return request_id_in(raw)

    # Within

    def _reply(self, payload: bytes, id: RequestId) -> None:
        self.answered[NO if type(payload) is Refusal else YES] += 1
        if type(payload) is Joining:
            self._has_joined = True
        self.host.game.tell(self, payload, id)
        if self.host.game.full:
            self._wait_for_room()

    def _is_too_fast(self, raw: bytes) -> bool:
        """A long message counts as several: it takes as long to read."""
        if super()._is_too_fast(raw):
            return True
        wait_ns = self.charge(len(raw) // CHARGED_BYTES) if len(raw) >= CHARGED_BYTES else 0
        if wait_ns:
            self._refuse(too_fast(wait_ns), None)
        return wait_ns > 0

    def _settled(self, payloads: list[bytes]) -> list[bytes]:
        """What the account owns after a batch comes last."""
        told = [payload for payload in payloads if payload]
        for _ in range(len(payloads) - len(told)):
            told += self.hall.accounts.holdings.released(self.owed.popleft())
        return told

    def _written(self, payload: bytes) -> tuple[bytes, ...]:
        """What stands for an acknowledgement, written; anything else as it is."""
        if type(payload) is Leaving:
            self.hall.channels.leave(self, payload.channel, payload.market)
        if type(payload) is not Joining:
            return (payload,)
        if self.is_closed:  # nobody would ever let it leave the channel
            return ()
        channel, market = payload.channel, payload.market
        number, begin = self.hall.channels.join(self, channel, market, payload.opening)
        shown = self.hall.figures(market)
        ack = subscribed(payload.request_id, self.now_ms(), channel, shown, number)
        return (ack,) if begin is None else (ack, Push(begin))


def _as_it_is(reply: bytes) -> bytes:
    """Nothing more was asked for."""
    return reply
