"""A connection of a user at the order server whose faults are on a board."""

from collections.abc import Iterator
from contextlib import ExitStack

import pytest

from cxgame.faults import Board
from tests.server.sockets.tapped import LIMITS, Tapped


@pytest.fixture
def stack() -> Iterator[ExitStack]:
    """Ends the taps."""
    with ExitStack() as stack:
        yield stack


@pytest.fixture
def board() -> Board:
    """A board without faults."""
    return Board(7)


@pytest.fixture
async def rig(board: Board, stack: ExitStack) -> Tapped:
    """A connection without faults."""
    return Tapped(board, stack, LIMITS)
