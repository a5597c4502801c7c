"""A bad line to a server: cuts connections, holds bytes back, and delivers some of them twice."""

import asyncio
import random
from typing import Self

_BYTES = 2**16


class Proxy:
    """Forwards TCP, and does harm by draws: the same seed, the same inclinations.

    A doubled connection is one whose requests reach the server twice, over two connections; the
    client sees the answers of one of them.
    """

    def __init__(self, port: int, seed: int) -> None:
        self.cuts = self.doubles = 0
        self.is_good = False  # from now on no harm is done
        self._port = port
        self._draws = random.Random(seed)
        self._server: asyncio.Server | None = None
        self._tasks: set[asyncio.Task[None]] = set()
        self._writers: set[asyncio.StreamWriter] = set()

    @property
    def uri(self) -> str:
        """Where a client goes."""
        assert self._server is not None
        return f"ws://127.0.0.1:{self._server.sockets[0].getsockname()[1]}"

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        return self

    async def __aexit__(self, *_: object) -> None:
        assert self._server is not None
        self._server.close()
        self.cut()
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def cut(self) -> None:
        """Break all connections, whatever is under way."""
        for writer in self._writers:
            self.cuts += 1
            writer.transport.abort()
        self._writers.clear()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        servers = [await asyncio.open_connection("127.0.0.1", self._port)]
        if not self.is_good and self._draws.random() < 0.3:
            self.doubles += 1
            servers.append(await asyncio.open_connection("127.0.0.1", self._port))
        self._writers.add(writer)
        ways = [asyncio.create_task(self._copy(reader, [each for _, each in servers]))]
        ways += [asyncio.create_task(self._copy(servers[0][0], [writer]))]
        ways += [asyncio.create_task(self._copy(each, [])) for each, _ in servers[1:]]
        try:
            await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for way in ways:
                way.cancel()
            for end in (writer, *(each for _, each in servers)):
                end.transport.abort()
            self._writers.discard(writer)
            self._tasks.discard(task)

    async def _copy(
        self, reader: asyncio.StreamReader, writers: list[asyncio.StreamWriter]
    ) -> None:
        """Pass bytes on, now and then late; without writers they are swallowed."""
        try:
            while data := await reader.read(_BYTES):
                if not self.is_good and self._draws.random() < 0.1:
                    await asyncio.sleep(self._draws.uniform(0, 0.03))
                for writer in writers:
                    writer.write(data)
        except ConnectionError:
            return  # the end of one way is the end of the line
