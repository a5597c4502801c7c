"""`LiveBook` and `LiveAccount`: a book and an account that keep themselves right.

A task takes what the exchange pushes; where something is missing it asks for a snapshot, and until
that is there the book or account is empty and not `synced`. What they are made of is in `book` and
`account`.
"""

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable
from types import TracebackType
from typing import Any, Protocol, Self

from cxgame.client.account import Account
from cxgame.client.book import Book
from cxgame.client.feed import CxFeedReader
from cxgame.network import Backoff

log = logging.getLogger(__name__)

AGAIN_S = 5.0  # a snapshot that has not come by then is asked for, once more or for the first time


class Source(Protocol):
    """Where frames come from: a `Stream` or a `CxFeedReader`."""

    async def __aenter__(self) -> Any:
        """Begin."""

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """End."""

    def __aiter__(self) -> AsyncIterator[Any]:
        """The frames."""
        ...

    def resync(self, symbol: str | None = None) -> None:
        """Have a snapshot sent."""


class _Live:
    """The task that keeps something in step with its source, and the one who waits for changes."""

    synced: bool
    version: int
    symbol: str | None = None

    def __init__(self, find_source: Callable[[], Awaitable[Source]]) -> None:
        self._find_source = find_source
        self._source: Source | None = None
        self._task: asyncio.Task[None] | None = None
        self._changed = asyncio.Event()
        self._seen = 0  # the version that `wait` has told last
        self._asking: asyncio.TimerHandle | None = None  # while a snapshot is waited for

    def apply(self, frame: Any) -> bool:
        """Take a frame in; False: something is missing."""
        raise NotImplementedError

    async def open(self) -> Self:
        """Begin, or begin anew, and return once the first snapshot is there.

        Raises as a stream does: ConnectionError, ValueError, PermissionError.
        """
        if self._task is None or self._task.done():
            await self.close()
            self.apply({"type": "gap"})  # what is known from an earlier time has grown old
            self._source = await self._find_source()
            await self._source.__aenter__()
            self._task = asyncio.create_task(self._follow(self._source), name="cxgame client live")
        while not self.synced and not self._task.done():
            await self._until_changed()
        if self._task.done():
            self._task.result()
        return self

    async def close(self) -> None:
        """End. What is known stays to be read, and grows old."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.wait([self._task])
        source, self._source = self._source, None
        if source is not None:
            await source.__aexit__(None, None, None)

    async def wait(self) -> bool:
        """Return as soon as anything is other than at the last `wait`; False: it has ended.

        It has ended when the game is over or the client closed. Raises ConnectionError when the
        exchange can't be reached any more. For one waiter.
        """
        if self._task is None:
            await self.open()
        assert self._task is not None
        while True:
            if self.synced and self._seen != self.version:
                self._seen = self.version
                return True
            if self._task.done():
                if not self._task.cancelled():
                    self._task.result()
                return False
            await self._until_changed()

    async def __aenter__(self) -> Self:
        try:
            return await self.open()
        except BaseException:
            await self.close()
            raise

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self.close()

    async def _until_changed(self) -> None:
        self._changed.clear()
        await self._changed.wait()

    async def _follow(self, source: Source) -> None:
        tries = Backoff()
        self._await_snapshot(source)
        try:
            async for frame in source:
                version = self.version
                if not self.apply(frame):
                    log.warning("%r: something is missing; asking for all of it", self)
                    await asyncio.sleep(next(tries))  # one that is never right asks now and then
                    self._ask(source)
                elif self.synced:
                    tries.reset()
                    self._stop_asking()
                elif self._asking is None:  # a snapshot is to come by itself
                    self._await_snapshot(source)
                if self.version != version:
                    self._changed.set()
        finally:
            self._stop_asking()
            self._changed.set()

    def _ask(self, source: Source) -> None:
        """Ask for a snapshot until one has come, also where nothing else comes any more."""
        source.resync(self.symbol)
        self._await_snapshot(source)

    def _await_snapshot(self, source: Source) -> None:
        self._stop_asking()
        loop = asyncio.get_running_loop()
        self._asking = loop.call_later(AGAIN_S, self._ask, source)

    def _stop_asking(self) -> None:
        if self._asking is not None:
            self._asking.cancel()
            self._asking = None


class LiveBook(_Live, Book):
    """The book of a market, kept right. Made by `CxClient.live_book` and `LiveBook.of_feed`.

    ```python
    async with cx.live_book("BTC/USD") as book:
        while await book.wait():
            print(book.best_bid, book.best_ask)
    ```

    Reads as a `Book`: it is empty while `synced` is False.
    """

    def __init__(
        self, find_source: Callable[[], Awaitable[Source]], symbol: str | None = None
    ) -> None:
        Book.__init__(self, symbol)
        _Live.__init__(self, find_source)

    def apply(self, frame: Any) -> bool:
        """As of a `Book`; the task that keeps it calls this."""
        return Book.apply(self, frame)

    @classmethod
    def of_feed(
        cls,
        uri: str = "ws://127.0.0.1:9876",
        symbol: str | None = None,
        *,
        ssl_verify: bool = True,
        timeout_s: float = 10.0,
    ) -> "LiveBook":
        """A book kept by the public feed; without a `symbol` that of the game's first market."""

        async def reader() -> CxFeedReader:
            return CxFeedReader(uri, ["depth"], symbol, ssl_verify=ssl_verify, timeout_s=timeout_s)

        return cls(reader, symbol)


class LiveAccount(_Live, Account):
    """The client's open orders and wallets, kept right. Made by `CxClient.live_account`.

    ```python
    async with cx.live_account() as account:
        while await account.wait():
            print(account.free("USD"), len(account.orders))
    ```

    Reads as an `Account`: it is empty while `synced` is False.
    """

    def __init__(self, find_source: Callable[[], Awaitable[Source]]) -> None:
        Account.__init__(self)
        _Live.__init__(self, find_source)

    def apply(self, frame: Any) -> bool:
        """As of an `Account`; the task that keeps it calls this."""
        return Account.apply(self, frame)
