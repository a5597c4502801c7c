"""Between the game and the spectators: who is told what, and when.

The hub belongs to one event loop. What the game releases is taken in at most every 10 ms, and
written as `writing` does it.
"""

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence

from cxgame.model.enums import Phase
from cxgame.model.errors import Code, reject
from cxgame.model.events import Standing
from cxgame.server.broadcast.candle_history import CandleHistory, Stored
from cxgame.server.broadcast.writing import COALESCE_S, Spectator, Writing
from cxgame.wire.feed import (
    ALL_MARKETS,
    Asked,
    Due,
    PastCandles,
    Refused,
    Resume,
    Resync,
    Subscribe,
    Subscription,
)
from cxgame.wire.feed_candles import Key, Known
from cxgame.wire.feed_core import SNAPSHOTS, FeedCore
from cxgame.wire.feed_state import Now, Snapshot
from cxgame.wire.feed_tape import Stretch

SHOW_S = 0.1  # books and heartbeats

_NO_BOOK = reject(Code.PARAM_TYPE, name="symbol", got="a book that is followed")
_CALM_BYTES = 65_536  # whoever catches up is sent more once less than this is unread


History = Callable[[int], AsyncIterator[Stretch]]  # of the events after a seq
Past = Callable[[Key], Awaitable[Known]]  # the latest candle of a timeframe and market


