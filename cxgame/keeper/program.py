"""The keeper as a program: told on one line what to keep, it ends when its standard input does.

Its input is a pipe from the server, so it ends with the server however that ends; it then keeps
what there still is to keep, unless Valkey is gone, too.
"""

import asyncio
import contextlib
import logging
import os
import sqlite3
from pathlib import Path
from typing import IO

from cxgame import logs
from cxgame.history.schema import forget, history_file, is_damage
from cxgame.in_thread import in_thread
from cxgame.keeper.keeper import Keeper, Unsound
from cxgame.ports import JournalFault
from cxgame.recovery import JournalDamaged
from cxgame.store.archive import ArchiveDamaged
from cxgame.store.errors import StoreError
from cxgame.store.keeping import DAMAGED, ENDED, FAILED, FENCED, KeeperTask

_POLL_S = 0.5  # in bursts: a batch of its own for each would cost more
_RETRY_S = 5.0  # a full disk, a Valkey that is away
_NICE = 19  # players come first: what it is behind in a rush it makes up for afterwards
_GROUP = Path("/proc/self/autogroup")
_PASSING = (OSError, sqlite3.Error, StoreError)  # StoreUnavailable is an OSError

log = logging.getLogger("cxgame.keeper")


def main(orders: IO[bytes]) -> int:
    """Run until `orders` ends; returns the exit status."""
    task = KeeperTask.from_line(orders.readline())
    step_back()
    logs.configure(task.log_level, task.log_file, task.access.endpoint.secrets)
    return asyncio.run(keep(task, orders))


def step_back() -> None:
    """Leave the cores to the players, as far as the system lets us say so.

    Linux weighs sessions against each other first, and the keeper is one of its own: there `nice`
    alone would change nothing.
    """
    if hasattr(os, "nice"):
        os.nice(_NICE)
    with contextlib.suppress(OSError):
        _GROUP.write_text(str(_NICE))


async def keep(task: KeeperTask, orders: IO[bytes], poll_s: float = _POLL_S) -> int:
    """Keep a game until `orders` ends; returns the exit status."""
    ended = asyncio.ensure_future(in_thread(orders.read))
    game = task.access.keys.id
    try:
        keeper = Keeper(task)
        try:
            await keeper.begin()
            await _follow(keeper, game, ended, poll_s)
        finally:
            await keeper.close()
    except JournalFault as fault:
        if fault.reason == "FENCED":
            log.info("game %s has another writer now, and another keeper", game)
            return FENCED
        return _damaged(game, fault)
    except (JournalDamaged, ArchiveDamaged, Unsound) as error:
        return _damaged(game, error)
    except _PASSING as error:
        log.error("game %s is not being kept: %s", game, error)
        if is_damage(error):  # a read model: the next keeper writes it anew from the archive
            forget(history_file(task.data_dir, game))
        return FAILED
    return ENDED


async def _follow(keeper: Keeper, game: str, ended: "asyncio.Future[bytes]", poll_s: float) -> None:
    trouble = ""
    while not ended.done():
        pause_s = poll_s
        try:
            await keeper.step()
        except _PASSING as error:
            if is_damage(error):
                raise
            if str(error) != trouble:
                trouble = str(error)
                log.error("game %s is not being kept for now: %s", game, error)
            pause_s = _RETRY_S
        else:
            trouble = ""
        await asyncio.wait({ended}, timeout=pause_s)
    await keeper.finish()


def _damaged(game: str, error: Exception) -> int:
    text = (
        "game %s is not archived any more, its journal in Valkey is left as it is, play goes on: %s"
    )
    log.error(text, game, error)
    return DAMAGED
