"""Markets whose only source is their ticker: each change of it is a tick.

A ticker that no program renews goes on trading, unless there is a highest age: then the house
offers nothing there until there is news. An age counts from when the change was seen here, since
the clocks of other programs may stand anywhere.
"""

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import replace
from decimal import Decimal

from cxgame.oracle.handing import Reach, Submit, hand_over, slices
from cxgame.oracle.tape import Quote, Start
from cxgame.oracle.tickers import Ticker, TickerReader, Watch

_NOTHING = Decimal(0)

Unfinished = Callable[[str], bool]


class Followed:
    """One of these markets."""

    def __init__(
        self,
        symbol: str,
        writer: str,
        start: Start | None = None,
        max_age_s: float | None = None,
    ) -> None:
        self._symbol = symbol
        self._watch = Watch(symbol, writer, follows=True)
        self._max_age_s = max_age_s
        self._index = -1 if start is None else start.index
        self._last = None if start is None else _as_left(symbol, start)
        self._news_s: float | None = None  # when it came; None: count from the next look
        self._is_stale = False
        self.times_set = 0  # by hand

    def look(self, fields: Mapping[str, str] | None, now_s: float) -> Quote | None:
        """The next quote, if the ticker has changed, or has become too old by now."""
        ticker = self._watch.look(fields)
        if ticker is not None:
            return self._take(ticker, now_s)
        if self._news_s is None:
            self._news_s = now_s
        is_old = self._max_age_s is not None and now_s - self._news_s > self._max_age_s
        if self._last is None or self._is_stale or not is_old:
            return None
        self._is_stale = True
        return self._next(replace(self._last, bid_volume=_NOTHING, ask_volume=_NOTHING))

    def again(self) -> Quote | None:
        """The last quote once more; None where it offers nothing."""
        last = self._last
        if last is None or (last.bid_volume == 0 and last.ask_volume == 0):
            return None
        return self._next(last)

    def set_price(
        self,
        price: Decimal,
        bid: Decimal | None = None,
        ask: Decimal | None = None,
        bid_volume: Decimal | None = None,
        ask_volume: Decimal | None = None,
    ) -> Quote:
        """A quote that no ticker says; a missing side is the price."""
        self.times_set += 1
        self._news_s, self._is_stale = None, False
        carry = f'{{"price":"{price}"}}'
        sides = bid or price, ask or price
        return self._next(Quote(self._symbol, 0, price, *sides, bid_volume, ask_volume, carry))

    def mirrored(self, fields: Mapping[str, str]) -> None:
        """We have written these fields."""
        self._watch.mirrored(fields)

    def _take(self, ticker: Ticker, now_s: float) -> Quote:
        self._news_s, self._is_stale = now_s, False
        price, stamp = ticker.price, ticker.timestamp_s
        carry = f'{{"price":"{price}"' + ("}" if stamp is None else f',"timestamp":{stamp!r}}}')
        sides = ticker.bid or price, ticker.ask or price
        volumes = ticker.bid_volume, ticker.ask_volume
        return self._next(Quote(self._symbol, 0, price, *sides, *volumes, carry, is_fed=True))

    def _next(self, quote: Quote) -> Quote:
        self._index += 1
        self._last = replace(quote, index=self._index)
        return self._last


class Following:
    """All of them."""

    def __init__(self, writer: str, max_age_s: float | None = None) -> None:
        """`writer` names the game, whose own mirror is no news to it."""
        self._writer = writer
        self._max_age_s = max_age_s
        self._markets: dict[str, Followed] = {}
        self._reach = Reach()

    def __len__(self) -> int:
        return len(self._markets)

    def __getitem__(self, symbol: str) -> Followed:
        return self._markets[symbol]

    def __contains__(self, symbol: str) -> bool:
        return symbol in self._markets

    def add(self, symbol: str, start: Start | None = None) -> None:
        """Follow one more."""
        self._markets[symbol] = Followed(symbol, self._writer, start, self._max_age_s)

    async def look(
        self,
        reader: TickerReader,
        submit: Submit,
        clock: Callable[[], float],
        unfinished: Unfinished,
    ) -> None:
        """Look at all tickers once, and submit what is new.

        A ticker that stands offers its volumes anew where they were taken, or orders wait for
        more: `unfinished` says where.
        """
        for symbols in slices(self._markets):
            markets = [self._markets[symbol] for symbol in symbols]
            times_set = [market.times_set for market in markets]
            found: Mapping[str, Mapping[str, str]] = {}
            with self._reach.reaching("read"):
                found = await reader.read_many(symbols)
            now_s = clock()
            quotes = []
            for symbol, market, times in zip(symbols, markets, times_set, strict=True):
                if market.times_set != times:
                    continue  # what was read is from before that
                quote = market.look(found.get(symbol), now_s)
                if quote is None and unfinished(symbol):
                    quote = market.again()
                if quote is not None:
                    quotes.append(quote)
            await hand_over(quotes, submit)
            await asyncio.sleep(0)  # a reply that is there already lets nobody else have a turn


def _as_left(symbol: str, start: Start) -> Quote | None:
    """What the journal knows of the last quote. Its volumes are gone: it is not offered again."""
    if start.sides is None:
        return None
    sides, carry = start.sides, start.carry
    return Quote(symbol, start.index, start.price, *sides, _NOTHING, _NOTHING, carry, is_fed=True)
