"""When each market's quotes changed last, in wall-clock milliseconds: no state, so no one else has.

Before this start of the server nobody has noted it: then the time of the last batch stands for it,
which is no earlier.
"""

from typing import NamedTuple

from cxgame.engine.state import MarketState
from cxgame.game import Game
from cxgame.model.events import Ticker
from cxgame.pipeline import Released


class _Change(NamedTuple):
    tick: int
    wall_ms: int


class TickerTimes:
    """Follows one game."""

    def __init__(self, game: Game) -> None:
        self._game = game
        engine = game.engine
        self._changes = {
            place.market.id: _Change(place.tick_index, engine.wall_ms) for place in engine.markets
        }
        game.subscribe(self._released)

    def of(self, place: MarketState) -> int:
        """When the quotes that a market has now were set."""
        change = self._changes.get(place.market.id)
        if change is None or change.tick != place.tick_index:
            return self._game.engine.wall_ms  # it was just now: the batch is not released yet
        return change.wall_ms

    def _released(self, released: Released) -> None:
        for event in released.events:
            if type(event) is Ticker:
                self._changes[event.market] = _Change(event.index, released.wall_ms)
