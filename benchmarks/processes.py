"""Servers as processes of their own, pinned to a core, with their CPU time and memory."""

import json
import os
import resource
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

SERVER_CORE = 0
LOAD_CORE = 1  # the load generator, Valkey and the keeper
HELPERS = 2
_TICKS_PER_S = os.sysconf("SC_CLK_TCK")


def pin_self() -> None:
    """Keep this process, the load, off the server's core, and allow it a thousand sockets."""
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    os.sched_setaffinity(0, {LOAD_CORE % (os.cpu_count() or 1)})


@dataclass
class Server:
    """A running server."""

    pid: int
    ports: dict[str, int]
    data_dir: Path | None = None

    def cpu_s(self) -> float:
        """CPU seconds the server has used; that of its children not counted."""
        fields = Path(f"/proc/{self.pid}/stat").read_text().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / _TICKS_PER_S

    def memory_bytes(self) -> int:
        """Resident memory."""
        pages = int(Path(f"/proc/{self.pid}/statm").read_text().split()[1])
        return pages * os.sysconf("SC_PAGE_SIZE")


def pinned(core: int) -> list[str]:
    """A prefix that pins what follows; the interpreter is there on every machine."""
    code = (
        "import os, sys; os.sched_setaffinity(0, {int(sys.argv[1])}); "
        "os.execv(sys.argv[2], sys.argv[2:])"
    )
    return [sys.executable, "-c", code, str(core)]


@contextmanager
def echo() -> Iterator[Server]:
    """The stock JSON echo."""
    command = [*pinned(SERVER_CORE), sys.executable, "-m", "benchmarks.echo_server"]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout is not None
        yield Server(process.pid, {"exchange": int(process.stdout.readline())})
    finally:
        _end(process)


@contextmanager
def exchange(*flags: str) -> Iterator[Server]:
    """The exchange with embedded Valkey in a fresh directory; limits off."""
    with tempfile.TemporaryDirectory() as folder:
        ready = Path(folder) / "ready.json"
        command = [
            *(*pinned(SERVER_CORE), sys.executable, "-m", "cxgame"),
            *("--bind", "127.0.0.1", "--exchange-port", "0", "--feed-port", "0"),
            *("--http-port", "0", "--data-dir", f"{folder}/data", "--ready-file", str(ready)),
            *("--rate-limit", "0", "--max-open-orders", "0", "--log-level", "warning"),
            *("--usd-start", "1000000000", "--crypto-start", "1000000"),
            *(
                "--max-connections-per-address",
                "100000",
                "--max-registrations-per-minute",
                "100000",
            ),
            *flags,
        ]
        log = (Path(folder) / "log").open("w+")
        process = subprocess.Popen(command, stdout=log, stderr=log)
        try:
            ports = _wait_ready(process, ready, Path(folder) / "log")
            _move_helpers(process.pid)
            yield Server(process.pid, ports, Path(folder) / "data")
        finally:
            _end(process)
            log.close()


def _wait_ready(process: subprocess.Popen[bytes], ready: Path, log: Path) -> dict[str, int]:
    for _ in range(600):
        if process.poll() is not None:
            raise RuntimeError(f"the server did not start:\n{log.read_text()}")
        if ready.exists() and ready.read_text().strip():
            ports: dict[str, int] = json.loads(ready.read_text())
            return ports
        time.sleep(0.05)
    raise RuntimeError("the server was not ready in 30 s")


def _move_helpers(pid: int) -> None:
    """Valkey and the keeper are processes of their own and do not count to the server's core."""
    for _ in range(200):
        found = children(pid)
        if len(found) == HELPERS:
            break
        time.sleep(0.05)
    else:
        raise RuntimeError(f"Valkey and the keeper should be there, and not {found}")
    for child, _ in found:
        os.sched_setaffinity(child, {LOAD_CORE})


def children(pid: int) -> list[tuple[int, str]]:
    """The processes below one, at any depth, with their command lines."""
    found: list[tuple[int, str]] = []
    for thread in Path(f"/proc/{pid}/task").iterdir():
        try:
            words = (thread / "children").read_text().split()
        except FileNotFoundError:  # a thread that has ended meanwhile
            continue
        for word in words:
            child = int(word)
            command = Path(f"/proc/{child}/cmdline").read_bytes().replace(b"\0", b" ").decode()
            found += [(child, command), *children(child)]
    return found


def _end(process: "subprocess.Popen[str] | subprocess.Popen[bytes]") -> None:
    process.send_signal(signal.SIGTERM)
    try:
        process.wait(10)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
