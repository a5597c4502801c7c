"""The server starts its keeper, starts it again when it dies, and lets it finish at the end."""

import asyncio
import contextlib
import logging
import os
import signal
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from cxgame.config import Settings
from cxgame.model.enums import Side
from cxgame.server.play import keeping
from cxgame.server.play.keeping import KeeperProcess, snapshots_of
from cxgame.store.api import GameStore
from cxgame.store.archive import Archive, archive_folder
from cxgame.store.keeping import DAMAGED
from cxgame.store.memory_store import MemoryStore
from cxgame.store.valkey_store import ValkeyStore
from tests.store.embedded_fixture import ValkeyThread, shared_valkey
from tests.support.games import Bench, limit
from tests.support.waiting import until

__all__ = ["shared_valkey"]

LIMIT_S = 30


@pytest.fixture
async def store(shared_valkey: ValkeyThread) -> AsyncIterator[GameStore]:
    """A game of some batches in Valkey."""
    valkey = ValkeyStore(shared_valkey.endpoint, "always", takeover=False)
    await valkey.prepare()
    store = await valkey.open_game(f"kept{os.urandom(4).hex()}")
    bench = Bench()
    await bench.open_with("alice")
    for number in range(5):
        bench.submit(limit(1, Side.BUY, 1000 + number, 10**6))
        await bench.game.settled()
    await bench.game.stop()
    for batch in bench.journal.batches:
        await store.journal.commit(batch)
    yield store
    await valkey.close()


@pytest.fixture
async def keeper(
    store: GameStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[KeeperProcess]:
    monkeypatch.setattr(keeping, "_PAUSES_S", (0.0,))
    monkeypatch.setattr(keeping, "_WATCH_S", 0.02)
    monkeypatch.setattr(keeping, "_FINISH_S", LIMIT_S)  # beside other tests it takes its time
    assert store.keeper_access is not None
    keeper = KeeperProcess(Settings(data_dir=tmp_path), store.keeper_access, 0.0)
    yield keeper
    await keeper.stop()
    assert keeper.process is None or keeper.process.poll() is not None


async def test_a_keeper_finishes_when_it_is_stopped(
    keeper: KeeperProcess, store: GameStore, tmp_path: Path
) -> None:
    """Whatever it has not kept yet is kept then, and the next start begins there."""
    assert not keeper.is_running
    keeper.start()
    await until(lambda: keeper.is_running)
    await keeper.stop()
    assert not keeper.is_running
    assert keeper.process is not None
    assert keeper.process.returncode == 0
    last = Archive(archive_folder(tmp_path, store.id)).last_seq
    assert last == 6
    assert [each.seq for each in snapshots_of(store, tmp_path, last)] == [last]
    assert list(snapshots_of(store, tmp_path, last - 1)) == []
    assert list(snapshots_of(store, tmp_path, last, b"another hash")) == []


async def test_a_keeper_that_dies_is_started_again(
    keeper: KeeperProcess, caplog: pytest.LogCaptureFixture
) -> None:
    """And that is told."""
    keeper.start()
    await until(lambda: keeper.process is not None)
    first = keeper.process
    assert first is not None
    with contextlib.suppress(ProcessLookupError):
        os.kill(first.pid, signal.SIGKILL)
    await until(lambda: keeper.process is not first)
    assert "starting it again" in caplog.text


async def test_a_keeper_that_found_damage_is_not_started_again(
    keeper: KeeperProcess, store: GameStore, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """The game goes on without, which is an error to be seen."""
    folder = archive_folder(tmp_path, store.id)
    folder.mkdir(parents=True)
    (folder / "000000000001.cxa").write_bytes(b"x" * 100)
    keeper.start()
    await until(lambda: any(record.levelno == logging.ERROR for record in caplog.records))
    assert keeper.status == DAMAGED
    assert "without a keeper" in caplog.text


async def test_a_keeper_that_never_began_is_stopped(store: GameStore, tmp_path: Path) -> None:
    """A server that ends at once does not wait for one."""
    assert store.keeper_access is not None
    keeper = KeeperProcess(Settings(data_dir=tmp_path), store.keeper_access)
    keeper.start()
    await asyncio.wait_for(keeper.stop(), LIMIT_S)
    assert keeper.process is None


async def test_a_game_in_memory_has_no_keeper(tmp_path: Path) -> None:
    """Nothing of it lies in the data directory, whatever is there."""
    game = await MemoryStore().open_game("main")
    assert game.keeper_access is None
    assert keeping.journal_of(game, tmp_path) is game.journal
    assert list(snapshots_of(game, tmp_path, 100)) == []
