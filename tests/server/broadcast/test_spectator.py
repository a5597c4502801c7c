"""What may lie unread by one spectator."""

from types import SimpleNamespace
from typing import cast

from websockets.protocol import State

from cxgame.server.broadcast.spectator import FeedSocket, Spectator


class Transport:
    """Takes what is written, and notes how much may lie there."""

    def __init__(self) -> None:
        self.limits: list[int] = []
        self.written: list[bytes] = []

    def set_write_buffer_limits(self, high: int) -> None:
        self.limits.append(high)

    def is_closing(self) -> bool:
        return False

    def write(self, data: bytes) -> None:
        self.written.append(data)


def test_a_great_book_may_lie_there_beside_the_rest() -> None:
    """A reply is one message and was asked for: who asks is not dropped for its size."""
    transport = Transport()
    connection = SimpleNamespace(transport=transport, state=State.OPEN, spectator=None)
    spectator = Spectator(cast(FeedSocket, connection), 1_000)
    spectator.owed = b"owed"
    assert spectator.send(b"x" * 1_000)
    assert transport.limits == [1_000]
    assert spectator.send(b"x" * 5_000)
    assert transport.limits == [1_000, 6_000]
    assert [len(data) for data in transport.written] == [1_004, 5_000]
