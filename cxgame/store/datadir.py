"""The data directory as property: one server at a time, and where its Valkey can be found.

Two locks. `lock` is shared with the Valkey that we start, so an orphan still holds it; the pid in
it is ours. `lock.server` is never passed on: whether it is free tells, better than a pid that may
have been used again or come from another container, whether the server is dead.
"""

import fcntl
import json
import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

from cxgame.store.errors import DirectoryBusy, StoreError
from cxgame.store.segment import make_folder
from cxgame.store.sockets import remove_socket_folder

ORPHAN_WAIT_S = 10.0  # how long a Valkey may take to end


class Running(NamedTuple):
    """What `valkey.json` tells about the Valkey of a data directory."""

    socket: str
    valkey_pid: int
    server_pid: int
    username: str
    password: str | None  # asked for when the Valkey is open to others on a port


class DataDir:
    """Holds a data directory from construction to `release`; raises DirectoryBusy, StoreError.

    Constructing may wait (see `_outlast`) and belongs in a thread.
    """

    def __init__(self, path: Path, end_orphan: Callable[[Running], None]) -> None:
        self.path = path
        self._descriptors: list[int] = []
        try:
            make_folder(path)
            make_folder(path / "valkey")
            self._server_lock = self._open("lock.server")
            self.lock = self._open("lock")
            self._take(end_orphan)
        except OSError as error:
            self.release()
            raise StoreError(f"cannot use data directory {path}: {error.strerror}") from error
        except BaseException:
            self.release()
            raise

    def announce(self, running: Running) -> None:
        """Tell other processes of the same user where the Valkey is."""
        draft = self.path / "valkey.json.new"
        with open(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
            json.dump(running._asdict(), file)
        draft.replace(self.path / "valkey.json")

    def withdraw(self) -> None:
        """Say that no Valkey is running."""
        (self.path / "valkey.json").unlink(missing_ok=True)

    def release(self) -> None:
        """Let another server have the directory."""
        while self._descriptors:  # a start that was given up may be let go of in two threads
            os.close(self._descriptors.pop())

    def _open(self, name: str) -> int:
        descriptor = os.open(self.path / name, os.O_RDWR | os.O_CREAT, 0o600)
        self._descriptors.append(descriptor)
        return descriptor

    def _take(self, end_orphan: Callable[[Running], None]) -> None:
        if not _lock(self._server_lock):
            raise self._busy()
        if not _lock(self.lock):
            self._outlast(end_orphan)
        self._remove_leftovers()
        os.ftruncate(self.lock, 0)
        os.pwrite(self.lock, f"{os.getpid()}\n".encode(), 0)

    def _outlast(self, end_orphan: Callable[[Running], None]) -> None:
        """The last server is dead; wait until its Valkey is, too."""
        orphan = read_running(self.path)
        if orphan is not None:
            end_orphan(orphan)
        deadline = time.monotonic() + ORPHAN_WAIT_S
        while not _lock(self.lock):
            if time.monotonic() > deadline:
                raise self._orphaned(orphan)
            time.sleep(0.02)

    def _remove_leftovers(self) -> None:
        """Of a server that was killed."""
        left = read_running(self.path)
        if left is not None:
            remove_socket_folder(left.socket)
        self.withdraw()

    def _busy(self) -> DirectoryBusy:
        text = os.pread(self.lock, 20, 0).strip()
        pid = int(text) if text.isdigit() else None
        who = f"process {pid}" if pid is not None else "another process"
        return DirectoryBusy(f"data directory {self.path} is in use by {who}", pid)

    def _orphaned(self, orphan: Running | None) -> DirectoryBusy:
        pid = None if orphan is None else orphan.valkey_pid
        who = "a Valkey" if pid is None else f"Valkey process {pid}"
        text = f"data directory {self.path} is held by {who} whose server died; end it first"
        return DirectoryBusy(text, pid)


def read_running(path: Path) -> Running | None:
    """What the data directory tells about its Valkey, which may be dead by now."""
    try:
        return Running(**json.loads((path / "valkey.json").read_text()))
    except (OSError, ValueError, TypeError):
        return None


def _lock(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
