"""What goes wrong, drawn from the seed: each fault begins at some point of the players' progress.

A server is killed between any two steps, or in the middle of a step, right before, within or
after something it writes: nothing else of a crash can be seen from outside.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from random import Random
from typing import TYPE_CHECKING, Any

from tests.simulation.loop import Process
from tests.simulation.stream import End, Stream

if TYPE_CHECKING:
    from tests.simulation.world import World


class Faults:
    """Carries out what the plan says."""

    def __init__(self, world: World, random: Random) -> None:
        self._world, self._random = world, random
        self._under_way = 0

    @property
    def healed(self) -> bool:
        """Whether nothing is wrong at present."""
        return self._under_way == 0

    def plan(self, count: int, commands: int) -> list[tuple[int, str]]:
        """At how many sent messages which fault begins."""
        kinds = self._random.choices(_NAMES, _WEIGHTS, k=count)
        begins = sorted(self._random.randrange(5, commands) for _ in range(count))
        return list(zip(begins, kinds, strict=True))

    async def happen(self, name: str) -> None:
        """One fault, from its beginning until it is healed."""
        self._under_way += 1
        self._world.fault(name)
        await getattr(self, name)()
        self._under_way -= 1

    # The server

    async def kill_server(self) -> None:
        self._world.servers.kill()

    async def kill_keeper(self) -> None:
        """The server starts another one after a while."""
        network = self._world.network
        ends = [end for stream in network.streams for end in stream.ends]
        for process in {end.process: None for end in ends if end.process.name == "keeper"}:
            network.kill(process)

    async def stop_server(self) -> None:
        self._world.servers.stop()

    async def kill_at_write(self) -> None:
        """Die in the act of writing to the store, or to a player."""
        servers = self._world.servers
        to = self._random.choice(("valkey", "player"))
        await self._at_write(servers.process, to, self._random.randrange(1, 12), servers.kill)

    async def _at_write(
        self, victim: Process, to: str, count: int, kill: Callable[[], None]
    ) -> None:
        """Die at the next writes but `count`: before it, after it, or half-way."""
        network, kept = self._world.network, self._random.choice((0.0, 1.0, self._random.random()))

        def plan(end: End, data: Any) -> int:
            nonlocal count
            if end.process is not victim or not end.peer.name.startswith(to):
                return len(data)
            count -= 1
            if count:
                return len(data)
            network.plan = None
            kill()
            return int(len(data) * kept)

        network.plan = plan
        await self._wait_for(lambda: network.plan is not plan, 3.0)
        if network.plan is plan:
            network.plan = None

    # The store

    async def crash_valkey(self) -> None:
        """Also a full disk, with `appendfsync always`: it ends, and cannot start for a while."""
        if self._world.valkey.process.alive:
            self._world.valkey.crash()
            await self._start_valkey()

    async def crash_valkey_at_write(self) -> None:
        """It ends in the act of answering."""
        valkey = self._world.valkey
        if valkey.process.alive:
            victim = valkey.process
            await self._at_write(victim, "server", self._random.randrange(1, 12), valkey.crash)
            if valkey.process is victim and not victim.alive:
                await self._start_valkey()

    async def _start_valkey(self) -> None:
        await asyncio.sleep(self._random.choice((0.01, 0.3, 2.0, 7.0)))
        if not self._world.valkey.process.alive:  # another fault may have been faster
            self._world.valkey.start(loading_s=self._random.choice((0.0, 0.0, 0.5)))

    async def crash_valkey_and_server(self) -> None:
        self._world.servers.kill()
        await self.crash_valkey()

    async def hang_valkey(self) -> None:
        """SIGSTOP."""
        process = self._world.valkey.process
        process.stopped = True
        await asyncio.sleep(self._random.choice((0.05, 0.6, 3.0, 9.0)))
        self._world.network.wake(process)

    async def fill_valkey(self) -> None:
        await self._condition("out_of_memory")

    async def demote_valkey(self) -> None:
        await self._condition("is_replica")

    async def _condition(self, name: str) -> None:
        commands = self._world.valkey.commands
        setattr(commands, name, True)
        await asyncio.sleep(self._random.choice((0.05, 0.6, 3.0)))
        setattr(commands, name, False)

    # The network

    async def reset_store(self) -> None:
        """Cut connections to the store: what was under way is lost, or its reply is."""
        for _ in range(self._random.choice((1, 1, 3))):
            for stream in self._to_store():
                if self._random.random() < 0.7:
                    stream.cut(ConnectionResetError(104, "reset"))
            await asyncio.sleep(self._random.uniform(0.001, 0.05))

    async def hang_store(self) -> None:
        await self._hang(self._to_store(), (0.05, 0.6, 3.0, 9.0))

    async def slow_store(self) -> None:
        await self._slow(self._to_store())

    async def reset_players(self) -> None:
        for stream in self._to_players():
            if self._random.random() < 0.5:
                stream.cut(ConnectionResetError(104, "reset"))

    async def hang_players(self) -> None:
        await self._hang(self._to_players(), (0.3, 3.0, 20.0))

    async def slow_players(self) -> None:
        await self._slow(self._to_players())

    def _to_store(self) -> list[Stream]:
        return self._world.network.of(self._world.valkey.process)

    def _to_players(self) -> list[Stream]:
        streams = self._world.network.of(self._world.servers.process)
        return [stream for stream in streams if stream.label.startswith("player")]

    async def _hang(self, streams: list[Stream], choices: tuple[float, ...]) -> None:
        """Let nothing through for a while; in the end it goes on, or was broken all the time."""
        seconds = self._random.choice(choices)
        for stream in streams:
            stream.hang(seconds)
        await asyncio.sleep(seconds)
        if self._random.random() < 0.5:
            for stream in streams:
                stream.cut(ConnectionResetError(104, "reset"))

    async def _slow(self, streams: list[Stream]) -> None:
        for stream in streams:
            stream.delay_s = self._random.choice((0.005, 0.1, 0.8))
        await asyncio.sleep(self._random.uniform(0.1, 3.0))
        for stream in streams:
            stream.delay_s = 0.0

    async def _wait_for(self, condition: Callable[[], bool], bound_s: float) -> None:
        for _ in range(int(bound_s / 0.02)):
            if condition():
                return
            await asyncio.sleep(0.02)


KINDS: dict[str, int] = {
    "kill_server": 12,
    "kill_at_write": 18,
    "kill_keeper": 4,
    "stop_server": 4,
    "crash_valkey": 8,
    "crash_valkey_at_write": 10,
    "crash_valkey_and_server": 5,
    "hang_valkey": 6,
    "fill_valkey": 5,
    "demote_valkey": 4,
    "reset_store": 16,
    "hang_store": 6,
    "slow_store": 4,
    "reset_players": 8,
    "hang_players": 3,
    "slow_players": 3,
}
_NAMES, _WEIGHTS = tuple(KINDS), tuple(KINDS.values())
