"""The embedded Valkey as a child: it keeps everything, is found, and leaves nothing behind."""

import asyncio
import errno
import hashlib
import os
import signal
import tempfile
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from cxgame.store import child, embedded
from cxgame.store.datadir import DataDir, Running, read_running
from cxgame.store.embedded import EmbeddedValkey, find_embedded, wait_embedded
from cxgame.store.endpoint import Endpoint
from cxgame.store.errors import DirectoryBusy, StoreError, StoreUnavailable
from cxgame.store.link import Link
from cxgame.store.valkey_store import ValkeyStore
from tests.store.batches import chain, make_batch
from tests.store.embedded_fixture import a_free_port, ask
from tests.support.processes import is_alive

LIMIT_S = 30


@pytest.fixture
async def valkey(tmp_path: Path) -> AsyncIterator[EmbeddedValkey]:
    valkey = await asyncio.wait_for(EmbeddedValkey.start(tmp_path), LIMIT_S)
    yield valkey
    await valkey.stop()


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
