"""`CxExchange`: the order server of one game, with everything that game lives on.

Owns the life of the server: bind, recover, accept, play, end. What is said on a connection is
the session's matter, what it leads to the game's.
"""

import asyncio
import ssl
import threading
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any, Self

from cxgame.config import Loaded, from_keywords
from cxgame.faults import Board
from cxgame.game import Game
from cxgame.ports import Journal
from cxgame.server.banner import banner, tell_of_unshown
from cxgame.server.checks import check_faults, check_sources
from cxgame.server.http.vitals import Condition
from cxgame.server.play.measured import Observe
from cxgame.server.play.play import Play, open_play
from cxgame.server.play.results import standings_text
from cxgame.server.running import run_to_end, say_on_terminal
from cxgame.server.sessions.session import Session
from cxgame.server.sockets.listener import Factory, Listener
from cxgame.server.sockets.listening import listen_error
from cxgame.server.sockets.peer import SocketLimits
from cxgame.server.sockets.tls import server_context
from cxgame.server.stopping import Stop

GOING_AWAY = 1001  # close code of RFC 6455, 7.4.1
GAME_OVER = "The game is over."
SUSPENDED = "The server stops; the game goes on at its next start."

Money = Decimal | int | str | float


class CxExchange:
    """The order server of a game.

    | keyword | default | |
    |---|---|---|
    | `port` | 9877 | 0 picks a free one; see `port` once `ready` is set |
    | `bind` | 0.0.0.0 | address, or several separated by commas |
    | `usd_start`, `crypto_start` | 10000.00, 10.0 | what a new account holds of each |
    | `user_limit` | None | how many users may play |
    | `time_limit` | None | playing time in seconds |
    | `whitelist` | None | users, or a map team → users; opens when all are connected |
    | `pem_file` | None | private key and certificate: TLS |
    | `ssl_verify` | True | for clients that are started along |
    | `admin_secret` | None | None: made at the first start and shown once |
    | `is_started` | True | False: waits for the `start` command |

    Every other setting (docs/configuration.md) is a keyword of its own name. What is left None
    has its default in a new game, and in one that goes on the value it was begun with. Raises
    `ConfigError` for a setting that is not allowed.
    """

    def __init__(
        self,
        port: int | None = None,
        bind: str | None = None,
        usd_start: Money | None = None,
        crypto_start: Money | None = None,
        user_limit: int | None = None,
        time_limit: float | None = None,
        whitelist: "list[str] | dict[str, list[str]] | str | Path | None" = None,
        pem_file: str | Path | None = None,
        ssl_verify: bool | None = None,
        admin_secret: str | None = None,
        is_started: bool | None = None,
        **settings: Any,
    ) -> None:
        named = {
            "exchange_port": port,
            "bind": bind,
            "usd_start": usd_start,
            "crypto_start": crypto_start,
            "user_limit": user_limit,
            "time_limit": time_limit,
            "whitelist": whitelist,
            "pem_file": pem_file,
            "ssl_verify": ssl_verify,
            "admin_secret": admin_secret,
            "is_started": is_started,
        }
        given = {name: value for name, value in named.items() if value is not None}
        self._prepare(from_keywords(**given, **settings))

    @classmethod
    def from_loaded(cls, loaded: Loaded) -> Self:
        """The order server that these settings describe."""
        exchange = cls.__new__(cls)
        exchange._prepare(loaded)
        return exchange

    def _prepare(self, loaded: Loaded) -> None:
        check_sources(loaded)
        check_faults(loaded)
        settings = loaded.settings
        self.settings = settings
        self.port = settings.exchange_port  # once `ready`: the one that is listened on
        self.ready = threading.Event()  # players are let in
        self.admin_secret: str | None = None  # once `ready`: the one this start made, if it did
        self.play: Play | None = None  # while there is one
        self.loop: asyncio.AbstractEventLoop | None = None
        self.observe: Observe = _ignore_seconds  # takes how long each commit took
        self.notice: Callable[[str], None] = _ignore_text  # takes sentences for the feed
        self._loaded = loaded
        self._stop = Stop()
        self._is_ending = False
        self._listener = Listener(self._route, _socket_limits(loaded), self._board)

    # Used by anybody

    def start(self) -> None:
        """Serve until the game is over, `stop` or Ctrl-C; says on the terminal where.

        Raises `StartError` if it cannot start and `PlayFault` if the game cannot go on.
        """
        run_to_end(lambda: self.serve(say_on_terminal), self.stop)

    async def serve(self, say: Callable[[str], None] | None = None) -> None:
        """As `start`, in the running loop; `say` takes what a person should know.

        Without it nothing is said, and `admin_secret` is for the caller to look at.
        """
        reason = SUSPENDED
        try:
            if await self._stop.comes_after(self._serve(say)):
                reason = GAME_OVER
        finally:
            await self.close(reason)

    async def _serve(self, say: Callable[[str], None] | None) -> None:
        await self.bind()
        play = await self.recover()
        if say is not None:
            say(banner(play, {"orders": (self.settings.bind, self.port)}))
        else:
            tell_of_unshown(play.settings, admin_secret=play.admin_secret)
        await self.let_in()
        await self.played()
        if say is not None:
            say(standings_text(play.game.engine.standings()))

    def stop(self) -> None:
        """Suspend: the next start goes on with the game. From any thread, at any time."""
        self._stop.ask()

    @property
    def game(self) -> Game | None:
        """The game, while it is played."""
        return None if self.play is None else self.play.game

    @property
    def journal(self) -> Journal | None:
        """The game's journal, while it is played."""
        return None if self.play is None else self.play.journal

    @property
    def history(self) -> Path | None:
        """The database of the game's past, while it is played; None: nothing is kept of it."""
        return None if self.play is None else self.play.host.past.path

    @property
    def connections(self) -> int:
        """How many sockets are connected."""
        return self._listener.connections

    @property
    def condition(self) -> Condition:
        """Whether orders are taken, or why not."""
        if self._is_ending:
            return Condition.ENDING
        if self.play is None or not self.ready.is_set():
            return Condition.RECOVERING
        if self.play.game.closed.is_set():
            return Condition.CLOSED
        return Condition.HALTED if self.play.game.halted else Condition.READY

    # The parts of `serve`

    async def bind(self, tls: ssl.SSLContext | None = None) -> None:
        """Take the port. Raises `StartError`."""
        hosts = self.settings.bind_hosts
        tls = tls or server_context(self.settings.pem_file)
        try:
            self.port = await self._listener.bind(hosts, self.port, tls)
        except OSError as error:
            raise listen_error("exchange", ",".join(hosts), self.port, error) from None

    async def recover(self) -> Play:
        """Find the game and bring it to where it stopped. Raises `StartError`."""
        self.play = await open_play(self._loaded, self.observe)
        self.admin_secret = self.play.admin_secret
        self.play.host.notice = self._tell_watchers
        self.loop = asyncio.get_running_loop()
        return self.play

    async def let_in(self) -> None:
        """Accept players, and open the game if it waits for nothing else."""
        assert self.play is not None, "recover comes first"
        try:
            await self._listener.accept()
        except OSError as error:  # somebody was faster between bind and now
            raise listen_error("exchange", self.settings.bind, self.port, error) from None
        self.play.host.open_if_ready()
        self.ready.set()

    async def played(self) -> None:
        """Wait until the game is over, and keep its results.

        Raises `PlayFault` when the game cannot go on.
        """
        assert self.play is not None, "recover comes first"
        await self.play.ended()
        self.play.write_results()

    async def close(self, reason: str) -> None:
        """Send the replies that are owed, close every connection, let go of the game."""
        self._is_ending = True
        if self.play is not None:
            self.play.host.market_data.finish()
        await self._listener.close(GOING_AWAY, reason)
        play, self.play = self.play, None
        if play is not None:
            await play.close()

    def _tell_watchers(self, text: str) -> None:
        """Say something to who follows the activity, here or on the feed."""
        self.notice(text)
        if self.play is not None:
            self.play.host.market_data.notice(text)

    def _route(self, path: str) -> Factory | None:
        play = self.play
        if play is None or path not in ("", play.game.name):
            return None
        return lambda peer: Session(play.host, peer)

    def _board(self) -> Board | None:
        return None if self.play is None else self.play.host.faults


def _socket_limits(loaded: Loaded) -> SocketLimits:
    settings = loaded.settings
    return SocketLimits(
        max_message=settings.max_message,
        max_outstanding=settings.max_outstanding,
        connections_per_address=settings.max_connections_per_address,
        push_max=settings.feed_buffer,
    )


def _ignore_seconds(seconds: float) -> None:
    """Nobody measures."""


def _ignore_text(text: str) -> None:
    """Nobody listens."""
