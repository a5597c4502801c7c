"""The simulated network: who listens where, which streams there are, who is killed.

A stream has two ends, which are asyncio transports (`stream.py`).
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextvars import copy_context
from random import Random
from typing import Any

from tests.simulation.loop import Process, SimulatedLoop
from tests.simulation.stream import FASTEST_S, SLOWEST_S, End, Stream


class Refused(ConnectionRefusedError):
    """Nobody listens there."""


class Listening:
    """What `create_server` returns."""

    def __init__(self, network: Network, process: Process, factory: Any, port: int) -> None:
        self.network, self.process, self.factory, self.port = network, process, factory, port
        self.context = copy_context()
        self.accepts = False
        self.is_open = True

    @property
    def sockets(self) -> tuple[Any, ...]:
        return (self,)

    def getsockname(self) -> tuple[str, int]:
        return ("sim", self.port)

    def get_loop(self) -> asyncio.AbstractEventLoop:
        return self.network.loop

    def is_serving(self) -> bool:
        return self.accepts and self.is_open

    async def start_serving(self) -> None:
        self.accepts = True

    def close(self) -> None:
        self.is_open = False
        if self.network.ports.get(self.port) is self:
            del self.network.ports[self.port]

    async def wait_closed(self) -> None:
        """Connections go on, as in Python 3.11."""


class Network:
    """All streams, and who listens where. Ports belong to processes; there is one host."""

    def __init__(self, loop: SimulatedLoop, random: Random) -> None:
        self.loop = loop
        self.random = random
        self.ports: dict[int, Listening] = {}
        self.streams: dict[Stream, None] = {}
        # Told of every write. Returns how many bytes leave: who kills the writer lets some.
        self.on_write: Callable[[End, Any], int] = lambda end, data: len(data)
        self.plan: Callable[[End, Any], int] | None = None  # the same, of a fault
        loop.host = self

    def listen(self, process: Process, factory: Any, port: int, at_once: bool) -> Listening:
        """Take a port. Raises OSError."""
        if port in self.ports and self.ports[port].process.alive:
            raise OSError(98, "address already in use")
        listening = self.ports[port] = Listening(self, process, factory, port)
        listening.accepts = at_once
        return listening

    async def connect(self, process: Process, factory: Any, host: str, port: int) -> Any:
        """Connect to a port. Raises ConnectionRefusedError."""
        await asyncio.sleep(self.random.uniform(FASTEST_S, SLOWEST_S))
        listening = self.ports.get(port)
        if listening is None or not listening.process.alive or not listening.is_serving():
            raise Refused(111, f"connect to {host}:{port} refused")
        stream = Stream(self, f"{process.name}>{listening.process.name}")
        here = End(stream, process, process.name)
        there = listening.context.run(End, stream, listening.process, listening.process.name)
        here.peer, there.peer = there, here
        stream.ends = (here, there)
        self.streams[stream] = None
        here.protocol = factory()
        there._call(lambda: _accept(listening, there))
        here.protocol.connection_made(here)
        return here, here.protocol

    def of(self, process: Process) -> list[Stream]:
        """The streams of a process."""
        return [
            stream for stream in self.streams if any(end.process is process for end in stream.ends)
        ]

    def kill(self, process: Process) -> None:
        """End a process as `kill -9` does: its streams break, its ports are free."""
        process.alive = False
        for port, listening in list(self.ports.items()):
            if listening.process is process:
                del self.ports[port]
        for stream in self.of(process):
            self.loop.arrive(
                self.loop.time() + self.random.uniform(FASTEST_S, SLOWEST_S),
                lambda stream=stream: stream.cut(ConnectionResetError(104, "reset")),  # type: ignore[misc]
            )

    def wake(self, process: Process) -> None:
        """Let a process that was stopped read what has come."""
        process.stopped = False
        for stream in self.of(process):
            for end in stream.ends:
                if end.process is not process:
                    end._move()


def _accept(listening: Listening, end: End) -> None:
    end.protocol = listening.factory()
    end.protocol.connection_made(end)
