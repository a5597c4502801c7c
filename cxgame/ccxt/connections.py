"""The connections: one for each kind of subscription, and who waits for what of it."""

from collections.abc import Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

import ccxt
from ccxt.async_support.base.ws.future import Future

from cxgame.ccxt.errors import exception_of
from cxgame.ccxt.rows import Row, Rows
from cxgame.ccxt.stream import Followed, Frame, Renewal, Stream

Wanted = tuple[Followed, tuple[str, str]]  # what is waited for, and of which stream

_BEGUN = "begun"  # ccxt's mark of a connection on which the first message was sent


class Connections(Rows):
    """Part of the class of `ccxt.pro`."""

    if TYPE_CHECKING:
        newUpdates: bool

    def __init__(self, config: Any = None) -> None:
        self._streams: dict[str, Followed] = {}  # by URL
        self._renewals: dict[str, Renewal] = {}  # by the stream's name and what is renewed
        self._waiting: list[
            set[tuple[str, str]]
        ] = []  # URLs and names, of one of which news are due
        super().__init__(config or {})  # type: ignore[call-arg]

    def handle_message(self, client: Any, message: Any) -> None:
        """A frame of the feed, or a message of the order server."""
        if message.get("code") is not None:  # a refusal: who waits hears it, and may ask again
            client.subscriptions.clear()
            client.reject(exception_of(message["code"])(f"{self.id} {message['message']}"))
            return
        answer = self._streams[client.url].take(message)
        if answer is not None:
            self.spawn(self._say, client, answer)

    async def _say(self, client: Any, message: Frame) -> None:
        try:
            await client.send(message)
        except ConnectionError as error:
            client.on_error(ccxt.NetworkError(f"{self.id} {error}"))

    def is_followed(self, stream: Followed) -> bool:
        """Whether there is a connection for it, or one under way."""
        return self._url(stream) in self.clients

    async def _symbols(self, symbols: list[str] | None) -> list[str]:
        await self.load_markets()
        return list(self.symbols if symbols is None else self.market_symbols(symbols))

    def _stream(self, stream: Stream, use: str = "") -> Stream:
        """The subscription of this kind to the feed; each has a connection of its own.

        ccxt knows connections by their URL: what stands behind the # is for it alone.
        """
        url = f"{self.implode_hostname(self.urls['api']['feed'])}#{use}{stream.name}"
        known = self._streams.setdefault(url, stream)
        assert isinstance(known, Stream)
        return known

    def _url(self, stream: Followed) -> str:
        return next(url for url, each in self._streams.items() if each is stream)

    async def _any(self, wanted: Sequence[Wanted], before: str = "") -> Any:
        """The next of some things that is told; at once what came while nobody waited."""
        names: dict[str, list[str]] = {}
        begun: list[Followed] = []
        for stream, key in wanted:
            url = self._url(stream)
            is_open = url in self.clients and _BEGUN in self.clients[url].subscriptions
            if key not in stream.watched and is_open and stream not in begun:
                begun.append(stream)
            stream.watched.add(key)
            names.setdefault(url, []).append(before + " ".join(key))
        for stream, key in wanted:
            if before + " ".join(key) in stream.untold:
                return stream.untold.pop(before + " ".join(key))
        group = {(url, name) for url in names for name in names[url]}
        self._waiting.append(group)
        try:
            nexts = [
                self.watch_multiple(url, each, self._streams[url].request, [_BEGUN])
                for url, each in names.items()
            ]
            for stream in begun:
                stream.on_begin()
            value = await Future.race(nexts)
        except ConnectionError as error:  # not always does ccxt make its own of it
            raise ccxt.NetworkError(f"{self.id} {error}") from error
        finally:
            self._waiting = [each for each in self._waiting if each is not group]
        for url, name in group:  # more of it came since: it is in there, and so no news
            if _is_same(self._streams[url].untold.get(name), value):
                del self._streams[url].untold[name]
        return value

    def _tell(self, stream: Followed, key: tuple[str, Any], value: Any, before: str = "") -> None:
        """Hand a value to all that wait for it; if there is none, it is there for who comes next.

        ccxt's own futures cannot tell: of those that somebody waited for at once, all but the first
        remain, and nobody waits for them any more.
        """
        url, name = self._url(stream), before + " ".join(key)
        others = [group for group in self._waiting if (url, name) not in group]
        client = self.clients.get(url)
        if client is not None and name in client.futures and len(others) < len(self._waiting):
            self._waiting = others
            stream.untold.pop(name, None)
            client.resolve(value, name)
        elif key in stream.watched:
            stream.untold[name] = value

    def _renewal(self, stream: Followed, name: str, work: Any, every_ms: float) -> Renewal:
        """Work for a stream that is done again when it is due, or when it could not be done."""
        name = f"{self._url(stream)} {name}"
        if name not in self._renewals:
            is_needed = partial(self.is_followed, stream)
            self._renewals[name] = Renewal(work, self.spawn, self.sleep, every_ms, is_needed)
        return self._renewals[name]

    async def _asked(self, command: str, params: Row) -> Row | None:
        """The reply to a command; None if there was none, and then who waits hears why."""
        try:
            reply: Row = await self.ask(command, params)
        except ccxt.BaseError as error:
            for client in list(self.clients.values()):
                client.reject(error)
            return None
        return reply

    def _latest(
        self, rows: Any, symbol: str, since: int | None, limit: int | None, key: Any = "timestamp"
    ) -> Any:
        if self.newUpdates:
            limit = rows.getLimit(symbol, limit)
        return self.filter_by_since_limit(rows, since, limit, key, True)


def _is_same(one: Any, other: Any) -> bool:
    """Whether two values are one object that changes, or tuples of such."""
    if isinstance(one, tuple) and isinstance(other, tuple):
        return all(map(_is_same, one, other))
    return one is other
