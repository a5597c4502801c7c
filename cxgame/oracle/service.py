"""The oracle at work: which ticks are due, and the loops that hand them to the game.

`quotes_due` is pure stepping on a time that is given; `run` drives it by a clock. Ticks have
deadlines on a fixed grid, so they don't drift; late ones are played in order and never skipped.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable, Coroutine, Iterable, Mapping
from decimal import Decimal
from functools import partial
from typing import Any, Self

from cxgame.oracle.base import PriceModel
from cxgame.oracle.following import Following, Unfinished
from cxgame.oracle.handing import Submit, hand_over
from cxgame.oracle.mirroring import Mirroring
from cxgame.oracle.spec import OracleSpec, build
from cxgame.oracle.tape import Quote, Start, Tape
from cxgame.oracle.tickers import Ticker, TickerReader, TickerWriter, mirror_fields

# One call makes about this many late quotes, so that catching up leaves room for the players.
MAX_BURST = 100
# People and slow programs read the mirror; the game does not wait for it.
MIRROR_INTERVAL_S = 1.0
# How soon ticks go on after the oracle stood still.
_STILL_CHECK_S = 0.05

_NS = 1_000_000_000

Sleep = Callable[[float], Awaitable[None]]
Discover = Callable[[], Awaitable[None]]


class Oracle:
    """The price sources of one game, ticking together each `interval_s` (0.001 or more).

    Markets in `models` have a model; those in `followed` read their ticker and nothing else.
    `starts` holds where the journal left off, for markets that had a tick. `writer` names the
    game in the tickers it mirrors. A followed ticker that has not changed for `max_age_s` offers
    nothing any more.
    """

    def __init__(
        self,
        models: Mapping[str, PriceModel],
        interval_s: float,
        *,
        followed: Iterable[str] = (),
        starts: Mapping[str, Start] | None = None,
        writer: str = "main",
        max_age_s: float | None = None,
    ) -> None:
        starts = starts or {}
        self._interval_ns = round(interval_s * _NS)
        if self._interval_ns < _NS // 1000:
            raise ValueError("the tick interval must be 1 ms or more")
        self._tapes = {symbol: Tape(model, starts.get(symbol)) for symbol, model in models.items()}
        self._following = Following(writer, max_age_s)
        for symbol in followed:
            self._following.add(symbol, starts.get(symbol))
        self._writer = writer
        self._mirroring = Mirroring(self._tapes, writer)
        self._origin_ns: int | None = None  # of the grid; None before it starts
        self._rounds = 0  # played since the origin
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
        max_age_s: float | None = None,
    ) -> Self:
        """Build the sources that `assign` gave the markets; raises `OracleError`."""
        models = {
            symbol: build(spec, symbol, seed, interval_s)
            for symbol, spec in sources.items()
            if not spec.is_valkey
        }
        followed = [symbol for symbol in sources if symbol not in models]
        return cls(
            models,
            interval_s,
            followed=followed,
            starts=starts,
            writer=writer,
            max_age_s=max_age_s,
        )

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
        self._mirroring.has_made(quotes)
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
        source = self._tapes.get(symbol) or self._following[symbol]
        quote = source.set_price(price, bid, ask, bid_volume, ask_volume)
        if symbol in self._tapes:
            self._mirroring.has_made([quote])
        return quote

    def follow(self, symbol: str) -> None:
        """From the next look on, follow the ticker of one more market."""
        self._following.add(symbol)

    def show(self, quote: Quote, wall_s: float) -> dict[str, str]:
        """The ticker that shows a quote of ours; the caller writes it, and it will be no news."""
        symbol, fields = quote.symbol, mirror_fields(quote, wall_s, self._writer)
        if symbol in self._tapes:
            self._mirroring.shown(quote, fields)
        else:
            self._following[symbol].mirrored(fields)
        return fields

    async def run(
        self,
        submit: Submit,
        *,
        reader: TickerReader | None = None,
        mirror: TickerWriter | None = None,
        discover: Discover | None = None,
        unfinished: Unfinished = lambda _symbol: False,
        clock: Callable[[], float] = time.monotonic,
        wall: Callable[[], float] = time.time,
        sleep: Sleep = asyncio.sleep,
    ) -> None:
        """Tick until cancelled.

        `submit` gets every quote in order. What it returns is awaited, a burst at a time, so it
        may slow the oracle down; a coroutine has to take the quote over before it first waits.
        With a `reader`, tickers that other programs write are taken over; with a `mirror`, our
        own are shown there. `discover` is called before each look at the followed tickers, and may
        add to them; `unfinished` says which of them to tick although they stand. What a model
        raises ends `run`.
        """
        if self._following and reader is None:
            raise ValueError("markets that follow a ticker need a reader")
        loops = [self._tick(submit, clock, sleep)] if self._tapes else []
        if reader is not None and (self._following or discover is not None):
            look = partial(self._look, submit, reader, discover, unfinished, clock)
            loops.append(_repeat(look, self._interval_ns / _NS, clock, sleep))
        if self._tapes and (reader is not None or mirror is not None):
            exchange = partial(
                self._mirroring.exchange, reader, mirror, submit, self._take_over, wall
            )
            period_s = max(self._interval_ns / _NS, MIRROR_INTERVAL_S)
            loops.append(_repeat(exchange, period_s, clock, sleep))
        await _all_until_one_fails(loops)

    def _due_ns(self) -> int:
        assert self._origin_ns is not None
        return self._origin_ns + (self._rounds + 1) * self._interval_ns

    async def _tick(self, submit: Submit, clock: Callable[[], float], sleep: Sleep) -> None:
        while True:
            await hand_over(self.quotes_due(clock()), submit)
            now_s = clock()
            await sleep(max(0.0, self.next_due_s(now_s) - now_s))

    async def _look(
        self,
        submit: Submit,
        reader: TickerReader,
        discover: Discover | None,
        unfinished: Unfinished,
        clock: Callable[[], float],
    ) -> None:
        if discover is not None:
            await discover()
        await self._following.look(reader, submit, clock, unfinished)

    def _take_over(self, symbol: str, ticker: Ticker) -> Quote:
        price, bid, ask, bid_volume, ask_volume, _ = ticker
        return self.set_price(symbol, price, bid, ask, bid_volume, ask_volume)


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
