"""What is left of a recorded game's time at the moment where its replay stands.

A journal tells playing time with each batch. In between it passes as the recording's time of day
does, but never beyond what the next batch tells: there may be a pause, or a night, between the two.
"""

from cxgame.engine.engine import Engine
from cxgame.engine.state import NS_PER_MS
from cxgame.model.batch import Body
from cxgame.server.broadcast.player import Player


class PlayingTime:
    """Follows a replay batch by batch, and its player in between."""

    def __init__(self, player: Player) -> None:
        self._player = player
        self._left_ms: int | None = None  # after the last batch; None in an endless game
        self._wall_ms = 0  # of that batch
        self._most_ms = 0  # that may pass until the next

    def stand(self, engine: Engine) -> None:
        """So the game stands after a batch."""
        self._left_ms, self._wall_ms, self._most_ms = engine.remaining_ms, engine.wall_ms, 0

    def expect(self, engine: Engine, body: Body) -> None:
        """The batch that comes next, for which the replay will wait."""
        self._most_ms = (body.game_time_ns - engine.game_time_ns) // NS_PER_MS

    def left_ms(self) -> int | None:
        """Milliseconds of play left now."""
        moment_ms = self._player.moment_ms
        if self._left_ms is None or moment_ms is None:
            return self._left_ms
        passed_ms = min(int(moment_ms) - self._wall_ms, self._most_ms)
        return max(0, self._left_ms - max(0, passed_ms))
