"""One open websocket: sends requests, hands each reply to the call that waits for it.

What the exchange pushes goes to whoever listens. Knows nothing of retries, logins and
subscriptions; a `Session` opens the next connection when one is lost.
"""

import asyncio
import itertools
import logging
from collections.abc import Callable
from typing import NamedTuple

from websockets.asyncio.client import ClientConnection
from websockets.exceptions import ConcurrencyError, ConnectionClosed
from websockets.protocol import State

from cxgame.client.channels import Frame
from cxgame.client.opening import GAME_OVER, closing_sentence
from cxgame.client.protocol import Garbage, NotAnExchange, Reply, Request, read_message
from cxgame.client.response import Response
from cxgame.network import Heartbeat, Pulse

log = logging.getLogger(__name__)

_MESSAGE_TOO_BIG = 1009

# While a reply is owed, something comes within this: the exchange answers in order, and of a commit
# that hangs it tells after five seconds. A connection that is open and says nothing is given up
# while there is time to ask again over another one.
SILENT_S = 7.0
LOOK_S = 1.0

# Across connections, so that a late reply on a shared websocket never fits another request.
_numbers = itertools.count(1)


class ConnectionLost(Exception):
    """The connection is gone. `sent` if the request at hand may have arrived, `heals` if another
    connection may carry it.
    """

    def __init__(self, sentence: str, *, sent: bool, heals: bool = True) -> None:
        super().__init__(sentence)
        self.sentence = sentence
        self.sent = sent
        self.heals = heals


class _Waiting(NamedTuple):
    """A request without its reply. A loss is a result too: nobody may be there to catch it."""

    reply: asyncio.Future[Response | ConnectionLost]
    length: int


class Connection:
    """A websocket with requests in flight. Owned ones are closed here, borrowed ones never."""

    def __init__(self, websocket: ClientConnection, *, owned: bool) -> None:
        self.logged_in = False
        self.is_over = False  # the exchange has closed it because the game is over
        self.lost = asyncio.Event()
        self._listener: Callable[[Frame], None] | None = None
        self._websocket = websocket
        self._owned = owned
        self._pending: dict[int, _Waiting] = {}  # oldest first
        self._lost: str | None = None
        self._heals = True
        self._reader: asyncio.Task[None] | None = None
        self._heartbeat = Heartbeat(SILENT_S, step_s=LOOK_S)
        self._looking: asyncio.TimerHandle | None = None  # while a reply is owed
        if owned:
            self._start_reader()

    @property
    def is_open(self) -> bool:
        """Whether a request can be sent."""
        return self._lost is None and self._websocket.state is State.OPEN

    async def request(self, request: Request) -> Response:
        """Send and wait for the reply, without a limit of time. Raises `ConnectionLost`."""
        if not self.is_open:
            sentence = self._lost or "The connection is closed."
            raise ConnectionLost(sentence, sent=False, heals=self._heals)
        number = next(_numbers)
        frame = request.frame(number)
        waiting = _Waiting(asyncio.get_running_loop().create_future(), len(frame))
        self._pending[number] = waiting
        self._start_reader()
        self._start_looking()
        try:
            await self._websocket.send(frame)
        except ConnectionClosed as closed:
            self._lose(closed)
        reply = await waiting.reply
        if isinstance(reply, ConnectionLost):
            raise reply
        return reply

    def listen(self, listener: Callable[[Frame], None]) -> None:
        """Hand what is pushed to a listener from now on; a borrowed websocket is read for it."""
        self._listener = listener
        self._start_reader()

    def ignore(self) -> None:
        """Nobody listens any more."""
        self._listener = None

    def drop(self) -> None:
        """Close an owned connection in the background, leave a borrowed one alone."""
        self._fail("The connection was dropped.")
        if self._reader is not None:
            self._reader.cancel()

    async def close(self) -> None:
        """As `drop`, and wait until it is done."""
        self.drop()
        if self._reader is not None:
            await asyncio.wait([self._reader])

    def _start_reader(self) -> None:
        if self._reader is None or self._reader.done():
            self._reader = asyncio.create_task(self._read(), name="cxgame client reader")

    def _start_looking(self) -> None:
        if self._owned and self._looking is None:
            self._heartbeat.rest()
            self._look()

    def _look(self) -> None:
        """Once a second, while a reply is owed: is anybody there?"""
        self._looking = None
        if not self._pending:
            return
        loop = asyncio.get_running_loop()
        if self._heartbeat.look(loop.time()) is not Pulse.DEAD:
            self._looking = loop.call_later(LOOK_S, self._look)
            return
        log.info("The exchange owes a reply and is silent; dropping the connection")
        self._fail("The exchange fell silent.")
        self.drop()

    async def _read(self) -> None:
        """Deliver messages: all the time on an owned websocket, else while somebody waits."""
        try:
            while self._owned or self._pending or self._listener is not None:
                self._deliver(await self._websocket.recv())
        except ConnectionClosed as closed:
            self._lose(closed)
        except ConcurrencyError:
            self._fail("Someone else is reading from the given websocket.")
        except Garbage as garbage:
            log.warning("The exchange sent %s; dropping the connection", garbage)
            self._fail(f"The exchange sent {garbage}.")
        except NotAnExchange as other:
            self._fail(str(other), sent=False, heals=False)
        except asyncio.CancelledError:
            self._fail("The connection was dropped.")
            raise
        finally:
            # Also when cancelled, as all tasks are when a loop ends: no socket stays behind.
            if self._owned:
                await self._websocket.close()

    def _deliver(self, raw: str | bytes) -> None:
        """Hand a reply to its call: by number, or, without one, to the oldest (replies come in
        order; a message that could not be read is answered without its number)."""
        self._heartbeat.heard()
        reply = read_message(raw)
        if not isinstance(reply, Reply):
            if reply is not None and self._listener is not None:
                self._listener(reply)
            return
        number = reply.number
        if number is None and self._pending:
            number = next(iter(self._pending))
        waiting = self._pending.pop(number, None) if isinstance(number, int) else None
        if waiting is not None and not waiting.reply.done():
            waiting.reply.set_result(reply.response)

    def _lose(self, closed: ConnectionClosed) -> None:
        """Fail what is in flight. Closed for a message too long: the longest one is the cause."""
        if closed.rcvd is not None and closed.rcvd.code == _MESSAGE_TOO_BIG and self._pending:
            cause = max(self._pending, key=lambda number: self._pending[number].length)
            waiting = self._pending.pop(cause)
            if not waiting.reply.done():
                text = f"The exchange takes no message of {waiting.length} bytes."
                waiting.reply.set_result(Response(False, text, code="LIMIT_MESSAGE"))
        self.is_over = closed.rcvd is not None and closed.rcvd.reason == GAME_OVER
        self._fail(closing_sentence(closed))

    def _fail(self, sentence: str, *, sent: bool = True, heals: bool = True) -> None:
        if self._lost is None:
            self._lost, self._heals = sentence, heals
        for waiting in self._pending.values():
            if not waiting.reply.done():
                waiting.reply.set_result(ConnectionLost(sentence, sent=sent, heals=heals))
        self._pending.clear()
        if self._looking is not None:
            self._looking.cancel()
            self._looking = None
        self.lost.set()
