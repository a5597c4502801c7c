"""What a client can ask REST: the market, and its own orders and money."""

from typing import Any

from cxgame.simulator.errors import Unreachable
from cxgame.simulator.frames import Row, Unreadable, readable
from cxgame.simulator.rest import Rest


class Queries:
    """The questions; whoever derives from it has a way to REST, and says how long to try."""

    _rest: Rest

    async def get_symbols(self) -> list[str]:
        """The markets."""
        return list(await self._part("symbols", "/symbols"))

    async def get_ticker(self, symbol: str) -> Row:
        """Last price, best bid and ask, and the last 24 hours."""
        return await self._get("/ticker", symbol=symbol)

    async def get_prices(
        self,
        symbol: str,
        start: str | None = None,
        end: str | None = None,
        limit: int | None = None,
    ) -> list[Row]:
        """Past prices, oldest first; `start` and `end` in ISO 8601."""
        return list(
            await self._part("prices", "/prices", symbol=symbol, start=start, end=end, limit=limit)
        )

    async def get_orderbook(self, symbol: str, depth: int | None = None) -> Row:
        """Bids and asks, best first: `{"price", "quantity"}` each."""
        return await self._get("/orderbook", symbol=symbol, depth=depth)

    async def get_trades(
        self, symbol: str, limit: int | None = None, after: int | str | None = None
    ) -> list[Row]:
        """The last trades, oldest first; or those after one's `trade_id`."""
        return list(await self._part("trades", "/trades", symbol=symbol, limit=limit, after=after))

    async def get_order(self, order_id: str) -> Row:
        """One of one's orders, over or not."""
        return await self._get(f"/orders/{order_id}")

    async def get_orders(self, symbol: str | None = None, status: str | None = None) -> list[Row]:
        """One's orders, oldest first; of a market, or of a status such as "OPEN"."""
        return list(await self._part("orders", "/orders", symbol=symbol, status=status))

    async def get_balance(self) -> dict[str, str]:
        """What one owns of each asset, what open orders hold included."""
        return dict(await self._part("balances", "/balance"))

    async def get_position(self, symbol: str) -> Row:
        """What one owns of a market's coin."""
        return await self._get("/position", symbol=symbol)

    def _until(self) -> float:
        """The end of a call that begins now."""
        raise NotImplementedError

    async def _get(self, path: str, **params: Any) -> Row:
        return await self._rest.get(path, self._until(), **params)

    async def _part(self, name: str, path: str, **params: Any) -> Any:
        """One member of an answer."""
        body = await self._get(path, **params)
        try:
            with readable():
                return body[name]
        except Unreadable:
            raise Unreachable(f"{path} was answered without {name}.") from None
