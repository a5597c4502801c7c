"""`CxClient`: a player's connection to an exchange, with `await` or, through `r`, without."""

import asyncio
import difflib
import inspect
import weakref
from collections.abc import Callable, Coroutine
from types import TracebackType
from typing import Any, Self

from websockets.asyncio.client import ClientConnection

from cxgame.client import background
from cxgame.client.channels import Wish
from cxgame.client.commands import Commands, Params
from cxgame.client.protocol import COMMANDS, ORDER_COMMANDS, Unsendable, request
from cxgame.client.response import STATE_UNKNOWN, Response
from cxgame.client.session import Credentials, Session
from cxgame.client.showing import client_html
from cxgame.client.streaming import Streaming
from cxgame.client.subscriber import Subscriber
from cxgame.client.values import new_cid
from cxgame.client.words import CommandName

# How much longer than its own deadline `r` waits for the background loop, which may be busy.
_GRACE_S = 2.0

_NAMES = sorted({*COMMANDS, "broadcast", "reset", "validate"})


class _Links:
    """A client's connections in one event loop: that of the requests, and who streams over it.

    Streams share it, but those of another timeframe have a connection of their own.
    """

    def __init__(self, session: Session) -> None:
        self.session = session
        self._subscribers = [(Subscriber(session), session)]

    def subscriber(self, wish: Wish, open_another: Callable[[], Session]) -> Subscriber:
        for subscriber, _ in self._subscribers:
            if subscriber.fits(wish):
                return subscriber
        session = open_another()
        self._subscribers.append((Subscriber(session), session))
        return self._subscribers[-1][0]

    def end_streams(self) -> None:
        for subscriber, _ in self._subscribers:
            subscriber.end()

    def drop(self) -> None:
        self.end_streams()
        for _, session in self._subscribers:
            session.drop()

    async def close(self) -> None:
        self.end_streams()
        for _, session in self._subscribers:
            await session.close()


_LinksByLoop = dict[asyncio.AbstractEventLoop, _Links]


