"""A Valkey of somebody else, and the network before it, which does what networks do."""

import asyncio
import contextlib
import shutil
import subprocess
import tempfile
from pathlib import Path
from typing import Self

from cxgame.store.binary import find_binary
from cxgame.store.child import settings
from cxgame.store.sockets import is_listening

WITHIN_S = 30.0
OPEN, CLOSED, HOLE, DEAF = "open", "closed", "hole", "deaf"


class External:
    """A Valkey that the server did not start."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._sockets = Path(tempfile.mkdtemp(prefix="chaos-"))  # short, as socket paths must be
        self.socket = str(self._sockets / "valkey.sock")
        self._process: subprocess.Popen[bytes] | None = None

    async def __aenter__(self) -> Self:
        self._folder.mkdir(parents=True, exist_ok=True)
        with (self._folder / "log").open("ab") as log:
            self._process = subprocess.Popen(
                [str(find_binary()), "-"],
                stdin=subprocess.PIPE,
                stdout=log,
                stderr=log,
                cwd=self._folder,
            )
        assert self._process.stdin is not None
        self._process.stdin.write(settings(self.socket, None, "", None).encode())
        self._process.stdin.close()
        async with asyncio.timeout(WITHIN_S):
            while not is_listening(self.socket):
                await asyncio.sleep(0.01)
        return self

    async def __aexit__(self, *_: object) -> None:
        assert self._process is not None
        self._process.kill()
        self._process.wait()
        shutil.rmtree(self._sockets, ignore_errors=True)


class Gate:
    """Forwards TCP to a Unix socket, in one of several moods."""

    def __init__(self, target: str) -> None:
        self._target = target
        self._server: asyncio.Server | None = None
        self._ways: set[asyncio.Task[None]] = set()
        self._writers: set[asyncio.StreamWriter] = set()
        self.mood = OPEN
        self.delay_s = 0.0  # of each reply
        self.losing = 0  # so many requests that begin a commit are forwarded, and cut off then
        self.lost = 0

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        return self

    async def __aexit__(self, *_: object) -> None:
        assert self._server is not None
        self._server.close()
        for way in self._ways:
            way.cancel()
        await asyncio.gather(*self._ways, return_exceptions=True)

    @property
    def url(self) -> str:
        """What to give the server as its Valkey."""
        assert self._server is not None
        return f"redis://127.0.0.1:{self._server.sockets[0].getsockname()[1]}"

    def close(self) -> None:
        """Cut every connection, and accept none."""
        self.mood = CLOSED
        for writer in self._writers:
            writer.transport.abort()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._ways.add(task)
        task.add_done_callback(self._ways.discard)
        self._writers.add(writer)
        try:
            if self.mood != CLOSED:
                await self._join(reader, writer)
        finally:
            self._writers.discard(writer)
            await _cut(writer)

    async def _join(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        far_reader, far_writer = await asyncio.open_unix_connection(self._target)
        lost = asyncio.Event()  # no reply comes through any more
        ways = {
            asyncio.create_task(self._requests(reader, far_writer, lost)),
            asyncio.create_task(self._replies(far_reader, writer, lost)),
        }
        try:
            await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for way in ways:
                way.cancel()
            await asyncio.gather(*ways, return_exceptions=True)
            await _cut(far_writer)

    async def _requests(
        self, near: asyncio.StreamReader, far: asyncio.StreamWriter, lost: asyncio.Event
    ) -> None:
        """Returns, which cuts the connection, when a reply is to be lost."""
        with contextlib.suppress(OSError):
            while data := await near.read(1 << 20):
                if self.mood == HOLE:
                    continue
                losing = self.losing and b"FCALL" in data and b"cx_commit_" in data
                if losing:
                    lost.set()
                far.write(data)
                if losing:
                    self.losing -= 1
                    self.lost += 1
                    await asyncio.sleep(0.05)  # Valkey applies it
                    return

    async def _replies(
        self, far: asyncio.StreamReader, near: asyncio.StreamWriter, lost: asyncio.Event
    ) -> None:
        with contextlib.suppress(OSError):
            while data := await far.read(1 << 20):
                if self.delay_s:
                    await asyncio.sleep(self.delay_s)
                if self.mood not in (HOLE, DEAF) and not lost.is_set():
                    near.write(data)


async def _cut(writer: asyncio.StreamWriter) -> None:
    """End a connection at once, whatever is under way."""
    writer.transport.abort()
    with contextlib.suppress(OSError):
        await writer.wait_closed()
