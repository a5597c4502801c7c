"""The channels of the simulator's dialect: who follows which of which market, and what he is told.

Fed by released events. A frame is written once and the same bytes go to all who follow its
channel. Each channel of a market counts its frames; as every follower gets every frame, their
numbers are contiguous for each of them from the acknowledgement on. Frames leave at most every
5 ms, so that a busy game costs its subscribers' server a write each and not one per event.
"""

import asyncio
from collections.abc import Callable
from typing import TYPE_CHECKING, Final

from cxgame.engine.state import Applied
from cxgame.model.events import Ticker, Trade
from cxgame.pipeline import Released
from cxgame.server.simulator.books import HouseNotes, Opening, ShownBooks, opening_of
from cxgame.server.simulator.chains import BestLevels, Chain, WholeBook
from cxgame.server.sockets.frames import text_frames
from cxgame.wire.simulator_frames import ChannelName, market_data, trade_frame
from cxgame.wire.simulator_rows import Figures

if TYPE_CHECKING:
    from cxgame.server.sessions.host import Host
    from cxgame.server.simulator.session import DialectSession

FLUSH_S: Final = 0.005
TICKER: Final = "TICKER"
TRADES: Final = "TRADES"
ORDERBOOK: Final = "ORDERBOOK"
ORDERBOOK_L2: Final = "ORDERBOOK_L2"

_CHAINS: dict[ChannelName, type[Chain]] = {
    TICKER: Chain,
    TRADES: Chain,
    ORDERBOOK: BestLevels,
    ORDERBOOK_L2: WholeBook,
}


class Channels:
    """The channels of one game. They cost nothing before somebody subscribes."""

    def __init__(self, host: "Host", figures: Callable[[int], Figures]) -> None:
        self._host = host
        self._figures = figures
        self._loop = asyncio.get_running_loop()
        self._chains: dict[tuple[ChannelName, int], Chain] = {}
        self._notes = HouseNotes()
        self._books: ShownBooks | None = None  # from the first subscription on
        self._watches = False
        self._flushed_s = 0.0
        self._timer: asyncio.TimerHandle | asyncio.Handle | None = None

    @property
    def is_open(self) -> bool:
        """Whether subscriptions can be taken while the game is halted: it is known what to show."""
        return self._books is not None

    async def ready(self) -> None:
        """Return once the last 24 hours are known."""
        await self._host.market_watch.ready()
        if not self._watches:
            self._watches = True
            self._host.game.watch(self._note)
            self._host.game.subscribe(self._take)  # behind what keeps the 24 hours

    @property
    def is_ready(self) -> bool:
        """Whether `ready` was called."""
        return self._watches

    def opening(self) -> Opening | None:
        """Where the books stand now, if that will be needed; to be released with its batch."""
        return None if self._books is not None else opening_of(self._host.game.engine)

    # Called as an answer leaves

    def join(
        self,
        session: "DialectSession",
        channel: ChannelName,
        market: int,
        opening: Opening | None,
    ) -> tuple[int, bytes | None]:
        """Let a session follow from now on.

        Returns the number that the channel has reached, and the frame to begin with, if any.
        """
        if self._books is None:
            assert opening is not None, "it was asked for while there were no books"
            self._books = ShownBooks(opening)
        self._flush()
        chain = self._chain(channel, market)
        begin = chain.begin(self._books, self._host.clock.wall_ms())
        chain.followers[session] = None
        return chain.joined_at, begin

    def leave(self, session: "DialectSession", channel: ChannelName, market: int) -> None:
        """Let a session follow a channel no longer."""
        chain = self._chains.get((channel, market))
        if chain is not None:
            chain.followers.pop(session, None)

    def forget(self, session: "DialectSession") -> None:
        """A session is over."""
        for chain in self._chains.values():
            chain.followers.pop(session, None)

    def _chain(self, channel: ChannelName, market: int) -> Chain:
        chain = self._chains.get((channel, market))
        if chain is None:
            made = _CHAINS[channel]
            chain = self._chains[channel, market] = made(channel, market, self._figures(market))
        return chain

    # Called by the game

    def _note(self, applied: Applied) -> None:
        self._notes.note(self._host.game.engine, applied)

    def _take(self, released: Released) -> None:
        """A batch is durable: take it in, and tell of it soon."""
        books = self._books
        if not released.events:
            return
        moved = self._notes.until(released.last_event)
        if books is None:  # whoever asked for the first of them went before he was answered
            return
        known = books.seq
        books.watch_levels(wanted=self._wants_levels())
        changed = books.take(released, moved)
        for seq, event in enumerate(released.events, released.first_event):
            if seq <= known:
                continue
            if type(event) is Ticker:
                self._tick(event, released.wall_ms, books)
            elif type(event) is Trade:
                self._trade(event, released.wall_ms)
        for market in changed:
            for channel in (ORDERBOOK, ORDERBOOK_L2):
                chain = self._chains.get((channel, market))
                if chain is not None:
                    chain.is_stale = True
        if self._timer is None and self._has_news():
            self._schedule()

    def _tick(self, tick: Ticker, wall_ms: int, books: ShownBooks) -> None:
        chain = self._chains.get((TICKER, tick.market))
        if chain is None or not chain.followers:
            return
        watched = self._host.market_watch.watched(tick.market, books.best(tick.market))
        by_book = self._host.game.engine.mid_by_book
        last2 = watched.last2 if by_book else tick.bid + tick.ask  # of several ticks, each its own
        watched = watched._replace(last2=last2, wall_ms=wall_ms)
        chain.add(lambda number: market_data(watched, chain.shown, number))

    def _trade(self, trade: Trade, wall_ms: int) -> None:
        chain = self._chains.get((TRADES, trade.market))
        if chain is not None and chain.followers:
            chain.add(lambda number: trade_frame(trade, wall_ms, chain.shown, number))

    def _wants_levels(self) -> bool:
        return any(
            chain.followers
            for (channel, _), chain in self._chains.items()
            if channel == ORDERBOOK_L2
        )

    # Out

    def _has_news(self) -> bool:
        return any(chain.has_news for chain in self._chains.values())

    def _schedule(self) -> None:
        """At once after a quiet time, else when 5 ms have passed."""
        due_s = self._flushed_s + FLUSH_S
        if due_s <= self._loop.time():
            self._timer = self._loop.call_soon(self._flush)
        else:
            self._timer = self._loop.call_at(due_s, self._flush)

    def _flush(self) -> None:
        """Send what has gathered, in one write for each session."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        books = self._books
        if books is None or not self._has_news():
            return
        self._flushed_s = self._loop.time()
        wall_ms = self._host.clock.wall_ms()
        touched = books.touched()
        owed: dict[DialectSession, list[bytes]] = {}
        for chain in self._chains.values():
            frames = chain.take(books, touched, wall_ms)
            if frames:
                framed = text_frames(frames)
                for session in chain.followers:
                    owed.setdefault(session, []).append(framed)
        for session, parts in owed.items():
            session.connection.push(parts[0] if len(parts) == 1 else b"".join(parts))
