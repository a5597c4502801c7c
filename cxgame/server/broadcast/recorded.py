"""A feed's source: a recorded game, played again from its journal.

What is told is what was told then, with the same seqs; times of day are today's, so that whatever
draws a live game draws this one. The playing time left is the recording's.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Protocol

from cxgame.model.batch import unseal
from cxgame.model.events import is_public
from cxgame.ports import Entry
from cxgame.recovery import Replay
from cxgame.server.broadcast.hub import FeedHub, now
from cxgame.server.broadcast.player import AT_ONCE, BEGINNING, Player, Point
from cxgame.server.broadcast.playing_time import PlayingTime
from cxgame.server.broadcast.snapshot import snapshot_of
from cxgame.server.errors import StartError
from cxgame.wire.feed_tape import Stretch

AHEAD_EVENTS = 500  # told and not yet taken in by the hub; more would make one great write
_STANDINGS_S = 1.0
_YIELD_EVERY = 20  # batches passed over before the spectators have their turn
_LOOK_S = 0.01


class Recording(Protocol):
    """What is played again: a game's journal, readable as often as one likes."""

    @property
    def name(self) -> str: ...

    @property
    def number(self) -> int: ...

    def entries(self, after: int = 0) -> AsyncIterator[Entry]: ...


class RecordedSource:
    """Plays one recording to its end. Raises JournalDamaged, StartError, and what reading raises.

    `watched` returns once somebody watches; `jumped` is called after a jump, before the new
    beginning; `caught_up` returns when the spectators have read enough to be told more. At the end
    it stays for as long as somebody `may_go_back`.
    """

    def __init__(
        self,
        recording: Recording,
        player: Player,
        hub: FeedHub,
        *,
        watched: Callable[[], Awaitable[None]],
        jumped: Callable[[], None],
        caught_up: Callable[[], Awaitable[None]],
        may_go_back: Callable[[], bool] = lambda: False,
    ) -> None:
        self._recording = recording
        self._player = player
        self._hub = hub
        self._watched = watched
        self._jumped = jumped
        self._caught_up = caught_up
        self._may_go_back = may_go_back
        self._time = PlayingTime(player)
        self._standings_at = 0.0
        self._is_shown = False  # whether anything was; what comes then is somebody's jump

    async def run(self) -> None:
        """Returns when the recording has ended."""
        while not await self._play() or await self._goes_back():
            self._jumped()
        self._hub.closed.set()

    async def _goes_back(self) -> bool:
        """At the end: whether somebody wants to see a part of it again."""
        while self._told > self._hub.core.seq:
            await asyncio.sleep(_LOOK_S)
        await self._caught_up()
        while not self._player.is_asked_elsewhere and self._may_go_back():
            await asyncio.sleep(_LOOK_S)
        return self._player.is_asked_elsewhere

    async def _play(self) -> bool:
        """Play from the point that is asked for; whether it came to the end."""
        start = self._player.take_start() or BEGINNING
        replay, begun = Replay(remember=False), False
        first_ms: int | None = None
        async for entry in self._recording.entries():
            body = unseal(entry.record)[0]
            wall_ms = body.wall_ms
            first_ms = wall_ms if first_ms is None else first_ms
            if not begun and self._is_reached(start, replay, first_ms, wall_ms):
                begun = True
                await self._begin(replay)
            if begun:
                self._time.expect(replay.engine, body)
                if not await self._player.until(wall_ms):
                    return False
            await self._take(replay, entry, begun)
        if not begun:
            await self._begin_at_end(start, replay)
        return True

    def _is_reached(self, start: Point, replay: Replay, first_ms: int, wall_ms: int) -> bool:
        engine = replay.engine
        has_rules = engine.rules is not None
        return has_rules and start.is_before(first_ms, engine.event_seq, wall_ms)

    async def _begin(self, replay: Replay) -> None:
        """Show where the game stands, and wait for somebody to look."""
        snapshot = snapshot_of(replay.engine, self._recording.name, self._recording.number)
        self._told, self._is_shown = snapshot.seq, True
        self._time.stand(replay.engine)
        self._hub.begin(snapshot._replace(wall_ms=now().wall_ms, clock=self._time.left_ms))
        await self._watched()

    async def _begin_at_end(self, start: Point, replay: Replay) -> None:
        """Nothing comes after the point; a spectator who jumps there sees the end."""
        if not self._is_shown and (start != BEGINNING or replay.engine.rules is None):
            last = replay.engine.event_seq
            raise StartError(f"the recording ends before that: its last event is {last}")
        await self._begin(replay)  # or all there is are the rules

    async def _take(self, replay: Replay, entry: Entry, begun: bool) -> None:
        seq = replay.engine.event_seq
        effects = replay.take(entry)
        if not begun:
            if entry.seq % _YIELD_EVERY == 0:
                await asyncio.sleep(0)
            return
        self._time.stand(replay.engine)
        events = [event for _, events in effects for event in filter(is_public, events)]
        if events:
            self._hub.release(Stretch(seq + 1, now().wall_ms, events))
            self._told = seq + len(events)
        self._show_standings(replay)
        while self._told - self._hub.core.seq > AHEAD_EVENTS:
            await asyncio.sleep(_LOOK_S)
            if self._player.speed == AT_ONCE:
                await self._caught_up()

    def _show_standings(self, replay: Replay) -> None:
        at = asyncio.get_running_loop().time()
        if self._hub.standings_wanted and at - self._standings_at > _STANDINGS_S:
            self._standings_at = at
            self._hub.set_standings(replay.engine.standings())