class FeedHub:
    """One feed in play, from the first snapshot on."""

    delay_s = 0.0  # by which spectators learn everything later

    def __init__(self, *, counts: bool = False, masked: bool = False) -> None:
        """`counts`: spectators are told how many they are; `masked`: and no names."""
        self.followed = asyncio.Event()  # a source has begun to tell
        self.begun = asyncio.Event()  # a game is known
        self.closed = asyncio.Event()  # it has ended before our eyes
        self.standings_wanted = False
        self.history: History | None = None  # where events before the tape may be found
        self.past: Past | None = None  # where candles from before the tape may be found
        self.stored: Stored | None = None  # where whole windows of candles may be found
        self._counts, self._masked = counts, masked
        self._candle_history = CandleHistory()
        self._core: FeedCore[Spectator] | None = None
        self._was_over = False  # the game had ended before it was known here
        self._loop = asyncio.get_running_loop()
        self._timer: asyncio.TimerHandle | None = None
        self._writing = Writing(self.leave)

    @property
    def core(self) -> FeedCore[Spectator]:
        """What is known of the game; not before `begun`."""
        assert self._core is not None
        return self._core

    def now(self) -> Now:
        """The time of what is told now."""
        at = now()
        return at._replace(wall_ms=at.wall_ms - int(self.delay_s * 1000))

    # Told by a source, in the hub's loop

    def begin(self, snapshot: Snapshot) -> None:
        """A game is there, or another one, or the same after a hole in its events."""
        self.followed.set()
        self._was_over = snapshot.phase is Phase.CLOSED
        self._candle_history = CandleHistory()
        if self._core is None:
            self._core = FeedCore(
                snapshot, counts=self._counts, masked=self._masked, delay_s=self.delay_s
            )
            self.begun.set()
            return
        self._writing.owe(self.core.flush(self.now()))
        self._writing.owe(self.core.begin(snapshot, self.now()))

    def release(self, stretch: Stretch) -> bool:
        """Events have happened. False: some before them are missing, `begin` again."""
        if not self.core.release(stretch):
            return False
        self._schedule()
        return True

    def set_standings(self, standings: Sequence[Standing]) -> None:
        """New standings, best first."""
        self.core.set_standings(standings, self.now())
        self._schedule()

    def set_halted(self, halted: bool, reason: str = "") -> None:
        """The game waits for its store, or goes on; said once each."""
        if halted is self.core.state.halted:
            return
        self.core.state.set_halted(halted, self.now())
        FeedHub.notice(self, reason if halted else "Play goes on.")

    def set_clock(self, remaining_ms: int | None, wall_ms: int) -> None:
        """So much playing time was left then; for who knows it better than by the last phase."""
        self.core.state.set_clock(remaining_ms, wall_ms)

    def notice(self, text: str) -> None:
        """Say something that is no event."""
        self.core.notice(text, self.now())
        self._schedule()

    # Told by connections

    def welcome(self, spectator: Spectator) -> None:
        """Greet a new spectator and show the default channel."""
        spectator.send(self.core.greet(self.now()))
        self.core.join(spectator, spectator.subscription, self.now())

    def leave(self, spectator: Spectator) -> None:
        """A spectator is gone."""
        if self._core is not None:
            self._core.lanes.leave(spectator)

    async def request(self, spectator: Spectator, request: Asked) -> None:
        """Carry out what a spectator asked."""
        if isinstance(request, Refused):
            self._writing.send(spectator, self.core.refuse(request, self.now()))
        elif isinstance(request, Subscribe):
            subscription = request.subscription
            self._writing.send(spectator, self.core.confirm(subscription, self.now(), request.id))
            self.subscribe(spectator, subscription)
        elif isinstance(request, Resume):
            await self._resume(spectator, request.seq)
        elif isinstance(request, PastCandles):
            await self._show_candles(spectator, request)
        elif isinstance(request, Resync):
            if not self.resync(spectator, request.market):
                self._writing.send(
                    spectator, self.core.refuse(Refused(_NO_BOOK, request.id), self.now())
                )
        else:
            left = spectator.subscription.without(request.channels)
            self._writing.send(spectator, self.core.confirm(left, self.now(), request.id))
            self.unsubscribe(spectator, request.channels)

    def subscribe(self, spectator: Spectator, subscription: Subscription) -> None:
        """Show how things stand on the channels, and what happens there from now on."""
        before, spectator.subscription = spectator.subscription, subscription
        self._writing.send(spectator, self.core.standing(subscription, self.now(), before))
        self.core.join(spectator, subscription, self.now())

    def unsubscribe(self, spectator: Spectator, channels: frozenset[str]) -> None:
        """Show the rest of the channels, of which none may be left."""
        spectator.subscription = spectator.subscription.without(channels)
        self.core.join(spectator, spectator.subscription, self.now())

    def resync(self, spectator: Spectator, market: int = ALL_MARKETS) -> bool:
        """Show whole books again, of one market or all. False: it follows no such book."""
        snapshots = self.core.snapshots(spectator.subscription, self.now(), SNAPSHOTS, market)
        self._writing.send(spectator, snapshots)
        return bool(snapshots)

    async def _show_candles(self, spectator: Spectator, request: PastCandles) -> None:
        """Send the latest candles, of one market or all, for as long as the game is the same."""
        core, history = self.core, self._candle_history
        for market in list(core.state.frames.markets):
            if request.market in (market.id, ALL_MARKETS):
                key = request.timeframe, market.id
                message = await history.message(key, market, self.stored, core.taped, self.now())
                if history is self._candle_history:
                    self._writing.send(spectator, message)

    async def _resume(self, spectator: Spectator, seq: int) -> None:
        """Send again what came after `seq`, at the spectator's own pace, then go on live."""
        self.leave(spectator)
        prev_seq = seq
        if self.history is not None and seq + 1 < self.core.first:
            async for stretch in self.history(seq):
                if spectator.gone or not stretch.first <= seq + 1 < self.core.first:
                    break
                prev_seq = await self._replay(spectator, [stretch], seq, prev_seq)
                seq = stretch.last
        while not spectator.gone and (stretches := self.core.missed(seq)):
            if stretches[0].first > seq + 1:
                break
            prev_seq = await self._replay(spectator, stretches, seq, prev_seq)
            seq = stretches[-1].last
        subscription, anew = spectator.subscription, Due.DEPTH | Due.CANDLES
        if seq != self.core.seq:  # of another game, or too long ago
            self._writing.send(spectator, self.core.resync(self.now()))
            prev_seq, anew = self.core.seq, SNAPSHOTS | Due.CANDLES
        if not spectator.gone:
            self._writing.send(spectator, self.core.snapshots(subscription, self.now(), anew))
            self._writing.send(spectator, self.core.again(subscription, self.now()))
            self.core.join(spectator, subscription, self.now(), prev_seq)

    async def _replay(
        self, spectator: Spectator, stretches: list[Stretch], seq: int, prev_seq: int
    ) -> int:
        data, prev_seq = self.core.replay(spectator.subscription, stretches, seq, prev_seq)
        self._writing.send(spectator, data)
        await asyncio.sleep(0)
        while spectator.unread_bytes > _CALM_BYTES and not spectator.gone:
            await asyncio.sleep(COALESCE_S)
        return prev_seq

    # The rounds

    async def run(self) -> None:
        """Show books and heartbeats, and find what candles were before, until cancelled."""
        await self.begun.wait()
        async with asyncio.TaskGroup() as group:
            group.create_task(self._show())
            group.create_task(self._look_for_candles())

    async def _show(self) -> None:
        while True:
            await asyncio.sleep(SHOW_S)
            watched = self.core.lanes.wants & Due.STANDINGS
            self.standings_wanted = bool(watched) or self.core.sample_wanted(self.now())
            while self._writing.is_busy:
                await asyncio.sleep(COALESCE_S)
            self._writing.owe(self.core.show(self.now()))

    async def _look_for_candles(self) -> None:
        """Beside the rest, because it may ask a database, for many markets at once."""
        while True:
            await asyncio.sleep(SHOW_S)
            if self.core.candles.missing:
                await self._begin_candles()

    async def _begin_candles(self) -> None:
        """Ask for the past of the candles that somebody wants since a moment."""
        candles, known = self.core.candles, {}
        for key in candles.missing:
            # What is stored knows more than spectators may who are told later.
            past = None if self.delay_s else self.past
            known[key] = Known() if past is None else await past(key)
        if candles is self.core.candles:  # else of another game
            self.core.begin_candles(known, self.now())

    async def told(self) -> None:
        """Wait until the spectators know what has happened by now."""

    def finish(self) -> None:
        """Write everything that was released, now."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if self._core is not None:
            self._writing.owe(self._core.flush(self.now()))
            self._writing.finish()

    def _schedule(self) -> None:
        if self._timer is None:
            delay = max(0.0, self._writing.not_before - self._loop.time())
            self._timer = self._loop.call_later(delay, self._round)

    def _round(self) -> None:
        self._timer = None
        if self._writing.is_busy:  # the last round has not ended
            self._writing.rest()
            self._schedule()
            return
        started = time.monotonic()
        packed = self.core.flush(self.now())
        if self.core.state.phase is Phase.CLOSED and not self._was_over:
            self.closed.set()
        self._writing.begin(packed, time.monotonic() - started)


def now() -> Now:
    """The machine's time. The feed only shows and measures; nothing of the game hangs on it."""
    return Now(time.monotonic(), time.time_ns() // 1_000_000)
