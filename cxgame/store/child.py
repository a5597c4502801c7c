"""Starting Valkey as a child that does not outlive us, and how it is set up.

Start it in the thread that runs the server (`cxgame.child`). Where the kernel ends no orphans, one
is found and ended by the next start; see `datadir`.
"""

import hashlib
import subprocess
from pathlib import Path
from typing import BinaryIO

from cxgame.child import bound

# What price feeders and tools may do on the port. They log in as `default`, by password alone, as
# programs written for other engines do. All of a game is readable, the users' secrets are not.
_FEEDER = (
    "~tickers:* ~sym_* %R~cx:{*.*}:* resetchannels"
    " +@read +@write +@connection +@transaction -@dangerous -@admin +keys +info"
)


def spawn(binary: Path, settings: str, folder: Path, lock: int, output: BinaryIO) -> "Child":
    """Start Valkey with `settings` in a session of its own, so that Ctrl-C does not reach it."""
    command = [str(binary), "-"]  # the settings hold secrets: through a pipe, not on the line
    process = subprocess.Popen(  # noqa: S603 a binary that `find_binary` chose
        bound(command),
        stdin=subprocess.PIPE,
        stdout=output,
        stderr=subprocess.STDOUT,
        cwd=folder,
        pass_fds=(lock,),
        start_new_session=True,
    )
    assert process.stdin is not None
    try:
        process.stdin.write(settings.encode())
        process.stdin.close()
    except BrokenPipeError:
        pass  # it ended at once; whoever waits for it will see
    return process


Child = subprocess.Popen[bytes]


def settings(socket: str, port: int | None, own_secret: str, password: str | None) -> str:
    """The configuration of an embedded Valkey, as text."""
    lines = [
        f"unixsocket {_quoted(socket)}",
        "unixsocketperm 700",
        "dir ./",
        "appendonly yes",
        "appendfsync always",
        'save ""',
        "maxmemory-policy noeviction",
        "daemonize no",
        'logfile ""',
        f"port {port or 0}",
    ]
    if port is not None and password is not None:
        lines += [
            "bind 127.0.0.1",
            f"user cxgame reset on #{_sha256(own_secret)} ~* &* +@all",
            f"user default reset on #{_sha256(password)} {_FEEDER}",
        ]
    return "\n".join(lines) + "\n"


def _quoted(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def _sha256(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
