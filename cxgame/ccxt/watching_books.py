"""Books, which the feed tells level by level; in a game with a house they are asked for."""

from typing import Any

from ccxt.async_support.base.ws.order_book import OrderBook

from cxgame.ccxt.connections import Connections
from cxgame.ccxt.depth import Depth, Verdict
from cxgame.ccxt.lists import Params
from cxgame.ccxt.rows import Row, milliseconds
from cxgame.ccxt.stream import Frame, Stream

HOUSE_EVERY_MS = 200  # the book of a game with a house is asked for, as the feed has no house
HOUSE_DEPTH = 100  # levels of each side that are then shown
_BOOKS = ("depth", "ticker")  # the house's prices move with the oracle's


class WatchingBooks(Connections):
    """Part of the class of `ccxt.pro`."""

    async def watch_order_book(
        self, symbol: str, limit: int | None = None, params: Params = None
    ) -> Any:
        """All levels of both sides, or the best ones, whenever they change."""
        await self.load_markets()
        symbol = self.symbol(symbol)
        book = await self._any([(self._books(symbol), ("book", symbol))])
        return _best(book, limit)

    async def watch_order_book_for_symbols(
        self, symbols: list[str], limit: int | None = None, params: Params = None
    ) -> Any:
        """The next of several books that changes."""
        await self.load_markets()
        stream = self._books(None)
        wanted = [(stream, ("book", symbol)) for symbol in self.market_symbols(symbols)]
        return _best(await self._any(wanted), limit)

    def _books(self, symbol: str | None) -> Stream:
        stream = Stream(_BOOKS, symbol, self._on_book, self._begin_books, is_resumed=False)
        return self._stream(stream)

    def _begin_books(self, stream: Stream) -> None:
        for _, symbol in stream.watched:
            if stream.known.get(("house", symbol)) is False:
                self._show_whole(stream, symbol)
            else:
                self._ask_book(stream, symbol)

    def _on_book(self, stream: Stream, frame: Frame) -> None:
        symbol = frame.get("symbol")
        has_house = stream.known.get(("house", symbol))
        if frame["type"] in ("depth", "depth_snapshot"):
            verdict = _depth(stream, symbol).take(frame)
            if verdict is Verdict.LOST:
                request = {"cmd": "resync", "params": {"symbol": symbol}}
                self.spawn(self._say, self.clients[self._url(stream)], request)
            if ("book", symbol) in stream.watched and has_house is False:
                self._show_frame(stream, frame, verdict)
        if has_house and ("book", symbol) in stream.watched:
            self._ask_book(stream, symbol)

    def _show_frame(self, stream: Stream, frame: Frame, verdict: Verdict) -> None:
        """What a frame has changed."""
        symbol = frame["symbol"]
        if verdict is Verdict.NEW:
            self._show_whole(stream, symbol)
        elif verdict is Verdict.NEXT:
            book = self._shown_book(stream, symbol)
            changes = self.parse_book(frame, milliseconds(frame["ts"]))
            for half in ("bids", "asks"):
                for level in changes[half]:
                    book[half].storeArray(level)
            for member in ("nonce", "timestamp", "datetime"):
                book[member] = changes[member]
            self._tell(stream, ("book", symbol), book)

    def _show_whole(self, stream: Stream, symbol: str) -> None:
        """The book as it stands, once it is there."""
        depth = _depth(stream, symbol)
        if depth.seq is not None:
            levels = {"bids": [*depth.bids], "asks": [*depth.asks], "seq": depth.seq}
            book = self.parse_book({"symbol": symbol, **levels}, milliseconds(depth.ts))
            self._show_book(stream, book)

    def _ask_book(self, stream: Stream, symbol: Any) -> None:
        """By HTTP, as the feed has no house; the first time to know whether there is one."""

        async def renew() -> bool:
            reply = await self._asked("book", {"symbol": symbol, "depth": HOUSE_DEPTH})
            if reply is None:
                return False
            levels = reply["data"]["bids"] + reply["data"]["asks"]
            has_house = any(len(level) > 2 for level in levels)
            stream.known["house", symbol] = stream.known.get(("house", symbol), False) or has_house
            if stream.known["house", symbol]:
                self._show_book(stream, self.parse_book(reply["data"], self.milliseconds()))
            else:
                self._show_whole(stream, symbol)
            return True

        self._renewal(stream, f"book {symbol}", renew, HOUSE_EVERY_MS).poke()

    def _show_book(self, stream: Stream, book: Row) -> None:
        shown = self._shown_book(stream, book["symbol"])
        shown.reset(book)
        self._tell(stream, ("book", book["symbol"]), shown)

    def _shown_book(self, stream: Stream, symbol: str) -> Any:
        """The book that this stream keeps; each keeps its own, as one may be ahead."""
        key = ("shown", symbol)
        if key not in stream.known:
            stream.known[key] = self.order_book({})
        self.orderbooks[symbol] = stream.known[key]
        return stream.known[key]


def _depth(stream: Stream, symbol: Any) -> Depth:
    depth: Depth = stream.known.setdefault(("depth", symbol), Depth())
    return depth


def _best(book: Any, limit: int | None) -> Any:
    """A book of the best levels, if it has more; else the book itself, which goes on changing."""
    if limit is None or max(len(book["bids"]), len(book["asks"])) <= limit:
        return book
    best = {half: book[half][:limit] for half in ("bids", "asks")}
    return OrderBook({**book, **best})
