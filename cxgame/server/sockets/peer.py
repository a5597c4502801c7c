"""The way out to one player: replies, flow control, the end of the connection.

A `Peer` is all that a session knows of its socket. It writes replies in one go, stops reading
from whoever asks faster than answers can leave, and bounds what is kept for a slow reader: less of
what is pushed to it than of what it has asked for, since that comes without end. It never raises
towards the caller, which is the committer of everybody's orders. What the replies say is none of
its business.
"""

import asyncio
from dataclasses import dataclass
from enum import IntFlag
from typing import TYPE_CHECKING, Protocol

from websockets.protocol import State

from cxgame.server.sockets.door import MOST_PER_ADDRESS
from cxgame.server.sockets.frames import text_frames

if TYPE_CHECKING:
    from cxgame.server.sockets.transport import PlayerSocket

# Close codes of RFC 6455, 7.4.1, and of its registry.
UNREAD = (1008, "Replies were left unread.")
TOO_SLOW = (1013, "Too slow: come back and subscribe again.")
MAX_REASON = 123  # bytes; a control frame holds 125


@dataclass(frozen=True, slots=True)
class SocketLimits:
    """What one socket, and one address, may take up."""

    max_message: int = 65_536  # bytes; an order is 100
    max_outstanding: int = 1000  # messages without reply: beyond, the sender waits
    connections_per_address: int = MOST_PER_ADDRESS
    write_high: int = 65_536  # bytes unread by the peer: beyond, nothing more is read from it
    write_max: int = 4_194_304  # bytes unread: beyond, it is dropped; 16 full lists fit
    push_max: int = 1_048_576  # bytes unread of one that is pushed to: some busy seconds
    stalled_s: float = 30.0  # how long a peer may leave `write_high` bytes unread
    handshake_s: float = 10.0  # a half-open handshake holds a descriptor
    ping_interval_s: float = 20.0
    ping_timeout_s: float = 60.0  # generous: a student's laptop may be busy for a while
    close_s: float = 5.0  # for the last replies to leave, and again for the peer's close frame
    fast_path: bool = True  # False: every frame is parsed by `websockets`


class Session(Protocol):
    """What a socket knows of its session."""

    def receive(self, raw: bytes) -> None:
        """One text message of valid UTF-8. Leads to one reply, now or later."""
        ...

    def binary(self) -> None:
        """A binary message came, which the dialect does not know. Leads to one reply."""
        ...

    def too_long(self, size: int) -> None:
        """A message of `size` bytes is coming and will not be read. Leads to one reply."""
        ...

    def limited(self, raw: bytes, wait_s: float | None) -> None:
        """A text message came too soon and is refused; None: for good. Leads to one reply."""
        ...

    def closed(self, clean: bool) -> None:
        """The connection is gone; `clean`: the client has closed it with code 1000."""
        ...


class Hold(IntFlag):
    """Reasons for not reading from the socket."""

    SESSION = 1  # the session asked for it
    OUTSTANDING = 2  # too many messages without reply
    WRITING = 4  # the peer leaves its replies unread
    CLOSING = 8  # nothing that comes now counts
    LINK = 16  # a fault of the network holds enough, or has cut the line


# Plain integers: these are tested for every message, and flag arithmetic costs a microsecond.
_SESSION, _OUTSTANDING = int(Hold.SESSION), int(Hold.OUTSTANDING)
_WRITING, _CLOSING = int(Hold.WRITING), int(Hold.CLOSING)


class Out(Protocol):
    """Where a peer's frames go: its transport, or what stands before that."""

    def write(self, data: bytes, /) -> None:
        """Send WebSocket frames. Raises OSError or RuntimeError if that is over."""
        ...


