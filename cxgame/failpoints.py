"""Failpoints: named places at which a test can have this process killed, as a power cut would.

One may be armed per process, at its start. Unarmed, a `hit` costs a comparison of two names. The
place is code like any other, so that what runs in a test is what runs in play.
"""

import os
import signal

# Where a hit is, in the order in which a server passes them; docs/reliability.md explains each.
STORE_UP = "start.store-up"  # our Valkey answers, no game was opened
OPENED = "start.opened"  # the epoch is raised, the journal not read
USER_SENDING = "user.sending"  # a user's record is about to be stored
USER_STORED = "user.stored"  # it is durable, nobody was told
SEALED = "commit.sealed"  # applied, hashed, nothing sent
SENDING = "commit.sending"  # packed, about to be sent
SENT = "commit.sent"  # sent, not answered
ANSWERED = "commit.answered"  # durable, the game does not know
RELEASING = "commit.releasing"  # the game knows, nobody was told
RELEASED = "commit.released"  # everybody was told
CLOSING = "close.closing"  # the last batch is durable, the lease not given back
STORE_DOWN = "close.store-down"  # our Valkey has ended, its directory not given back

NAMES = (
    STORE_UP,
    OPENED,
    USER_SENDING,
    USER_STORED,
    SEALED,
    SENDING,
    SENT,
    ANSWERED,
    RELEASING,
    RELEASED,
    CLOSING,
    STORE_DOWN,
)

_armed = ""
_left = 0  # hits until the end


def hit(name: str) -> None:
    """Say that a place is passed; does not return if it is the armed one and its turn has come."""
    if name == _armed:
        _strike()


def arm(name: str, turn: int = 1) -> None:
    """End this process with SIGKILL at the given pass of a place; "" disarms.

    Raises ValueError for a place that does not exist, so that no test waits for it in vain.
    """
    global _armed, _left
    if name and (name not in NAMES or turn < 1):
        raise ValueError(f"there is no failpoint {name!r}, or no pass {turn}")
    _armed, _left = name, turn


def _strike() -> None:
    global _left
    _left -= 1
    if _left == 0:
        os.kill(os.getpid(), signal.SIGKILL)
