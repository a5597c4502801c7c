"""A Valkey of our own: started with the server, restarted if it dies, ended with the server.

Everything is durable when it is answered (`appendfsync always`), also when either process is
killed. Importing this needs a Unix; the rest of the package does not.
"""

import asyncio
import contextlib
import logging
import os
import secrets
import socket
import threading
import time
from pathlib import Path
from typing import BinaryIO, Self

from redis.exceptions import BusyLoadingError

from cxgame import failpoints
from cxgame.in_thread import in_thread
from cxgame.store.binary import find_binary
from cxgame.store.child import Child, settings, spawn
from cxgame.store.cut import REFUSE_CUT, keep_copy
from cxgame.store.datadir import DataDir, Running, read_running
from cxgame.store.endpoint import Endpoint
from cxgame.store.errors import FileCutShort, StoreError, StoreUnavailable
from cxgame.store.link import Link
from cxgame.store.loading import start_error
from cxgame.store.resp import command
from cxgame.store.room import has_room
from cxgame.store.sockets import is_listening, make_socket_path, remove_socket_folder

_START_TIMEOUT_S = 30.0  # measured: 0.1 s; loading a long journal comes on top
_STOP_TIMEOUT_S = 10.0
_TERMINATE_TIMEOUT_S = 3.0
_WATCH_S = 0.05
_STEADY_S = 10.0  # up for so long, it has recovered; a full disk lets it start and end at once
_RESTART_PAUSES_S = (0.0, 0.2, 0.5)  # the last one repeats: what heals is to be noticed soon
_LONGEST_LOG = 1_000_000  # bytes; a longer one is set aside at the next start
_USERNAME = "cxgame"

log = logging.getLogger("cxgame.store")


class _NotStarted(Exception):
    """Valkey ended, or fell silent, before it was ready."""


class EmbeddedValkey:
    """The Valkey of one data directory. Made by `start`, in the loop that will run the server."""

    def __init__(self, binary: Path, directory: DataDir, port: int | None, password: str | None):
        self._binary = binary
        self._directory = directory
        path = make_socket_path()
        secret = secrets.token_hex(32)
        self._settings = settings(path, port, secret, password)
        self._child: Child | None = None
        self._guard: asyncio.Task[None] | None = None
        self._complaints: list[str] = []  # the last two
        self._running = Running(path, 0, os.getpid(), _USERNAME, secret if port else None)
        self.endpoint = _endpoint(self._running)

    @classmethod
    async def start(
        cls, data_dir: Path, *, port: int | None = None, password: str | None = None
    ) -> Self:
        """Take the directory and start Valkey there; `port` opens it on loopback as well.

        Raises DirectoryBusy or StoreError.
        """
        if port is not None and not password:
            raise StoreError("a Valkey port needs a password: set VALKEY_PASSWORD")
        binary = find_binary()
        directory = await _taken(data_dir)
        try:
            valkey = cls(binary, directory, port, password)
        except OSError as error:
            directory.release()
            raise StoreError(f"no place for Valkey's socket: {error}") from error
        try:
            await valkey._launch()
        except BaseException as error:
            await valkey.stop()
            if isinstance(error, OSError):  # a full disk, no descriptors
                text = f"cannot start Valkey in {data_dir}: {error.strerror}"
                raise StoreError(text) from error
            raise
        failpoints.hit(failpoints.STORE_UP)
        valkey._guard = asyncio.get_running_loop().create_task(valkey._keep_alive())
        return valkey

    @property
    def pid(self) -> int:
        """Of the Valkey process; another one after it had to be restarted."""
        return self._running.valkey_pid

    async def stop(self) -> None:
        """End Valkey, gently at first, and give the directory back."""
        if self._guard is not None:
            self._guard.cancel()
            await asyncio.gather(self._guard, return_exceptions=True)
        if self._child is not None:
            await self._end(self._child)
            failpoints.hit(failpoints.STORE_DOWN)
        self._directory.withdraw()
        remove_socket_folder(self._running.socket)
        self._directory.release()

    async def _launch(self) -> None:
        try:
            await self._run(self._settings + REFUSE_CUT)
        except FileCutShort as cut:
            copy = await in_thread(keep_copy, self._directory.path, cut.file)
            log.warning("Valkey cuts the end off %s; a copy of all of it is in %s", cut.file, copy)
            await self._run(self._settings)

    async def _run(self, settings: str) -> None:
        path = self._directory.path
        with _log_file(path) as output:
            lock, said_before = self._directory.lock, output.tell()
            try:
                self._child = spawn(self._binary, settings, path / "valkey", lock, output)
            except OSError as error:
                raise StoreError(f"cannot run {self._binary}: {error.strerror}") from error
        try:
            await self._ready(self._child)
        except _NotStarted:
            raise start_error(path, _words(path, said_before)) from None
        self._running = self._running._replace(valkey_pid=self._child.pid)
        self._directory.announce(self._running)

    async def _ready(self, child: Child) -> None:
        """Wait until Valkey answers; a journal that is being loaded may take its time."""
        link = Link(self.endpoint)
        deadline = time.monotonic() + _START_TIMEOUT_S
        try:
            while True:
                try:
                    await link.call("PING")
                    return
                except StoreUnavailable as error:
                    if isinstance(error.__cause__, BusyLoadingError):
                        deadline = time.monotonic() + _START_TIMEOUT_S
                if child.poll() is not None or time.monotonic() > deadline:
                    raise _NotStarted
                await asyncio.sleep(0.005)
        finally:
            await link.close()

    async def _keep_alive(self) -> None:
        """Restart a Valkey that died: the game halts meanwhile, and nothing is lost."""
        failures, steady_s = 0, 0.0
        while True:
            await asyncio.sleep(_WATCH_S)
            assert self._child is not None
            if (status := self._child.poll()) is None:
                steady_s += _WATCH_S
                if steady_s >= _STEADY_S:
                    failures, self._complaints = 0, []
                continue
            steady_s = 0.0
            words = _last_words(self._directory.path)
            self._complain(f"Valkey ended with status {status} ({words}); starting it again")
            await asyncio.sleep(_RESTART_PAUSES_S[min(failures, len(_RESTART_PAUSES_S) - 1)])
            failures += 1
            await self._await_room()
            try:
                await self._launch()
            except (StoreError, OSError) as error:  # a full disk, no descriptors: these heal
                self._complain(f"Valkey is not up again: {error}")

    async def _await_room(self) -> None:
        """Wait while the disk is full: a Valkey would end at its first write."""
        while not await in_thread(has_room, self._directory.path):
            self._complain(f"no room on the disk of {self._directory.path}; Valkey waits for some")
            await asyncio.sleep(_WATCH_S)

    def _complain(self, text: str) -> None:
        """Log it, but not what was just logged: a trouble that stays may come twice a second."""
        if text not in self._complaints:
            log.error("%s", text)
        self._complaints = [*self._complaints[-1:], text]

    async def _end(self, child: Child) -> None:
        if child.pid == self._running.valkey_pid:  # else it does not answer yet, and has no writes
            if await self._shut_down(child):
                return
            log.warning("Valkey does not end when asked; terminating it")
        child.terminate()
        if not await _exited(child, _TERMINATE_TIMEOUT_S):
            child.kill()
            child.wait()

    async def _shut_down(self, child: Child) -> bool:
        """Ask it to end; whether it did."""
        if child.poll() is None:
            link = Link(self.endpoint)
            # The answer to success is a closed connection.
            with contextlib.suppress(StoreUnavailable, StoreError):
                await link.call("SHUTDOWN", timeout_s=1.0)
            await link.close()
        return await _exited(child, _STOP_TIMEOUT_S)


