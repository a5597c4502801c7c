"""`Stream`: what the exchange pushes, as an async iterator.

Owns the consumer's side: beginning, taking, asking for snapshots, ending. What travels in
between is the business of `Subscriber` and `Outlet`.
"""

import asyncio
import weakref
from collections.abc import Callable
from types import TracebackType
from typing import Generic, Self, TypeVar, cast

from cxgame.client.channels import Frame, Wish
from cxgame.client.outlet import QUEUE_FRAMES, Outlet
from cxgame.client.subscriber import Subscriber

E = TypeVar("E")


class Stream(Generic[E]):
    """An async iterator of events (dicts), made by `CxClient.stream` and `executions`.

    ```python
    async with cx.stream("trades", symbol="BTC/USD") as trades:
        async for event in trades:
            ...
    ```

    It begins with the first event asked for, or on entering; leaving the block, `close`, or
    dropping it ends it. A lost connection is replaced: an event of type `gap` says where
    something may be missing, and snapshots come after it. The iteration ends when the game is over
    or the client closed. Beginning and iterating raise ConnectionError (nobody is there, or not
    within the client's `timeout_s` at the beginning), ValueError (no such channel or symbol) and
    PermissionError (the login was refused). One consumer, in one event loop.
    """

    def __init__(
        self,
        wish: Wish,
        find_subscriber: Callable[[Wish], Subscriber],
        *,
        timeout_s: float,
        most: int = QUEUE_FRAMES,
    ) -> None:
        self._wish = wish
        self._find_subscriber = find_subscriber
        self._timeout_s = timeout_s
        self._most = most
        self._subscriber: Subscriber | None = None
        self._outlet: Outlet | None = None

    async def __aenter__(self) -> Self:
        await self._begin()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self.close()

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> E:
        """The next event. May be cancelled without losing one."""
        outlet = self._outlet or await self._begin()
        taken = await outlet.take()
        if taken is None:
            raise StopAsyncIteration
        return self._taken(*taken)

    async def several(self) -> list[E]:
        """The next event and all that have come with it; an empty list at the end."""
        outlet = self._outlet or await self._begin()
        taken = await outlet.take()
        if taken is None:
            return []
        return [self._taken(*each) for each in (taken, *outlet.take_all())]

    def resync(self, symbol: str | None = None) -> None:
        """Have snapshots sent again, on the channels that have them: when something is missing."""
        if self._subscriber is not None and self._outlet is not None:
            self._subscriber.refresh(self._outlet, symbol)

    async def close(self) -> None:
        """End the stream; what has come and was not taken yet is dropped."""
        self.let_go()

    def let_go(self) -> None:
        """As `close`, in the stream's event loop."""
        if self._subscriber is not None and self._outlet is not None:
            self._subscriber.remove(self._outlet)

    async def _begin(self) -> Outlet:
        """Subscribe, and wait until the exchange has agreed."""
        if self._outlet is None:
            subscriber, outlet = self._find_subscriber(self._wish), Outlet(self._wish, self._most)
            self._subscriber, self._outlet = subscriber, outlet
            loop = asyncio.get_running_loop()
            weakref.finalize(self, _let_go, loop, subscriber, outlet).atexit = False
            subscriber.add(outlet)
        try:
            async with asyncio.timeout(self._timeout_s):
                await self._outlet.admitted.wait()
        except TimeoutError:
            assert self._subscriber is not None
            self._subscriber.remove(self._outlet)
            raise ConnectionError(self._subscriber.fault) from None
        if self._outlet.fault is not None:
            raise self._outlet.fault
        return self._outlet

    def _taken(self, frame: Frame, is_overflow: bool) -> E:
        if is_overflow:
            self.resync()
        return cast(E, frame)


def _let_go(loop: asyncio.AbstractEventLoop, subscriber: Subscriber, outlet: Outlet) -> None:
    """End what nobody reads any more; called from whichever thread dropped it."""
    if not loop.is_closed():
        loop.call_soon_threadsafe(subscriber.remove, outlet)
