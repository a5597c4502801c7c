"""The order server's connections: bytes in, messages to the session, in order and synchronously.

`websockets` does the handshake, pings, closing and fragments. What every order passes is done
here instead, because it costs a third (docs/server.md): complete text frames are cut out of the
received bytes and handed to the session at once, without a task or a queue. Every other frame
goes through `websockets`, whole and at its place in the order.
"""

import logging
from collections import deque
from collections.abc import Callable
from types import GeneratorType
from typing import TYPE_CHECKING, Any

from websockets.asyncio.server import Server
from websockets.frames import Frame, Opcode
from websockets.protocol import Event, State
from websockets.protocol import Protocol as WebSocketProtocol
from websockets.server import ServerProtocol
from websockets.streams import StreamReader

from cxgame.server.sockets.door import Caller, Registry
from cxgame.server.sockets.frames import FIN_TEXT, INCOMPLETE, MASKED, apply_mask, frame_end
from cxgame.server.sockets.peer import Peer, Session, SocketLimits

if TYPE_CHECKING:
    from cxgame.server.sockets.tap import Tap

# Close codes of RFC 6455, 7.4.1.
NORMAL, INVALID_DATA, TOO_BIG, INTERNAL = 1000, 1007, 1009, 1011
CONTROL = 0x08  # in the opcodes of ping, pong and close
OPEN = State.OPEN
DATA = (Opcode.TEXT, Opcode.BINARY, Opcode.CONT)

logger = logging.getLogger(__name__)


