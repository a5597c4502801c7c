"""The keeper of a game in play: a process that is started, watched and ended by the server.

It may die, fall behind or refuse to go on: the game does not notice. What is told of it is logged.
"""

import asyncio
import logging
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

from cxgame.child import bound
from cxgame.config import Settings
from cxgame.in_thread import in_thread
from cxgame.ports import Journal, Snapshot
from cxgame.store.api import GameStore
from cxgame.store.archive import archive_folder
from cxgame.store.archived import ArchivedJournal
from cxgame.store.keeping import DAMAGED, ENDED, FENCED, KeeperAccess, KeeperTask
from cxgame.store.snapshots import Snapshots, snapshot_folder

_BEGIN_AFTER_S = 2.0  # players who wait for the game come first
_WATCH_S = 0.5
_PAUSES_S = (1.0, 5.0, 30.0)  # before it is started again; the last one repeats
_STEADY_S = 60.0  # up for so long, it has recovered
_FINISH_S = 5.0  # for a last snapshot; without it the next start takes longer, no more

log = logging.getLogger("cxgame.server")


def journal_of(kept: GameStore, data_dir: Path) -> Journal:
    """The whole journal of a game, archive included."""
    if kept.keeper_access is None:
        return kept.journal
    return ArchivedJournal(kept.journal, archive_folder(data_dir, kept.id))


def snapshots_of(
    kept: GameStore, data_dir: Path, seq: int, hash_: bytes | None = None
) -> Iterator[Snapshot]:
    """Snapshots of a game that stands at batch `seq`, with that hash if it is known."""
    if kept.keeper_access is None:
        return
    for snapshot in Snapshots(snapshot_folder(data_dir, kept.id)).sound():
        if snapshot.seq < seq or (snapshot.seq == seq and hash_ in (None, snapshot.hash)):
            yield snapshot


class KeeperProcess:
    """The keeper of one game. Start it in the thread that runs the server (`cxgame.child`)."""

    def __init__(
        self, settings: Settings, access: KeeperAccess, begin_after_s: float = _BEGIN_AFTER_S
    ) -> None:
        self.game = access.keys.id
        self.process: subprocess.Popen[bytes] | None = None
        self.status: int | None = None  # with which it ended for good
        self._begin_after_s = begin_after_s
        self._guard: asyncio.Task[None] | None = None
        task = KeeperTask(
            access,
            settings.data_dir.absolute(),
            settings.snapshot_interval,
            settings.snapshot_commands,
            settings.log_level,
            settings.log_file,
        )
        self._line = task.line()

    @property
    def is_running(self) -> bool:
        """Whether it is there; what it does is in the log."""
        return self.process is not None and self.process.poll() is None

    def start(self) -> None:
        """Let it begin soon, and again whenever it fails."""
        self._guard = asyncio.get_running_loop().create_task(self._keep_alive())

    async def stop(self) -> None:
        """Let it finish, if that is quick."""
        if self._guard is not None:
            self._guard.cancel()
            await asyncio.gather(self._guard, return_exceptions=True)
        if self.process is not None:
            await in_thread(_end, self.process)

    async def _keep_alive(self) -> None:
        await asyncio.sleep(self._begin_after_s)
        failures = 0
        while self.status not in (DAMAGED, FENCED):
            begun_s = time.monotonic()
            try:
                self.process = _spawn(self._line)
            except OSError as error:
                log.error("the keeper of game %s cannot be started: %s", self.game, error.strerror)
            else:
                self.status = await _ended(self.process)
            steady = time.monotonic() - begun_s > _STEADY_S
            failures = 0 if steady else failures + 1
            pause_s = _PAUSES_S[min(failures, len(_PAUSES_S) - 1)]
            if self.status not in (DAMAGED, FENCED):
                text = "the keeper of game %s ended with status %s; starting it again"
                log.warning(text, self.game, self.status)
                await asyncio.sleep(pause_s)
        if self.status == DAMAGED:
            text = "game %s is played without a keeper now: its journal grows, starts take longer"
            log.error(text, self.game)


def _spawn(line: bytes) -> "subprocess.Popen[bytes]":
    process = subprocess.Popen(  # noqa: S603 a program of ours
        bound([sys.executable, "-m", "cxgame.keeper"]),
        stdin=subprocess.PIPE,  # what it is told holds a password
        stdout=subprocess.DEVNULL,
        start_new_session=True,  # Ctrl-C is for the server, which then lets it finish
    )
    assert process.stdin is not None
    try:
        process.stdin.write(line)
        process.stdin.flush()
    except BrokenPipeError:
        pass  # it ended at once; whoever watches it will see
    return process


async def _ended(process: "subprocess.Popen[bytes]") -> int:
    while (status := process.poll()) is None:
        await asyncio.sleep(_WATCH_S)
    assert process.stdin is not None
    process.stdin.close()
    return status


def _end(process: "subprocess.Popen[bytes]") -> None:
    assert process.stdin is not None
    process.stdin.close()
    try:
        status = process.wait(_FINISH_S)
    except subprocess.TimeoutExpired:
        process.kill()
        status = process.wait()
    if status not in (ENDED, FENCED, DAMAGED):
        log.warning("the keeper did not finish (status %d); the next start may take longer", status)
