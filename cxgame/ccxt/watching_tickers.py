"""Tickers, which are asked for when the feed says that they have changed."""

from typing import Any

from cxgame.ccxt.connections import Connections
from cxgame.ccxt.lists import Params
from cxgame.ccxt.rows import Row
from cxgame.ccxt.stream import Frame, Stream

TICKERS_EVERY_MS = 500
_TICKING = ("trades", "book", "ticker")


class WatchingTickers(Connections):
    """Part of the class of `ccxt.pro`."""

    async def watch_ticker(self, symbol: str, params: Params = None) -> Any:
        """Best prices and the last 24 hours."""
        symbol = (await self._symbols([symbol]))[0]
        stream = self._stream(Stream(_TICKING, symbol, self._on_tick, self._begin_tickers))
        return await self._any([(stream, ("ticker", symbol))])

    async def watch_tickers(self, symbols: list[str] | None = None, params: Params = None) -> Any:
        """The tickers that change next, of these markets or all."""
        return await self._tickers("ticker", self.tickers, symbols)

    async def watch_bids_asks(self, symbols: list[str] | None = None, params: Params = None) -> Any:
        """The best prices that change next, of markets that have both."""
        return await self._tickers("best", self.bidsasks, symbols)

    async def _tickers(self, kind: str, shown: Any, symbols: list[str] | None) -> Any:
        wanted = await self._symbols(symbols)
        stream = self._stream(Stream(_TICKING, None, self._on_tick, self._begin_tickers))
        ticker = await self._any([(stream, (kind, symbol)) for symbol in wanted])
        if self.newUpdates:
            return {ticker["symbol"]: ticker}
        return self.filter_by_array(shown, "symbol", wanted)

    def _begin_tickers(self, stream: Stream) -> None:
        self._renew_tickers(stream)

    def _on_tick(self, stream: Stream, frame: Frame) -> None:
        if any(symbol == frame.get("symbol") for _, symbol in stream.watched):
            self._renew_tickers(stream)

    def _renew_tickers(self, stream: Stream) -> None:
        async def renew() -> bool:
            symbols = sorted({symbol for _, symbol in stream.watched})
            reply = await self._asked("tickers", {"symbols": symbols})
            for row in [] if reply is None else reply["data"]:
                shown = {name: value for name, value in row.items() if name != "timestamp"}
                self._show_ticker(stream, self.parse_ticker(row), shown)
            return reply is not None

        self._renewal(stream, "tickers", renew, TICKERS_EVERY_MS).poke()

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
