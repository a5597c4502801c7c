"""The server under test and whoever starts it again: the real `CxExchange`, whole."""

from __future__ import annotations

import asyncio
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING

from cxgame.server.errors import PlayFault, StartError
from cxgame.server.exchange import CxExchange
from tests.simulation.loop import Killed, Process

if TYPE_CHECKING:
    from tests.simulation.world import World

PORT = 9877
_HEALS = ("cannot reach Valkey", "LOADING", "Valkey at")  # a start that may be tried again


class Servers:
    """One server after another, on the same data."""

    def __init__(self, world: World, data_dir: Path, random: Random) -> None:
        self._world, self._data_dir, self._random = world, data_dir, random
        self.process = Process("server")
        self.process.alive = False
        self.exchange: CxExchange | None = None
        self.wanted = True  # whether it is started again

    async def keep_up(self) -> None:
        """Start it, wait for its end, start it again."""
        while self.wanted:
            self.process = Process("server")
            self._world.record.starts += 1
            task = self._world.loop.spawn(self.process, self._serve())
            while self.process.alive and not task.done():
                await asyncio.sleep(0.02)
            self.process.alive = False
            await asyncio.sleep(self._random.uniform(0.02, 0.5))

    async def _serve(self) -> None:
        self.exchange = exchange = CxExchange(
            port=PORT,
            bind="127.0.0.1",
            valkey_url="redis://valkey:6379",
            data_dir=self._data_dir,
            **self._world.setup.settings,
        )
        try:
            await exchange.serve()
        except (StartError, PlayFault) as error:
            if not any(text in str(error) for text in _HEALS):
                self._world.give_up(f"the server ended: {error}")
        except Killed:
            pass

    @property
    def is_up(self) -> bool:
        """Whether players are let in."""
        return self.process.alive and self.exchange is not None and self.exchange.ready.is_set()

    def kill(self) -> None:
        """As by `kill -9`."""
        self._world.network.kill(self.process)

    def stop(self) -> None:
        """As by SIGTERM."""
        if self.process.alive and self.exchange is not None:
            self.exchange.stop()
