"""The disk is full, or a file may grow no further: nothing is acknowledged that is not kept."""

import resource
from pathlib import Path

import pytest

from tests.chaos.campaign import Campaign, campaign
from tests.chaos.disk import empty, fill, small_disk
from tests.chaos.halting import Strike, halted_and_resumed


def full_disk(one: Campaign) -> Strike:
    """No byte more fits on the disk; then there is room again."""

    async def strike() -> None:
        fill(one.server.data)

    async def heal() -> None:
        empty(one.server.data)

    return Strike("disk full", strike, heal)


def no_growth(one: Campaign) -> Strike:
    """Valkey's file may grow no further (RLIMIT_FSIZE, which needs no privileges)."""
    pid = one.valkey_pid
    unlimited = resource.prlimit(pid, resource.RLIMIT_FSIZE)

    async def strike() -> None:
        sizes = (p.stat().st_size for p in (one.server.data / "valkey").rglob("*.aof"))
        resource.prlimit(pid, resource.RLIMIT_FSIZE, (max(sizes) + 2_000, unlimited[1]))

    async def heal() -> None:
        with_room = (resource.RLIM_INFINITY, unlimited[1])
        if Path(f"/proc/{pid}").exists():
            resource.prlimit(pid, resource.RLIMIT_FSIZE, with_room)

    return Strike("file may not grow", strike, heal)


async def test_a_full_disk_halts_the_game_until_there_is_room(tmp_path: Path) -> None:
    """Valkey ends at the first write that fails; with room it is started again, by itself."""
    with small_disk(tmp_path / "data"):
        async with campaign(tmp_path, players=4) as one:
            await halted_and_resumed(one, full_disk(one))


@pytest.mark.ci
async def test_a_disk_that_fills_again_and_again(tmp_path: Path, rounds: int) -> None:
    """Each time nothing is lost, and play goes on."""
    for round_ in range(rounds):
        with small_disk(tmp_path / str(round_) / "data"):
            async with campaign(tmp_path / str(round_), seed=round_) as one:
                for _ in range(3):
                    await halted_and_resumed(one, full_disk(one))
