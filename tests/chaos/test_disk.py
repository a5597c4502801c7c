"""The disk is full, or a file may grow no further: nothing is acknowledged that is not kept."""

import resource
from pathlib import Path

import pytest

from tests.chaos.campaign import Campaign, campaign, is_sound
from tests.chaos.disk import empty, fill, small_disk
from tests.chaos.halting import Strike, halted_and_resumed, nothing, outlived


def full_disk(one: Campaign) -> Strike:
    """No byte more fits on the disk; then there is room again."""

    async def strike() -> None:
        fill(one.server.data)

    async def heal() -> None:
        empty(one.server.data)

    return Strike("disk full", strike, heal)


def no_growth(one: Campaign) -> Strike:
    """A write is cut short, by a limit on the size of files: this needs no privileges."""

    async def strike() -> None:
        pid, files = one.valkey_pid, (one.server.data / "valkey").rglob("*.aof")
        most = max(path.stat().st_size for path in files) + 2_000
        resource.prlimit(pid, resource.RLIMIT_FSIZE, (most, resource.RLIM_INFINITY))

    return Strike("a write of Valkey cut short", strike, nothing)


@pytest.mark.ci
async def test_a_full_disk_halts_the_game_until_there_is_room(tmp_path: Path) -> None:
    """Valkey ends at the first write that fails; with room it is started again, by itself."""
    with small_disk(tmp_path / "data"):
        async with campaign(tmp_path, players=4) as one:
            await halted_and_resumed(one, full_disk(one))


@pytest.mark.ci
@pytest.mark.skipif(not hasattr(resource, "prlimit"), reason="NOT TESTED: only Linux has prlimit")
async def test_a_write_that_is_cut_short(tmp_path: Path, rounds: int) -> None:
    """Half a batch at the end of Valkey's file is none; it is sent again after the restart."""
    async with campaign(tmp_path) as one:
        for _ in range(3 * rounds):
            await outlived(one, no_growth(one))
    await is_sound(one.server.data)


@pytest.mark.ci
async def test_a_disk_that_fills_again_and_again(tmp_path: Path, rounds: int) -> None:
    """Each time nothing is lost, and play goes on."""
    for round_ in range(rounds):
        with small_disk(tmp_path / str(round_) / "data"):
            async with campaign(tmp_path / str(round_), seed=round_) as one:
                for _ in range(3):
                    await halted_and_resumed(one, full_disk(one))