class CxClient(Commands, Streaming):
    """A user's way to an exchange. Opens its connection at the first call and keeps it.

    `websocket`: an open connection of the `websockets` package to use instead (by coroutines in
    its loop; it is never closed here); `ssl_verify=False` accepts a self-signed certificate on
    a wss address; no call takes longer than `timeout_s`. `ts` asks for `ts_in` and `ts_out` in
    each response, `limits` for the state of the limits; both may be changed at any time. Several
    coroutines, and several threads through `r`, may use one client at once.
    """

    def __init__(
        self,
        user: str | None = None,
        websocket: ClientConnection | None = None,
        token: str | None = None,
        uri: str = "ws://127.0.0.1:9877",
        *,
        ssl_verify: bool = True,
        timeout_s: float = 10.0,
        ts: bool = False,
        limits: bool = False,
    ) -> None:
        self.ts = ts
        self.limits = limits
        self.websocket = websocket
        self.uri = uri
        self.ssl_verify = ssl_verify
        self.timeout_s = timeout_s
        self._credentials = Credentials(user, token)
        self._links: _LinksByLoop = {}  # a connection belongs to the loop that opened it
        weakref.finalize(self, _drop_all, self._links).atexit = False

    @property
    def user(self) -> str | None:
        """The user's name."""
        return self._credentials.user

    @property
    def token(self) -> str | None:
        """The user's token, once known. Who has it, is the user."""
        return self._credentials.token

    def __repr__(self) -> str:
        return f"CxClient(user={self.user!r}, uri={self.uri!r})"

    def _repr_html_(self) -> str:
        """As a notebook shows it."""
        return client_html(self)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self.reset()

    def r(self, name: CommandName | str, *args: Any, **kwargs: Any) -> Response:
        """Run a command and wait: `r("buy", "999.99", "1.5")`. Works in a script, in a thread
        and where an event loop is running, over one kept connection, logging in by itself."""
        if isinstance(name, str) and name in ORDER_COMMANDS:
            kwargs["cid"] = kwargs.get("cid") or new_cid()  # to be told, also if nothing comes back
        command = self._bind(name, args, kwargs)
        if isinstance(command, Response):
            return command
        try:
            return background.run(command, self.timeout_s + _GRACE_S)
        except TimeoutError:
            text = f"Whether {name} was carried out is not known: no time was left for it."
            return Response(False, text, code=STATE_UNKNOWN, cid=kwargs.get("cid"))

    async def runcmd(self, name: CommandName | str, *args: Any, **kwargs: Any) -> Response:
        """Run one command over a connection of its own, which is closed again."""
        once = CxClient(uri=self.uri, ssl_verify=self.ssl_verify, timeout_s=self.timeout_s)
        once.ts, once.limits = self.ts, self.limits
        once._credentials = self._credentials
        async with once:
            command = once._bind(name, args, kwargs)
            return command if isinstance(command, Response) else await command()

    async def reset(self) -> Response:
        """Close the connection, which ends the streams of this event loop.

        The next call opens another. A given websocket stays open.
        """
        loop = asyncio.get_running_loop()
        links = self._links.get(loop)
        if links is not None:
            # The session stays: calls under way go on with it, and its next connection is asked
            # for what this one was.
            self._links[loop] = _Links(links.session)
            await links.close()
        return Response(True, "The connection is closed; the next command opens another.")

    async def close(self) -> None:
        """The same as `reset`, without an answer; `async with` does it at its end."""
        await self.reset()

    async def _call(self, cmd: str, params: Params, until: float | None = None) -> Response:
        try:
            prepared = request(cmd, params, ts=self.ts, limits=self.limits)
        except Unsendable as fault:
            return Response(False, str(fault), code="PARAM_TYPE")
        left_s = self.timeout_s if until is None else until - asyncio.get_running_loop().time()
        return await self._linked().session.call(prepared, left_s)

    def _subscriber(self, wish: Wish) -> Subscriber:
        return self._linked().subscriber(wish, self._another_session)

    def _deadline(self) -> float:
        return asyncio.get_running_loop().time() + self.timeout_s

    def _linked(self) -> _Links:
        """The links of the running loop; a given websocket serves all loops but our own."""
        loop = asyncio.get_running_loop()
        websocket = None if background.owns(loop) else self.websocket
        links = self._links.get(loop)
        if links is not None and links.session.websocket is not websocket:
            links.end_streams()
            links = None
        if links is None:
            for ended in [known for known in list(self._links) if known.is_closed()]:
                self._links.pop(ended, None)
            session = Session(
                self.uri, self._credentials, ssl_verify=self.ssl_verify, websocket=websocket
            )
            links = self._links[loop] = _Links(session)
        return links

    def _another_session(self) -> Session:
        return Session(self.uri, self._credentials, ssl_verify=self.ssl_verify)

    def _bind(
        self, name: str, args: tuple[Any, ...], kwargs: dict[str, Any]
    ) -> Callable[[], Coroutine[Any, Any, Response]] | Response:
        """A command by name, ready to run, or a refusal in words."""
        if name not in _NAMES:
            near = difflib.get_close_matches(str(name), _NAMES)
            hint = f"; did you mean {' or '.join(near)}?" if near else "."
            return Response(False, f"There is no command {name!r}{hint}", code="PARAM_COMMAND")
        method = getattr(self, name)
        try:
            inspect.signature(method).bind(*args, **kwargs)
        except TypeError as fault:
            code = "PARAM_MISSING" if "missing" in str(fault) else "PARAM_UNKNOWN"
            return Response(False, f"{name}: {fault}.", code=code)
        return lambda: method(*args, **kwargs)


def _drop_all(links_by_loop: _LinksByLoop) -> None:
    """Close what a client left open when nobody holds it any more."""
    for loop, links in list(links_by_loop.items()):
        if not loop.is_closed():
            loop.call_soon_threadsafe(links.drop)
