"""`CxFeed`: the public broadcast of a game, for any number of spectators.

Owns the listening socket and the life of a feed. What is sent when is the hub's, what happened
comes from a source: a game in this process, or the event stream that its store keeps.
"""

import asyncio
import contextlib
import http
import logging
import ssl
from collections.abc import Coroutine
from functools import partial
from pathlib import Path
from typing import Any, Protocol, cast

from msgspec import UNSET
from websockets.asyncio.server import Server, ServerConnection, serve
from websockets.exceptions import ConnectionClosed
from websockets.http11 import Request, Response

from cxgame.faults import Board
from cxgame.limits import Bucket
from cxgame.model.errors import Code, Rejection, reject
from cxgame.server.broadcast.delayed import DelayedHub
from cxgame.server.broadcast.game import GameSource, Played
from cxgame.server.broadcast.hub import FeedHub
from cxgame.server.broadcast.spectator import MAX_UNREAD_BYTES, FeedSocket, Spectator
from cxgame.server.broadcast.store import StoreSource
from cxgame.server.broadcast.tap import tapped
from cxgame.server.running import run_to_end
from cxgame.server.sockets.door import MOST_PER_ADDRESS, Door
from cxgame.server.sockets.listening import BACKLOG, listen_error
from cxgame.server.sockets.ports import one_port
from cxgame.server.sockets.tls import server_context
from cxgame.server.stopping import Stop
from cxgame.wire.feed import MAX_REQUEST_BYTES, Refused
from cxgame.wire.feed_requests import parse_request

MAX_SPECTATORS = 10_000  # 13 KB each; beyond, a second feed process is the better answer
REQUESTS_PER_S, REQUESTS_AT_ONCE = 5, 20  # a reader asks twice when it connects
GOING_AWAY = 1001
GAME_OVER = "The game is over."
STOPPED = "The feed was stopped."
LOGIN = "Authenticated: "  # how the notice of a login begins

log = logging.getLogger("cxgame.feed")


class Source(Protocol):
    """Tells a hub what happens in a game."""

    async def run(self) -> None:
        """Returns when nothing will happen any more."""
        ...