class Peer:
    """One player's connection, as its session and the game see it."""

    __slots__ = (
        "_finishing",
        "_follows",
        "_great",
        "_limits",
        "_out",
        "_socket",
        "_timer",
        "address",
        "holds",
        "outstanding",
    )

    def __init__(self, socket: "PlayerSocket", limits: SocketLimits, address: str) -> None:
        self.address = address
        self.holds = 0  # of `Hold`; nothing is read while it is not 0
        self.outstanding = 0  # messages received and not answered
        self._socket = socket
        self._limits = limits
        self._out: Out = socket.transport
        self._finishing: tuple[int, str] | None = None
        self._follows = False  # it was pushed something
        self._great = 0  # bytes of a great book that lies unread: nobody could read it as fast
        self._timer: asyncio.TimerHandle | None = None

    def write(self, payloads: list[bytes], pushed: int = 0) -> None:
        """Send each payload as a text message, all in one write; lost if the peer is gone.

        So many of them are `pushed` and answer nothing.
        """
        socket = self._socket
        transport = socket.transport
        self.outstanding -= len(payloads) - pushed
        if transport.is_closing() or socket.protocol.state is not State.OPEN:
            return
        frames = text_frames(payloads)
        if pushed:
            self._pushing(len(frames))
        try:
            self._out.write(frames)
        except (OSError, RuntimeError):  # closed between the check and the write
            transport.abort()
            return
        if self.holds:
            self._after_write(self._limits.push_max if pushed else self._limits.write_max)

    def push(self, frames: bytes) -> bool:
        """Send WebSocket frames as they are. False: the peer is gone, or closed for not reading."""
        socket = self._socket
        if self.is_closing() or socket.protocol.state is not State.OPEN:
            return False
        self._pushing(len(frames))
        try:
            self._out.write(frames)
        except (OSError, RuntimeError):  # closed between the check and the write
            socket.transport.abort()
            return False
        if self.holds:
            self._after_write(self._limits.push_max)
        return not self.holds & _CLOSING

    @property
    def unread_bytes(self) -> int:
        """What waits here because the peer does not read."""
        return self._socket.transport.get_write_buffer_size()

    def close(self, code: int, reason: str) -> None:
        """Read no more; close once the replies that are still owed have left."""
        if self.holds & _CLOSING:
            return
        self.hold(_CLOSING)
        self._finishing = (code, reason)
        if self.outstanding <= 0:
            self._finish()
        else:
            self._schedule(self._limits.close_s, self._finish)

    def pause_reading(self) -> None:
        """Take no further message from this peer, not even of those that have come already."""
        self.hold(_SESSION)

    def resume_reading(self) -> None:
        """Go on with the next message; never from within this call."""
        self.release(_SESSION)

    def is_closing(self) -> bool:
        """Whether nothing that is written now will arrive."""
        return bool(self.holds & _CLOSING) or self._socket.transport.is_closing()

    # For who stands between it and the network.

    def divert(self, out: Out | None) -> None:
        """Write to `out` from now on; None: to the network, as at first."""
        self._out = self._socket.transport if out is None else out

    def spared(self) -> None:
        """A message that was received leads to no reply: it has not come through."""
        self.outstanding -= 1
        self._release_answered()

    def overrun(self) -> None:
        """More is on its way to the peer than may be: it is dropped, as one that does not read."""
        self._drop(TOO_SLOW)

    # What the socket tells of.

    def received(self) -> None:
        """A message is about to reach the session."""
        self.outstanding += 1
        if self.outstanding >= self._limits.max_outstanding:
            self.hold(_OUTSTANDING)

    def stalled(self) -> None:
        """More lies unread by the peer than it should."""
        self.hold(_WRITING)
        if not self.holds & _CLOSING:
            self._schedule(self._limits.stalled_s, self._drop_unread)

    def flowing(self) -> None:
        """The peer has read on."""
        self._great = 0
        if not self.holds & _CLOSING:
            self._cancel()
        self.release(_WRITING)

    def gone(self) -> None:
        """The connection is lost."""
        self.holds |= _CLOSING
        self._cancel()

    def hold(self, why: int) -> None:
        """Stop reading for one more reason."""
        if not self.holds:
            self._socket.stop_reading()
        self.holds |= why

    def release(self, why: int) -> None:
        """One reason less not to read."""
        if self.holds & why:
            self.holds &= ~why
            if not self.holds:
                self._socket.read_on()

    def _release_answered(self) -> None:
        if self.holds & _OUTSTANDING and self.outstanding <= self._limits.max_outstanding // 2:
            self.release(_OUTSTANDING)

    # The end.

    def _after_write(self, most_unread: int) -> None:
        """What must be looked at only when something is out of the ordinary."""
        self._release_answered()
        is_too_much = self.unread_bytes > most_unread + self._great
        if self._finishing is not None:
            if self.outstanding <= 0 or is_too_much:
                self._finish()
        elif self.holds & _WRITING and is_too_much:
            self._drop_unread()

    def _pushing(self, size: int) -> None:
        """So many bytes leave that answer nothing."""
        self._follows = True
        if size > self._limits.push_max:
            self._great = size

    def _drop_unread(self) -> None:
        """It leaves too much unread, or for too long."""
        self._drop(TOO_SLOW if self._follows else UNREAD)

    def _drop(self, why: tuple[int, str]) -> None:
        if self.holds & _CLOSING:
            return
        self.hold(_CLOSING)
        self._finishing = why
        self._finish()

    def _finish(self) -> None:
        """Send the close frame now; whoever does not answer it in time is cut off."""
        if self._finishing is None:
            return
        (code, reason), self._finishing = self._finishing, None
        self._schedule(self._limits.close_s, self._socket.transport.abort)
        self._socket.send_close(code, shorten(reason))

    def _schedule(self, delay_s: float, what: "Callback") -> None:
        self._cancel()
        self._timer = self._socket.loop.call_later(delay_s, what)

    def _cancel(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None


class Callback(Protocol):
    """Something to do later."""

    def __call__(self) -> None: ...


def shorten(reason: str) -> str:
    """The reason as far as a close frame can carry it."""
    return reason.encode()[:MAX_REASON].decode(errors="ignore")
