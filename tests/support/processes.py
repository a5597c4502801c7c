"""The server as its users run it: a process that is started, killed, and started again."""

import asyncio
import json
import os
import signal
import sys
import time
from pathlib import Path
from typing import Any

START_S = 30.0  # generous: a slow machine under load


class ServerProcess:
    """`cxgame` on free ports of the loopback address, with its state in `folder`."""

    def __init__(self, folder: Path, *flags: str) -> None:
        self.folder = folder
        self.data = folder / "data"  # where it keeps its state
        self.flags = flags
        self.variables: dict[str, str] = {}  # of the next start, beside the usual ones
        self.ports: dict[str, int] = {}
        self._process: asyncio.subprocess.Process | None = None
        self._starts = 0

    @property
    def uri(self) -> str:
        """Where the order server listens."""
        return f"ws://127.0.0.1:{self.ports['exchange']}"

    @property
    def feed_uri(self) -> str:
        """Where the feed listens."""
        return f"ws://127.0.0.1:{self.ports['feed']}"

    @property
    def http_url(self) -> str:
        """Where the health checks are."""
        return f"http://127.0.0.1:{self.ports['http']}"

    @property
    def pid(self) -> int:
        """Of the last start."""
        assert self._process is not None
        return self._process.pid

    @property
    def output(self) -> str:
        """What the last start has printed."""
        return (self.folder / f"output.{self._starts}").read_text()

    async def start(self) -> None:
        """Start, or start again on the same ports; returns when connections are accepted."""
        self._starts += 1
        ready = self.folder / f"ready.{self._starts}"
        ports = self.ports or {"exchange": 0, "feed": 0, "http": 0}
        arguments = [
            *("-m", "cxgame", "--bind", "127.0.0.1", "--data-dir", str(self.data)),
            *("--exchange-port", str(ports["exchange"]), "--feed-port", str(ports["feed"])),
            *("--http-port", str(ports["http"]), "--ready-file", str(ready), *self.flags),
        ]
        environment = {k: v for k, v in os.environ.items() if not k.startswith("CXGAME_")}
        with (self.folder / f"output.{self._starts}").open("w") as output:
            self._process = await asyncio.create_subprocess_exec(
                sys.executable, *arguments, stdout=output, stderr=output, cwd=self.folder,
                env={**environment, "CXGAME_ADMIN_SECRET": "open sesame", **self.variables},
            )  # fmt: skip
        deadline = time.monotonic() + START_S
        while not (ready.exists() and ready.read_text().strip()):
            if self._process.returncode is not None or time.monotonic() > deadline:
                raise RuntimeError(f"the server did not start:\n{self.output}")
            await asyncio.sleep(0.02)
        told: dict[str, Any] = json.loads(ready.read_text())
        self.ports = {name: told[name] for name in ("exchange", "feed", "http")}

    async def kill(self) -> None:
        """End it as a power cut would."""
        assert self._process is not None
        self._process.kill()
        await self._process.wait()

    async def terminate(self) -> int:
        """Ask it to stop; returns its exit status."""
        assert self._process is not None
        if self._process.returncode is None:
            self._process.send_signal(signal.SIGTERM)
        return await self.wait()

    async def wait(self, timeout_s: float = 30.0) -> int:
        """Wait for its end; returns its exit status."""
        assert self._process is not None
        async with asyncio.timeout(timeout_s):
            return await self._process.wait()

    async def stop(self) -> None:
        """Leave nothing behind, whatever happened."""
        if self._process is not None and self._process.returncode is None:
            self._process.kill()
            await self._process.wait()


def is_alive(pid: int) -> bool:
    """Whether a process runs; one that only waits to be collected does not."""
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except FileNotFoundError:
        return False
    return state != "Z"
