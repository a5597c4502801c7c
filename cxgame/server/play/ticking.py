"""The oracle beside a game in play: its quotes become commands, its tickers the store's.

What a price model raises is a bug of its author: prices stand still from then on, play goes on.
"""

import asyncio
import logging
import time
from collections.abc import Awaitable, Mapping, Sequence
from decimal import Decimal

from msgspec.structs import replace

from cxgame.engine.state import Applied
from cxgame.game import Game
from cxgame.model.commands import Tick
from cxgame.model.enums import Phase
from cxgame.model.errors import Code, Rejection, reject, unknown_symbol
from cxgame.model.market import Market
from cxgame.model.units import MAX_TICKS
from cxgame.oracle import Oracle, Quote, draw_u64
from cxgame.oracle.numbers import MAX_PRICE, MIN_PRICE
from cxgame.pipeline import Released
from cxgame.server.play.discovering import MAX_MARKETS, Discovering
from cxgame.server.play.prices import tick, tick_size
from cxgame.store.tickers import Ticker, Tickers

_LOOK_S = 0.05  # between two looks whether a halted game goes on
# Before the opening prices stand still, so that every game of a seed opens on the same tape.
_STILL = (Phase.REGISTRATION, Phase.CLOSED)

log = logging.getLogger("cxgame.oracle")


class Ticking:
    """Drives one game's oracle, and takes prices that are set by hand.

    `tickers` is where other programs' prices are, if anywhere. With `discovers`, each ticker there
    that no market has opens one, up to `max_markets` in all.
    """

    def __init__(
        self,
        game: Game,
        oracle: Oracle,
        tickers: Tickers | None,
        *,
        discovers: bool = False,
        max_markets: int = MAX_MARKETS,
    ) -> None:
        self._game = game
        self._oracle = oracle
        self._store = None if tickers is None else StoreTickers(tickers)
        self._discovering = None
        if discovers and tickers is not None and self._store is not None:
            self._discovering = Discovering(game, tickers, self._store, oracle.follow, max_markets)
        self._turn = asyncio.Lock()  # late quotes wait in order
        self._last: dict[str, Tick] = {}  # by symbol

    async def set_price(
        self,
        symbol: str,
        price: Decimal,
        bid_volume: Decimal | None = None,
        ask_volume: Decimal | None = None,
    ) -> Applied:
        """Let bid and ask be this price, with these volumes in base (None: without end).

        It is a tick of the journal like any other; a model goes on from there, and other programs
        see it in the store. Refused for a price or symbol that cannot be, and while the game is
        halted or over.
        """
        refusal = self._refusal(symbol, price, bid_volume, ask_volume)
        if refusal is not None:
            applied = Applied()
            applied.rejection = refusal
            return applied
        quote = self._oracle.set_price(symbol, price, price, price, bid_volume, ask_volume)
        engine = self._game.engine
        # The index need not have moved on since the last tick, what has been drawn shall.
        draw = draw_u64(engine.known_rules.seed, f"market/{symbol}#set", engine.command_seq)
        if self._must_wait:
            applied = await self._apply_late(quote, draw)
        else:
            applied = self._apply(quote, draw)
        if self._store is not None:
            await self._store.write({symbol: self._oracle.show(quote, time.time())})
        return applied

    async def run(self) -> None:
        """Tick until cancelled; raises what a price model raises."""
        self._oracle.stands_still = self._game.engine.phase in _STILL
        stop = self._game.subscribe(self._released)
        store, discovering = self._store, self._discovering
        try:
            await self._oracle.run(
                self._submit,
                reader=store,
                mirror=None if store is None else store.write,
                discover=None if discovering is None else discovering.look,
                unfinished=self._unfinished,
            )
        finally:
            stop()

    def start(self) -> "asyncio.Task[None]":
        """Tick in a task of its own; a failure is logged, and no more."""
        task = asyncio.get_running_loop().create_task(self.run())
        task.add_done_callback(_report)
        return task

    @property
    def _must_wait(self) -> bool:
        return self._game.halted or self._game.full or self._turn.locked()

    def _submit(self, quote: Quote) -> Awaitable[None] | None:
        if self._must_wait:
            return self._submit_late(quote)
        self._apply(quote)
        return None

    async def _submit_late(self, quote: Quote) -> None:
        await self._apply_late(quote)

    async def _apply_late(self, quote: Quote, draw: int | None = None) -> Applied:
        async with self._turn:
            while self._game.halted or self._game.full:
                await asyncio.sleep(_LOOK_S)
            return self._apply(quote, draw)

    def _apply(self, quote: Quote, draw: int | None = None) -> Applied:
        engine = self._game.engine
        market = engine.markets[engine.market_ids[quote.symbol]].market
        command = tick(quote, market, engine.known_rules.seed)
        if draw is not None:
            command = replace(command, draw=draw)
        self._last[quote.symbol] = command
        return self._game.submit(command, "oracle", 0, None)

    def _unfinished(self, symbol: str) -> bool:
        """Whether the last quote was taken from, or orders wait for more than it had."""
        engine = self._game.engine
        last = self._last.get(symbol)
        if last is None or engine.phase is not Phase.OPEN:
            return False
        place = engine.markets[last.market]
        left = place.bid_volume, place.ask_volume
        return bool(place.waiting) or left != (last.bid_volume, last.ask_volume)

    def _refusal(self, symbol: str, price: Decimal, *volumes: Decimal | None) -> Rejection | None:
        engine = self._game.engine
        if self._game.halted:
            return reject(Code.STATE_HALTED)
        if engine.phase is Phase.CLOSED:
            return reject(Code.STATE_CLOSED)
        id = engine.market_ids.get(symbol)
        if id is None:
            return unknown_symbol(symbol, engine.market_ids)
        for volume in volumes:
            if volume is not None and not (volume.is_finite() and volume >= 0):
                return reject(Code.PARAM_NUMBER, name="volume")
        return _refused_price(price, engine.markets[id].market)

    def _released(self, released: Released) -> None:
        self._oracle.stands_still = self._game.engine.phase in _STILL


