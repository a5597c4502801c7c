"""WebSockets on the HTTP port: a request to upgrade goes over to the order server's transport.

uvicorn reads the request and hands connection and request on; from then on it knows nothing of
them. Owns these connections: who may come in, how many, and how all of them end. What is said is
the session's business.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Final, NamedTuple, cast
from weakref import WeakKeyDictionary

from websockets.asyncio.server import Server, ServerConnection, serve
from websockets.http11 import Request, Response
from websockets.server import ServerProtocol

from cxgame.faults import Board, Face
from cxgame.server.sockets.door import Door
from cxgame.server.sockets.peer import Peer, Session, SocketLimits
from cxgame.server.sockets.tap import tapped
from cxgame.server.sockets.transport import PlayerSocket

ENDING: Final = "The server is shutting down.\n"


class Guest(NamedTuple):
    """Who may come in."""

    session: Callable[[Peer], Session]  # makes it
    board: Board | None  # of network faults
    who: str  # as faults are drawn for him
    names: Sequence[str]  # by which faults may call him


class Denial(NamedTuple):
    """Why a client does not get its session: the answer to its request."""

    status: int
    body: str
    content_type: str = "application/json"
    retry_after_s: int | None = None


Admit = Callable[[Request, str], Awaitable[Guest | Denial]]
"""Takes a request and the address it comes from."""


class Upgrades:
    """The WebSocket connections of one HTTP port, all of them to one path."""

    def __init__(self, path: str, admit: Admit, limits: SocketLimits) -> None:
        self.path = path
        self._admit = admit
        self._limits = limits
        self._door = Door(limits.connections_per_address)
        self._place = _Nowhere()
        self._server: Server | None = None  # there is a loop with the first connection
        self._admitted: WeakKeyDictionary[ServerConnection, Guest] = WeakKeyDictionary()

    @property
    def connections(self) -> int:
        """How many sockets are connected, those in the handshake included."""
        return len(self._door.callers)

    def protocol(self, **_: object) -> PlayerSocket:
        """What takes over a connection; called by uvicorn, in the event loop."""
        limits = self._limits
        return PlayerSocket(
            self._door,
            ServerProtocol(max_size=limits.max_message),
            self._serving(),
            ping_interval=limits.ping_interval_s,
            ping_timeout=limits.ping_timeout_s,
            close_timeout=limits.close_s,
            write_limit=limits.write_high,
        )

    async def close(self, code: int, reason: str) -> None:
        """Let nobody in any more, close every connection once its replies have left, wait."""
        self._place.close()
        self._door.close(code, reason)
        if self._server is not None and self._server.handler_tasks:
            await asyncio.wait(set(self._server.handler_tasks))

    def _serving(self) -> Server:
        """A server of `websockets` that listens to nothing: it runs handshakes and handlers."""
        if self._server is None:
            self._server = serve(
                self._converse,
                compression=None,
                process_request=self._answer,
                open_timeout=self._limits.handshake_s,
                server_header=None,
            )
            self._server.server = cast(asyncio.Server, self._place)
        return self._server

    async def _answer(self, connection: ServerConnection, request: Request) -> Response | None:
        """Answer the opening request; None accepts it."""
        assert isinstance(connection, PlayerSocket)
        refusal = self._door.refusal(connection)
        if refusal is not None:
            return _response(connection, Denial(429, refusal, "text/plain"))
        if not self._place.is_serving():
            return _response(connection, Denial(503, ENDING, "text/plain"))
        found = await self._admit(request, connection.address)
        if isinstance(found, Denial):
            return _response(connection, found)
        self._admitted[connection] = found
        return None

    async def _converse(self, connection: ServerConnection) -> None:
        """The handler that `websockets` asks for: the connection is up while it runs."""
        assert isinstance(connection, PlayerSocket)
        peer = Peer(connection, self._limits, connection.address)
        guest = self._admitted.pop(connection)
        session = guest.session(peer)
        with tapped(
            guest.board, connection, session, peer, Face.SIMULATOR, guest.who, guest.names
        ) as behind_faults:
            connection.attach(behind_faults, peer, self._limits)
            await connection.wait_closed()


class _Nowhere:
    """Where a server listens that has its connections from another one: what it asks of that."""

    def __init__(self) -> None:
        self._is_serving = True

    def is_serving(self) -> bool:
        """Whether connections are taken over."""
        return self._is_serving

    def close(self) -> None:
        """Take over none from now on."""
        self._is_serving = False


def _response(connection: ServerConnection, denial: Denial) -> Response:
    response = connection.respond(denial.status, denial.body)
    del response.headers["Content-Type"]  # a second value would be added to it
    response.headers["Content-Type"] = denial.content_type
    if denial.retry_after_s is not None:
        response.headers["Retry-After"] = str(denial.retry_after_s)
    return response
