"""`CxServer`: exchange, feed, HTTP and house bots in one event loop.

The composition root: what each part does is its own matter, here they are put together, brought
up in order, and taken down in order.
"""

import asyncio
import logging
import threading
from collections.abc import Callable
from typing import Any, Self

from cxgame.config import Loaded, from_keywords
from cxgame.game import Game
from cxgame.server.app.hints import suspended, try_next
from cxgame.server.app.house_bots import HouseBots
from cxgame.server.banner import banner, tell_of_unshown
from cxgame.server.checks import check_place
from cxgame.server.exchange import GAME_OVER, GOING_AWAY, SUSPENDED, CxExchange
from cxgame.server.feed import CxFeed
from cxgame.server.http.app import create_app
from cxgame.server.http.faults import WithFaults
from cxgame.server.http.metrics import Metrics
from cxgame.server.http.rest.face import Face
from cxgame.server.http.rest.opening import key_text, open_face
from cxgame.server.http.serving import HttpServer
from cxgame.server.http.simulator.admission import simulator_upgrades
from cxgame.server.pages import Pages, mount_pages
from cxgame.server.play.live import tell_live
from cxgame.server.play.results import standings_text
from cxgame.server.ready_file import write_ready_file
from cxgame.server.running import run_to_end, say_on_terminal
from cxgame.server.sockets.tls import server_context
from cxgame.server.stopping import Stop

log = logging.getLogger("cxgame.server")

Say = Callable[[str], None]


class CxServer:
    """Exchange, feed, HTTP and house bots; every setting is a keyword. Raises `ConfigError`."""

    def __init__(self, **settings: Any) -> None:
        self._prepare(from_keywords(**settings))

    @classmethod
    def from_loaded(cls, loaded: Loaded) -> Self:
        """The server that these settings describe."""
        server = cls.__new__(cls)
        server._prepare(loaded)
        return server

    def _prepare(self, loaded: Loaded) -> None:
        check_place(loaded, "ready_file")
        settings = loaded.settings
        self.settings = settings
        self.ready = threading.Event()  # every face is up
        self.api_key: str | None = None  # of REST, as `admin_secret`
        self.exchange = CxExchange.from_loaded(loaded)
        self.feed = CxFeed(
            settings.feed_port,
            settings.bind,
            settings.pem_file,
            exchange=self.exchange,
            game=settings.game,
            feed_buffer=settings.feed_buffer,
            max_connections_per_address=settings.max_connections_per_address,
            mask_names=settings.mask_names,
            feed_delay=settings.feed_delay,
        )
        metrics = Metrics(self.exchange)
        self.exchange.observe = metrics.commit_seconds.observe
        self.exchange.notice = self.feed.notice
        self.http_port = settings.http_port
        face = Face(self.exchange, settings)
        self._app = create_app(self.exchange, metrics, face)
        mount_pages(self._app, self._pages())
        upgrades = simulator_upgrades(self._app, settings)
        self._http = HttpServer(WithFaults(self._app, face), settings.pem_file, upgrades)
        self._app.state.requests = lambda: self._http.requests
        self.bots = HouseBots(settings)
        self._stop = Stop()
        self._tasks: list[asyncio.Task[None]] = []

    @property
    def game(self) -> Game | None:
        """The game, while it is played."""
        return self.exchange.game

    @property
    def admin_secret(self) -> str | None:
        """Once `ready`: the one that this start made. None: it was given, or made before."""
        return self.exchange.admin_secret

    def start(self) -> None:
        """Serve until the game is over, `stop` or Ctrl-C; says on the terminal where.

        Raises `StartError` if it cannot start and `PlayFault` if the game cannot go on.
        """
        run_to_end(lambda: self.serve(say_on_terminal), self.stop)

    async def serve(self, say: Say | None = None) -> None:
        """As `start`, in the running loop; `say` takes what a person should know.

        Without it nothing is said, and `admin_secret` and `api_key` are for the caller to look at.
        """
        reason = SUSPENDED
        try:
            if await self._stop.comes_after(self._serve(say)):
                reason = GAME_OVER
        finally:
            play = self.exchange.play
            await self._close(reason)
        if say is not None and play is not None and reason is SUSPENDED:
            say(suspended(play))

    def stop(self) -> None:
        """Suspend: the next start goes on with the game. From any thread, at any time."""
        self._stop.ask()

    async def _serve(self, say: Say | None) -> None:
        settings, exchange = self.settings, self.exchange
        tls = server_context(settings.pem_file)
        await exchange.bind(tls)  # all ports, before anything is begun that would have to end
        self.http_port = self._http.bind(settings.http_hosts, settings.http_port)
        await self.feed.open(tls)
        self._tasks.append(asyncio.create_task(self._watch_feed()))
        await self._http.start()
        play = await exchange.recover()
        self.feed.faults = play.host.faults
        key, jobs = await open_face(self._app.state, play)
        self.api_key = key
        self._tasks.append(jobs)
        if say is not None:
            next_steps = try_next(settings, exchange.port, self.feed.port, self.http_port)
            say(banner(play, self._faces()) + (key_text(key) if key else "") + next_steps)
            self._tasks.append(asyncio.create_task(tell_live(play.host, say)))
        else:
            tell_of_unshown(settings, admin_secret=self.admin_secret, api_key=key)
        await self.bots.enter(play.host)
        await self.feed.follows()  # or a short game would be over before it is broadcast
        await exchange.let_in()
        self.bots.play(exchange.port, self.feed.port, play.game.engine.known_rules.seed)
        self._write_ready_file()
        self.ready.set()
        await exchange.played()
        if say is not None:
            say(standings_text(play.game.engine.standings()))
        await self.feed.told()

    def _pages(self) -> Pages:
        return Pages(
            feed_port=lambda: self.feed.port,
            exchange_port=lambda: self.exchange.port,
            rest=True,
            admin=True,
            monitor=True,
            symbols=self._symbols,
            title=self.settings.title,
            frame_ancestors=self.settings.frame_ancestors,
        )

    def _symbols(self) -> list[str]:
        play = self.exchange.play
        markets = () if play is None else play.game.engine.markets
        return [place.market.symbol for place in markets]

    async def _close(self, reason: str) -> None:
        for task in self._tasks:
            task.cancel()
        await self.bots.stop()
        await self._http.dismiss(GOING_AWAY, reason)
        await self.exchange.close(reason)
        await self.feed.close(GOING_AWAY, reason)
        await self._http.close()

    async def _watch_feed(self) -> None:
        """A feed that fails must be heard of; the game goes on without it."""
        watching = asyncio.ensure_future(self.feed.ended())
        try:
            await asyncio.wait({watching})
        finally:
            watching.cancel()
        if (error := watching.exception()) is not None:
            log.error("the feed failed; the game goes on without it", exc_info=error)

    def _faces(self) -> dict[str, tuple[str, int]]:
        settings = self.settings
        return {
            "orders": (settings.bind, self.exchange.port),
            "feed": (settings.bind, self.feed.port),
            "http": (settings.http_bind or settings.bind, self.http_port),
        }

    def _write_ready_file(self) -> None:
        ports = {name: port for name, (_, port) in self._faces().items()}
        ports = {"exchange": ports.pop("orders"), **ports}
        write_ready_file(self.settings.ready_file, ports)
