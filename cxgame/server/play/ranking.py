"""The standings as a view in the store: at most once a second, and only when something was played.

They cost a walk over all accounts, so no commit carries them.
"""

import asyncio

import msgspec

from cxgame.game import Game, Released
from cxgame.ports import View
from cxgame.store.views import Views

INTERVAL_S = 1.0


class Ranking:
    """Keeps the view of one game up to date."""

    def __init__(self, game: Game, views: Views, interval_s: float = INTERVAL_S) -> None:
        self._game = game
        self._views = views
        self._interval_s = interval_s
        self._news = asyncio.Event()
        self._released = game.batch_seq

    async def run(self) -> None:
        """Write until cancelled."""
        stop = self._game.subscribe(self._follow)
        try:
            while True:
                await self._news.wait()
                while not self._game.is_settled:  # what is shown must not vanish
                    if self._game.fault is not None:
                        return
                    await self._game.settled()
                self._news.clear()
                if not self._game.halted:
                    await self._views.write(self._rows())
                await asyncio.sleep(self._interval_s)
        finally:
            stop()

    def _rows(self) -> list[View]:
        rows = []
        for standing in self._game.engine.standings():
            row = {
                "seq": self._released,
                "rank": standing.rank,
                "base": standing.base,
                "quote": standing.quote,
                "equity": standing.equity,
            }
            rows.append(View("standings", standing.user, msgspec.json.encode(row)))
        return rows

    def _follow(self, released: Released) -> None:
        self._released = released.seq
        self._news.set()
