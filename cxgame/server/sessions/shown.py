"""The state that reads are answered from: the game's own, or, while halted, the last released.

What a halted game has applied may still vanish. What it had released is read back, once per halt,
from where it was kept, and shown until play resumes.
"""

import asyncio
from collections.abc import Callable

from cxgame.engine.engine import Engine
from cxgame.game import Game, Released
from cxgame.history import Recent
from cxgame.in_thread import in_thread
from cxgame.recovery import Replayed

ReadBack = Callable[[int], Replayed | None]
"""The game as it stood after a batch, or None if that cannot be had. May take seconds."""


class Shown:
    """What reads show of one game."""

    def __init__(self, game: Game, read_back: ReadBack | None = None) -> None:
        """Without `read_back` a halted game shows nothing."""
        self._game = game
        self._read_back = read_back
        self._released = game.batch_seq
        self._replayed: Replayed | None = None
        self._turn = asyncio.Lock()
        game.subscribe(self._follow)

    @property
    def engine(self) -> Engine:
        """The state to show; while the game is halted, only after `halted_at` has said so."""
        if self._game.halted and self._replayed is not None:
            return self._replayed.engine
        return self._game.engine

    @property
    def recent(self) -> Recent:
        """What was done last, up to that state."""
        if self._game.halted and self._replayed is not None:
            return self._replayed.recent
        return self._game.recent

    async def halted_at(self) -> int | None:
        """The batch after which a halted game is shown; None if it cannot be shown."""
        if self._read_back is None:
            return None
        async with self._turn:
            if self._replayed is None and self._game.halted:
                self._replayed = await in_thread(self._read_back, self._released)
        return None if self._replayed is None else self._replayed.batch_seq

    def _follow(self, released: Released) -> None:
        self._released = released.seq
        self._replayed = None
