"""What was traded in the last 24 hours, market by market, for tickers.

What was found is kept: who asks again pays for the trades since then, and once an hour for a look
into the database. With 500 markets that is milliseconds instead of a second.
"""

import asyncio
from collections.abc import Iterable
from typing import NamedTuple

from cxgame.history import Recent
from cxgame.history.candles import KnownCandles, Window, with_trades, without_gaps
from cxgame.model.events import Trade
from cxgame.server.sessions.past_reader import PastReader

HOUR_S = 3_600
HOURS = 24
AGAIN_MS = 5_000  # between two looks for what the database did not have yet
SLICE = 20  # markets between which others have their turn

Entries = list[tuple[Trade, int]]


class Day(NamedTuple):
    """What the hours come to. Prices in ticks, quantity in lots."""

    open: int
    high: int
    low: int
    last: int
    quantity: int


class _Known(NamedTuple):
    """A market's hours, and the time up to which they may lack trades; 0: they lack none."""

    hours: KnownCandles
    lacking_ms: int = 0
    asked_ms: int = 0  # when the database was asked last


_NOTHING = _Known(KnownCandles([]))


class Days:
    """The last 24 hours of each market of one game. Call from the event loop."""

    def __init__(self) -> None:
        self._turn = asyncio.Lock()
        self._window = Window(HOUR_S, 0, 0)
        self._recent: Recent | None = None
        self._known: dict[int, _Known] = {}

    async def of(
        self, past: PastReader, recent: Recent, markets: Iterable[int], now_ms: int
    ) -> dict[int, Day | None]:
        """The days of markets up to now; None before the first trade ever."""
        end = -(-(now_ms + 1) // (HOUR_S * 1000)) * HOUR_S
        window = Window(HOUR_S, end - HOURS * HOUR_S, end)
        async with self._turn:
            if window != self._window or recent is not self._recent:
                self._window, self._recent, self._known = window, recent, {}
            bases = await self._bases(past, recent, markets, now_ms)
            news: dict[int, tuple[Entries, int]] = {}
            for place, (market, base) in enumerate(bases.items()):
                entries = recent.entries(market, base.hours.last_trade)
                news[market] = entries, recent.trades_floor(market)
                if place % SLICE == 0:  # there may be many trades that were never looked at
                    await asyncio.sleep(0)

            def fold() -> tuple[dict[int, _Known], dict[int, Day | None]]:
                known = {each: _joined(base, window, *news[each]) for each, base in bases.items()}
                return known, {each: _day(hours, window) for each, hours in known.items()}

            known, days = await past.work(fold)
            self._known |= known
        return days

    async def _bases(
        self, past: PastReader, recent: Recent, markets: Iterable[int], now_ms: int
    ) -> dict[int, _Known]:
        """What is known of markets; of those that memory cannot go on from, the database's.

        It may have been behind when it was asked last, and so is asked again.
        """
        bases = {market: self._known.get(market, _NOTHING) for market in markets}
        lacking = [
            market
            for market, base in bases.items()
            if _is_beyond(recent, market, base.hours)
            or (base.lacking_ms and now_ms >= base.asked_ms + AGAIN_MS)
        ]
        if lacking:
            unread: dict[int, KnownCandles] = {}
            window = self._window
            found = await past.ask(lambda reader: reader.candles_of(lacking, window), unread)
            for market, hours in found.items():
                base = bases[market]
                if base.lacking_ms and _is_beyond(recent, market, hours):
                    bases[market] = base._replace(asked_ms=now_ms)
                else:
                    bases[market] = _Known(hours, asked_ms=now_ms)
        return bases


def _is_beyond(recent: Recent, market: int, hours: KnownCandles) -> bool:
    """Whether trades that came after these hours are no longer in memory."""
    return recent.trades_floor(market) > hours.last_trade + 1


def _joined(base: _Known, window: Window, entries: Entries, floor: int) -> _Known:
    """What was known, and the trades since then."""
    if not entries:
        return base
    lacking_ms = base.lacking_ms
    if floor > base.hours.last_trade + 1:  # what came before these trades is not known
        lacking_ms = entries[0][1]
    return base._replace(hours=with_trades(base.hours, window, entries), lacking_ms=lacking_ms)


def _day(known: _Known, window: Window) -> Day | None:
    """What the hours come to."""
    hours = [
        hour
        for hour in without_gaps(known.hours, window)
        if not known.lacking_ms or hour.start * 1000 > known.lacking_ms
    ]
    if not hours:
        return None
    return Day(
        hours[0].open,
        max(hour.high for hour in hours),
        min(hour.low for hour in hours),
        hours[-1].close,
        sum(hour.quantity for hour in hours),
    )
