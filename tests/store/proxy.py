"""A proxy between a journal and Valkey that does what networks do."""

import asyncio
import contextlib

from cxgame.store.endpoint import Endpoint


class Proxy:
    """Forwards to a Unix socket; can lose replies, refuse, or hold everything back."""

    def __init__(self, target: str) -> None:
        self._target = target
        self._server: asyncio.Server | None = None
        self._tasks: set[asyncio.Task[None]] = set()
        self._passing = asyncio.Event()
        self._passing.set()
        self.lose_after = b""  # a request with these bytes is forwarded, its reply never comes
        self.refusing = False
        self.connections = 0
        self.requests = bytearray()

    async def __aenter__(self) -> "Proxy":
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        return self

    async def __aexit__(self, *_: object) -> None:
        assert self._server is not None
        self._server.close()
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    @property
    def endpoint(self) -> Endpoint:
        assert self._server is not None
        return Endpoint.url(f"redis://127.0.0.1:{self._server.sockets[0].getsockname()[1]}")

    def hold(self) -> None:
        self._passing.clear()

    def let_pass(self) -> None:
        self._passing.set()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        self.connections += 1
        try:
            if not self.refusing:
                await self._join(reader, writer)
        finally:
            writer.close()
            with contextlib.suppress(OSError):
                await writer.wait_closed()

    async def _join(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        far_reader, far_writer = await asyncio.open_unix_connection(self._target)
        ways = [
            asyncio.create_task(self._requests(reader, far_writer, far_reader)),
            asyncio.create_task(self._replies(far_reader, writer)),
        ]
        try:
            await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for way in ways:
                way.cancel()
            await asyncio.gather(*ways, return_exceptions=True)
            far_writer.close()
            with contextlib.suppress(OSError):
                await far_writer.wait_closed()

    async def _requests(
        self,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
        far_reader: asyncio.StreamReader,
    ) -> None:
        while data := await reader.read(1 << 20):
            self.requests += data
            if self.lose_after and self.lose_after in data:
                self.lose_after = b""
                self.hold()  # no reply gets through from now on
                writer.write(data)
                await writer.drain()
                await asyncio.sleep(0.05)  # Valkey applies it
                self.let_pass()
                return
            await self._passing.wait()
            writer.write(data)

    async def _replies(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while data := await reader.read(1 << 20):
            if not self._passing.is_set():
                await asyncio.sleep(3600)  # lost, with the connection
            writer.write(data)
