"""A load generator that costs little: prepared WebSocket frames out, replies counted in.

Runs in a process of its own. Each connection sends its messages with a number of them in flight
and waits for one reply to each; what a reply must contain is checked, so that refusals are never
counted as work done.
"""

import asyncio
import time
from collections.abc import Sequence
from dataclasses import dataclass, field

from cxgame.load.links import WebSocketLink, frame

NORMAL = 1000  # close code of RFC 6455, 7.4.1


@dataclass
class Result:
    """What a load run saw."""

    seconds: float = 0.0
    replies: int = 0
    bad: list[bytes] = field(default_factory=list)  # replies without what they must contain
    latencies_ms: list[float] = field(default_factory=list)


class Connection(WebSocketLink):
    """One client: handshake, a login if there is one, then the messages."""

    def __init__(self, login: bytes | None, must: bytes, in_flight: int) -> None:
        super().__init__()
        self.ready: asyncio.Future[bytes] = asyncio.get_running_loop().create_future()
        self.done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.result = Result()
        self._login = login
        self._must = must
        self._in_flight = in_flight
        self._messages: Sequence[bytes] = ()
        self._sent = 0
        self._sent_at: list[float] = []
        self._answered = 0  # of the read at hand

    def run(self, messages: Sequence[bytes]) -> None:
        """Send all messages, `in_flight` at a time."""
        self._messages = messages
        first = messages[: self._in_flight]
        self._sent = len(first)
        self._sent_at = [time.perf_counter()] * len(first)
        self._transport.write(b"".join(first))

    def close(self) -> None:
        """Say goodbye as the protocol asks."""
        self.leave(NORMAL)

    def entered(self) -> None:
        if self._login is None:
            self.ready.set_result(b"")
        else:
            self._transport.write(frame(self._login))

    def message(self, payload: bytes) -> None:
        if not self.ready.done():
            self.ready.set_result(payload)
            return
        result = self.result
        if result.replies >= len(self._sent_at):
            return  # pushed by a feed, not asked for
        result.replies += 1
        result.latencies_ms.append((time.perf_counter() - self._sent_at[result.replies - 1]) * 1e3)
        if self._must not in payload:
            result.bad.append(payload)
        self._answered += 1

    def after_read(self) -> None:
        if self._answered:
            count, self._answered = self._answered, 0
            self._send_more(count)

    def _send_more(self, count: int) -> None:
        more = self._messages[self._sent : self._sent + count]
        if more:
            self._sent += len(more)
            self._sent_at.extend([time.perf_counter()] * len(more))
            self._transport.write(b"".join(more))
        elif self.result.replies == len(self._messages):
            self.done.set_result(None)

    def connection_lost(self, exc: Exception | None) -> None:
        super().connection_lost(exc)
        for future in (self.ready, self.done):
            if not future.done():
                future.set_exception(exc or ConnectionError("closed by the server"))


async def connect(
    port: int, logins: Sequence[bytes | None], must: bytes, in_flight: int
) -> list[Connection]:
    """Open a connection for each login and wait until all are in."""
    loop = asyncio.get_running_loop()
    connections: list[Connection] = []
    for login in logins:
        _, protocol = await loop.create_connection(
            lambda login=login: Connection(login, must, in_flight), "127.0.0.1", port
        )
        connections.append(protocol)
        await protocol.ready
    return connections


async def drive(connections: Sequence[Connection], messages: Sequence[Sequence[bytes]]) -> Result:
    """Run all connections at once and add up what they saw."""
    begun = time.perf_counter()
    for connection, mine in zip(connections, messages, strict=True):
        connection.run(mine)
    await asyncio.gather(*(connection.done for connection in connections))
    total = Result(seconds=time.perf_counter() - begun)
    for connection in connections:
        total.replies += connection.result.replies
        total.bad.extend(connection.result.bad)
        total.latencies_ms.extend(connection.result.latencies_ms)
        connection.close()
    return total
