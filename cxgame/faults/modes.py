"""The faults that a connection can have, as frozen values: a fault that exists is a valid one.

Owns the vocabulary (docs/faults.md). How it is read from settings, decks and admin commands is the
matter of `cxgame.faults.reading`, what a fault does to a message that of `cxgame.faults.plan`.
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import ClassVar, Final


class Direction(StrEnum):
    """Of a message: to the server, from it, or either."""

    IN = "in"
    OUT = "out"
    BOTH = "both"


class Face(StrEnum):
    """Where connections come in."""

    ORDERS = "orders"
    FEED = "feed"
    REST = "rest"
    SIMULATOR = "simulator"  # its REST and its WebSocket


ALL_FACES: Final = tuple(Face)
# Spared, as are their replies, unless they are named; each as a WebSocket and as HTTP calls it.
LOGINS: Final = frozenset({"register", "auth", "POST register", "POST auth"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """What every fault says: which messages it concerns, and whose."""

    mode: ClassVar[str]

    direction: Direction
    faces: tuple[Face, ...] = ALL_FACES
    messages: tuple[str, ...] = ()  # types; empty: all but logins
    to: tuple[str, ...] = ()  # names of users or session ids; empty: everybody

    def acts_on(self, direction: Direction) -> bool:
        """Whether it concerns messages on their way in, or out."""
        return self.direction in (direction, Direction.BOTH)

    def concerns(self, kind: str) -> bool:
        """Whether it concerns messages of this type, if it acts on their direction."""
        return kind in self.messages if self.messages else kind not in LOGINS


@dataclass(frozen=True, slots=True, kw_only=True)
class Drop(Fault):
    """A message is lost."""

    mode = "drop"
    probability: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Delay(Fault):
    """A message is late: evenly between two times, or as a `profile` says."""

    mode = "delay"
    probability: float = 1.0
    min_ms: float = 0.0
    max_ms: float = 0.0
    profile: str = ""  # of `PROFILES`; then the times do not count


@dataclass(frozen=True, slots=True, kw_only=True)
class Duplicate(Fault):
    """A message comes again, at most `max_duplicates` times."""

    mode = "duplicate"
    probability: float
    max_duplicates: int = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Reorder(Fault):
    """Messages wait until there are `window_size` of them, and go on shuffled."""

    mode = "reorder"
    window_size: int = 5
    probability: float = 1.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Corrupt(Fault):
    """A share of a message's characters are others."""

    mode = "corrupt"
    probability: float
    corruption_level: float = 0.1


@dataclass(frozen=True, slots=True, kw_only=True)
class Throttle(Fault):
    """Messages pass one after the other, so many a second."""

    mode = "throttle"
    max_messages_per_second: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Silence(Fault):
    """After so many messages none passes; the connection stays open and answers pings."""

    mode = "silence"
    after_messages: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class RateLimit(Fault):
    """Who sends more a second is refused for a while, then for longer, in the end for good."""

    mode = "rate_limit"
    per_second: int = 10
    bans_s: tuple[float, ...] = (10.0, 60.0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Cut(Fault):
    """The connection ends at a message, which is lost with all that is on its way."""

    probability: float = 0.0
    after_messages: int | None = None  # so many pass, the next one ends it


@dataclass(frozen=True, slots=True, kw_only=True)
class Disconnect(Cut):
    """The connection is cut off, without a close frame."""

    mode = "disconnect"


@dataclass(frozen=True, slots=True, kw_only=True)
class HalfOpen(Cut):
    """Nothing is read or written any more, and nobody is told."""

    mode = "half_open"


# Log-normal delays in ms, as mean and deviation of their logarithm.
PROFILES: Final = {"typical": (5.0, 0.3), "stable": (3.8, 0.2)}

# The order in which a message passes the faults that concern it.
MODES: Final[dict[str, type[Fault]]] = {
    mode.mode: mode
    for mode in (
        HalfOpen,
        Disconnect,
        Silence,
        Drop,
        RateLimit,
        Corrupt,
        Duplicate,
        Reorder,
        Throttle,
        Delay,
    )
}
