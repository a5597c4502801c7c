"""Markets that open in play: one for each ticker that another program writes.

Whoever writes `tickers:DOGE/USDT` opens DOGE/USDT. What can be no market is said once, and is
looked at again: a ticker that is bad today may be good tomorrow.
"""

import asyncio
import logging
import time
from collections.abc import Callable, Sequence

from cxgame.game import Game
from cxgame.model.commands import AddMarket
from cxgame.model.enums import Phase
from cxgame.oracle.handing import slices
from cxgame.oracle.tickers import TickerReader, read_ticker
from cxgame.server.play.steps import is_symbol, market_rules
from cxgame.store.errors import StoreError, StoreUnavailable
from cxgame.store.tickers import Tickers

MAX_MARKETS = 5_000
_AT_LEAST_S = 1.0  # between two looks, however short the tick interval
_MOST_SAID = 1_000  # names of keys that were complained of
_POLL_S = 0.01  # for room in the open batch
_STORE, _ROOM = "the store", "the room"  # what else there is to complain of

log = logging.getLogger("cxgame.oracle")


class Discovering:
    """Looks for tickers without a market. `follow` is told of each market that opens."""

    def __init__(
        self,
        game: Game,
        tickers: Tickers,
        reader: TickerReader,
        follow: Callable[[str], None],
        most: int = MAX_MARKETS,
    ) -> None:
        self._game = game
        self._tickers = tickers
        self._reader = reader
        self._follow = follow
        self._most = most
        self._looked_s: float | None = None
        self._said: set[str] = set()

    async def look(self) -> None:
        """Open what has come since the last look; does nothing sooner than a second after it."""
        now_s = time.monotonic()
        if self._looked_s is not None and now_s - self._looked_s < _AT_LEAST_S:
            return
        self._looked_s = now_s
        try:
            symbols = await self._tickers.symbols()
        except (StoreError, StoreUnavailable) as error:
            self._say(_STORE, "new tickers cannot be looked for now: %s", error)
            return
        self._said.discard(_STORE)
        for some in slices(self._unknown(symbols)):
            await self._open(some)
            await asyncio.sleep(0)

    def _unknown(self, symbols: list[str]) -> list[str]:
        """Those that might be markets, and are none yet."""
        known = self._game.engine.market_ids
        unknown = [symbol for symbol in symbols if symbol not in known]
        for symbol in unknown:
            if not is_symbol(symbol):
                self._say(symbol, "no market opens for the ticker %.60r: no symbol", symbol)
        return [symbol for symbol in unknown if is_symbol(symbol)]

    async def _open(self, symbols: Sequence[str]) -> None:
        tickers = await self._reader.read_many(symbols)
        while self._game.full and not self._game.halted:
            await asyncio.sleep(_POLL_S)
        for symbol, fields in tickers.items():
            engine = self._game.engine
            if self._game.halted or engine.phase is Phase.CLOSED:
                return  # the next look finds them, too
            if len(engine.markets) >= self._most:
                self._say(_ROOM, "there are %d markets; no more are opened", self._most)
                return
            like = engine.known_rules.markets[0]
            try:
                rules = market_rules(symbol, read_ticker(fields).price, like)
            except ValueError as error:
                self._say(symbol, "no market opens for the ticker of %s: %s", symbol, error)
                continue
            if self._game.submit(AddMarket(rules), "oracle", 0, None).rejection is None:
                self._follow(symbol)

    def _say(self, about: str, text: str, *details: object) -> None:
        if about not in self._said and len(self._said) < _MOST_SAID:
            self._said.add(about)
            log.warning(text, *details)
