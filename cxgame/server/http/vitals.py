"""What the HTTP face may ask about the server it runs in."""

from enum import StrEnum
from typing import Protocol

from cxgame.server.play.play import Play


class Condition(StrEnum):
    """Whether orders are taken, or why not."""

    RECOVERING = "recovering"  # the journal is being read
    READY = "ready"
    HALTED = "halted"  # the journal does not answer; play resumes by itself
    CLOSED = "closed"  # the game is over
    ENDING = "ending"  # the server stops


class Vitals(Protocol):
    """The order server, as its health checks see it."""

    @property
    def condition(self) -> Condition:
        """Whether orders are taken."""
        ...

    @property
    def play(self) -> Play | None:
        """The game and its store, while there is one."""
        ...

    @property
    def connections(self) -> int:
        """Of the order server."""
        ...
