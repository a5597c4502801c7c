"""Where a feeder takes its prices from: an exchange out there, or models and recordings.

Both give tickers as the store writes them. A source knows neither Valkey nor when it is asked.
"""

import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from decimal import Decimal
from typing import Protocol

from cxgame.oracle.base import PriceModel
from cxgame.oracle.discovery import Wish
from cxgame.oracle.live import LiveExchange
from cxgame.oracle.live_price import LivePrice
from cxgame.oracle.spec import assign, build, parse
from cxgame.oracle.tape import Quote, Tape
from cxgame.store.tickers import Ticker


class Source(Protocol):
    """Prices of some markets."""

    @property
    def name(self) -> str:
        """What people call it."""
        ...

    async def open(self) -> list[str]:
        """The symbols; raises `LiveError`, after which it may be tried again, or `OracleError`."""
        ...

    async def tickers(self) -> list[Ticker]:
        """What they cost now; a market without a price is left out. Raises as `open` does."""
        ...

    async def close(self) -> None:
        """Let go of everything."""
        ...


class LiveSource:
    """An exchange out there."""

    def __init__(self, exchange: LiveExchange, wish: Wish) -> None:
        self._exchange = exchange
        self._wish = wish
        self._symbols: list[str] = []

    @property
    def name(self) -> str:
        """The exchange."""
        return self._exchange.name

    async def open(self) -> list[str]:
        """Ask the exchange for its markets."""
        self._symbols = await self._exchange.choose(self._wish)
        return self._symbols

    async def tickers(self) -> list[Ticker]:
        """Ask the exchange for its prices."""
        return [_of_exchange(price) for price in await self._exchange.prices(self._symbols)]

    async def close(self) -> None:
        """Disconnect."""
        await self._exchange.close()


class ModelSource:
    """Models and recordings: each call is a tick of all markets, and the first is tick 0."""

    def __init__(
        self, models: Mapping[str, PriceModel], name: str, wall: Callable[[], float] = time.time
    ) -> None:
        self.name = name
        self._tapes = [Tape(model) for model in models.values()]
        self._symbols = list(models)
        self._wall = wall

    @classmethod
    def from_texts(
        cls,
        texts: Sequence[str],
        symbols: Sequence[str],
        others: Sequence[str],
        seed: int,
        interval_s: float,
    ) -> "ModelSource":
        """Build the sources that are named in the form of `--oracle`; raises `OracleError`.

        Without `symbols`, the markets are those that the texts name, and `others` if a text names
        none.
        """
        specs = [parse(text) for text in texts]
        named = [spec.symbol for spec in specs if spec.symbol is not None]
        if not symbols:
            symbols = list(dict.fromkeys([*named, *(others if len(named) < len(specs) else [])]))
        chosen = assign(specs, symbols)
        models = {symbol: build(spec, symbol, seed, interval_s) for symbol, spec in chosen.items()}
        return cls(models, ", ".join(dict.fromkeys(spec.name for spec in chosen.values())))

    async def open(self) -> list[str]:
        """They are there from the beginning."""
        return self._symbols

    async def tickers(self) -> list[Ticker]:
        """One tick further."""
        now_s = self._wall()
        return [_of_model(tape.next(), now_s) for tape in self._tapes]

    async def close(self) -> None:
        """There is nothing to let go of."""


def _of_exchange(price: LivePrice) -> Ticker:
    return _ticker(price.symbol, price.price, price.timestamp_s, price[3:])


def _of_model(quote: Quote, now_s: float) -> Ticker:
    sides = (quote.bid, quote.ask, quote.bid_volume, quote.ask_volume)
    return _ticker(quote.symbol, quote.price, Decimal(f"{now_s:.6f}"), sides)


def _ticker(
    symbol: str, price: Decimal, timestamp_s: Decimal, sides: Iterable[Decimal | None]
) -> Ticker:
    texts = (None if number is None else f"{number:f}" for number in sides)
    return Ticker(symbol, f"{price:f}", f"{timestamp_s:f}", *texts)
