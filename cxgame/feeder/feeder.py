"""The loop of the feeder: take prices from the source, write them, wait, again.

An exchange or a Valkey that is away ends nothing: it is logged, and tried again after a pause that
doubles up to a minute. What is written stands until the next price; nothing is ever made up.
"""

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable
from typing import Protocol

from cxgame.feeder.sources import Source
from cxgame.oracle.discovery import names
from cxgame.oracle.live import LiveError
from cxgame.store.errors import StoreError, StoreUnavailable
from cxgame.store.tickers import Ticker

_LONGEST_PAUSE_S = 60.0
_SUMMARY_S = 60.0
_PASSING = (LiveError, StoreError, StoreUnavailable)

log = logging.getLogger("cxgame.feeder")


class Writer(Protocol):
    """Where prices are written: the store's tickers."""

    async def write(self, tickers: list[Ticker]) -> None:
        """Raises StoreError and StoreUnavailable."""
        ...


class Feeder:
    """Carries prices from a source to a writer; `where` is what people call that."""

    def __init__(
        self,
        source: Source,
        writer: Writer,
        where: str,
        interval_s: float,
        *,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._source = source
        self._writer = writer
        self._where = where
        self._interval_s = interval_s
        self._clock = clock
        self._sleep = sleep
        self._failures = 0  # since something went well
        self._without_price: set[str] = set()
        self._written = self._rounds = self._failed = 0  # since the last summary
        self._summary_s = clock()

    async def run(self) -> None:
        """Feed until cancelled; raises `OracleError` when there is nothing that could be fed."""
        symbols = await self._open()
        log.info(
            "prices from %s, %d of them (%s), go to Valkey at %s every %g s",
            self._source.name,
            len(symbols),
            names(symbols),
            self._where,
            self._interval_s,
        )
        self._summary_s = self._clock()
        while True:
            begun_s = self._clock()
            await self._round(symbols)
            self._summarise()
            pause_s = pause_after(self._failures, self._interval_s)
            await self._sleep(max(0.0, begun_s + pause_s - self._clock()))

    async def _open(self) -> list[str]:
        while True:
            try:
                symbols = await self._source.open()
            except LiveError as error:
                self._failed_with(error)
                await self._sleep(pause_after(self._failures, self._interval_s))
            else:
                self._went_well()
                return symbols

    async def _round(self, symbols: list[str]) -> None:
        self._rounds += 1
        try:
            tickers = await self._source.tickers()
            await self._writer.write(tickers)
        except _PASSING as error:
            self._failed_with(error)
            return
        self._went_well()
        self._written += len(tickers)
        absent = set(symbols) - {ticker.symbol for ticker in tickers}
        if absent - self._without_price:
            news = sorted(absent - self._without_price)
            log.warning("%s gives no price for %s", self._source.name, names(news))
        self._without_price = absent

    def _failed_with(self, error: Exception) -> None:
        self._failed += 1
        self._failures += 1
        pause_s = pause_after(self._failures, self._interval_s)
        log.warning("no new prices, again in %g s: %s", pause_s, error)

    def _went_well(self) -> None:
        if self._failures:
            log.info("prices are back after %d failures", self._failures)
        self._failures = 0

    def _summarise(self) -> None:
        now_s = self._clock()
        if now_s - self._summary_s < _SUMMARY_S:
            return
        log.info(
            "%d prices written in %d rounds, of which %d failed, in the last %.0f s",
            self._written,
            self._rounds,
            self._failed,
            now_s - self._summary_s,
        )
        self._written = self._rounds = self._failed = 0
        self._summary_s = now_s


def pause_after(failures: int, interval_s: float) -> float:
    """How long to wait: the interval, from the second failure on twice as long each time."""
    doubled = interval_s * 2.0 ** min(max(failures - 1, 0), 20)
    return max(interval_s, min(doubled, _LONGEST_PAUSE_S))