class PlayerSocket(Caller):
    """One connection of the order server."""

    session: Session
    peer: Peer

    def __init__(
        self, registry: Registry, protocol: ServerProtocol, server: Server, **options: Any
    ) -> None:
        super().__init__(registry, protocol, server, **options)
        self.attached = False  # from then on there is a session
        self.tap: Tap | None = None  # while faults of the network may concern this connection
        self.is_mute = False  # nothing of what `websockets` writes leaves any more
        self._fast = False  # False: `websockets` finds the frames
        self._max_message = 0
        self._buffer = bytearray()  # fast: a frame that is not complete, or may not be read yet
        self._needed = 0  # fast: bytes in the buffer below which another look is useless
        self._waiting: deque[Frame] = deque()  # not fast: frames that may not be read yet
        self._parts = bytearray()  # of the message that is coming in fragments
        self._parts_opcode: Opcode | None = None  # None: no such message

    def attach(self, session: Session, peer: Peer, limits: SocketLimits) -> None:
        """Pass messages to `session` from now on; the handshake is done."""
        self.session, self.peer = session, peer
        self.attached = True
        self._max_message = limits.max_message
        # Who sent frames before the handshake was answered may have left half a frame there.
        self._fast = limits.fast_path and at_frame_boundary(self.protocol)
        self._replay()

    def dismiss(self, code: int, reason: str) -> None:
        """Close the connection once its replies have left, or cut it off without a session."""
        if self.attached:
            self.peer.close(code, reason)
        else:
            self.transport.abort()

    # Bytes in.

    def data_received(self, data: bytes) -> None:
        """Called by the event loop."""
        if self._fast and self.protocol.state is not OPEN:
            self._hand_over()
        if not self._fast:
            super().data_received(data)
        elif self._buffer or self.peer.holds:
            self._buffer += data
            self._read_buffer()
        else:
            self._read(data)

    def _read_buffer(self) -> None:
        if self._buffer and len(self._buffer) >= self._needed and not self.peer.holds:
            data = bytes(self._buffer)
            self._buffer.clear()
            self._read(data)

    def _read(self, data: bytes) -> None:
        """Take frames out of `data`, which begins with one, as far as they may be read."""
        start, size, peer = 0, len(data), self.peer
        self._needed = 0
        while start < size and not peer.holds:
            body, end = frame_end(data, start)
            if (
                data[start] == FIN_TEXT
                and INCOMPLETE < end <= size
                and data[start + 1] >= MASKED
                and end - body <= self._max_message
                and self._parts_opcode is None
            ):
                self._message(apply_mask(data[body:end], data[body - 4 : body]))
            else:
                end = self._other(data, start, body, end)
                if end == start or not self._fast:
                    start = end
                    break
            start = end
        if start < size:
            self._keep(data[start:])

    def _other(self, data: bytes, start: int, body: int, end: int) -> int:
        """Deal with any frame that is not plain, complete text; returns where to read on."""
        if body == INCOMPLETE:
            return start
        length, is_control = end - body, data[start] & CONTROL
        if data[start + 1] < MASKED or (is_control and length > self._max_message):
            self._fast = False  # `websockets` will answer with a protocol error
        elif not is_control and length + len(self._parts) > self._max_message:
            self._too_long(length + len(self._parts))
        elif end > len(data):
            self._needed = end - start
        else:
            super().data_received(data[start:end])
            self._fast = self.protocol.state is OPEN
            return end
        return start

    def _keep(self, rest: bytes) -> None:
        if self._fast:
            self._buffer += rest
        else:
            super().data_received(rest)

    def _hand_over(self) -> None:
        """Leave everything to `websockets` from now on, beginning with what has not been read."""
        self._fast = False
        if self._buffer:
            rest = bytes(self._buffer)
            self._buffer.clear()
            super().data_received(rest)

    # Frames that come by way of `websockets`.

    def process_event(self, event: Event) -> None:
        """Called by the library for the request, then for each frame."""
        self.count(event)
        if not isinstance(event, Frame) or event.opcode not in DATA:
            super().process_event(event)
        elif not self.attached or self.peer.holds or self._waiting:
            self._wait(event)
        else:
            self._take(event)

    def _wait(self, frame: Frame) -> None:
        if not self.attached or not self.peer.is_closing():
            self._waiting.append(frame)

    def _replay(self) -> None:
        while self._waiting and not self.peer.holds:
            self._take(self._waiting.popleft())

    def _take(self, frame: Frame) -> None:
        """Put fragments together; the library has checked that they belong together."""
        if frame.opcode is not Opcode.CONT:
            self._parts_opcode = frame.opcode
        self._parts += frame.data
        if not frame.fin:
            return
        message, opcode = bytes(self._parts), self._parts_opcode
        self._parts.clear()
        self._parts_opcode = None
        if opcode is Opcode.TEXT:
            self._message(message)
        else:
            self.guarded(self.session.binary)

    # Messages to the session.

    def _message(self, raw: bytes) -> None:
        if not raw.isascii() and not is_utf8(raw):
            self.peer.close(INVALID_DATA, "A text message must be UTF-8.")
            return
        self.guarded(self.session.receive, raw)

    def _too_long(self, size: int) -> None:
        self.guarded(self.session.too_long, size)
        self.peer.close(TOO_BIG, f"A message has at most {self._max_message} bytes.")

    def guarded(self, call: Callable[..., None], *args: object) -> None:
        """Pass a message on: a bug that one player meets ends the connection of this one only."""
        self.peer.received()
        try:
            call(*args)
        except Exception:
            logger.exception("a session failed")
            self.peer.outstanding -= 1  # this message gets no reply
            self.peer.close(INTERNAL, "The server failed on this message.")

    # What the peer asks of its socket.

    def stop_reading(self) -> None:
        """Let the kernel hold back what comes from now on."""
        if not self.transport.is_closing():
            self.transport.pause_reading()

    def read_on(self) -> None:
        """Read again, in a turn of its own: the caller may be in the middle of a commit."""
        self.loop.call_soon(self._read_on)

    def _read_on(self) -> None:
        if self.tap is not None:
            self.tap.read_on()  # what has come earlier comes first
        self._read_buffer()
        self._replay()
        if not self.peer.holds and not self.transport.is_closing():
            self.transport.resume_reading()

    def send_close(self, code: int, reason: str) -> None:
        """Send the close frame; from now on only the peer's is waited for."""
        if self.transport.is_closing() or self.protocol.state is not OPEN:
            return
        if self.tap is not None:
            self.tap.let_out()
        self.protocol.send_close(code, reason)
        self.send_data()
        self._waiting.clear()
        self._hand_over()
        if not self.deaf and not self.transport.is_closing():
            self.transport.resume_reading()

    def send_data(self) -> None:
        """Called by the library when it has something to write: pongs, pings, a close frame."""
        if self.is_mute:
            self.protocol.data_to_send()
        else:
            super().send_data()

    # Called by the event loop.

    def pause_writing(self) -> None:
        """More waits to be sent than `write_high`."""
        super().pause_writing()
        if self.attached:
            self.peer.stalled()

    def resume_writing(self) -> None:
        """The peer has read on."""
        super().resume_writing()
        if self.attached:
            self.peer.flowing()

    def connection_lost(self, exc: Exception | None) -> None:
        """The last call."""
        super().connection_lost(exc)
        self._buffer.clear()
        self._waiting.clear()
        if self.attached:
            if self.tap is not None:
                self.tap.let_in()
            self.peer.gone()
            goodbye = self.protocol.close_rcvd
            self.session.closed(goodbye is not None and goodbye.code == NORMAL)


def is_utf8(raw: bytes) -> bool:
    """Whether the bytes are valid UTF-8."""
    try:
        raw.decode()
    except UnicodeDecodeError:
        return False
    return True


def at_frame_boundary(protocol: WebSocketProtocol) -> bool:
    """Whether the library has no part of a frame, and is in no fragmented message.

    Its parser is a chain of generators; between two frames the innermost waits in `at_eof`.
    """
    parser: Any = protocol.parser
    while isinstance(parser.gi_yieldfrom, GeneratorType):
        parser = parser.gi_yieldfrom
    waits_for_a_frame = parser.gi_code is StreamReader.at_eof.__code__
    return waits_for_a_frame and protocol.current_size is None
