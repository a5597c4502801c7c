"""Starts of the embedded Valkey that fail or are given up: one line, and nothing left behind."""

import asyncio
import errno
import fcntl
import json
import os
import threading
from pathlib import Path

import pytest

from cxgame.store import embedded
from cxgame.store.datadir import DataDir, Running
from cxgame.store.embedded import EmbeddedValkey
from cxgame.store.errors import StoreError
from tests.support.waiting import WAIT_S, until


def locked(path: Path) -> int | None:
    """A descriptor that holds the lock of a file; None if somebody else does."""
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(descriptor)
        return None
    return descriptor


def is_free(path: Path) -> bool:
    """Whether nobody holds the lock of a file."""
    descriptor = locked(path)
    if descriptor is not None:
        os.close(descriptor)
    return descriptor is not None


@pytest.mark.parametrize("what", ["announce", "log"])
async def test_a_disk_that_refuses_is_one_clear_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, what: str
) -> None:
    """Valkey can start where there is no room for us; the directory is free again."""

    def refuse(*_: Running | Path) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    with monkeypatch.context() as patch:
        if what == "announce":
            patch.setattr(DataDir, "announce", refuse)
        else:
            patch.setattr(embedded, "_log_file", refuse)
        with pytest.raises(StoreError, match=r"cannot start Valkey in .*: No space left"):
            await asyncio.wait_for(EmbeddedValkey.start(tmp_path), WAIT_S)
    valkey = await asyncio.wait_for(EmbeddedValkey.start(tmp_path), WAIT_S)
    await valkey.stop()


async def test_a_start_that_is_given_up_while_it_waits_lets_go_of_the_directory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It waits in a thread for the end of an orphan, and takes the directory all the same."""
    (tmp_path / "valkey").mkdir()
    dead = Running(str(tmp_path / "valkey.sock"), 0, 0, "", None)
    (tmp_path / "valkey.json").write_text(json.dumps(dead._asdict()))
    orphan = locked(tmp_path / "lock")
    assert orphan is not None
    asked = threading.Event()
    monkeypatch.setattr(embedded, "_end_orphan", lambda _: asked.set())
    starting = asyncio.create_task(EmbeddedValkey.start(tmp_path))
    await until(asked.is_set)
    starting.cancel()
    await asyncio.wait({starting})
    assert starting.cancelled()
    os.close(orphan)
    await until(lambda: is_free(tmp_path / "lock.server"))
    valkey = await asyncio.wait_for(EmbeddedValkey.start(tmp_path), WAIT_S)
    await valkey.stop()
