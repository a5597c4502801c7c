"""Processes of the arena: none outlives its block, and none is told what it should not know."""

import asyncio
import contextlib
from asyncio.subprocess import Process
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path

from cxgame.config import ABOUT

LEAVE_S = 2.0  # for a process to end before it is asked to, and then before it is killed


@asynccontextmanager
async def process(
    command: list[str], environment: Mapping[str, str], log: Path
) -> AsyncIterator[Process]:
    """A process that does not outlive the block; what it says goes to a file."""
    with log.open("wb") as output:
        process = await asyncio.create_subprocess_exec(
            *command,
            env=environment,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=output,
            stderr=output,
        )
        try:
            yield process
        finally:
            await _end(process)


def without_settings(environment: Mapping[str, str]) -> dict[str, str]:
    """An environment in which nothing of ours is set: who plays a heat must not change it."""
    ours = {variable for about in ABOUT.values() for variable in about.variables} | {"VALKEY_HOST"}
    return {
        name: value
        for name, value in environment.items()
        if not name.startswith("CXGAME_") and name not in ours
    }


async def _end(process: Process) -> None:
    """Ask a process to end, then kill it; not if it has ended already."""
    for urge in (process.terminate, process.kill):
        if process.returncode is None:
            with contextlib.suppress(ProcessLookupError, TimeoutError):
                urge()
                await asyncio.wait_for(process.wait(), LEAVE_S)
