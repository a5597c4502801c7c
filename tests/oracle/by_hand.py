"""An oracle at work on time and tickers by hand."""

import asyncio
import heapq
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import Any

from cxgame.oracle import Oracle, Quote
from tests.support.waiting import turns

_TURNS = 30  # of the event loop: enough for every task to come to its next sleep


class ManualTime:
    """A clock that stands until it is told to go on, and sleeps that end by it."""

    def __init__(self) -> None:
        self.now = 0.0
        self._sleepers: list[tuple[float, int, asyncio.Future[None]]] = []
        self._count = 0

    def clock(self) -> float:
        """Seconds."""
        return self.now

    async def sleep(self, delay_s: float) -> None:
        """Until the clock was moved that far."""
        future = asyncio.get_running_loop().create_future()
        self._count += 1
        heapq.heappush(self._sleepers, (self.now + delay_s, self._count, future))
        await future

    async def until(self, time_s: float) -> None:
        """Move the clock from sleeper to sleeper."""
        async with asyncio.timeout(60):  # of real time: a loop that stands still must fail
            await settle()
            while self._sleepers and self._sleepers[0][0] <= time_s:
                wake_s, _, future = heapq.heappop(self._sleepers)
                self.now = max(self.now, wake_s)
                if not future.done():
                    future.set_result(None)
                await settle()
        self.now = time_s


class Shelf:
    """Tickers in memory, with a switch that makes them unreachable."""

    def __init__(self) -> None:
        self.tickers: dict[str, dict[str, str]] = {}
        self.reads = 0
        self.most_at_once = 0
        self.writes: list[dict[str, str]] = []
        self.is_down = False

    async def read_many(self, symbols: Sequence[str]) -> Mapping[str, Mapping[str, str]]:
        """All fields."""
        self.reads += 1
        self.most_at_once = max(self.most_at_once, len(symbols))
        if self.is_down:
            raise ConnectionError("no Valkey")
        return {symbol: self.tickers[symbol] for symbol in symbols if symbol in self.tickers}

    async def write(self, tickers: Mapping[str, Mapping[str, str]]) -> None:
        """Replace all fields."""
        if self.is_down:
            raise ConnectionError("no Valkey")
        for symbol, fields in tickers.items():
            self.tickers[symbol] = dict(fields)
            self.writes.append(dict(fields))

    def hset(self, symbol: str, **fields: str) -> None:
        """What another program does: it leaves the fields that it doesn't know."""
        self.tickers.setdefault(symbol, {}).update(fields)


@asynccontextmanager
async def running(
    oracle: Oracle, submit: Callable[[Quote], Any], manual: ManualTime, **options: Any
) -> AsyncIterator[None]:
    """The oracle at work on manual time; a failure of it comes out at the end."""
    task = asyncio.create_task(
        oracle.run(submit, clock=manual.clock, wall=manual.clock, sleep=manual.sleep, **options)
    )
    await settle()
    try:
        yield
    finally:
        task.cancel()
        async with asyncio.timeout(10):
            await asyncio.wait([task])
    if not task.cancelled():
        task.result()


def indexes(quotes: list[Quote]) -> list[int]:
    """Their tick numbers."""
    return [quote.index for quote in quotes]


async def settle() -> None:
    """Let every task run until it waits for time."""
    await turns(_TURNS)