async def _taken(data_dir: Path) -> DataDir:
    """Take a directory, which may last; let go of it again if nobody waits for it any more."""
    taken: list[DataDir] = []
    is_given_up = threading.Event()

    def take() -> DataDir:
        directory = DataDir(data_dir, _end_orphan)
        taken.append(directory)
        if is_given_up.is_set():
            directory.release()
        return directory

    try:
        return await in_thread(take)
    except asyncio.CancelledError:
        is_given_up.set()
        for directory in taken:
            directory.release()
        raise


def find_embedded(data_dir: Path) -> Endpoint | None:
    """The Valkey that holds a data directory, if one is running: for readers beside the server."""
    running = read_running(data_dir)
    if running is None or not is_listening(running.socket):
        return None
    return _endpoint(running)


async def wait_embedded(data_dir: Path, look_s: float = 0.1) -> Endpoint:
    """As `find_embedded`, waiting until there is one; the caller sets a bound if it wants one."""
    while (endpoint := find_embedded(data_dir)) is None:
        await asyncio.sleep(look_s)
    return endpoint


def _endpoint(running: Running) -> Endpoint:
    return Endpoint.unix(running.socket, running.username, running.password)


def _end_orphan(orphan: Running) -> None:
    """Ask a Valkey whose server died to shut down; whether it does, its lock will show."""
    log.warning("ending Valkey process %d, left by a server that died", orphan.valkey_pid)
    words = b""
    if orphan.password is not None:
        words = command("AUTH", orphan.username, orphan.password)
    with contextlib.suppress(OSError), socket.socket(socket.AF_UNIX) as connection:
        connection.settimeout(1.0)
        connection.connect(orphan.socket)
        connection.sendall(words + command("SHUTDOWN"))
        while connection.recv(1000):
            pass


def _log_file(data_dir: Path) -> BinaryIO:
    path = data_dir / "valkey.log"
    with contextlib.suppress(FileNotFoundError):
        if path.stat().st_size > _LONGEST_LOG:
            path.replace(data_dir / "valkey.log.1")
    return path.open("ab")


def _words(data_dir: Path, after: int) -> str:
    """What Valkey wrote behind a place in its log."""
    try:
        return (data_dir / "valkey.log").read_bytes()[after:].decode(errors="replace")
    except OSError as error:
        return f"its log cannot be read: {error.strerror}"


def _last_words(data_dir: Path) -> str:
    """The last line that Valkey wrote."""
    lines = _words(data_dir, 0).strip().splitlines()
    return lines[-1] if lines else "it says nothing"


async def _exited(child: Child, timeout_s: float) -> bool:
    deadline = time.monotonic() + timeout_s
    while child.poll() is None:
        if time.monotonic() > deadline:
            return False
        await asyncio.sleep(0.01)
    return True
