"""A stand-in for `ccxt.async_support`: the same names, an exchange without an internet.

What it does is what ccxt's own base class does with the same calls; `test_live_ccxt.py` compares.
"""

from types import SimpleNamespace
from typing import Any


class BaseError(Exception):
    """As ccxt's: the base of all its errors."""


class ExchangeError(BaseError):
    """The exchange refused."""


class NotSupported(ExchangeError):
    """The exchange cannot do that."""


class BadSymbol(ExchangeError):
    """There is no such market."""


class ArgumentsRequired(ExchangeError):
    """Something has to be named."""


class NetworkError(BaseError):
    """The exchange cannot be reached."""


class RateLimitExceeded(NetworkError):
    """Too many questions."""


def market(symbol: str, **fields: Any) -> dict[str, Any]:
    """A market as ccxt describes it."""
    kind = "swap" if ":" in symbol else "spot"
    return {"symbol": symbol, "type": kind, "spot": kind == "spot", "active": True, **fields}


MARKETS = ("BTC/USDT", "ETH/USDT", "ADA/USDT", "BTC/EUR", "BTC/USDT:USDT")


class StandIn:
    """An exchange. `trouble` holds what the next questions raise, `tickers` what they answer."""

    def __init__(self, options: dict[str, Any] | None = None) -> None:
        self.options = options or {}
        self.has: dict[str, Any] = {"fetchTickers": True, "fetchTicker": True}
        self.markets = {symbol: market(symbol) for symbol in MARKETS}
        self.tickers: Any = {
            "BTC/USDT": {"last": 60000.5, "bid": 60000.0, "ask": 60001.0, "quoteVolume": 3e9},
            "ETH/USDT": {"last": 3000.0, "baseVolume": 1e5, "timestamp": 1795218184250},
            "ADA/USDT": {"last": 0.4, "quoteVolume": 1e6},
            "BTC/EUR": {"last": 55000.0, "quoteVolume": 1e7},
        }
        self.trouble: list[Exception] = []
        self.wants_names = False
        self.knows_all = True  # a name that is none of its markets' is passed over
        self.asked: list[tuple[str, Any]] = []
        self.closed = 0

    async def load_markets(self, reload: bool = False) -> dict[str, dict[str, Any]]:
        """All markets."""
        self._take("markets", None)
        return self.markets

    async def fetch_tickers(self, symbols: list[str] | None = None) -> Any:
        """All tickers, or those."""
        self._take("tickers", symbols)
        if symbols is None and self.wants_names:
            raise ArgumentsRequired("fetchTickers() requires symbols")
        if self.has["fetchTickers"] != True:  # noqa: E712 it may be "emulated"
            raise NotSupported("fetchTickers() is not supported yet")
        if symbols is None or not isinstance(self.tickers, dict):
            return self.tickers
        if not self.knows_all and not set(symbols) <= set(self.tickers):
            raise BadSymbol("one of the markets is not there")
        return {symbol: self.tickers[symbol] for symbol in symbols if symbol in self.tickers}

    async def fetch_ticker(self, symbol: str) -> Any:
        """One ticker."""
        self._take("ticker", symbol)
        if symbol not in self.tickers:
            raise BadSymbol(f"no market {symbol}")
        return self.tickers[symbol]

    async def close(self) -> None:
        """Give sockets back."""
        self.closed += 1

    def _take(self, what: str, about: Any) -> None:
        self.asked.append((what, about))
        if self.trouble:
            raise self.trouble.pop(0)


def module(**exchanges: type[StandIn]) -> SimpleNamespace:
    """The module that knows these exchanges."""
    errors = (BaseError, ExchangeError, NotSupported, BadSymbol, ArgumentsRequired)
    names = {error.__name__: error for error in (*errors, NetworkError, RateLimitExceeded)}
    return SimpleNamespace(exchanges=list(exchanges), **exchanges, **names)
