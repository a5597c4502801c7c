"""The name of a writer, from which whoever finds its lease may learn that it is dead.

Only what is certain counts: a process of this boot of this machine, in the same namespace of
process ids, that is no more. A container of the same host name does not qualify.
"""

import hashlib
import os
import secrets
import socket
from pathlib import Path

_BOOT = Path("/proc/sys/kernel/random/boot_id")
_NAMESPACE = Path("/proc/self/ns/pid")


def this_writer() -> str:
    """A name that no other process has, telling people where to look for it."""
    return f"{socket.gethostname()}:{os.getpid()}:{secrets.token_hex(4)}:{_place()}"


def is_dead(writer: str) -> bool:
    """Whether that process has ended, for certain; False where it cannot be known."""
    _, pid, _, place = ["", "", "", "", *writer.split(":")][-4:]
    if not place or place != _place() or not (pid.isascii() and pid.isdigit()):
        return False
    try:
        os.kill(int(pid), 0)
    except ProcessLookupError:
        return True
    except (OSError, OverflowError):  # it is somebody else's, or no process could have that id
        return False
    return False


def _place() -> str:
    """The boot of this machine and the namespace of our process id; empty where there is none."""
    try:
        boot = _BOOT.read_text(encoding="ascii").strip()
        place = f"{boot} {os.readlink(_NAMESPACE)}"
    except OSError:
        return ""
    return hashlib.blake2b(place.encode(), digest_size=6).hexdigest()