def _refused_price(price: Decimal, market: Market) -> Rejection | None:
    if not price.is_finite():
        return reject(Code.PARAM_NUMBER, name="price")
    size = tick_size(market)
    least, most = max(size, MIN_PRICE), min(MAX_TICKS * size, MAX_PRICE)
    if price < least:
        return reject(Code.FILTER_MIN_PRICE, limit=f"{least:f}", got=f"{price:f}")
    if price > most:
        return reject(Code.FILTER_MAX, name="Price", limit=f"{most:f}", got=f"{price:f}")
    return None


def _report(task: "asyncio.Task[None]") -> None:
    if not task.cancelled() and (error := task.exception()) is not None:
        log.error("a price source failed; prices stand still from now on", exc_info=error)


class StoreTickers:
    """The store's tickers, as the oracle reads and writes them: fields by their names."""

    def __init__(self, tickers: Tickers) -> None:
        self._tickers = tickers

    async def read_many(self, symbols: Sequence[str]) -> dict[str, Mapping[str, str]]:
        """What other programs wrote."""
        found = await self._tickers.read(symbols)
        return {
            symbol: {
                name: text
                for name, text in zip(_FIELDS, ticker[1:], strict=True)
                if text is not None
            }
            for symbol, ticker in found.items()
        }

    async def write(self, tickers: Mapping[str, Mapping[str, str]]) -> None:
        """Show prices of ours."""
        await self._tickers.mirror(
            Ticker(
                symbol,
                fields["price"],
                fields["timestamp"],
                *(fields.get(name) for name in _FIELDS[2:]),
            )
            for symbol, fields in tickers.items()
        )


_FIELDS = ("price", "timestamp", "bid", "ask", "bidVolume", "askVolume")
