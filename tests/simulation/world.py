"""One run: a server, its store, its players and everything that goes wrong, from one number.

`run(seed)` builds it, plays until all players have their answers, lets the server stop and start
once more, looks again, and hands all evidence over.
"""

from __future__ import annotations

import asyncio
import gc
import logging
import shutil
import sys
import tempfile
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Any

from cxgame.ports import Entry
from cxgame.store.archive import Archive, archive_folder
from tests.simulation import seams
from tests.simulation.faults import Faults
from tests.simulation.loop import START_S, Killed, Process, SimulatedLoop
from tests.simulation.network import Network
from tests.simulation.player import Player
from tests.simulation.record import Record
from tests.simulation.server import Servers
from tests.simulation.setup import Setup
from tests.simulation.stream import End
from tests.simulation.valkey import Valkey
from tests.simulation.values import Data

COMMANDS, FAULTS = 300, 3
_LONGEST_S = 3_600.0  # simulated


@dataclass
class Evidence:
    """What a run leaves for the auditor."""

    setup: Setup
    record: Record
    data: Data  # what the store's file holds at the end
    archive: list[Entry]  # of the game, in the data directory
    simulated_s: float


class World:
    """Everything there is."""

    def __init__(self, seed: int, folder: Path, commands: int, faults: int) -> None:
        random = Random(seed)
        self.setup = Setup.draw(random, commands, faults)
        self.record = Record()
        self.loop = SimulatedLoop(Random(random.random()))
        self.loop.set_exception_handler(self._unhandled)
        self.network = Network(self.loop, Random(random.random()))
        self.network.on_write = self._on_write
        self.valkey = Valkey(self.loop, self.network, Random(random.random()), self._wall_ms)
        self.servers = Servers(self, folder, Random(random.random()))
        self.faults = Faults(self, Random(random.random()))
        each = -(-commands // self.setup.players)
        self.players = [
            Player(self, number, each, Random(random.random()))
            for number in range(self.setup.players)
        ]
        self.main: asyncio.Task[None] | None = None
        self._plan = self.faults.plan(self.setup.faults, commands)

    async def live(self) -> None:
        """From the first start to the last look."""
        self.valkey.start()
        keeper = self.loop.spawn(Process("keeper"), self.servers.keep_up())
        await self._together([player.play() for player in self.players])
        while self._plan:  # players who asked less often than thought
            self._begin_fault()
        while not (self.faults.healed and self.servers.is_up):
            await asyncio.sleep(0.05)
        self.servers.stop()
        await self._together([player.look() for player in self.players])
        self.servers.wanted = False
        self.servers.stop()
        await keeper

    async def _together(self, works: list[Any]) -> None:
        tasks = [
            self.loop.spawn(Process(player.name), work)
            for player, work in zip(self.players, works, strict=True)
        ]
        await asyncio.gather(*tasks)

    # What the parts tell of.

    def progress(self) -> None:
        """A player has sent something."""
        while self._plan and len(self.record.attempts) >= self._plan[0][0]:
            self._begin_fault()

    def problem(self, text: str) -> None:
        """Something that must not happen, seen while it happens."""
        self.record.problems.append(f"at {self.loop.time() - START_S:.6f}: {text}")

    def give_up(self, text: str) -> None:
        """The same, after which nothing can go on."""
        self.problem(text)
        if self.main is not None:
            self.main.cancel()

    def fault(self, name: str) -> None:
        """A fault begins."""
        self.record.faults.append(name)
        self.record.note(self.loop.time(), "fault", name.encode())

    def _begin_fault(self) -> None:
        _, name = self._plan.pop(0)
        self.loop.spawn(Process("fate"), self.faults.happen(name))

    def _on_write(self, end: End, data: Any) -> int:
        plan = self.network.plan
        kept = len(data) if plan is None else plan(end, data)
        self.record.note(self.loop.time(), f"{end.name}>{end.peer.name}", bytes(data[:kept]))
        return kept

    def _unhandled(self, _: Any, context: dict[str, Any]) -> None:
        error = context.get("exception")
        if not isinstance(error, Killed):
            self.problem(f"unhandled: {context['message']} {error!r}")

    def _wall_ms(self) -> int:
        return seams.EPOCH_MS + int(self.loop.time() * 1000)


Arrange = Callable[[World], None]


def run(
    seed: int,
    commands: int = COMMANDS,
    faults: int = FAULTS,
    *,
    traced: bool = False,
    arrange: Arrange = lambda _: None,
) -> Evidence:
    """One run from its seed; `arrange` may change the world before it begins."""
    logging.disable(logging.CRITICAL)
    gc_was_on = gc.isenabled()
    gc.disable()  # when it would run is chance
    folder = Path(tempfile.mkdtemp(dir="/dev/shm" if Path("/dev/shm").is_dir() else None))
    try:
        with seams.simulated_machine(seed):
            return _run(World(seed, folder, commands, faults), folder, traced, arrange)
    finally:
        collect()
        shutil.rmtree(folder)
        logging.disable(logging.NOTSET)
        if gc_was_on:
            gc.enable()


def _run(world: World, folder: Path, traced: bool, arrange: Arrange) -> Evidence:
    if traced:
        world.record.lines = []
    arrange(world)
    simulated_s = _live(world)
    archive = list(Archive(archive_folder(folder, "main.1")).entries())
    return Evidence(world.setup, world.record, world.valkey.durable(), archive, simulated_s)


def collect() -> None:
    """Forget the world. What was killed in the middle of its work complains, which is its right."""
    hook = sys.unraisablehook
    sys.unraisablehook = lambda _: None
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            gc.collect()
    finally:
        sys.unraisablehook = hook


def _live(world: World) -> float:
    loop = world.loop
    asyncio.set_event_loop(None)
    world.main = loop.spawn(Process("world"), _bounded(world.live()))
    try:
        loop.run_until_complete(world.main)
    except asyncio.CancelledError:
        pass  # why has been noted
    except Exception as error:  # noqa: BLE001 whatever it is, the seed must be told
        world.problem(f"the run did not end: {error!r}")
    simulated_s = loop.time() - START_S
    loop.end()
    return simulated_s


async def _bounded(work: Any) -> None:
    async with asyncio.timeout(_LONGEST_S):
        await work
