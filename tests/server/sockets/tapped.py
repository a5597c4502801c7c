"""A connection with faults on it, without a network: its board, its clock, what passed."""

from contextlib import ExitStack
from typing import Any

from websockets.frames import Opcode

from cxgame.faults import Board, Face, read_fault
from cxgame.server.sockets.frames import text_frames
from cxgame.server.sockets.peer import SocketLimits
from cxgame.server.sockets.tap import tapped
from tests.support.faults import ManualLoop
from tests.support.sockets import Rig, frame

LIMITS = SocketLimits(max_message=65_536, close_s=5.0)
TRADE = b'{"type":"trade","price":"%d"}'
_ANYTHING = text_frames([b"{}"])


class Tapped(Rig):
    """A connection of a user at the order server, with a board and a clock by hand."""

    def __init__(self, board: Board, stack: ExitStack, limits: SocketLimits, **options: Any):
        super().__init__(limits, **options)
        self.clock = ManualLoop()
        loop: Any = self.clock
        self.socket.loop = loop
        self.board = board
        stack.enter_context(tapped(board, self.socket, self.session, self.peer, Face.ORDERS, "ann"))

    def order(self, *names: bytes, command: bytes = b"order") -> None:
        """Send messages of one type, each as a frame, in one read."""
        texts = (b'{"cmd":"%b","id":"%b"}' % (command, name) for name in names)
        self.receive(b"".join(map(frame, texts)))

    @property
    def got(self) -> list[bytes]:
        """The names of the messages that reached the session."""
        return [name_of(told) for told in self.told if isinstance(told, bytes)]

    @property
    def answered(self) -> list[bytes]:
        """The names in the text frames that were sent to the client."""
        return [name_of(data) for opcode, data in self.sent if opcode == Opcode.TEXT]

    @property
    def is_bare(self) -> bool:
        """Whether nothing stands between socket and session, nor between peer and network."""
        if self.socket.session is not self.session:
            return False
        written = self.transport.written
        self.peer.push(_ANYTHING)
        went_through = self.transport.written == written + _ANYTHING
        self.transport.written = written
        return went_through

    def lose(self) -> None:
        """The network says that the connection is gone."""
        self.transport.closing = True
        self.socket.connection_lost(None)


def name_of(message: bytes) -> bytes:
    """The `id` of a message of these tests."""
    return message.partition(b'"id":"')[2].partition(b'"')[0]


def put(rig: Tapped, fault: str, **said: Any) -> None:
    """Put a fault in force."""
    rig.board.set(read_fault({"fault": fault, **said}))
