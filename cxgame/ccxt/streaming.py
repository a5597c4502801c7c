"""The class of `ccxt.pro`: what `watch_…` waits for comes from the feed.

Books and trades are the feed's own. Tickers and candles are asked for by HTTP when the feed says
that they have changed; and so are one's own orders, trades and balance (`cxgame.ccxt.own`).
"""

from typing import Any

import ccxt
from ccxt.async_support.base.ws.cache import ArrayCache, ArrayCacheByTimestamp

from cxgame.ccxt import waiting
from cxgame.ccxt.about import WATCHES
from cxgame.ccxt.errors import exception_of
from cxgame.ccxt.own import Own
from cxgame.ccxt.plans import Params
from cxgame.ccxt.rows import Row, milliseconds
from cxgame.ccxt.stream import Frame, Renewal, Stream

TICKERS_EVERY_MS = 500
CANDLES_EVERY_MS = 200
HOUSE_EVERY_MS = 200  # the book of a game with a house is asked for, as the feed has no house
OWN_EVERY_MS = 50
FEED_DEPTH = 20  # levels of each side that the feed shows


class cxgame(waiting.cxgame):
    """The exchange game, for `ccxt.pro`."""

    def __init__(self, config: Any = None) -> None:
        self._streams: dict[str, Stream] = {}  # by URL
        self._renewals: dict[str, Renewal] = {}  # by the stream's name and what is renewed
        self._own = Own(self)
        super().__init__(config or {})

    def describe(self) -> Any:
        """What this exchange has."""
        return self.deep_extend(
            super().describe(), {"pro": True, "has": dict.fromkeys(WATCHES, True)}
        )

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

    # Tickers

    async def watch_ticker(self, symbol: str, params: Params = None) -> Any:
        """Best prices and the last 24 hours."""
        symbol = (await self._symbols([symbol]))[0]
        stream = self._stream(_TICKING, symbol, self._on_tick, self._begin_tickers)
        return await self._one(stream, ("ticker", symbol))

    async def watch_tickers(self, symbols: list[str] | None = None, params: Params = None) -> Any:
        """The tickers that change next, of these markets or all."""
        wanted = await self._symbols(symbols)
        stream = self._stream(_TICKING, None, self._on_tick, self._begin_tickers)
        ticker = await self._any(stream, [("ticker", symbol) for symbol in wanted])
        if self.newUpdates:
            return {ticker["symbol"]: ticker}
        return self.filter_by_array(self.tickers, "symbol", wanted)

    async def watch_bids_asks(self, symbols: list[str] | None = None, params: Params = None) -> Any:
        """The best prices that change next; a market needs both."""
        while True:
            found = await self.watch_tickers(symbols, params)
            both = {key: row for key, row in found.items() if row["bid"] and row["ask"]}
            if both:
                return both

    async def _symbols(self, symbols: list[str] | None) -> list[str]:
        await self.load_markets()
        return list(self.symbols if symbols is None else self.market_symbols(symbols))

    def _begin_tickers(self, stream: Stream) -> None:
        self._renew_tickers(stream)

    def _on_tick(self, stream: Stream, frame: Frame) -> None:
        if ("ticker", frame.get("symbol")) in stream.watched:
            self._renew_tickers(stream)

    def _renew_tickers(self, stream: Stream) -> None:
        async def renew() -> None:
            symbols = sorted(symbol for _, symbol in stream.watched)
            reply = await self._asked("tickers", {"symbols": symbols})
            for row in [] if reply is None else reply["data"]:
                symbol = row["symbol"]
                shown = {name: value for name, value in row.items() if name != "timestamp"}
                if stream.known.get(symbol) != shown:
                    stream.known[symbol] = shown
                    self.tickers[symbol] = self.parse_ticker(row)
                    self._tell(stream, ("ticker", symbol), self.tickers[symbol])

        self._renewal(f"{stream.name} tickers", renew, TICKERS_EVERY_MS).poke()

    # Candles

    async def watch_ohlcv(
        self,
        symbol: str,
        timeframe: str = "1m",
        since: int | None = None,
        limit: int | None = None,
        params: Params = None,
    ) -> Any:
        """Candles, as they change."""
        symbol = (await self._symbols([symbol]))[0]
        stream = self._stream(("trades",), symbol, self._on_candle, self._begin_candles, "candles")
        candles = await self._one(stream, (symbol, timeframe))
        return self._latest(candles, symbol, since, limit, key=0)

    async def watch_ohlcv_for_symbols(
        self,
        symbols_and_timeframes: list[list[str]],
        since: int | None = None,
        limit: int | None = None,
        params: Params = None,
    ) -> Any:
        """The next candles that change, as `{symbol: {timeframe: candles}}`."""
        await self.load_markets()
        keys = [(self.symbol(symbol), timeframe) for symbol, timeframe in symbols_and_timeframes]
        stream = self._stream(("trades",), None, self._on_candle, self._begin_candles, "candles")
        symbol, timeframe, candles = await self._any(stream, keys, "all ")
        shown = self._latest(candles, symbol, since, limit, key=0)
        return self.create_ohlcv_object(symbol, timeframe, shown)

    def _begin_candles(self, stream: Stream) -> None:
        for symbol, timeframe in stream.watched:
            self._renew_candles(stream, symbol, timeframe)

    def _on_candle(self, stream: Stream, frame: Frame) -> None:
        if frame["type"] == "match":
            for symbol, timeframe in stream.watched:
                if symbol == frame["symbol"]:
                    self._renew_candles(stream, symbol, timeframe)

    def _renew_candles(self, stream: Stream, symbol: str, timeframe: str) -> None:
        async def renew() -> None:
            candles = stream.known.get((symbol, timeframe))
            asked = {"symbol": symbol, "interval": timeframe, "limit": 1000}
            if candles:  # from the one that was shown last: it may have grown
                asked["since"] = candles[-1][0]
            reply = await self._asked("candles", asked)
            if reply is None:
                return
            if candles is None:
                size = self.safe_integer(self.options, "OHLCVLimit", 1000)
                candles = stream.known[symbol, timeframe] = ArrayCacheByTimestamp(size)
            for row in reply["data"]:
                candles.append(self.parse_ohlcv(row))
            self.ohlcvs.setdefault(symbol, {})[timeframe] = candles
            if candles:
                self._tell(stream, (symbol, timeframe), candles)
                self._tell(stream, (symbol, timeframe), (symbol, timeframe, candles), "all ")

        name = f"{stream.name} candles {symbol} {timeframe}"
        self._renewal(name, renew, CANDLES_EVERY_MS).poke()

    # One's own

    async def watch_orders(
        self,
        symbol: str | None = None,
        since: int | None = None,
        limit: int | None = None,
        params: Params = None,
    ) -> Any:
        """One's orders as they change; at first, those that are open."""
        return await self._mine("orders", symbol, since, limit)

    async def watch_my_trades(
        self,
        symbol: str | None = None,
        since: int | None = None,
        limit: int | None = None,
        params: Params = None,
    ) -> Any:
        """One's own side of each trade from now on."""
        return await self._mine("trades", symbol, since, limit)

    async def watch_balance(self, params: Params = None) -> Any:
        """What one owns, at first and whenever it changes."""
        await self.load_markets()
        self.check_required_credentials()
        return await self._one(self._own_stream(), ("balance", ""))

    async def _mine(
        self, kind: str, symbol: str | None, since: int | None, limit: int | None
    ) -> Any:
        await self.load_markets()
        self.check_required_credentials()
        symbol = None if symbol is None else self.symbol(symbol)
        rows = await self._one(self._own_stream(), (kind, symbol or ""))
        if self.newUpdates:
            limit = rows.getLimit(symbol, limit)
        return self.filter_by_symbol_since_limit(rows, symbol, since, limit, True)

    def _own_stream(self) -> Stream:
        own = self._own
        return self._stream(("full",), None, own.on_frame, own.on_begin)

    # The connections

    def handle_message(self, client: Any, message: Any) -> None:
        """A frame of the feed."""
        stream = self._streams[client.url]
        if message["type"] == "error":
            client.reject(exception_of(message["code"])(f"{self.id} {message['message']}"))
            return
        answer = stream.take(message)
        if answer is not None:
            self.spawn(client.send, answer)

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
        url = f"{self.implode_hostname(self.urls['api']['feed'])}/#{use}{stream.name}"
        return self._streams.setdefault(url, stream)

    def _url(self, stream: Stream) -> str:
        return next(url for url, each in self._streams.items() if each is stream)

    async def _one(self, stream: Stream, key: tuple[str, str]) -> Any:
        return await self._any(stream, [key])

    async def _any(self, stream: Stream, keys: list[tuple[str, str]], before: str = "") -> Any:
        """Wait for the next of some things that is told."""
        new = set(keys) - stream.watched
        stream.watched |= new
        url = self._url(stream)
        is_open = url in self.clients and "feed" in self.clients[url].subscriptions
        hashes = [before + " ".join(key) for key in keys]
        waiting = self.watch_multiple(url, hashes, stream.request, ["feed"])
        if new and is_open:
            stream.on_begin(stream)
        return await waiting

    def _tell(self, stream: Stream, key: tuple[str, Any], value: Any, before: str = "") -> None:
        client = self.clients.get(self._url(stream))
        if client is not None:
            client.resolve(value, before + " ".join(key))

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


_TICKING = ("trades", "book", "ticker")


def _nothing(stream: Stream) -> None:
    """What is shown needs no beginning."""