class CxFeed:
    """Broadcasts one game.

    The game is that of `exchange` (in this process, in any thread) if given, else the one that
    is kept in the Valkey at `valkey_url`, else in the Valkey that runs for `data_dir`
    (`./cxgame-data` by default), which is waited for. `start` blocks until the game has ended
    or `stop` was called; `serve` is the same as a coroutine; `open` and `close` are its parts.
    `ssl_verify` is taken for symmetry with the client: a server verifies nobody. `feed_buffer` is
    how many bytes a spectator may leave unread before it is dropped. With `mask_names` nobody is
    called by his name; with `feed_delay` everything is told so many seconds later.
    """

    def __init__(
        self,
        port: int = 9876,
        bind: str = "0.0.0.0",  # noqa: S104 a feed is there to be watched by others
        pem_file: str | Path | None = None,
        ssl_verify: bool = True,
        exchange: Played | None = None,
        data_dir: str | Path | None = None,
        valkey_url: str | None = None,
        game: str = "main",
        feed_buffer: int = MAX_UNREAD_BYTES,
        max_connections_per_address: int = MOST_PER_ADDRESS,
        mask_names: bool = False,
        feed_delay: float = 0.0,
    ) -> None:
        self.port = port  # once open: the one that is listened on
        self.ssl_verify = ssl_verify
        self._bind = bind
        self._pem_file = Path(pem_file) if pem_file is not None else None
        self._exchange = exchange
        self._data_dir = Path(data_dir) if data_dir is not None else Path("cxgame-data")
        self._valkey_url = valkey_url
        self._game = game
        self.feed_buffer = feed_buffer
        self._mask_names = mask_names
        self._delay_s = feed_delay
        self._door = Door(max_connections_per_address)
        self._hub: FeedHub | None = None
        self._server: Server | None = None
        self._spectators: set[Spectator] = set()
        self._tasks: list[asyncio.Task[None]] = []
        # The board of the game's server, or one of yours; used in the loop of this feed alone.
        self.faults: Board | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._stop = Stop()

    @property
    def spectators(self) -> int:
        """How many are watching."""
        return len(self._spectators)

    def start(self) -> None:
        """Serve in an event loop of its own, until the game ends, `stop` or Ctrl-C."""
        run_to_end(self.serve, self.stop)

    async def serve(self) -> None:
        """Serve until the game ends or `stop` is called. Raises `StartError`."""
        await self.open()
        await self.serve_on()

    async def serve_on(self) -> None:
        """The rest of `serve`, after `open`."""
        try:
            await self._stop.comes_after(self.ended())
        finally:
            over = self._hub is not None and self._hub.closed.is_set()
            await self.close(GOING_AWAY, GAME_OVER if over else STOPPED)

    def stop(self) -> None:
        """End `serve`; from any thread, any number of times."""
        self._stop.ask()

    def notice(self, text: str) -> None:
        """Tell the spectators something that is no event; from any thread."""
        with contextlib.suppress(RuntimeError):  # the loop has ended
            if self._loop is not None:
                self._loop.call_soon_threadsafe(self._notice, text)

    async def told(self) -> None:
        """Wait until the spectators know everything that has happened, however late that is."""
        if self._hub is not None:
            await self._hub.told()

    # The parts of `serve`

    async def open(self, tls: ssl.SSLContext | None = None) -> None:
        """Listen, and follow the game. Raises `StartError`. `tls` goes before `pem_file`."""
        tls = tls or server_context(self._pem_file)
        self._hub = hub = self._make_hub()
        hosts = self._bind.split(",")
        try:
            self._server = await serve(
                self._watch,
                host=cast(str, hosts),  # create_server takes a list as well
                port=one_port(hosts, self.port),
                ssl=tls,
                backlog=BACKLOG,
                compression=None,  # 15 µs a delivery and 32 KB a spectator
                process_request=self._admit,
                create_connection=cast(type[ServerConnection], partial(FeedSocket, self._door)),
                max_size=MAX_REQUEST_BYTES,
                server_header=None,
            )
        except OSError as error:
            raise listen_error("feed", self._bind, self.port, error) from None
        self.port = int(next(iter(self._server.sockets)).getsockname()[1])
        self._loop = asyncio.get_running_loop()
        self._follow(hub)

    async def follows(self) -> None:
        """Wait until the game is known here: what happens from then on is told to everyone."""
        assert self._hub is not None, "open comes first"
        begun = asyncio.create_task(self._hub.followed.wait())
        try:  # a source that fails must not hold the server up; `ended` tells of it
            await asyncio.wait({begun, *self._tasks}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            begun.cancel()

    async def ended(self) -> None:
        """Wait until the game has ended before our eyes, or its exchange has stopped."""
        assert self._hub is not None, "open comes first"
        closed = asyncio.create_task(self._hub.closed.wait())
        try:
            await asyncio.wait({closed, *self._tasks}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            closed.cancel()
        for task in self._tasks:
            if task.done():
                task.result()  # a bug must show

    async def close(self, code: int, reason: str) -> None:
        """Stop listening, send what was released, close every connection."""
        self._loop = None
        if self._server is not None:  # first: whoever cancels this leaves no socket behind
            self._server.close(close_connections=False)
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        self._tasks.clear()
        if self._hub is not None:
            self._hub.finish()
        if self._server is not None:
            self._door.close(code, reason)
            await self._server.wait_closed()

    def _make_hub(self) -> FeedHub:
        if self._delay_s:
            return DelayedHub(self._delay_s, counts=True, masked=self._mask_names)
        return FeedHub(counts=True, masked=self._mask_names)

    def _follow(self, hub: FeedHub) -> None:
        runs = self._source(hub).run(), hub.run()
        self._tasks = [asyncio.create_task(run) for run in runs]

    def _source(self, hub: FeedHub) -> "Source":
        """Where the events come from."""
        if self._exchange is not None:
            return GameSource(self._exchange, hub)
        return StoreSource(self._data_dir, self._valkey_url, self._game, hub)

    def _notice(self, text: str) -> None:
        if self._mask_names and text.startswith(LOGIN):
            return  # its name may not be known here yet, and so not be masked
        if self._hub is not None and self._hub.followed.is_set():
            self._hub.notice(text)

    # Connections

    def _admit(self, connection: ServerConnection, request: Request) -> Response | None:
        """Answer the opening request; None accepts it."""
        assert isinstance(connection, FeedSocket)
        path = request.path.partition("?")[0].strip("/")
        if path not in ("", self._game):
            return connection.respond(http.HTTPStatus.NOT_FOUND, "There is no such game.\n")
        refusal = self._door.refusal(connection)
        if refusal is not None:
            return connection.respond(http.HTTPStatus.TOO_MANY_REQUESTS, refusal)
        if len(self._spectators) >= MAX_SPECTATORS:
            text = reject(Code.LIMIT_CONNECTIONS, limit=str(MAX_SPECTATORS)).text
            return connection.respond(http.HTTPStatus.SERVICE_UNAVAILABLE, f"{text}\n")
        return None

    async def _watch(self, connection: ServerConnection) -> None:
        """One spectator, from its first frame to its last."""
        hub = self._hub
        assert hub is not None
        assert isinstance(connection, FeedSocket)
        spectator = Spectator(connection, self.feed_buffer)
        self._spectators.add(spectator)
        try:
            if await _first(hub.begun.wait(), connection.wait_closed()):
                await self._listen(hub, spectator, connection)
        except ConnectionClosed:
            log.debug("a spectator left without a word")
        finally:
            hub.leave(spectator)
            self._spectators.discard(spectator)

    async def _listen(
        self, hub: FeedHub, spectator: Spectator, connection: ServerConnection
    ) -> None:
        async def answer(message: str | bytes) -> None:
            if isinstance(message, bytes):
                await refuse(reject(Code.PARAM_JSON))
            else:
                await hub.request(spectator, parse_request(message, hub.core.state.frames.symbols))

        async def refuse(rejection: Rejection) -> None:
            await hub.request(spectator, Refused(rejection, UNSET))

        bucket = Bucket(REQUESTS_PER_S, REQUESTS_AT_ONCE)
        clock = asyncio.get_running_loop().time
        with tapped(self.faults, spectator, answer, refuse) as hear:
            hub.welcome(spectator)
            async for message in connection:
                while wait_ns := bucket.take(int(clock() * 1e9)):
                    await asyncio.sleep(wait_ns / 1e9)
                await hear(message)


async def _first(wanted: Coroutine[Any, Any, Any], other: Coroutine[Any, Any, Any]) -> bool:
    """Whether `wanted` is done before `other`."""
    tasks = [asyncio.create_task(wanted), asyncio.create_task(other)]
    try:
        await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        return tasks[0].done()
    finally:
        for task in tasks:
            task.cancel()
