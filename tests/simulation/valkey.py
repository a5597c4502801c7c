"""A simulated Valkey with `appendfsync always`: what it has answered is kept, whatever happens.

It works in cycles, as the real one: take what all connections have sent, carry it out, write and
sync the file, then answer. A crash keeps every answered command and, of those under way, as many
of the first ones as the file has by chance.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable
from random import Random
from typing import Any

from tests.simulation.functions import Status
from tests.simulation.loop import PROCESS, Process, SimulatedLoop
from tests.simulation.network import Network
from tests.simulation.valkey_commands import Block, Commands, Nothing
from tests.simulation.values import Change, Data, Failure

PORT = 6379
_SYNC_S = (2e-4, 2e-3)
_SLOW_SYNC_S = 0.08
_LOOK_S = 0.01  # how soon a stopped process that was woken goes on


class Connection(asyncio.Protocol):
    """One client of the store."""

    def __init__(self, valkey: Valkey) -> None:
        self.valkey = valkey
        self.transport: Any = None
        self.blocked: tuple[list[bytes], asyncio.TimerHandle] | None = None
        self.pending: deque[list[bytes]] = deque()
        self._buffer = b""

    def connection_made(self, transport: Any) -> None:
        self.transport = transport

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        at = 0
        while (found := parse(self._buffer, at)) is not None:
            parts, at = found
            self.pending.append(parts)
        self._buffer = self._buffer[at:]
        if self.pending:
            self.valkey.ready(self)

    def connection_lost(self, exc: Exception | None) -> None:
        if self.blocked is not None:
            self.blocked[1].cancel()
            self.valkey.blocked.pop(self, None)
        self.pending.clear()


class Valkey:
    """The store across all its lives. `start` begins one, `crash` ends it."""

    def __init__(
        self, loop: SimulatedLoop, network: Network, random: Random, now_ms: Callable[[], int]
    ) -> None:
        self.loop, self.network, self.random = loop, network, random
        self.commands = Commands(now_ms)
        self.process = Process("valkey")
        self.process.alive = False
        self.loading_until_s = 0.0
        self.blocked: dict[Connection, None] = {}
        self.answers_early = False  # a planted fault: replies do not wait for the disk
        self._ready: dict[Connection, None] = {}
        self._busy = False
        self._synced: list[list[Change]] = []

    def start(self, loading_s: float = 0.0) -> None:
        """Load the file and listen."""
        self.process = Process("valkey")
        self.commands.data = Data.again(self._synced)
        self.loading_until_s = self.loop.time() + loading_s
        self._ready, self._busy, self.blocked = {}, False, {}
        token = PROCESS.set(self.process)
        self.network.listen(self.process, lambda: Connection(self), PORT, at_once=True)
        PROCESS.reset(token)

    def crash(self) -> None:
        """End at once; what was not synced is cut off somewhere."""
        log = self.commands.data.log
        kept = self.random.randrange(len(self._synced), len(log) + 1)
        self._synced = log[:kept]
        self.network.kill(self.process)

    def durable(self) -> Data:
        """What is in the file."""
        return Data.again(self._synced)

    # A cycle

    def ready(self, connection: Connection) -> None:
        """A connection has sent something."""
        self._ready[connection] = None
        if not self._busy:
            self._busy = True
            self.loop.call_soon(self._cycle)

    def _cycle(self) -> None:
        if self.process.stopped:
            self.loop.call_later(_LOOK_S, self._cycle)
            return
        connections, self._ready = self._ready, {}
        replies: dict[Connection, list[bytes]] = {}
        for connection in connections:
            self._take(connection, replies)
        log = self.commands.data.log
        if len(log) > len(self._synced):
            self._serve_blocked(replies)
        if self.answers_early:
            self._answer(replies)
            replies = {}
        slow = self.random.random() < 0.01
        sync_s = _SLOW_SYNC_S if slow else self.random.uniform(*_SYNC_S)
        self.loop.call_later(
            sync_s if len(log) > len(self._synced) else 2e-5, self._synced_then, replies
        )

    def _take(self, connection: Connection, replies: dict[Connection, list[bytes]]) -> None:
        told = replies.setdefault(connection, [])
        while connection.pending and connection.blocked is None:
            parts = connection.pending.popleft()
            if self.loop.time() < self.loading_until_s and parts[0] not in (b"HELLO",):
                told.append(encode(Failure("LOADING Valkey is loading the dataset in memory")))
                continue
            try:
                told.append(encode(self.commands.do(parts)))
            except Block as block:
                timer = self.loop.call_later(block.ms / 1000, self._give_up, connection)
                connection.blocked = (parts, timer)
                self.blocked[connection] = None
            self.commands.data.done()

    def _serve_blocked(self, replies: dict[Connection, list[bytes]]) -> None:
        for connection in list(self.blocked):
            assert connection.blocked is not None
            parts, timer = connection.blocked
            try:
                reply = self.commands.do(parts)
            except Block:
                continue
            timer.cancel()
            connection.blocked = None
            del self.blocked[connection]
            replies.setdefault(connection, []).append(encode(reply))

    def _give_up(self, connection: Connection) -> None:
        if connection.blocked is not None:
            connection.blocked = None
            self.blocked.pop(connection, None)
            connection.transport.write(encode(Nothing))
            if connection.pending:
                self.ready(connection)

    def _synced_then(self, replies: dict[Connection, list[bytes]]) -> None:
        if self.process.stopped:
            self.loop.call_later(_LOOK_S, self._synced_then, replies)
            return
        log = self.commands.data.log
        self._synced += log[len(self._synced) :]
        self._answer(replies)
        self._busy = False
        if self._ready:
            self._busy = True
            self.loop.call_soon(self._cycle)

    def _answer(self, replies: dict[Connection, list[bytes]]) -> None:
        for connection, told in replies.items():
            if told:
                connection.transport.write(b"".join(told))


def parse(data: bytes, at: int) -> tuple[list[bytes], int] | None:
    """One command, and where the next begins; None if it is not complete."""
    end = data.find(b"\r\n", at)
    if end < 0:
        return None
    count, at = int(data[at + 1 : end]), end + 2
    parts = []
    for _ in range(count):
        end = data.find(b"\r\n", at)
        if end < 0:
            return None
        size = int(data[at + 1 : end])
        at = end + 2 + size + 2
        if at > len(data):
            return None
        parts.append(data[at - size - 2 : at - 2])
    return parts, at


def encode(reply: Any) -> bytes:
    """A reply as bytes of RESP2."""
    match reply:
        case Status():
            return b"+%b\r\n" % reply
        case bytes():
            return b"$%d\r\n%b\r\n" % (len(reply), reply)
        case int():
            return b":%d\r\n" % reply
        case None:
            return b"$-1\r\n"
        case list():
            return b"*%d\r\n" % len(reply) + b"".join(map(encode, reply))
        case Failure():
            return b"-%b\r\n" % str(reply).encode()
    return b"*-1\r\n"
