"""The class of `ccxt.pro`: what `watch_…` waits for comes from the feed.

Books and trades are the feed's own, and so are candles, once their past was asked for by HTTP.
Tickers are asked for when the feed says that they have changed. One's own orders, trades and
balance come from the order server.
"""

from typing import Any

from cxgame.ccxt import waiting
from cxgame.ccxt.about import WATCHES
from cxgame.ccxt.lists import Params
from cxgame.ccxt.own import Own
from cxgame.ccxt.watching_books import WatchingBooks
from cxgame.ccxt.watching_candles import WatchingCandles
from cxgame.ccxt.watching_tickers import WatchingTickers
from cxgame.ccxt.watching_trades import WatchingTrades


class cxgame(WatchingBooks, WatchingTrades, WatchingTickers, WatchingCandles, waiting.cxgame):
    """The exchange game, for `ccxt.pro`."""

    def __init__(self, config: Any = None) -> None:
        self._own = Own(self)
        super().__init__(config)

    def describe(self) -> Any:
        """What this exchange has."""
        watches = {"pro": True, "has": dict.fromkeys(WATCHES, True)}
        return self.deep_extend(super().describe(), watches)

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
        return await self._any([(await self._own_stream(), ("balance", ""))])

    async def _mine(
        self, kind: str, symbol: str | None, since: int | None, limit: int | None
    ) -> Any:
        await self.load_markets()
        self.check_required_credentials()
        symbol = None if symbol is None else self.symbol(symbol)
        rows = await self._any([(await self._own_stream(), (kind, symbol or ""))])
        if self.newUpdates:
            limit = rows.getLimit(symbol, limit)
        return self.filter_by_symbol_since_limit(rows, symbol, since, limit, True)

    async def _own_stream(self) -> Own:
        self._streams[f"{self.implode_hostname(self.urls['api']['exchange'])}#own"] = self._own
        await self._own.know_user()
        return self._own
