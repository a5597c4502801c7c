"""What a server takes from its machine, replaced: clocks, chance, threads, costly hashing.

Everything is read from the running loop, so that one process can simulate one world after another.
"""

from __future__ import annotations

import asyncio
import contextlib
import random
import subprocess
from collections.abc import Callable, Generator
from hashlib import sha256
from types import SimpleNamespace
from typing import Any
from unittest import mock

import websockets.server
from argon2.exceptions import VerificationError

import cxgame.auth
import cxgame.in_thread
import cxgame.keeper.keeper
import cxgame.keeper.program
import cxgame.server.broadcast.hub
import cxgame.server.broadcast.writing
import cxgame.server.play.keeping
import cxgame.server.play.play
import cxgame.store.valkey_store
from cxgame.oracle.service import Oracle
from cxgame.server.sessions.session import Session
from cxgame.server.sockets.transport import PlayerSocket
from tests.simulation.keeper import KeeperChild, until_closed

EPOCH_MS = 1_700_000_000_000


def monotonic_s() -> float:
    """Simulated seconds."""
    return asyncio.get_running_loop().time()


def wall_ms() -> int:
    """Simulated milliseconds since 1970."""
    return EPOCH_MS + int(monotonic_s() * 1000)


# `websockets` puts the day into the answer to a handshake.
_EMAIL = SimpleNamespace(utils=SimpleNamespace(formatdate=lambda usegmt: "today"))


class SimulatedClock:
    """Implements `cxgame.ports.Clock`."""

    def monotonic_ns(self) -> int:
        return int(monotonic_s() * 1e9)

    def wall_ms(self) -> int:
        return wall_ms()


class _Time:
    """What the feed's hub and the keeper use of the module `time`."""

    @staticmethod
    def monotonic() -> float:
        return monotonic_s()

    @staticmethod
    def time_ns() -> int:
        return wall_ms() * 1_000_000

    @staticmethod
    def sleep(seconds: float) -> None:
        assert seconds == 0, "who sleeps for longer stops everyone"


class _QuickHasher:
    """In place of argon2, which takes 40 ms."""

    def __init__(self, **_: Any) -> None:
        """Costs are of no use here."""

    def hash(self, secret: str) -> str:
        return sha256(secret.encode()).hexdigest()

    def verify(self, hashed: str, secret: str) -> bool:
        if hashed != self.hash(secret):
            raise VerificationError
        return True


class _Threads:
    """What `in_thread` uses of the module `threading`: the work is done a little later."""

    class Thread:
        def __init__(self, target: Callable[[], None], **_: Any) -> None:
            self._target = target

        def start(self) -> None:
            delay_s = random.uniform(1e-4, 5e-3)
            asyncio.get_running_loop().call_later(delay_s, self._target)


def _this_writer() -> str:
    return f"sim:{random.getrandbits(32):08x}"


def _numbered(type_: Any) -> Any:
    """Objects of a type that are met in sets in the order in which they were made."""
    original = type_.__init__

    def __init__(self: Any, *args: Any, **options: Any) -> None:
        _Numbers.last += 1
        _Numbers.of[id(self)] = _Numbers.last
        original(self, *args, **options)

    return mock.patch.multiple(
        type_, __init__=__init__, __hash__=lambda self: _Numbers.of[id(self)], create=True
    )


class _Numbers:
    last = 0
    of: dict[int, int] = {}  # noqa: RUF012 one for the whole process, emptied for each world


@contextlib.contextmanager
def simulated_machine(seed: int) -> Generator[None, None, None]:
    """Run a world within this."""
    random.seed(seed)  # of `websockets`, for the content of its pings
    _Numbers.last = 0
    _Numbers.of.clear()
    clocks = {"clock": monotonic_s, "wall": lambda: wall_ms() / 1000}
    with contextlib.ExitStack() as stack:
        enter = stack.enter_context
        enter(mock.patch.object(cxgame.server.play.play, "SystemClock", SimulatedClock))
        enter(mock.patch.object(cxgame.server.broadcast.hub, "time", _Time))
        enter(mock.patch.object(cxgame.server.broadcast.writing, "time", _Time))
        enter(mock.patch.object(cxgame.auth, "PasswordHasher", _QuickHasher))
        enter(mock.patch.object(cxgame.in_thread, "threading", _Threads))
        enter(mock.patch.object(subprocess, "Popen", KeeperChild))
        enter(mock.patch.object(cxgame.keeper.program, "in_thread", until_closed))
        enter(mock.patch.object(cxgame.keeper.keeper, "time", _Time))
        enter(mock.patch.object(cxgame.server.play.keeping, "time", _Time))
        enter(mock.patch.object(cxgame.store.valkey_store, "this_writer", _this_writer))
        enter(mock.patch.dict(Oracle.run.__kwdefaults__, clocks))
        enter(mock.patch.object(websockets.server, "email", _EMAIL))
        enter(_numbered(Session))
        enter(_numbered(PlayerSocket))
        yield
