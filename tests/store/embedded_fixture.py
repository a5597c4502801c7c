"""One embedded Valkey for a whole test session; import the fixture into a `conftest.py`."""

import asyncio
import socket
import threading
from collections.abc import Iterator
from concurrent.futures import Future
from pathlib import Path

import pytest

from cxgame.store.embedded import EmbeddedValkey
from cxgame.store.endpoint import Endpoint
from cxgame.store.link import Link


class ValkeyThread:
    """An embedded Valkey in a loop of its own thread: tests come and go with theirs."""

    def __init__(self, data_dir: Path) -> None:
        self.data_dir = data_dir
        self._started: Future[EmbeddedValkey] = Future()
        self._stop = threading.Event()
        self._thread = threading.Thread(target=lambda: asyncio.run(self._serve()))
        self._thread.start()
        self.valkey = self._started.result(timeout=30)

    @property
    def endpoint(self) -> Endpoint:
        return self.valkey.endpoint

    @property
    def url(self) -> str:
        return f"unix://{self.endpoint.name}"

    def stop(self) -> None:
        self._stop.set()
        self._thread.join(timeout=30)

    async def _serve(self) -> None:
        try:
            valkey = await EmbeddedValkey.start(self.data_dir)
        except BaseException as error:
            self._started.set_exception(error)
            raise
        self._started.set_result(valkey)
        await asyncio.to_thread(self._stop.wait)
        await valkey.stop()


@pytest.fixture(scope="session")
def shared_valkey(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ValkeyThread]:
    """Shared by all tests of the session: use a game name of your own (`game_name`)."""
    thread = ValkeyThread(tmp_path_factory.mktemp("valkey"))
    yield thread
    thread.stop()


def a_free_port() -> int:
    """A port that nobody listens on; Valkey cannot be asked to choose one."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


async def ask(endpoint: Endpoint, *question: str) -> object:
    """One question, over a connection of its own."""
    link = Link(endpoint)
    try:
        return await link.call(*question)
    finally:
        await link.close()
