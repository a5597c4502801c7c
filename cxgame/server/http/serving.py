"""uvicorn on our own event loop: it serves, and leaves signals and the process to us."""

import asyncio
import contextlib
import socket
from collections.abc import Generator, Sequence
from pathlib import Path

import uvicorn
from fastapi import FastAPI
from uvicorn.protocols.http.h11_impl import H11Protocol

from cxgame.server.sockets.listening import listen_error

_BACKLOG = 128
REQUEST_S = 10.0  # for the first request line and headers; who is half-open holds a descriptor
_GRACE_S = 1  # for requests under way when the server ends


class HttpServer:
    """One application on one port."""

    def __init__(self, app: FastAPI, pem_file: Path | None) -> None:
        config = uvicorn.Config(
            app,
            http=_Connection,
            lifespan="off",
            log_config=None,  # our own handlers; and no line for every request
            access_log=False,
            server_header=False,
            ws="none",
            ssl_certfile=pem_file,
            timeout_graceful_shutdown=_GRACE_S,
        )
        self._server = _Server(config)
        self._sockets: list[socket.socket] = []
        self._task: asyncio.Task[None] | None = None

    def bind(self, hosts: Sequence[str], port: int) -> int:
        """Take the port; nothing is answered yet. Raises `StartError`."""
        for host in hosts:
            family = socket.AF_INET6 if ":" in host else socket.AF_INET
            try:
                taken = socket.create_server((host, port), family=family, backlog=_BACKLOG)
            except OSError as error:
                self._release()
                raise listen_error("http", host, port, error) from None
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

    async def close(self) -> None:
        """Let requests under way end, within bounds."""
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
    """Ends a connection that has asked nothing in time; uvicorn's own limit begins later."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """A client has connected."""
        super().connection_made(transport)
        self.loop.call_later(REQUEST_S, self._asked_in_time)

    def _asked_in_time(self) -> None:
        if self.cycle is None and not self.transport.is_closing():
            self.transport.abort()
