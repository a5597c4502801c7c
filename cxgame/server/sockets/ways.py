"""The two ways through a tap: where messages come in, and where they go on when they may."""

from collections import deque
from collections.abc import Callable
from typing import Final, Protocol

from websockets.protocol import State

from cxgame.faults import Direction, Line, Link, Parcel
from cxgame.faults.modes import LOGINS, Cut
from cxgame.server.sockets.frames import text_frames
from cxgame.server.sockets.kinds import REPLY, kind_in, kind_out, messages
from cxgame.server.sockets.peer import Hold, Peer, Session
from cxgame.server.sockets.transport import PlayerSocket

MOST_IN: Final = 1_000  # messages on their way in: beyond, the sender waits, as for replies
MOST_IN_BYTES: Final = 4_194_304  # the same: one message of the greatest kind
MOST_OUT_BYTES: Final = 4_194_304  # on their way out: beyond, the client is dropped as too slow
LINK: Final = int(Hold.LINK)  # a plain integer, as the peer's own


class Middle(Protocol):
    """Who holds both ways together."""

    def cut(self, fault: Cut) -> None:
        """The connection ends."""
        ...

    def emptied(self) -> None:
        """Nothing is on its way in one direction."""
        ...


class Outward:
    """From the peer to the network."""

    def __init__(self, middle: Middle, line: Line, socket: PlayerSocket, peer: Peer) -> None:
        self.link = Link(line, Direction.OUT, self, socket.loop)
        self._middle = middle
        self._socket = socket
        self._peer = peer
        self._through: list[bytes] = []
        self._replies = 0  # that have come this way
        self._logins: deque[tuple[int, str]] = deque()  # which replies will be to logins

    def write(self, frames: bytes) -> None:
        """Take frames from the peer."""
        for message in messages(frames):
            self.link.send(self._kind(message), message)
        self.link.pump()
        if self.link.held_bytes > MOST_OUT_BYTES:
            self.link.close()
            self._peer.overrun()

    def expect_login(self, kind: str, after: int) -> None:
        """A login is about to reach the session, while so many replies are owed before its own."""
        self._logins.append((self._replies + after + 1, kind))

    def _kind(self, message: bytes) -> str:
        kind = kind_out(message)
        if kind == REPLY:
            self._replies += 1
            if self._logins and self._logins[0][0] == self._replies:
                return self._logins.popleft()[1]
        return kind

    # As the end of its link

    def is_open(self) -> bool:
        """Always: who does not read is the peer's matter."""
        return True

    def take(self, parcel: Parcel) -> None:
        """Send it with the others of this turn."""
        self._through.append(parcel.payload)

    def flush(self) -> None:
        """Write what came through, if there is still somebody to write to."""
        payloads, self._through = self._through, []
        transport = self._socket.transport
        if payloads and not transport.is_closing() and self._socket.protocol.state is State.OPEN:
            try:
                transport.write(text_frames(payloads))
            except (OSError, RuntimeError):  # closed between the check and the write
                transport.abort()
        if not self.link.held:
            self._middle.emptied()

    def cut(self, fault: Cut) -> None:
        """The connection ends."""
        self._middle.cut(fault)


class Inward:
    """From the socket to the session, as which it stands there."""

    def __init__(
        self,
        middle: Middle,
        line: Line,
        socket: PlayerSocket,
        session: Session,
        peer: Peer,
        login: Callable[[str, int], None],
    ) -> None:
        """`login` is told of each one that comes through, and how many replies are owed then."""
        self.link = Link(line, Direction.IN, self, socket.loop)
        self._middle = middle
        self._face = line.face
        self._socket = socket
        self._session = session
        self._peer = peer
        self._login = login

    # As a session

    def receive(self, raw: bytes) -> None:
        """Put a message on its way; the session has not received it yet."""
        self._peer.spared()
        self.link.send(kind_in(self._face, raw), raw)
        self.link.pump()
        if self.link.held >= MOST_IN or self.link.held_bytes >= MOST_IN_BYTES:
            self._peer.hold(LINK)

    def binary(self) -> None:
        """No fault concerns what the dialect does not know."""
        self._session.binary()

    def too_long(self, size: int) -> None:
        """Nor what is not read."""
        self._session.too_long(size)

    def limited(self, raw: bytes, wait_s: float | None) -> None:
        """Nothing sends this here: refusals go to the session straight."""
        self._session.limited(raw, wait_s)

    def closed(self, clean: bool) -> None:
        """The connection is gone."""
        self._session.closed(clean)

    # As the end of its link

    def is_open(self) -> bool:
        """Whether the session takes messages."""
        return not self._peer.holds & ~LINK

    def take(self, parcel: Parcel) -> None:
        """Hand a message to the session."""
        if parcel.kind in LOGINS:
            self._login(parcel.kind, self._peer.outstanding)
        if parcel.ban is not None:
            wait_s = parcel.ban.retry_after_s
            self._socket.guarded(self._session.limited, parcel.payload, wait_s)
        else:
            self._socket.guarded(self._session.receive, parcel.payload)

    def flush(self) -> None:
        """Take more, if there is room again."""
        if self.link.held <= MOST_IN // 2 and self.link.held_bytes <= MOST_IN_BYTES // 2:
            self._peer.release(LINK)
        if not self.link.held:
            self._middle.emptied()

    def cut(self, fault: Cut) -> None:
        """The connection ends."""
        self._middle.cut(fault)
