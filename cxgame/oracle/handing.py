"""Between the oracle, the game and the store: quotes are handed over, tickers come in slices.

A slice is what the loop does in one go. Five hundred markets that all change are read, ticked and
journaled in some milliseconds each time, between which players' orders have their turn.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from itertools import islice

from cxgame.oracle.tape import Quote

SLICE = 25  # markets

# Takes each quote in order. What it returns is awaited; a coroutine has to take the quote over
# before it first waits.
Submit = Callable[[Quote], Awaitable[None] | None]

log = logging.getLogger("cxgame.oracle")


async def hand_over(quotes: Iterable[Quote], submit: Submit) -> None:
    """Submit all of them, and wait for those that the game takes late."""
    waits = [wait for wait in map(submit, quotes) if wait is not None]
    if waits:
        await asyncio.gather(*waits)


def slices(symbols: Iterable[str]) -> Iterator[Sequence[str]]:
    """The symbols as they are now, a slice at a time."""
    rest = iter(list(symbols))
    while part := list(islice(rest, SLICE)):
        yield part


class Reach:
    """Whether the store can be reached: it may fail and come back, and each outage is one line."""

    def __init__(self) -> None:
        self._failed: set[str] = set()  # what to do with tickers failed last time

    @contextmanager
    def reaching(self, done: str) -> Iterator[None]:
        """Let an `OSError` pass."""
        try:
            yield
        except OSError as error:
            if done not in self._failed:
                log.warning("Tickers cannot be %s for now: %s", done, error)
            self._failed.add(done)
        else:
            self._failed.discard(done)
