"""The oracle beside a game in play: its quotes become commands, its tickers the store's.

What a price model raises is a bug of its author: prices stand still from then on, play goes on.
"""

import asyncio
import logging
from collections.abc import Awaitable, Mapping

from cxgame.game import Game
from cxgame.model.enums import Phase
from cxgame.oracle import Oracle, Quote
from cxgame.pipeline import Released
from cxgame.server.play.prices import tick
from cxgame.store.tickers import Ticker, Tickers

_LOOK_S = 0.05  # between two looks whether a halted game goes on
# Before the opening prices stand still, so that every game of a seed opens on the same tape.
_STILL = (Phase.REGISTRATION, Phase.CLOSED)

log = logging.getLogger("cxgame.oracle")


class Ticking:
    """Drives one game's oracle. `tickers` is where other programs' prices are, if anywhere."""

    def __init__(self, game: Game, oracle: Oracle, tickers: Tickers | None) -> None:
        self._game = game
        self._oracle = oracle
        self._tickers = tickers
        self._turn = asyncio.Lock()  # late quotes wait in order

    async def run(self) -> None:
        """Tick until cancelled; raises what a price model raises."""
        self._oracle.stands_still = self._game.engine.phase in _STILL
        stop = self._game.subscribe(self._released)
        store = None if self._tickers is None else StoreTickers(self._tickers)
        try:
            await self._oracle.run(
                self._submit, reader=store, mirror=None if store is None else store.write
            )
        finally:
            stop()

    def start(self) -> "asyncio.Task[None]":
        """Tick in a task of its own; a failure is logged, and no more."""
        task = asyncio.get_running_loop().create_task(self.run())
        task.add_done_callback(_report)
        return task

    def _submit(self, quote: Quote) -> Awaitable[None] | None:
        if self._game.halted or self._game.full or self._turn.locked():
            return self._submit_late(quote)
        self._apply(quote)
        return None

    async def _submit_late(self, quote: Quote) -> None:
        async with self._turn:
            while self._game.halted or self._game.full:
                await asyncio.sleep(_LOOK_S)
            self._apply(quote)

    def _apply(self, quote: Quote) -> None:
        engine = self._game.engine
        market = engine.markets[engine.market_ids[quote.symbol]].market
        self._game.submit(tick(quote, market, engine.known_rules.seed), "oracle", 0, None)

    def _released(self, released: Released) -> None:
        self._oracle.stands_still = self._game.engine.phase in _STILL


def _report(task: "asyncio.Task[None]") -> None:
    if not task.cancelled() and (error := task.exception()) is not None:
        log.error("a price source failed; prices stand still from now on", exc_info=error)


class StoreTickers:
    """The store's tickers, as the oracle reads and writes them: fields by their names."""

    def __init__(self, tickers: Tickers) -> None:
        self._tickers = tickers

    async def read(self, symbol: str) -> Mapping[str, str] | None:
        """What another program wrote."""
        ticker = (await self._tickers.read([symbol])).get(symbol)
        if ticker is None:
            return None
        texts = zip(_FIELDS, ticker[1:], strict=True)
        return {name: text for name, text in texts if text is not None}

    async def write(self, symbol: str, fields: Mapping[str, str]) -> None:
        """Show a price of ours."""
        price, timestamp, *rest = (fields.get(name) for name in _FIELDS)
        await self._tickers.mirror([Ticker(symbol, price or "", timestamp or "", *rest)])


_FIELDS = ("price", "timestamp", "bid", "ask", "bidVolume", "askVolume")
