"""Faults of the network on one player's connection, between its socket and its session.

While a fault concerns the connection, its session and the way out of its peer are wrapped; while
none does, nothing stands between, so that the faults of some cost the others nothing. A session
sees only what comes through: a lost message was never received, a lost reply has left.
"""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager

from cxgame.faults import NOBODY, Board, Face, HalfOpen, Line
from cxgame.faults.modes import Cut
from cxgame.server.sockets.peer import Peer, Session
from cxgame.server.sockets.transport import PlayerSocket
from cxgame.server.sockets.ways import LINK, Inward, Outward


@contextmanager
def tapped(
    board: Board | None,
    socket: PlayerSocket,
    session: Session,
    peer: Peer,
    face: Face,
    who: str = NOBODY,
    names: Iterable[str] | None = None,
) -> Iterator[Session]:
    """Let a board's faults act on a connection while this lasts; what to attach to the socket.

    `who` and `names` as `Board.join` takes them; a login tells the board by the peer.
    """
    if board is None:
        yield session
        return
    line = board.join(peer, face, who, names)
    line.round_trip_s = lambda: socket.latency
    tap = Tap(line, socket, session, peer)
    socket.tap = tap
    try:
        yield tap.session
    finally:
        board.leave(peer)
        tap.close()


class Tap:
    """What stands, or may stand, between one socket and its session."""

    def __init__(self, line: Line, socket: PlayerSocket, session: Session, peer: Peer) -> None:
        self._line = line
        self._socket = socket
        self._plain = session
        self._peer = peer
        self._cut: Cut | None = None  # what has ended the connection
        self._out = Outward(self, line, socket, peer)
        self._in = Inward(self, line, socket, session, peer, self._out.expect_login)
        self.session: Session = session  # what the socket is to talk to
        line.changed = self._change
        self._change()

    # Called by the socket

    def read_on(self) -> None:
        """Messages may come to the session again."""
        self._in.link.pump()

    def let_in(self) -> None:
        """The client is gone: what it has sent before arrives now."""
        self._in.link.let_go()

    def let_out(self) -> None:
        """A close frame comes next: what was said before leaves now."""
        self._out.link.let_go()

    # Called by the ways

    def cut(self, fault: Cut) -> None:
        """End the connection: cut it off, or neither read nor write any more."""
        self._cut = fault
        self._in.link.close()
        self._out.link.close()
        if isinstance(fault, HalfOpen):
            self._socket.is_mute = True
            self._peer.hold(LINK)
        else:
            self._socket.transport.abort()

    def emptied(self) -> None:
        """Nothing is on its way, perhaps: then nothing need stand between, if no fault does."""
        if not (self._line.faults or self._in.link.held or self._out.link.held or self._cut):
            self._stand_aside()

    def close(self) -> None:
        """The connection is gone: hold nothing."""
        self._in.link.close()
        self._out.link.close()
        self._stand_aside()

    def _change(self) -> None:
        """Other faults concern the connection than before."""
        if self._cut is not None:
            self._cut_off_if_over(self._cut)
        elif self._line.faults:
            self._stand_between()
        for way in (self._in, self._out):
            way.link.refresh()
        self.emptied()

    def _cut_off_if_over(self, cut: Cut) -> None:
        """A line that was cut does not heal: when the fault ends, the client learns of it."""
        if all(each.fault is not cut for each in self._line.faults):
            self._socket.transport.abort()

    def _stand_between(self) -> None:
        self._set(self._in)
        self._peer.divert(self._out)

    def _stand_aside(self) -> None:
        self._set(self._plain)
        self._peer.divert(None)

    def _set(self, session: Session) -> None:
        self.session = session
        if self._socket.attached:
            self._socket.session = session
