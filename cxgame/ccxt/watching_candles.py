"""Candles: their past by HTTP, then as the feed tells them."""

from typing import Any

from ccxt.async_support.base.ws.cache import ArrayCacheByTimestamp

from cxgame.ccxt.about import MAX_ROWS
from cxgame.ccxt.connections import Connections, Wanted
from cxgame.ccxt.lists import Params
from cxgame.ccxt.rows import Row
from cxgame.ccxt.stream import Frame, Stream

LOAD_EVERY_MS = 200

Key = tuple[str, str]  # symbol and timeframe


class WatchingCandles(Connections):
    """Part of the class of `ccxt.pro`."""

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
        candles = await self._any([self._wanted(symbol, timeframe)])
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
        wanted = [self._wanted(*key) for key in keys]
        symbol, timeframe, candles = await self._any(wanted, "all ")
        shown = self._latest(candles, symbol, since, limit, key=0)
        return self.create_ohlcv_object(symbol, timeframe, shown)

    def _wanted(self, symbol: str, timeframe: str) -> Wanted:
        stream = Stream(
            ("candles",),
            None,
            self._on_candle,
            self._begin_candles,
            timeframe=self.timeframe_of(timeframe),
            is_resumed=False,
        )
        return self._stream(stream), (symbol, timeframe)

    def _begin_candles(self, stream: Stream) -> None:
        for key in stream.watched:
            self._load(stream, key)

    def _load(self, stream: Stream, key: Key) -> None:
        """What came before, by HTTP; after a break all since the last one that was told."""
        symbol, timeframe = key

        async def load() -> bool:
            candles = stream.known.get(key)
            asked: Row = {"symbol": symbol, "interval": timeframe, "limit": MAX_ROWS}
            if candles:  # it may have grown
                asked["since"] = candles[-1][0]
            reply = await self._asked("candles", asked)
            if reply is None:
                return False
            if candles is None:
                size = self.safe_integer(self.options, "OHLCVLimit", MAX_ROWS)
                candles = stream.known[key] = ArrayCacheByTimestamp(size)
            rows = reply["data"] + stream.known.pop(("early", key), [])
            self._show_candles(stream, key, rows)
            return True

        self._renewal(stream, f"candles {symbol} {timeframe}", load, LOAD_EVERY_MS).poke()

    def _on_candle(self, stream: Stream, frame: Frame) -> None:
        if frame["type"] != "candle":
            return
        key = (frame["symbol"], frame["timeframe"])
        row = {**frame, "timestamp": frame["start"]}
        if key in stream.known:
            self._show_candles(stream, key, [row])
        elif key in stream.watched:
            stream.known.setdefault(("early", key), []).append(row)

    def _show_candles(self, stream: Stream, key: Key, rows: list[Row]) -> None:
        """Add candles, or what they have become, but nothing older than what is there."""
        candles, is_news = stream.known[key], False
        for row in rows:
            progress = (row["timestamp"], row["trades"], row["closed"])
            if progress > stream.known.get(("progress", key), (0, 0, False)):
                stream.known["progress", key] = progress
                candles.append(self.parse_ohlcv(row))
                is_news = True
        if is_news:
            symbol, timeframe = key
            self.ohlcvs.setdefault(symbol, {})[timeframe] = candles
            self._tell(stream, key, candles)
            self._tell(stream, key, (symbol, timeframe, candles), "all ")
