"""An exchange out there, by way of ccxt: which markets it has, and what they cost now.

Only this module imports ccxt, and only when an exchange is opened: it is an extra (`live`), and
takes a second or two to load. All that an exchange can do wrong comes out as `LiveError`, which
may be tried again.
"""

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from importlib import import_module
from typing import Any, Protocol, Self

from cxgame.config.errors import nearest
from cxgame.oracle.discovery import Wish, choose, missing, names
from cxgame.oracle.live_price import LivePrice, live_price
from cxgame.oracle.numbers import OracleError

_REQUEST_MS = 15_000  # of one request, within ccxt
_ANSWER_S = 120.0  # of everything that one question takes: markets come in several requests
_CLOSE_S = 5.0
# What a parser trips over when an exchange answers what it never answered before.
_NOT_UNDERSTOOD = (ArithmeticError, AttributeError, LookupError, TypeError, ValueError)

log = logging.getLogger("cxgame.oracle")


class NoMarkets(OracleError):
    """The exchange has none of the markets that are wanted."""


class LiveError(Exception):
    """The exchange did not answer, or not sensibly; the text is one line. Later it may."""


class Exchange(Protocol):
    """What is used of ccxt's exchanges (`ccxt.async_support`)."""

    has: Mapping[str, Any]

    async def load_markets(self, reload: bool = False) -> Mapping[str, Mapping[str, Any]]:
        """All markets by symbol."""
        ...

    async def fetch_tickers(self, symbols: list[str] | None = None) -> Mapping[str, Any]:
        """Tickers by symbol: these, or all."""
        ...

    async def fetch_ticker(self, symbol: str) -> Mapping[str, Any]:
        """One ticker."""
        ...

    async def close(self) -> None:
        """Give sockets back."""
        ...


_Way = Callable[[Sequence[str]], Awaitable[Mapping[str, Any]]]


class LiveExchange:
    """The prices of one exchange. `choose`, then `prices` again and again, `close` at the end."""

    def __init__(self, name: str, ccxt: Any, exchange: Exchange) -> None:
        """`ccxt` is the module, for its errors."""
        self.name = name
        self._ccxt = ccxt
        self._exchange = exchange
        # How tickers are asked for; what an exchange does not offer is not asked again.
        self._ways: list[_Way] = [self._one_by_one]
        if exchange.has.get("fetchTickers"):
            self._ways = [self._all_at_once, self._by_name, self._one_by_one]
        self._refused: set[str] = set()

    @classmethod
    def open(cls, name: str) -> Self:
        """An exchange by ccxt's name for it; needs no key. Raises `OracleError`."""
        try:
            ccxt = import_module("ccxt.async_support")
        except ImportError as error:
            raise OracleError(
                f"prices of an exchange need ccxt ({error}): pip install 'cxgame[live]'"
            ) from None
        if name not in ccxt.exchanges:
            raise OracleError(f"ccxt knows no exchange {name!r}{nearest(name, ccxt.exchanges)}")
        options = {"enableRateLimit": True, "timeout": _REQUEST_MS}
        return cls(name, ccxt, getattr(ccxt, name)(options))

    async def choose(self, wish: Wish) -> list[str]:
        """The symbols that are meant. Raises `NoMarkets`, or `LiveError`."""
        markets = await self._asked(self._exchange.load_markets())
        tickers: Mapping[str, Any] = {}
        if wish.needs_ranking and self._exchange.has.get("fetchTickers"):
            tickers = await self._tickers([])
        symbols = choose(wish, markets, tickers)
        if not symbols:
            wanted = names([*wish.symbols, *(f"*/{quote}" for quote in wish.quotes)])
            raise NoMarkets(f"{self.name} has none of the markets {wanted}")
        if absent := missing(wish, markets):
            log.warning("%s has no market %s", self.name, names(absent))
        return symbols

    async def prices(self, symbols: Sequence[str]) -> list[LivePrice]:
        """What these markets cost now; those without a price are left out. Raises `LiveError`."""
        tickers = await self._tickers(symbols)
        now_s = time.time()
        found = (live_price(symbol, tickers.get(symbol), now_s) for symbol in symbols)
        return [price for price in found if price is not None]

    async def close(self) -> None:
        """Give the sockets back; what goes wrong now hurts nobody."""
        try:
            async with asyncio.timeout(_CLOSE_S):
                await self._exchange.close()
        except (self._ccxt.BaseError, OSError, TimeoutError) as error:
            log.debug("closing %s: %s", self.name, error)

    async def _tickers(self, symbols: Sequence[str]) -> Mapping[str, Any]:
        """Tickers in the first way that the exchange takes, which is kept. No symbols: all."""
        not_this_way = (self._ccxt.NotSupported, self._ccxt.ArgumentsRequired)
        while True:
            way = self._ways[0]
            if not symbols and way != self._all_at_once:
                return {}
            try:
                questions = len(symbols) if way == self._one_by_one else 1
                return await self._asked(way(symbols), questions)
            except LiveError as error:
                if not isinstance(error.__cause__, not_this_way) or len(self._ways) == 1:
                    raise
            self._ways.pop(0)

    async def _all_at_once(self, _: Sequence[str]) -> Mapping[str, Any]:
        return await self._exchange.fetch_tickers()

    async def _by_name(self, symbols: Sequence[str]) -> Mapping[str, Any]:
        """All of them in one call, which a market that is gone spoils once."""
        named = [symbol for symbol in symbols if symbol not in self._refused] or list(symbols)
        try:
            return await self._exchange.fetch_tickers(named)
        except self._ccxt.BadSymbol:
            return await self._one_by_one(named)

    async def _one_by_one(self, symbols: Sequence[str]) -> Mapping[str, Any]:
        """One after the other, as slowly as the exchange wants it; a market may refuse alone."""
        tickers: dict[str, Any] = {}
        for symbol in symbols:
            try:
                tickers[symbol] = await self._exchange.fetch_ticker(symbol)
            except (self._ccxt.BadSymbol, self._ccxt.NotSupported) as error:
                if len(symbols) == 1:
                    raise
                if symbol not in self._refused:
                    log.warning("%s gives no price of %s: %s", self.name, symbol, _line(error))
                self._refused.add(symbol)
        return tickers

    async def _asked(
        self, question: Awaitable[Mapping[str, Any]], questions: int = 1
    ) -> Mapping[str, Any]:
        """The answer; whatever is wrong with it is a `LiveError`."""
        bound_s = _ANSWER_S * questions
        try:
            async with asyncio.timeout(bound_s):
                answer = await question
        except TimeoutError as error:
            raise LiveError(f"{self.name} took more than {bound_s:.0f} s to answer") from error
        except (self._ccxt.BaseError, OSError) as error:
            raise LiveError(f"{self.name}: {type(error).__name__}: {_line(error)}") from error
        except _NOT_UNDERSTOOD as error:
            raise LiveError(
                f"{self.name} answered what ccxt cannot read: {type(error).__name__}: "
                f"{_line(error)}"
            ) from error
        if not isinstance(answer, Mapping):
            raise LiveError(f"{self.name} answered {type(answer).__name__} instead of a table")
        return answer


def _line(error: BaseException, most: int = 200) -> str:
    """An error on one line: exchanges answer whole pages at times."""
    text = " ".join(str(error).split())
    return text if len(text) <= most else f"{text[:most]}..."
