"""Everybody's trades, which the feed tells in full."""

from typing import Any

from ccxt.async_support.base.ws.cache import ArrayCache

from cxgame.ccxt.connections import Connections
from cxgame.ccxt.lists import Params
from cxgame.ccxt.stream import Frame, Stream


class WatchingTrades(Connections):
    """Part of the class of `ccxt.pro`."""

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
        stream = self._stream(Stream(("trades",), symbol, self._on_trade, _nothing))
        return self._latest(await self._any([(stream, ("trades", symbol))]), symbol, since, limit)

    async def watch_trades_for_symbols(
        self,
        symbols: list[str],
        since: int | None = None,
        limit: int | None = None,
        params: Params = None,
    ) -> Any:
        """Everybody's trades in the next of several markets in which somebody trades."""
        await self.load_markets()
        stream = self._stream(Stream(("trades",), None, self._on_trade, _nothing))
        wanted = [(stream, ("trades", symbol)) for symbol in self.market_symbols(symbols)]
        trades = await self._any(wanted)
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
