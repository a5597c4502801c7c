"""Tickers beside our models: what others write there is taken, then our own prices go over it.

Reading comes right before writing, so that the mirror hides nothing it has not read.
"""

import asyncio
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace

from cxgame.oracle.handing import Reach, Submit, hand_over, slices
from cxgame.oracle.tape import Quote
from cxgame.oracle.tickers import Ticker, TickerReader, TickerWriter, Watch, mirror_fields

TakeOver = Callable[[str, Ticker], Quote]


class Mirroring:
    """The tickers of markets that have a model."""

    def __init__(self, symbols: Iterable[str], writer: str) -> None:
        """`writer` names the game in what is written."""
        self._writer = writer
        self._watches = {symbol: Watch(symbol, writer, follows=False) for symbol in symbols}
        self._latest: dict[str, Quote] = {}
        self._shown: dict[str, Quote] = {}
        self._reach = Reach()

    def has_made(self, quotes: Iterable[Quote]) -> None:
        """The models' latest quotes, to be shown."""
        self._latest.update((quote.symbol, quote) for quote in quotes)

    def shown(self, quote: Quote, fields: Mapping[str, str]) -> None:
        """These fields were written for a quote: they are no news."""
        self._watches[quote.symbol].mirrored(fields)
        self._shown[quote.symbol] = quote

    async def exchange(
        self,
        reader: TickerReader | None,
        mirror: TickerWriter | None,
        submit: Submit,
        take_over: TakeOver,
        wall: Callable[[], float],
    ) -> None:
        """Take over what is new, submit that, and show what was made since the last time."""
        for symbols in slices(self._watches):
            if reader is not None:
                tickers = await self._read(symbols, reader)
                quotes = (
                    replace(take_over(symbol, ticker), is_fed=bool(ticker.bid or ticker.ask))
                    for symbol, ticker in tickers.items()
                )
                await hand_over(quotes, submit)
            if mirror is not None:
                await self._write(symbols, mirror, wall)
            await asyncio.sleep(0)

    async def _read(self, symbols: Sequence[str], reader: TickerReader) -> dict[str, Ticker]:
        news: dict[str, Ticker] = {}
        with self._reach.reaching("read"):
            found = await reader.read_many(symbols)
            for symbol in symbols:
                ticker = self._watches[symbol].look(found.get(symbol))
                if ticker is not None:
                    news[symbol] = ticker
        return news

    async def _write(
        self, symbols: Sequence[str], mirror: TickerWriter, wall: Callable[[], float]
    ) -> None:
        quotes = [self._latest[symbol] for symbol in symbols if symbol in self._latest]
        quotes = [quote for quote in quotes if self._shown.get(quote.symbol) is not quote]
        if not quotes:
            return
        tickers = {quote.symbol: mirror_fields(quote, wall(), self._writer) for quote in quotes}
        with self._reach.reaching("written"):
            await mirror(tickers)
            for quote in quotes:
                self.shown(quote, tickers[quote.symbol])
