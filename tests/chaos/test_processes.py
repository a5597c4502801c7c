"""One server per directory, and no process without its server."""

import asyncio
import time
from pathlib import Path

from tests.chaos.campaign import GENEROUS, WITHIN_S, campaign
from tests.chaos.tally import TALLY
from tests.support.processes import ServerProcess

GONE_S = 2.0  # the promise; asserted generously, reported as it was


def processes_in(folder: Path) -> set[int]:
    """Every process that works in a folder or holds a file there open."""
    found = set()
    for process in Path("/proc").glob("[0-9]*"):
        try:
            places = [process / "cwd", *(process / "fd").iterdir()]
            if any(str(place.readlink()).startswith(str(folder)) for place in places):
                found.add(int(process.name))
        except OSError:  # it ended meanwhile, or is somebody else's
            continue
    return found


async def test_a_killed_server_leaves_no_child(tmp_path: Path) -> None:
    """Neither its Valkey nor anything else of it is there after two seconds."""
    async with campaign(tmp_path, players=2) as one:
        assert len(processes_in(tmp_path)) > 1
        one.play()
        await asyncio.sleep(0.3)
        await one.server.kill()
        killed_s = time.monotonic()
        async with asyncio.timeout(GENEROUS * GONE_S):
            while processes_in(tmp_path):
                await asyncio.sleep(0.01)
        TALLY.took("children gone after the server was killed", time.monotonic() - killed_s)
        await one.broken_off()
        await one.start_again("kill under load")
        await one.enter()


async def test_a_second_server_is_refused_and_harms_nothing(tmp_path: Path) -> None:
    """It names the one that holds the directory and ends; nobody there notices."""
    async with campaign(tmp_path, players=2) as one:
        one.play()
        (tmp_path / "second").mkdir()
        second = ServerProcess(tmp_path / "second")
        second.data = one.server.data
        try:
            await asyncio.wait_for(_refused(second, one.server.pid), WITHIN_S)
        finally:
            await second.stop()
        assert one.connected
        marks = [len(player.told) for player in one.players]
        async with asyncio.timeout(WITHIN_S):
            while any(len(p.told) < mark + 3 for p, mark in zip(one.players, marks, strict=True)):
                await asyncio.sleep(0.01)
        TALLY.faults["second server"] += 1
        await one.rest()
        await one.enter()


async def _refused(second: ServerProcess, pid: int) -> None:
    try:
        await second.start()
    except RuntimeError:
        assert f"in use by process {pid}" in second.output
        return
    raise AssertionError("a second server plays on the same directory")
