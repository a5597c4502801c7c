"""One stream of the simulated network: its two ends, and what is under way between them.

What is written at one end arrives at the other piece by piece, late, in order and once, as with
TCP; a stream that hangs keeps it, one that is cut loses some of it.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable
from contextvars import copy_context
from typing import TYPE_CHECKING, Any

from tests.simulation.loop import Killed, Process

if TYPE_CHECKING:
    from tests.simulation.network import Network

FASTEST_S, SLOWEST_S = 40e-6, 400e-6  # on the way, usually
_HIGH_WATER = 65_536
_SPLIT = 0.05  # of all writes arrive in pieces


class End(asyncio.Transport):
    """One end of a stream, and what is on its way to the other."""

    def __init__(self, stream: Stream, process: Process, name: str) -> None:
        super().__init__()
        self.stream = stream
        self.process = process
        self.name = name
        self.peer: End = self
        self.protocol: Any = None
        self.context = copy_context()  # of whose process it is
        self._under_way: deque[bytes | None] = deque()  # None: the end of the stream
        self._bytes = 0
        self._is_moving = False
        self._is_paused = False  # does not read
        self._is_choked = False  # its writer was asked to wait
        self._closing = False
        self._gone = False
        self._high = _HIGH_WATER

    # What protocols ask of a transport.

    def get_extra_info(self, name: str, default: Any = None) -> Any:
        if name == "peername":
            return (self.peer.name, 1)
        return (self.name, 1) if name == "sockname" else default

    def set_protocol(self, protocol: Any) -> None:
        self.protocol = protocol

    def get_protocol(self) -> Any:
        return self.protocol

    def is_closing(self) -> bool:
        return self._closing

    def is_reading(self) -> bool:
        return not self._is_paused

    def pause_reading(self) -> None:
        self._is_paused = True

    def resume_reading(self) -> None:
        if self._is_paused:
            self._is_paused = False
            self.peer._move()

    def set_write_buffer_limits(self, high: int | None = None, low: int | None = None) -> None:
        self._high = _HIGH_WATER if high is None else high

    def get_write_buffer_size(self) -> int:
        return self._bytes

    def can_write_eof(self) -> bool:
        return False

    def write(self, data: Any) -> None:
        if self._closing or not self.process.alive:
            return
        kept = self.stream.network.on_write(self, data)
        if kept:
            self._put(bytes(data[:kept]))
        if kept < len(data) or not self.process.alive:
            raise Killed(self.process.name)
        if self._bytes > self._high and not self._is_choked:
            self._is_choked = True
            self._call(self.protocol.pause_writing)

    def writelines(self, list_of_data: Any) -> None:
        self.write(b"".join(list_of_data))

    def close(self) -> None:
        """Send what was written, then end the stream."""
        if not self._closing:
            self._closing = True
            self._under_way.append(None)
            self._move()
            self.lose(None)

    def abort(self) -> None:
        self.stream.cut(None)

    # What the network does with it.

    def lose(self, error: Exception | None) -> None:
        """Tell the protocol that the stream is gone."""
        self._closing = True
        if not self._gone:
            self._gone = True
            self._call(lambda: self.protocol.connection_lost(error))
            if self.peer._gone:
                self.stream.network.streams.pop(self.stream, None)

    def _put(self, data: bytes) -> None:
        random = self.stream.network.random
        self._bytes += len(data)
        if len(data) > 1 and random.random() < _SPLIT:
            at = random.randrange(1, len(data))
            self._under_way += (data[:at], data[at:])
        else:
            self._under_way.append(data)
        self._move()

    def _move(self) -> None:
        """Let the next piece arrive after its time."""
        if not self._is_moving and self._under_way and not self.stream.is_cut:
            self._is_moving = True
            network = self.stream.network
            delay_s = network.random.uniform(FASTEST_S, SLOWEST_S) + self.stream.delay_s
            loop = network.loop
            loop.arrive(max(loop.time(), self.stream.hangs_until_s) + delay_s, self._arrive)

    def _arrive(self) -> None:
        self._is_moving = False
        if self.stream.is_cut:
            return
        if self.stream.hangs_until_s > self.stream.network.loop.time():
            self._move()
            return
        if self.peer._is_paused or self.peer.process.stopped:
            return  # goes on when it is read again
        everything: list[bytes] = []
        while self._under_way and self._under_way[0] is not None:
            everything.append(self._under_way.popleft())  # type: ignore[arg-type]
            if self.stream.network.random.random() < 0.5:
                break
        data = b"".join(everything)
        self._bytes -= len(data)
        if data:
            self.peer.receive(data)
        elif self._under_way:
            self._under_way.popleft()
            self.peer.end()
        if self._is_choked and self._bytes <= self._high // 4:
            self._is_choked = False
            self._call(self.protocol.resume_writing)
        self._move()

    def receive(self, data: bytes) -> None:
        """Hand over what has come, in a step of the process whose end this is."""
        if not self._gone:
            self._call(lambda: None if self._gone else self.protocol.data_received(data))

    def end(self) -> None:
        """The other end was closed."""

        def ended() -> None:
            if not self._gone and not self.protocol.eof_received():
                self.close()

        self._call(ended)

    def cut_under_way(self, keep: int) -> bytes:
        """Lose what is on its way, but for the first bytes of it."""
        rest = b"".join(piece for piece in self._under_way if piece is not None)
        self._under_way.clear()
        self._bytes = 0
        return rest[:keep]

    def _call(self, what: Callable[[], None]) -> None:
        self.stream.network.loop.call_soon(what, context=self.context)


class Stream:
    """Two ends, and what happens to the link between them."""

    def __init__(self, network: Network, label: str) -> None:
        self.network = network
        self.label = label
        self.ends: tuple[End, End] = ()  # type: ignore[assignment]
        self.is_cut = False
        self.delay_s = 0.0
        self.hangs_until_s = 0.0

    def cut(self, error: Exception | None = None) -> None:
        """Break it: each end gets a part of what was on its way, then learns of the end."""
        if self.is_cut:
            return
        self.is_cut = True
        self.network.streams.pop(self, None)
        for end in self.ends:
            kept = end.cut_under_way(self.network.random.randrange(0, end._bytes + 1))
            if kept and not end.peer._is_paused:
                end.peer.receive(kept)
        for end in self.ends:
            end.lose(error)

    def hang(self, seconds: float) -> None:
        """Let nothing through for a while."""
        self.hangs_until_s = max(self.hangs_until_s, self.network.loop.time() + seconds)
