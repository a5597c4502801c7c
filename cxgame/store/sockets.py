"""Folders for the sockets of embedded Valkeys: short, private, and swept of what the dead left."""

import contextlib
import os
import shutil
import socket
import tempfile
import time
from pathlib import Path

PREFIX = "cxgame-"
_SOCKET = "valkey.sock"
_LONGEST = 100  # characters; the kernel refuses 108 and more
_RANDOM = 8  # characters that mkdtemp adds
_SETTLED_S = 60.0  # a younger folder may belong to a Valkey that is just starting


def make_socket_path() -> str:
    """The path for a socket, in a fresh folder that only we can enter."""
    base = Path(tempfile.gettempdir())
    if len(str(base / f"{PREFIX}{'x' * _RANDOM}" / _SOCKET)) > _LONGEST:
        base = Path("/tmp")  # noqa: S108 mkdtemp is safe there
    _sweep(base)
    return str(Path(tempfile.mkdtemp(prefix=PREFIX, dir=base)) / _SOCKET)


def remove_socket_folder(path: str) -> None:
    """Remove the folder that `make_socket_path` made."""
    folder = Path(path).parent
    if folder.name.startswith(PREFIX):
        shutil.rmtree(folder, ignore_errors=True)


def is_listening(path: str) -> bool:
    """Whether somebody accepts connections there."""
    with socket.socket(socket.AF_UNIX) as probe:
        probe.settimeout(1.0)
        try:
            probe.connect(path)
        except OSError:
            return False
    return True


def _sweep(base: Path) -> None:
    """Remove the folders of servers that were killed and never started again."""
    for folder in base.glob(f"{PREFIX}*"):
        with contextlib.suppress(OSError):
            found = folder.lstat()
            ours = found.st_uid == os.getuid() and folder.is_dir() and not folder.is_symlink()
            settled = time.time() - found.st_mtime > _SETTLED_S
            only = {entry.name for entry in folder.iterdir()} <= {_SOCKET} if ours else False
            if ours and settled and only and not is_listening(str(folder / _SOCKET)):
                remove_socket_folder(str(folder / _SOCKET))
