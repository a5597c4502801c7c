"""uvicorn on our own event loop: it serves, and leaves signals and the process to us."""

import asyncio
import contextlib
import socket
from collections.abc import Generator, Sequence
from pathlib import Path
from typing import cast

import h11
import uvicorn
from starlette.types import ASGIApp
from uvicorn.protocols.http.h11_impl import H11Protocol

from cxgame.model.errors import Code
from cxgame.server.http.passage import CUT
from cxgame.server.http.rest.errors import Refused
from cxgame.server.http.upgrade import Upgrades
from cxgame.server.sockets.listening import BACKLOG, listen_error

# For a request to arrive whole, from when one may be sent: who is half-open holds a descriptor.
REQUEST_S = 10.0
UNREAD_S = 30.0  # how long an answer may be left unread, as on the order server
_GRACE_S = 1  # for requests under way when the server ends


class HttpServer:
    """One application on one port, and WebSockets beside it."""

    def __init__(self, app: ASGIApp, pem_file: Path | None, upgrades: Upgrades | None = None):
        """Without `upgrades`, a request to upgrade is answered as if it had not asked for that."""
        self._upgrades = upgrades
        config = uvicorn.Config(
            app,
            http=_Connection if upgrades is None else _upgrading(upgrades.path),
            lifespan="off",
            log_config=None,  # our own handlers; and no line for every request
            access_log=False,
            server_header=False,
            ws="none" if upgrades is None else cast(type[asyncio.Protocol], upgrades.protocol),
            ssl_certfile=pem_file,
            timeout_graceful_shutdown=_GRACE_S,
        )
        self._server = _Server(config)
        self._sockets: list[socket.socket] = []
        self._task: asyncio.Task[None] | None = None

    @property
    def requests(self) -> int:
        """How many were answered, those for pages and files included."""
        return self._server.server_state.total_requests

    def bind(self, hosts: Sequence[str], port: int, face: str = "http") -> int:
        """Take the port, of the server or of a page alone; nothing is answered yet.

        Raises `StartError`.
        """
        for host in hosts:
            family = socket.AF_INET6 if ":" in host else socket.AF_INET
            try:
                taken = socket.create_server((host, port), family=family, backlog=BACKLOG)
            except OSError as error:
                self._release()
                raise listen_error(face, host, port, error) from None
            self._sockets.append(taken)
            port = port or int(taken.getsockname()[1])
        return port

    async def start(self) -> None:
        """Answer from now on."""
        self._task = asyncio.create_task(self._server.serve(sockets=self._sockets))
        while not self._server.started and not self._task.done():
            await asyncio.sleep(0.005)
        if self._task.done():
            self._task.result()

    async def dismiss(self, code: int, reason: str) -> None:
        """Close the WebSockets, as long as there is a game to send the replies that are owed."""
        if self._upgrades is not None:
            await self._upgrades.close(code, reason)

    async def close(self) -> None:
        """Let requests under way end, within bounds; `dismiss` comes first."""
        self._server.should_exit = True
        if self._task is not None:
            await self._task
        self._release()

    def _release(self) -> None:
        for taken in self._sockets:
            taken.close()
        self._sockets.clear()


class _Server(uvicorn.Server):
    @contextlib.contextmanager
    def capture_signals(self) -> Generator[None, None, None]:
        """Signals belong to whoever runs the whole server."""
        yield


class _Connection(H11Protocol):
    """Ends a connection that keeps us waiting, which uvicorn does only between two requests."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """A client has connected."""
        super().connection_made(transport)
        self.app_state = {**self.app_state, CUT: transport.abort}
        self._asking = _Deadline(transport)  # while a request may come, or comes
        self._reading = _Deadline(transport)  # while an answer lies unread
        self._look()

    def data_received(self, data: bytes) -> None:
        """Part of a request, or more than one."""
        super().data_received(data)
        self._look()

    def on_response_complete(self) -> None:
        """An answer was written."""
        super().on_response_complete()
        self._look()

    def send_400_response(self, msg: str) -> None:
        """What came is no HTTP; said in the form that every refusal has."""
        if self.conn.our_state in (h11.IDLE, h11.SEND_RESPONSE):  # else it has an answer already
            headers = [(b"content-type", b"application/json"), (b"connection", b"close")]
            answer = h11.Response(status_code=400, headers=headers, reason=b"Bad Request")
            body = h11.Data(data=Refused(400, Code.PARAM_JSON, msg).body())
            for event in (answer, body, h11.EndOfMessage()):
                self.transport.write(self.conn.send(event) or b"")
        self.transport.close()

    def pause_writing(self) -> None:
        """More lies unread than should."""
        super().pause_writing()
        self._reading.start(UNREAD_S)

    def resume_writing(self) -> None:
        """The client has read on."""
        super().resume_writing()
        self._reading.stop()

    def connection_lost(self, exc: Exception | None) -> None:
        """The last call."""
        super().connection_lost(exc)
        self._asking.stop()
        self._reading.stop()

    def _look(self) -> None:
        if self.conn.their_state in (h11.IDLE, h11.SEND_BODY) and not self.transport.is_closing():
            self._asking.start(REQUEST_S)
        else:
            self._asking.stop()


def _upgrading(upgraded_path: str) -> type[_Connection]:
    """A connection that goes over to WebSocket if that is asked for at this path."""

    class Upgrading(_Connection):
        def _should_upgrade_to_ws(self) -> bool:
            return self.scope["path"] == upgraded_path and self.scope["method"] == "GET"

        def handle_websocket_upgrade(self, event: h11.Request) -> None:
            super().handle_websocket_upgrade(event)
            self._asking.stop()
            sent_along, _ = self.conn.trailing_data
            if sent_along:  # frames of a client that has not waited for the answer
                self.transport.get_protocol().data_received(sent_along)  # type: ignore[attr-defined]

        def _look(self) -> None:
            if self.transport.get_protocol() is self:  # else another one minds the connection
                super()._look()

    return Upgrading


class _Deadline:
    """When a connection is cut off, if nothing happens before."""

    def __init__(self, transport: asyncio.Transport) -> None:
        self._transport = transport
        self._timer: asyncio.TimerHandle | None = None

    def start(self, delay_s: float) -> None:
        """Let it run, unless it runs already."""
        if self._timer is None:
            loop = asyncio.get_running_loop()
            self._timer = loop.call_later(delay_s, self._transport.abort)

    def stop(self) -> None:
        """It was kept."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
