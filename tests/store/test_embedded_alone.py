"""One server for one data directory: a second is refused, an orphan of a killed one ended."""

import asyncio
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from cxgame.store.datadir import read_running
from cxgame.store.embedded import EmbeddedValkey, find_embedded
from cxgame.store.errors import DirectoryBusy
from cxgame.store.sockets import remove_socket_folder
from tests.store.embedded_fixture import ask
from tests.support.processes import is_alive

LIMIT_S = 30


# A server of its own, which tells when it is ready and then does nothing. `shim` off: as on systems
# where the kernel does not end the child with its parent.
SERVER = """
import asyncio, sys, types
from pathlib import Path
from cxgame import child
from cxgame.store.embedded import EmbeddedValkey
if sys.argv[2] == "no-shim":
    child.sys = types.SimpleNamespace(platform="other", executable="")
async def main():
    valkey = await EmbeddedValkey.start(Path(sys.argv[1]))
    print(valkey.pid, flush=True)
    await asyncio.sleep(3600)
asyncio.run(main())
"""


class Server:
    """That server as a process."""

    def __init__(self, data_dir: Path, shim: str) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-c", SERVER, str(data_dir), shim], stdout=subprocess.PIPE
        )
        assert self.process.stdout is not None
        self.valkey_pid = int(self.process.stdout.readline())

    def kill(self) -> None:
        self.process.kill()
        self.process.wait()
        assert self.process.stdout is not None
        self.process.stdout.close()


@pytest.fixture
def server(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Server]:
    server = Server(tmp_path, getattr(request, "param", "shim"))
    running = read_running(tmp_path)
    assert running is not None
    yield server
    server.kill()
    remove_socket_folder(running.socket)
    if is_alive(server.valkey_pid):
        os.kill(server.valkey_pid, signal.SIGKILL)


def wait_gone(pid: int, timeout_s: float) -> bool:
    deadline = time.monotonic() + timeout_s
    while is_alive(pid):
        if time.monotonic() > deadline:
            return False
        time.sleep(0.01)
    return True


async def test_a_second_start_elsewhere_is_refused(server: Server, tmp_path: Path) -> None:
    """Also when the first is another process."""
    with pytest.raises(DirectoryBusy, match=f"in use by process {server.process.pid}$") as caught:
        await EmbeddedValkey.start(tmp_path)
    assert caught.value.pid == server.process.pid
    endpoint = find_embedded(tmp_path)
    assert endpoint is not None
    assert await ask(endpoint, "PING") == b"PONG"


@pytest.mark.skipif(sys.platform != "linux", reason="the kernel's help is Linux's")
def test_it_dies_with_a_server_that_is_killed(server: Server) -> None:
    """SIGKILL of the server leaves no child."""
    assert is_alive(server.valkey_pid)
    server.kill()
    assert wait_gone(server.valkey_pid, 2.0)


async def test_a_start_right_after_a_kill_waits_for_the_end(server: Server, tmp_path: Path) -> None:
    """The old Valkey may be dying still: the next start takes its place without fuss."""
    endpoint = find_embedded(tmp_path)
    assert endpoint is not None
    await ask(endpoint, "SET", "kept", "yes")
    server.kill()
    valkey = await asyncio.wait_for(EmbeddedValkey.start(tmp_path), LIMIT_S)
    assert await ask(valkey.endpoint, "GET", "kept") == b"yes"
    await valkey.stop()


@pytest.mark.parametrize("server", ["no-shim"], indirect=True)
async def test_an_orphan_is_ended_and_its_data_kept(server: Server, tmp_path: Path) -> None:
    """Where a Valkey survives its server, the next start shuts it down over its socket."""
    orphan = find_embedded(tmp_path)
    assert orphan is not None
    await ask(orphan, "SET", "kept", "yes")
    server.kill()
    assert await ask(orphan, "PING") == b"PONG"
    valkey = await asyncio.wait_for(EmbeddedValkey.start(tmp_path), LIMIT_S)
    assert wait_gone(server.valkey_pid, 2.0)
    assert await ask(valkey.endpoint, "GET", "kept") == b"yes"
    assert not Path(orphan.name).parent.exists()
    await valkey.stop()


@pytest.mark.parametrize("server", ["no-shim"], indirect=True)
async def test_an_orphan_that_does_not_end_is_named(
    server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A stuck orphan keeps the directory; the refusal says which process it is."""
    monkeypatch.setattr("cxgame.store.datadir.ORPHAN_WAIT_S", 0.1)
    server.kill()
    os.kill(server.valkey_pid, signal.SIGSTOP)
    try:
        with pytest.raises(DirectoryBusy, match=f"Valkey process {server.valkey_pid} whose"):
            await asyncio.wait_for(EmbeddedValkey.start(tmp_path), LIMIT_S)
    finally:
        os.kill(server.valkey_pid, signal.SIGKILL)
