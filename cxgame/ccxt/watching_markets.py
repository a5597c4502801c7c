"""Books and trades, which the feed tells in full."""

from typing import Any

from ccxt.async_support.base.ws.cache import ArrayCache

from cxgame.ccxt.connections import Connections
from cxgame.ccxt.lists import Params
from cxgame.ccxt.rows import Row, milliseconds
from cxgame.ccxt.stream import Frame, Stream

HOUSE_EVERY_MS = 200  # the book of a game with a house is asked for, as the feed has no house
FEED_DEPTH = 20  # levels of each side that the feed shows


class WatchingMarkets(Connections):
    """Part of the class of `ccxt.pro`."""

    # Books

    async def watch_order_book(
        self, symbol: str, limit: int | None = None, params: Params = None
    ) -> Any:
        """The best 20 levels of each side, at most ten times a second."""
        await self.load_markets()
        symbol = self.symbol(symbol)
        stream = self._stream(("book", "ticker"), symbol, self._on_book, self._begin_books)
        return await self._one(stream, ("book", symbol))

    async def watch_order_book_for_symbols(
        self, symbols: list[str], limit: int | None = None, params: Params = None
    ) -> Any:
        """The next of several books that changes."""
        await self.load_markets()
        stream = self._stream(("book", "ticker"), None, self._on_book, self._begin_books)
        return await self._any(
            stream, [("book", symbol) for symbol in self.market_symbols(symbols)]
        )

    def _begin_books(self, stream: Stream) -> None:
        for _, symbol in stream.watched:
            self._renew_book(stream, symbol)

    def _on_book(self, stream: Stream, frame: Frame) -> None:
        symbol = frame.get("symbol")
        if ("book", symbol) not in stream.watched:
            return
        if stream.known.get(("house", symbol)) is not False:
            self._renew_book(stream, symbol)
        elif frame["type"] == "book":
            self._show_book(stream, self.parse_book(frame, milliseconds(frame["ts"])))

    def _renew_book(self, stream: Stream, symbol: Any) -> None:
        async def renew() -> None:
            reply = await self._asked("book", {"symbol": symbol, "depth": FEED_DEPTH})
            if reply is not None:
                levels = reply["data"]["bids"] + reply["data"]["asks"]
                if ("house", symbol) not in stream.known:
                    stream.known["house", symbol] = False
                if any(len(level) > 2 for level in levels):
                    stream.known["house", symbol] = True
                self._show_book(stream, self.parse_book(reply["data"], self.milliseconds()))

        self._renewal(f"{stream.name} book {symbol}", renew, HOUSE_EVERY_MS).poke()

    def _show_book(self, stream: Stream, book: Row) -> None:
        symbol = book["symbol"]
        known = self.orderbooks.get(symbol)
        if known is None:
            known = self.orderbooks[symbol] = self.order_book({})
        elif known["nonce"] is not None and book["nonce"] < known["nonce"]:
            return
        known.reset(book)
        self._tell(stream, ("book", symbol), known)

    # Trades

    async def watch_trades(
        self,
        symbol: str,
        since: int | None = None,
        limit: int | None = None,
        params: Params = None,
    ) -> Any:
        """Everybody's trades."""
        await self.load_markets()
        symbol = self.symbol(symbol)
        stream = self._stream(("trades",), symbol, self._on_trade, _nothing)
        return self._latest(await self._one(stream, ("trades", symbol)), symbol, since, limit)

    async def watch_trades_for_symbols(
        self,
        symbols: list[str],
        since: int | None = None,
        limit: int | None = None,
        params: Params = None,
    ) -> Any:
        """Everybody's trades in the next of several markets in which somebody trades."""
        await self.load_markets()
        stream = self._stream(("trades",), None, self._on_trade, _nothing)
        keys = [("trades", symbol) for symbol in self.market_symbols(symbols)]
        trades = await self._any(stream, keys)
        return self._latest(trades, trades[-1]["symbol"], since, limit)

    def _on_trade(self, stream: Stream, frame: Frame) -> None:
        if frame["type"] != "match":
            return
        symbol = frame["symbol"]
        row = {name: frame[name] for name in ("trade_id", "symbol", "side")}
        row |= {"timestamp": frame["ts"], **frame["message"]}
        key = ("trades", symbol)
        if key not in stream.known:
            stream.known[key] = ArrayCache(self.safe_integer(self.options, "tradesLimit", 1000))
        stream.known[key].append(self.parse_trade(row))
        self.trades[symbol] = stream.known[key]
        self._tell(stream, key, stream.known[key])


def _nothing(stream: Stream) -> None:
    """What is shown needs no beginning."""
