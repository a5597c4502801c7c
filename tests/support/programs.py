"""Programs as a user starts them: a process in a folder of its own, ended as by Ctrl-C.

Blocking, for tests of whole programs; `tests.support.processes` has a server for coroutines.
"""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Self

ROOT = Path(__file__).parents[2]
WITHIN_S = 60  # a bound, not an expectation: the machine may be busy
LOOK_S = 0.05


def environment(**variables: str) -> dict[str, str]:
    """The environment of a program: nothing of ours is set but these variables."""
    # What was typed after `make test` is not for the `make` that a test starts.
    ours = ("CXGAME_", "MAKE", "ARGS")
    inherited = {k: v for k, v in os.environ.items() if not k.startswith(ours)}
    path = os.pathsep.join(filter(None, [str(ROOT), os.environ.get("PYTHONPATH", "")]))
    return {**inherited, "PYTHONPATH": path, "PYTHONUNBUFFERED": "1", **variables}


def run(folder: Path, *words: str | Path, **variables: str) -> subprocess.CompletedProcess[str]:
    """A program that ends by itself; says what it said."""
    return subprocess.run(
        [str(word) for word in words],
        cwd=folder,
        env=environment(**variables),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=2 * WITHIN_S,
        check=False,
    )


class Program:
    """A running program. As a context manager it leaves nothing behind."""

    def __init__(
        self, folder: Path, *words: str | Path, log: str | Path = "", **variables: str
    ) -> None:
        self.folder = folder
        self._log = Path(log or folder / f"{Path(words[-1]).stem}.log")
        with self._log.open("wb") as output:
            self.process = subprocess.Popen(
                [str(word) for word in words],
                cwd=folder,
                env=environment(**variables),
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
            )

    @property
    def said(self) -> str:
        """All it has written so far."""
        return self._log.read_text(encoding="utf-8", errors="replace")

    def until_said(self, text: str, times: int = 1) -> None:
        """Return once it has said something, that many times."""
        self.until(lambda: self.said.count(text) >= times, f"to say {text!r}")

    def until_ready(self, file: Path) -> dict[str, int]:
        """Return once a server is ready: the ports that it told in its ready file."""
        self.until(file.exists, "to be ready")
        ports: dict[str, int] = json.loads(file.read_text())
        return ports

    def until(self, condition: Callable[[], bool], purpose: str) -> None:
        """Return once a condition holds; fails when the program has ended without it."""
        deadline = time.monotonic() + WITHIN_S
        while not condition():
            ended = self.process.poll() is not None
            if time.monotonic() > deadline or (ended and not condition()):
                raise AssertionError(f"waited for {self._log.stem} {purpose}:\n{self.said}")
            time.sleep(LOOK_S)

    def wait(self) -> int:
        """Wait for its end; returns the exit status."""
        return self.process.wait(WITHIN_S)

    def interrupt(self) -> int:
        """As Ctrl-C; returns the exit status."""
        self.process.send_signal(signal.SIGINT)
        return self.wait()

    def kill(self) -> None:
        """As a power cut."""
        self.process.kill()
        self.process.wait()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self.process.poll() is None:
            self.kill()


class Server(Program):
    """`cxgame` on free ports of this computer, ready. Keeps nothing unless flags say so."""

    def __init__(self, folder: Path, *flags: str, **variables: str) -> None:
        ready = folder / "ready.json"
        ready.unlink(missing_ok=True)
        addresses = ("--bind", "127.0.0.1", "--ready-file", str(ready))
        state = () if "--data-dir" in flags else ("--memory",)
        free = [
            word
            for port in ("--exchange-port", "--feed-port", "--http-port")
            if port not in flags
            for word in (port, "0")
        ]
        words = (sys.executable, "-m", "cxgame", *addresses, *state, *free, *flags)
        super().__init__(folder, *words, log=folder / "server.log", **variables)
        try:
            self.ports = self.until_ready(ready)
        except AssertionError:
            self.kill()
            raise
        self.uri = f"ws://127.0.0.1:{self.ports['exchange']}"
        self.feed_uri = f"ws://127.0.0.1:{self.ports['feed']}"
