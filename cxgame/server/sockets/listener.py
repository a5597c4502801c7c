"""Listening: who may connect, to which path, and how all connections end.

Owns the listening sockets of the order server. What is said on a connection is the session's
business.
"""

import http
import ssl
from collections.abc import Callable, Sequence
from functools import partial
from typing import cast

from websockets.asyncio.server import Server, ServerConnection, serve
from websockets.http11 import Request, Response

from cxgame.faults import Board, Face
from cxgame.server.sockets.door import Door
from cxgame.server.sockets.listening import BACKLOG
from cxgame.server.sockets.peer import Peer, Session, SocketLimits
from cxgame.server.sockets.ports import one_port
from cxgame.server.sockets.tap import tapped
from cxgame.server.sockets.transport import PlayerSocket

Factory = Callable[[Peer], Session]
Route = Callable[[str], Factory | None]  # game's name in the path ("" for none) → its sessions


def _none() -> None:
    """No board: no faults."""


class Listener:
    """The order server's listening sockets and all their connections."""

    def __init__(
        self, route: Route, limits: SocketLimits, board: Callable[[], Board | None] = _none
    ) -> None:
        """`board` has the faults that act on connections which come from now on."""
        self._route = route
        self._board = board
        self._limits = limits
        self._server: Server | None = None
        self._door = Door(limits.connections_per_address)

    @property
    def connections(self) -> int:
        """How many sockets are connected, those in the handshake included."""
        return len(self._door.callers)

    async def bind(self, hosts: Sequence[str], port: int, tls: ssl.SSLContext | None = None) -> int:
        """Take the port; returns the one that the system chose if 0 was asked. Raises OSError."""
        limits = self._limits
        self._server = await serve(
            self._converse,
            host=cast(str, list(hosts)),  # create_server takes a list as well
            port=one_port(hosts, port),
            ssl=tls,
            backlog=BACKLOG,
            compression=None,  # 15-25 µs a message and 32 KB a connection
            process_request=self._admit,
            create_connection=cast(type[ServerConnection], partial(PlayerSocket, self._door)),
            open_timeout=limits.handshake_s,
            ping_interval=limits.ping_interval_s,
            ping_timeout=limits.ping_timeout_s,
            close_timeout=limits.close_s,
            max_size=limits.max_message,
            write_limit=limits.write_high,
            server_header=None,
            start_serving=False,
        )
        return int(next(iter(self._server.sockets)).getsockname()[1])

    async def accept(self) -> None:
        """Let players in from now on. Raises OSError."""
        assert self._server is not None, "bind comes first"
        await self._server.start_serving()

    async def close(self, code: int, reason: str) -> None:
        """Stop listening, close every connection once its replies have left, wait for all."""
        if self._server is None:
            return
        self._server.close(close_connections=False)
        self._door.close(code, reason)
        await self._server.wait_closed()

    def _admit(self, connection: ServerConnection, request: Request) -> Response | None:
        """Answer the opening request; None accepts it."""
        assert isinstance(connection, PlayerSocket)
        if self._factory(request) is None:
            return connection.respond(http.HTTPStatus.NOT_FOUND, "There is no such game.\n")
        refusal = self._door.refusal(connection)
        if refusal is not None:
            return connection.respond(http.HTTPStatus.TOO_MANY_REQUESTS, refusal)
        return None

    def _factory(self, request: Request) -> Factory | None:
        return self._route(request.path.partition("?")[0].strip("/"))

    async def _converse(self, connection: ServerConnection) -> None:
        """The handler that `websockets` asks for: the connection is up while it runs."""
        assert isinstance(connection, PlayerSocket)
        assert connection.request is not None
        factory = self._factory(connection.request)
        assert factory is not None, "_admit lets nobody else in"
        peer = Peer(connection, self._limits, connection.address)
        session = factory(peer)
        with tapped(self._board(), connection, session, peer, Face.ORDERS) as behind_faults:
            connection.attach(behind_faults, peer, self._limits)
            await connection.wait_closed()
