"""Listening: who may connect, to which path, and how all connections end.

Owns the listening sockets of the order server and the count of connections per address. What is
said on a connection is the session's business.
"""

import http
import ssl
from collections import Counter
from collections.abc import Callable, Sequence
from functools import partial
from typing import cast

from websockets.asyncio.server import Server, ServerConnection, serve
from websockets.http11 import Request, Response

from cxgame.model.errors import Code, reject
from cxgame.server.sockets.peer import Peer, Session, SocketLimits
from cxgame.server.sockets.transport import PlayerSocket

Factory = Callable[[Peer], Session]
Route = Callable[[str], Factory | None]  # game's name in the path ("" for none) → its sessions


class Listener:
    """The order server's listening sockets and all their connections."""

    def __init__(self, route: Route, limits: SocketLimits) -> None:
        self._route = route
        self._limits = limits
        self._server: Server | None = None
        self._sockets: set[PlayerSocket] = set()
        self._addresses: Counter[str] = Counter()

    @property
    def connections(self) -> int:
        """How many sockets are connected, those in the handshake included."""
        return len(self._sockets)

    async def bind(self, hosts: Sequence[str], port: int, tls: ssl.SSLContext | None = None) -> int:
        """Take the port; returns the one that the system chose if 0 was asked. Raises OSError."""
        limits = self._limits
        self._server = await serve(
            self._converse,
            host=cast(str, list(hosts)),  # create_server takes a list as well
            port=port,
            ssl=tls,
            compression=None,  # 15-25 µs a message and 32 KB a connection
            process_request=self._admit,
            create_connection=cast(type[ServerConnection], partial(PlayerSocket, self)),
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
        for socket in list(self._sockets):
            if socket.attached:
                socket.peer.close(code, reason)
            else:
                socket.transport.abort()
        await self._server.wait_closed()

    def arrived(self, socket: PlayerSocket) -> None:
        """Count a socket in; cut it off if its address holds far too many."""
        self._sockets.add(socket)
        self._addresses[socket.address] += 1
        # Above the limit an address gets an answer; the answering must be bounded too.
        if self._addresses[socket.address] > 2 * self._limits.connections_per_address:
            socket.transport.abort()

    def left(self, socket: PlayerSocket) -> None:
        """Count a socket out."""
        self._sockets.discard(socket)
        self._addresses[socket.address] -= 1
        if not self._addresses[socket.address]:
            del self._addresses[socket.address]

    def _admit(self, connection: ServerConnection, request: Request) -> Response | None:
        """Answer the opening request; None accepts it."""
        assert isinstance(connection, PlayerSocket)
        if self._factory(request) is None:
            return connection.respond(http.HTTPStatus.NOT_FOUND, "There is no such game.\n")
        limit = self._limits.connections_per_address
        if self._addresses[connection.address] > limit:
            refusal = reject(Code.LIMIT_CONNECTIONS, limit=str(limit))
            text = f"{refusal.code}: {refusal.text}\n"
            return connection.respond(http.HTTPStatus.TOO_MANY_REQUESTS, text)
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
        connection.attach(factory(peer), peer, self._limits)
        await connection.wait_closed()
