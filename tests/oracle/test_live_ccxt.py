"""The same calls through ccxt's own base class, where ccxt is installed; without an internet."""

from decimal import Decimal
from typing import Any

import pytest

from cxgame.oracle.discovery import Wish
from cxgame.oracle.live import LiveError, LiveExchange
from tests.oracle.standin import MARKETS, market

ccxt = pytest.importorskip(
    "ccxt.async_support", reason="needs ccxt: pip install 'cxgame[live]'", exc_type=ImportError
)


def exchange_class(way: str) -> type[Any]:
    """An exchange on ccxt's base class that gives tickers in one way alone."""

    class Fake(ccxt.Exchange):  # type: ignore[misc, name-defined]
        def describe(self) -> Any:
            has = {"fetchTickers": True, "fetchTicker": True, "fetchCurrencies": False}
            return self.deep_extend(super().describe(), {"id": "fake", "has": has})

        async def fetch_markets(self, params: object = None) -> list[Any]:
            split = [symbol.partition(":")[0].split("/") for symbol in MARKETS]
            return [
                market(symbol, id=symbol, base=base, quote=quote, baseId=base, quoteId=quote)
                | {"precision": {"price": 0.01, "amount": 0.001}, "limits": {}}
                for symbol, (base, quote) in zip(MARKETS, split, strict=True)
            ]

        async def fetch_tickers(self, symbols: Any = None, params: object = None) -> Any:
            await self.load_markets()
            if way == "one" or (way == "named" and symbols is None):
                raise {"one": ccxt.NotSupported, "named": ccxt.ArgumentsRequired}[way]("no")
            tickers = {symbol: self._ticker(symbol) for symbol in MARKETS}
            return self.filter_by_array_tickers(tickers, "symbol", symbols)

        async def fetch_ticker(self, symbol: str, params: object = None) -> Any:
            await self.load_markets()
            return self._ticker(symbol)

        def _ticker(self, symbol: str) -> Any:
            said = {"symbol": symbol, "timestamp": 1795218184250, "last": "5.5", "bid": "5.4"}
            return self.safe_ticker(said, self.market(symbol))

    return Fake


@pytest.mark.parametrize("way", ["all", "named", "one"])
async def test_ccxt_takes_the_calls(way: str) -> None:
    """Markets and prices, in each way of asking for them."""
    exchange = LiveExchange("fake", ccxt, exchange_class(way)({"enableRateLimit": True}))
    try:
        symbols = await exchange.choose(Wish(("BTC/EUR",), ("USDT",), 1))
        assert symbols[0] == "BTC/EUR"
        assert len(symbols) == 2
        for price in await exchange.prices(symbols):
            assert price[1:4] == (Decimal("5.5"), Decimal("1795218184.25"), Decimal("5.4"))
    finally:
        await exchange.close()


async def test_a_refusal_of_the_network_is_a_live_error() -> None:
    """A real exchange of ccxt's, told to go through a proxy where nobody listens."""
    beneath = ccxt.kraken({"timeout": 2000, "httpsProxy": "http://127.0.0.1:1"})
    exchange = LiveExchange("kraken", ccxt, beneath)
    try:
        with pytest.raises(LiveError, match="kraken"):
            await exchange.choose(Wish(("BTC/USDT",)))
    finally:
        await exchange.close()
