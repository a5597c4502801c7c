"""The connections to the feed: one for each kind of subscription, and who waits for what of it."""

from typing import TYPE_CHECKING, Any

import ccxt

from cxgame.ccxt.errors import exception_of
from cxgame.ccxt.rows import Row, Rows
from cxgame.ccxt.stream import Renewal, Stream


class Connections(Rows):
    """Part of the class of `ccxt.pro`."""

    if TYPE_CHECKING:
        newUpdates: bool

    def __init__(self, config: Any = None) -> None:
        self._streams: dict[str, Stream] = {}  # by URL
        self._renewals: dict[str, Renewal] = {}  # by the stream's name and what is renewed
        super().__init__(config or {})  # type: ignore[call-arg]

    def handle_message(self, client: Any, message: Any) -> None:
        """A frame of the feed."""
        stream = self._streams[client.url]
        if message["type"] == "error":
            client.reject(exception_of(message["code"])(f"{self.id} {message['message']}"))
            return
        answer = stream.take(message)
        if answer is not None:
            self.spawn(client.send, answer)

    async def _symbols(self, symbols: list[str] | None) -> list[str]:
        await self.load_markets()
        return list(self.symbols if symbols is None else self.market_symbols(symbols))

    def _stream(
        self,
        channels: tuple[str, ...],
        symbol: str | None,
        on_frame: Any,
        on_begin: Any,
        use: str = "",
    ) -> Stream:
        """The subscription of this kind; each has a connection of its own.

        ccxt knows connections by their URL: what stands behind the # is for it alone.
        """
        stream = Stream(channels, symbol, on_frame, on_begin)
        url = f"{self.implode_hostname(self.urls['api']['feed'])}#{use}{stream.name}"
        return self._streams.setdefault(url, stream)

    def _url(self, stream: Stream) -> str:
        return next(url for url, each in self._streams.items() if each is stream)

    async def _one(self, stream: Stream, key: tuple[str, str]) -> Any:
        return await self._any(stream, [key])

    async def _any(self, stream: Stream, keys: list[tuple[str, str]], before: str = "") -> Any:
        """The next of some things that is told; at once what came while nobody waited."""
        hashes = [before + " ".join(key) for key in keys]
        url = self._url(stream)
        is_open = url in self.clients and "feed" in self.clients[url].subscriptions
        new = set(keys) - stream.watched
        stream.watched |= new
        for each in hashes:
            if each in stream.untold:
                return stream.untold.pop(each)
        waiting = self.watch_multiple(url, hashes, stream.request, ["feed"])
        if new and is_open:
            stream.on_begin(stream)
        return await waiting

    def _tell(self, stream: Stream, key: tuple[str, Any], value: Any, before: str = "") -> None:
        client, name = self.clients.get(self._url(stream)), before + " ".join(key)
        if client is not None and name in client.futures:
            stream.untold.pop(name, None)
            client.resolve(value, name)
        elif key in stream.watched:
            stream.untold[name] = value

    def _renewal(self, name: str, work: Any, every_ms: float) -> Renewal:
        if name not in self._renewals:
            self._renewals[name] = Renewal(work, self.spawn, self.sleep, every_ms)
        return self._renewals[name]

    async def _asked(self, command: str, params: Row) -> Row | None:
        """The reply to a command; None if there was none, and then who waits hears why."""
        try:
            reply: Row = await self.request(command, "api", "POST", params)
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
