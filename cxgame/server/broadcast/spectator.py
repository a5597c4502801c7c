"""One spectator: bytes out without waiting, and dropped when it does not read them.

A spectator is written to straight through its transport, which the library's own `send` would
make thirty times dearer. What is written is whole, unfragmented frames, so the library's pings and
closing handshake fit in between.
"""

import asyncio
import contextlib
import socket
from typing import Protocol

from websockets.protocol import Event, State

from cxgame.server.sockets.door import Caller
from cxgame.wire.feed import DEFAULT, Subscription

# What may lie unread by one spectator: some seconds of a very busy game. Beyond, it is dropped.
# The default of the setting `feed_buffer`.
MAX_UNREAD_BYTES = 1_048_576
# What the system may hold besides; left to itself it takes megabytes for who does not read.
SYSTEM_BYTES = 262_144
TRY_AGAIN_LATER = 1013
TOO_SLOW = "Too slow: come back and resume."
CLOSE_S = 5.0  # for a slow spectator to read what it was sent, and the reason


class Out(Protocol):
    """Where a spectator's frames go."""

    def write(self, data: bytes) -> None:
        """Send frames as they are."""
        ...


class Detour(Out, Protocol):
    """A way on which they may be held up."""

    def let_out(self) -> None:
        """A close frame comes next: send what is held."""
        ...


class FeedSocket(Caller):
    """One connection of the feed."""

    spectator: "Spectator | None" = None  # from the handshake on
    is_mute = False  # nothing is read or written any more, and nobody is told

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """A connection was accepted."""
        super().connection_made(transport)
        sock = transport.get_extra_info("socket")
        if sock is not None:
            with contextlib.suppress(OSError):  # gone already
                sock.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, SYSTEM_BYTES)

    def dismiss(self, code: int, reason: str) -> None:
        """Close the connection, or cut it off if the handshake is not over."""
        if self.spectator is not None:
            self.spectator.close(code, reason)
        else:
            self.transport.abort()

    def write(self, frames: bytes) -> None:
        """Send frames as they are."""
        if self.is_mute or self.transport.is_closing():
            return
        try:
            self.transport.write(frames)
        except (OSError, RuntimeError):  # closed between the check and the write
            self.transport.abort()

    def cut(self, *, is_silent: bool) -> None:
        """End the connection without a word: reset it, or fall silent and leave it as it is."""
        if is_silent and not self.transport.is_closing():
            self.is_mute = True
            self.transport.pause_reading()
        else:
            self.transport.abort()

    def send_data(self) -> None:
        """Called by the library when it has something to write: pongs, pings, a close frame."""
        if self.is_mute:
            self.protocol.data_to_send()
        else:
            super().send_data()

    def process_event(self, event: Event) -> None:
        """Called by the library for the request, then for each frame."""
        self.count(event)
        super().process_event(event)

    def pause_writing(self) -> None:
        """Too much lies unread, be it events or pongs."""
        super().pause_writing()
        self.dismiss(TRY_AGAIN_LATER, TOO_SLOW)


class Spectator:
    """Who watches over one connection."""

    __slots__ = ("_detour", "_most_unread", "_out", "connection", "owed", "subscription")

    def __init__(self, connection: FeedSocket, most_unread: int = MAX_UNREAD_BYTES) -> None:
        connection.transport.set_write_buffer_limits(most_unread)
        connection.spectator = self
        self.connection = connection
        self._out: Out = connection.transport
        self._detour: Detour | None = None
        self._most_unread = most_unread
        self.subscription: Subscription = DEFAULT
        self.owed = b""  # what the last flush gave its lane, until it is written

    @property
    def gone(self) -> bool:
        """Whether nothing that is written now will arrive."""
        return self.connection.state is not State.OPEN or self.connection.transport.is_closing()

    @property
    def unread_bytes(self) -> int:
        """What lies in our hands because the spectator does not read."""
        return self.connection.transport.get_write_buffer_size()

    def pay(self) -> bool:
        """Write what is owed. False: it is gone, perhaps dropped for not reading just now."""
        owed, self.owed = self.owed, b""
        return not owed or self._write(owed)

    def send(self, data: bytes) -> bool:
        """Write `data` after what is owed. False: as above."""
        owed, self.owed = self.owed, b""
        if len(data) > self._most_unread:  # a great book: nobody could read that as fast
            limit = self._most_unread + len(data)
            self.connection.transport.set_write_buffer_limits(limit)
        return self._write(owed + data)

    def divert(self, detour: "Detour | None") -> None:
        """Write to `detour` from now on; None: to the network, as at first."""
        self._detour = detour
        self._out = self.connection.transport if detour is None else detour

    def close(self, code: int, reason: str) -> None:
        """Close, without waiting for somebody who may never read."""
        connection = self.connection
        if self.gone:
            return
        if connection.is_mute:
            connection.transport.abort()
            return
        if self._detour is not None:
            self._detour.let_out()
        connection.protocol.send_close(code, reason)
        connection.send_data()
        asyncio.get_running_loop().call_later(CLOSE_S, connection.transport.abort)

    def _write(self, data: bytes) -> bool:
        if self.gone:
            return False
        try:
            self._out.write(data)
        except (OSError, RuntimeError):  # closed between the check and the write
            self.connection.transport.abort()
        return not self.gone
