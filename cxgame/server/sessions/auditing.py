"""Audits of a game in play: slice by slice, one at a time, shared by all who ask meanwhile."""

import asyncio
import logging

from cxgame.game import Game

log = logging.getLogger("cxgame.server")


class Auditor:
    """Checks the invariants of one game without holding it up."""

    def __init__(self, game: Game) -> None:
        self._game = game
        self._running: asyncio.Task[list[str]] | None = None

    async def violations(self) -> list[str]:
        """What does not hold; found by the audit that is under way, or by a new one."""
        if self._running is None or self._running.done():
            self._running = asyncio.get_running_loop().create_task(self._run())
        return await asyncio.shield(self._running)

    async def close(self) -> None:
        """Give up the audit that is under way."""
        if self._running is not None:
            self._running.cancel()
            await asyncio.gather(self._running, return_exceptions=True)

    async def _run(self) -> list[str]:
        """Others have their turn after each slice; an engine that was replaced counts no more."""
        engine = self._game.engine
        found: list[str] = []
        for problems in engine.audit():
            found += problems
            await asyncio.sleep(0)
            if self._game.engine is not engine:
                return await self._run()
        if found:
            log.critical("the books are not right: %s", "; ".join(found))
        return found
