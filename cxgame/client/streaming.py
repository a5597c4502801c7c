"""What a client can follow: streams, callbacks, the live book and account.

Owns which arguments go with which channel. How a stream travels is the business of `subscriber`.
"""

import inspect
from collections.abc import Callable
from typing import Any, Literal, overload

from cxgame.client.channels import CARRIES, Wish
from cxgame.client.frames import (
    AccountEvent,
    CandleEvent,
    DepthEvent,
    Event,
    TickerEvent,
    TradeEvent,
)
from cxgame.client.listener import Listener
from cxgame.client.live import LiveAccount, LiveBook
from cxgame.client.outlet import QUEUE_FRAMES
from cxgame.client.response import Response
from cxgame.client.stream import Stream
from cxgame.client.subscriber import Subscriber
from cxgame.client.words import Channel, Timeframe


class Streaming:
    """The streams of a client; whoever derives from it has the connections."""

    timeout_s: float

    @overload
    def stream(
        self, channel: Literal["trades"], /, *, symbol: str | None = None, buffer: int = ...
    ) -> Stream[TradeEvent]: ...
    @overload
    def stream(
        self, channel: Literal["depth"], /, *, symbol: str | None = None, buffer: int = ...
    ) -> Stream[DepthEvent]: ...
    @overload
    def stream(
        self, channel: Literal["ticker"], /, *, symbol: str | None = None, buffer: int = ...
    ) -> Stream[TickerEvent]: ...
    @overload
    def stream(
        self,
        channel: Literal["candles"],
        /,
        *,
        symbol: str | None = None,
        timeframe: Timeframe,
        buffer: int = ...,
    ) -> Stream[CandleEvent]: ...
    @overload
    def stream(
        self, channel: Literal["executions"], /, *, buffer: int = ...
    ) -> Stream[AccountEvent]: ...
    @overload
    def stream(
        self,
        channel: Channel,
        /,
        *channels: Channel,
        symbol: str | None = None,
        timeframe: Timeframe | None = None,
        buffer: int = ...,
    ) -> Stream[Event]: ...
    def stream(
        self,
        channel: Channel,
        /,
        *channels: Channel,
        symbol: str | None = None,
        timeframe: Timeframe | None = None,
        buffer: int = QUEUE_FRAMES,
    ) -> Stream[Any]:
        """Follow channels: `async for event in cx.stream("trades", "ticker", symbol="BTC/USD")`.

        Without a `symbol` all markets; `candles` needs a `timeframe`. `buffer`: how many events
        may wait for a slow consumer, before a `gap` takes their place. Raises ValueError for a
        channel that the client does not know; what iterating raises, `Stream` says.
        """
        wish = _wish((channel, *channels), symbol, timeframe)
        return Stream(wish, self._subscriber, timeout_s=self.timeout_s, most=buffer)

    def executions(self, *, buffer: int = QUEUE_FRAMES) -> Stream[AccountEvent]:
        """Follow one's own account: first a snapshot, then each thing that happens to an order.

        Events: `executions_snapshot`, `execution`, `wallets`, and `gap`.
        """
        return self.stream("executions", buffer=buffer)

    @overload
    def on(
        self, channel: Literal["executions"], callback: Callable[[AccountEvent], object], /
    ) -> Listener[AccountEvent]: ...
    @overload
    def on(
        self,
        channel: Literal["trades"],
        callback: Callable[[TradeEvent], object],
        /,
        *,
        symbol: str | None = None,
    ) -> Listener[TradeEvent]: ...
    @overload
    def on(
        self,
        channel: Literal["depth"],
        callback: Callable[[DepthEvent], object],
        /,
        *,
        symbol: str | None = None,
    ) -> Listener[DepthEvent]: ...
    @overload
    def on(
        self,
        channel: Channel,
        callback: Callable[[Any], object],
        /,
        *,
        symbol: str | None = None,
        timeframe: Timeframe | None = None,
        buffer: int = ...,
    ) -> Listener[Any]: ...
    def on(
        self,
        channel: Channel,
        callback: Callable[[Any], object],
        /,
        *,
        symbol: str | None = None,
        timeframe: Timeframe | None = None,
        buffer: int = QUEUE_FRAMES,
    ) -> Listener[Any]:
        """Have a function called for each event of a channel, until the listener is stopped.

        It is called in a thread of the listener's own, over the connection of `r`, and may use
        `r`. Returns once the exchange has agreed. Raises as a stream does, and TypeError for a
        coroutine function: coroutines iterate.
        """
        if inspect.iscoroutinefunction(callback):
            raise TypeError("on() calls functions; in coroutines, iterate over stream().")
        wish = _wish((channel,), symbol, timeframe)
        stream: Stream[Any] = Stream(wish, self._subscriber, timeout_s=self.timeout_s, most=buffer)
        return Listener(stream, callback, channel)

    def live_book(self, symbol: str | None = None) -> LiveBook:
        """A market's book that keeps itself right; without a symbol, of the game's first market."""

        async def source() -> Stream[DepthEvent]:
            if book.symbol is None:
                book.symbol = await self._first_symbol()
            return self.stream("depth", symbol=book.symbol)

        book = LiveBook(source, symbol)
        return book

    def live_account(self) -> LiveAccount:
        """One's open orders and wallets, kept right."""

        async def source() -> Stream[AccountEvent]:
            return self.executions()

        return LiveAccount(source)

    async def markets(self) -> Response:
        """The markets with tick, lot, minimums and fees."""
        raise NotImplementedError

    async def _first_symbol(self) -> str:
        markets = await self.markets()
        if not markets.status:
            raise ConnectionError(markets.msg)
        return str(markets.data[0]["symbol"])

    def _subscriber(self, wish: Wish) -> Subscriber:
        """Who meets a wish in the running event loop."""
        raise NotImplementedError


def _wish(channels: tuple[str, ...], symbol: str | None, timeframe: str | None) -> Wish:
    unknown = [channel for channel in channels if channel not in CARRIES]
    if unknown:
        raise ValueError(f"There is no channel {unknown[0]!r}; there are {', '.join(CARRIES)}.")
    if "candles" in channels and timeframe is None:
        raise ValueError('The channel "candles" needs a timeframe, such as "1m".')
    return Wish(frozenset(channels), symbol, timeframe if "candles" in channels else None)
