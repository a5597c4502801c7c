"""The class of `ccxt.pro`: what `watch_…` waits for comes from the feed.

Books and trades are the feed's own (`watching_markets`). Tickers and candles are asked for by HTTP
when the feed says that they have changed (`watching_prices`), and so are one's own orders, trades
and balance (`own`).
"""

from typing import Any

from cxgame.ccxt import waiting
from cxgame.ccxt.about import WATCHES
from cxgame.ccxt.lists import Params
from cxgame.ccxt.own import Own
from cxgame.ccxt.stream import Stream
from cxgame.ccxt.watching_markets import WatchingMarkets
from cxgame.ccxt.watching_prices import WatchingPrices


class cxgame(WatchingMarkets, WatchingPrices, waiting.cxgame):
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
