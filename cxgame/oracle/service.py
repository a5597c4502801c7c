"""The oracle at work: which ticks are due, and the loops that hand them to the game.

`quotes_due` is pure stepping on a time that is given; `run` drives it by a clock. Ticks have
deadlines on a fixed grid, so they don't drift; late ones are played in order and never skipped.
"""

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable, Coroutine, Iterable, Iterator, Mapping
from contextlib import contextmanager
from decimal import Decimal
from typing import Any, Self

from cxgame.oracle.base import PriceModel
from cxgame.oracle.spec import OracleSpec, build
from cxgame.oracle.tape import Quote, Start, Tape
from cxgame.oracle.tickers import Followed, TickerReader, TickerWriter, Watch, mirror_fields

log = logging.getLogger("cxgame.oracle")

# One call makes about this many late quotes, so that catching up leaves room for the players.
MAX_BURST = 100
# People and slow programs read the mirror; the game does not wait for it.
MIRROR_INTERVAL_S = 1.0
# How soon ticks go on after the oracle stood still.
_STILL_CHECK_S = 0.05

_NS = 1_000_000_000

Submit = Callable[[Quote], Awaitable[None] | None]
Sleep = Callable[[float], Awaitable[None]]


class Oracle:
    """The price sources of one game, ticking together each `interval_s` (0.001 or more).

    Markets in `models` have a model; those in `followed` read their ticker and nothing else.
    `starts` holds where the journal left off, for markets that had a tick. `writer` names the
    game in the tickers it mirrors.
    """

    def __init__(
        self,
        models: Mapping[str, PriceModel],
        interval_s: float,
        *,
        followed: Iterable[str] = (),
        starts: Mapping[str, Start] | None = None,
        writer: str = "main",
    ) -> None:
        starts = starts or {}
        self._interval_ns = round(interval_s * _NS)
        if self._interval_ns < _NS // 1000:
            raise ValueError("the tick interval must be 1 ms or more")
        self._tapes = {symbol: Tape(model, starts.get(symbol)) for symbol, model in models.items()}
        self._followed = {symbol: Followed(symbol, starts.get(symbol)) for symbol in followed}
        self._writer = writer
        self._latest: dict[str, Quote] = {}  # of the tapes, for the mirror
        self._origin_ns: int | None = None  # of the grid; None before it starts
        self._rounds = 0  # played since the origin
        self._out_of_reach: set[str] = set()  # what to do with tickers failed last time
        # Set by the game if its prices shall stand still; then ticks are put off, not made up.
        self.stands_still = False

    @classmethod
    def from_specs(
        cls,
        sources: Mapping[str, OracleSpec],
        seed: int,
        interval_s: float,
        *,
        starts: Mapping[str, Start] | None = None,
        writer: str = "main",
    ) -> Self:
        """Build the sources that `assign` gave the markets; raises `OracleError`."""
        models = {
            symbol: build(spec, symbol, seed, interval_s)
            for symbol, spec in sources.items()
            if not spec.is_valkey
        }
        followed = [symbol for symbol in sources if symbol not in models]
        return cls(models, interval_s, followed=followed, starts=starts, writer=writer)

    def quotes_due(self, now_s: float) -> list[Quote]:
        """The quotes due by `now_s` (seconds of any clock that never goes back), in order.

        The first call starts the grid. It makes tick 0 of the markets that have none, at once;
        each interval after it makes one more of every market. At most about `MAX_BURST` come
        from one call, in whole rounds: call again until there are none.
        """
        now_ns = round(now_s * _NS)
        quotes = [tape.next() for tape in self._tapes.values() if not tape.has_begun]
        if self.stands_still:
            self._origin_ns = None
        elif self._origin_ns is None:
            self._origin_ns, self._rounds = now_ns, 0
        else:
            while self._tapes and len(quotes) < MAX_BURST and self._due_ns() <= now_ns:
                self._rounds += 1
                quotes += [tape.next() for tape in self._tapes.values()]
        self._latest.update((quote.symbol, quote) for quote in quotes)
        return quotes

    def next_due_s(self, now_s: float) -> float:
        """When `quotes_due` is worth calling again, on the same clock."""
        if self._origin_ns is None:
            return now_s + _STILL_CHECK_S if self.stands_still else now_s
        return self._due_ns() / _NS

    def set_price(
        self,
        symbol: str,
        price: Decimal,
        bid: Decimal | None = None,
        ask: Decimal | None = None,
        bid_volume: Decimal | None = None,
        ask_volume: Decimal | None = None,
    ) -> Quote:
        """Put a market's price somewhere (an admin, a ticker); its model goes on from there.

        The caller submits the quote. Raises `OracleError` if `price` is none.
        """
        source = self._tapes.get(symbol) or self._followed[symbol]
        quote = source.set_price(price, bid, ask, bid_volume, ask_volume)
        if symbol in self._tapes:
            self._latest[symbol] = quote
        return quote

    async def run(
        self,
        submit: Submit,
        *,
        reader: TickerReader | None = None,
        mirror: TickerWriter | None = None,
        clock: Callable[[], float] = time.monotonic,
        wall: Callable[[], float] = time.time,
        sleep: Sleep = asyncio.sleep,
    ) -> None:
        """Tick until cancelled.

        `submit` gets every quote in order. What it returns is awaited, a burst at a time, so it
        may slow the oracle down; a coroutine has to take the quote over before it first waits.
        With a `reader`, tickers that other programs write are taken over; with a `mirror`, our
        own are shown there. What a model raises ends `run`.
        """
        if self._followed and reader is None:
            raise ValueError("markets that follow a ticker need a reader")
        loops = [self._tick(submit, clock, sleep)] if self._tapes else []
        if self._followed and reader is not None:
            follow = self._follower(submit, reader)
            loops.append(_repeat(follow, self._interval_ns / _NS, clock, sleep))
        if self._tapes and (reader is not None or mirror is not None):
            exchange = self._exchanger(submit, reader, mirror, wall)
            period_s = max(self._interval_ns / _NS, MIRROR_INTERVAL_S)
            loops.append(_repeat(exchange, period_s, clock, sleep))
        await _all_until_one_fails(loops)

    def _due_ns(self) -> int:
        assert self._origin_ns is not None
        return self._origin_ns + (self._rounds + 1) * self._interval_ns

    async def _tick(self, submit: Submit, clock: Callable[[], float], sleep: Sleep) -> None:
        while True:
            await _hand_over(self.quotes_due(clock()), submit)
            now_s = clock()
            await sleep(max(0.0, self.next_due_s(now_s) - now_s))

    def _follower(self, submit: Submit, reader: TickerReader) -> Callable[[], Awaitable[None]]:
        """One look at the tickers that are a market's only source."""
        watches = {symbol: Watch(symbol, self._writer, follows=True) for symbol in self._followed}

        async def follow() -> None:
            for symbol, watch in watches.items():
                await self._take_over(symbol, watch, reader, submit)

        return follow

    def _exchanger(
        self,
        submit: Submit,
        reader: TickerReader | None,
        mirror: TickerWriter | None,
        wall: Callable[[], float],
    ) -> Callable[[], Awaitable[None]]:
        """One look at the tickers beside our models, then our own prices over them.

        Reading comes right before writing, so that the mirror hides nothing it has not read.
        """
        watches = {symbol: Watch(symbol, self._writer, follows=False) for symbol in self._tapes}
        shown: dict[str, Quote] = {}

        async def exchange() -> None:
            for symbol, watch in watches.items():
                if reader is not None:
                    await self._take_over(symbol, watch, reader, submit)
                quote = self._latest.get(symbol)
                if mirror is not None and quote is not None and shown.get(symbol) is not quote:
                    fields = mirror_fields(quote, wall(), self._writer)
                    with self._reaching("written"):
                        await mirror(symbol, fields)
                        watch.mirrored(fields)
                        shown[symbol] = quote

        return exchange

    async def _take_over(
        self, symbol: str, watch: Watch, reader: TickerReader, submit: Submit
    ) -> None:
        ticker = None
        with self._reaching("read"):
            ticker = watch.look(await reader.read(symbol))
        if ticker is not None:
            await _hand_over([self.set_price(symbol, *ticker)], submit)

    @contextmanager
    def _reaching(self, done: str) -> Iterator[None]:
        """Let a store that cannot be reached pass; say so once per outage."""
        try:
            yield
        except OSError as error:
            if done not in self._out_of_reach:
                log.warning("Tickers cannot be %s for now: %s", done, error)
            self._out_of_reach.add(done)
        else:
            self._out_of_reach.discard(done)


async def _hand_over(quotes: list[Quote], submit: Submit) -> None:
    waits = [wait for wait in map(submit, quotes) if wait is not None]
    if waits:
        await asyncio.gather(*waits)


async def _repeat(
    action: Callable[[], Awaitable[None]],
    period_s: float,
    clock: Callable[[], float],
    sleep: Sleep,
) -> None:
    """Do it now, and then a little after each tick; what came too late is left out."""
    begun_s = clock() + period_s / 20
    turn = 0
    while True:
        await action()
        # At least the next turn, even when a timer came a hair too early for this one.
        turn = max(turn, int((clock() - begun_s) // period_s)) + 1
        await sleep(max(0.0, begun_s + turn * period_s - clock()))


async def _all_until_one_fails(loops: list[Coroutine[Any, Any, None]]) -> None:
    """Run side by side; the first failure, or being cancelled, ends all and comes out."""
    tasks = [asyncio.create_task(loop) for loop in loops]
    try:
        await asyncio.gather(*tasks)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
