"""Tickers and candles, which are asked for when the feed says that they have changed."""

from typing import Any

from ccxt.async_support.base.ws.cache import ArrayCacheByTimestamp

from cxgame.ccxt.connections import Connections
from cxgame.ccxt.lists import Params
from cxgame.ccxt.rows import Row
from cxgame.ccxt.stream import Frame, Stream

TICKERS_EVERY_MS = 500
CANDLES_EVERY_MS = 200
_TICKING = ("trades", "book", "ticker")


class WatchingPrices(Connections):
    """Part of the class of `ccxt.pro`."""

    # Tickers

    async def watch_ticker(self, symbol: str, params: Params = None) -> Any:
        """Best prices and the last 24 hours."""
        symbol = (await self._symbols([symbol]))[0]
        stream = self._stream(_TICKING, symbol, self._on_tick, self._begin_tickers)
        return await self._one(stream, ("ticker", symbol))

    async def watch_tickers(self, symbols: list[str] | None = None, params: Params = None) -> Any:
        """The tickers that change next, of these markets or all."""
        return await self._tickers("ticker", self.tickers, symbols)

    async def watch_bids_asks(self, symbols: list[str] | None = None, params: Params = None) -> Any:
        """The best prices that change next, of markets that have both."""
        return await self._tickers("best", self.bidsasks, symbols)

    async def _tickers(self, kind: str, shown: Any, symbols: list[str] | None) -> Any:
        wanted = await self._symbols(symbols)
        stream = self._stream(_TICKING, None, self._on_tick, self._begin_tickers)
        ticker = await self._any(stream, [(kind, symbol) for symbol in wanted])
        if self.newUpdates:
            return {ticker["symbol"]: ticker}
        return self.filter_by_array(shown, "symbol", wanted)

    def _begin_tickers(self, stream: Stream) -> None:
        self._renew_tickers(stream)

    def _on_tick(self, stream: Stream, frame: Frame) -> None:
        if any(symbol == frame.get("symbol") for _, symbol in stream.watched):
            self._renew_tickers(stream)

    def _renew_tickers(self, stream: Stream) -> None:
        async def renew() -> None:
            symbols = sorted({symbol for _, symbol in stream.watched})
            reply = await self._asked("tickers", {"symbols": symbols})
            for row in [] if reply is None else reply["data"]:
                shown = {name: value for name, value in row.items() if name != "timestamp"}
                self._show_ticker(stream, self.parse_ticker(row), shown)

        self._renewal(f"{stream.name} tickers", renew, TICKERS_EVERY_MS).poke()

    def _show_ticker(self, stream: Stream, ticker: Row, shown: Row) -> None:
        symbol = ticker["symbol"]
        has_both = ticker["bid"] is not None and ticker["ask"] is not None
        for kind, all_shown in (("ticker", self.tickers), ("best", self.bidsasks)):
            key = (kind, symbol)
            is_news = key in stream.watched and stream.known.get(key) != shown
            if is_news and (has_both or kind == "ticker"):
                stream.known[key] = shown
                all_shown[symbol] = ticker
                self._tell(stream, key, ticker)

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
