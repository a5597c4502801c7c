"""Valkey is killed, hung, full or read-only: the game says so, waits, and goes on by itself."""

import asyncio
import os
import signal
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from tests.chaos.campaign import Campaign, campaign
from tests.chaos.halting import Strike, halted_and_resumed
from tests.chaos.tally import TALLY

HURT = Callable[[Campaign], Awaitable[Strike]]


async def hang(one: Campaign) -> Strike:
    """Valkey is there and does nothing."""
    pid = one.valkey_pid

    async def strike() -> None:
        os.kill(pid, signal.SIGSTOP)

    async def heal() -> None:
        os.kill(pid, signal.SIGCONT)

    return Strike("Valkey hung", strike, heal)


async def fill_memory(one: Campaign) -> Strike:
    """`maxmemory` is reached; nothing may be evicted."""

    async def strike() -> None:
        await one.valkey("CONFIG", "SET", "maxmemory", 1)

    async def heal() -> None:
        await one.valkey("CONFIG", "SET", "maxmemory", 0)

    return Strike("Valkey out of memory", strike, heal)


async def make_read_only(one: Campaign) -> Strike:
    """Valkey becomes a replica of a primary that cannot be reached."""

    async def strike() -> None:
        await one.valkey("REPLICAOF", "127.0.0.1", 1)

    async def heal() -> None:
        await one.valkey("REPLICAOF", "NO", "ONE")

    return Strike("Valkey read-only", strike, heal)


async def kill_for_good(one: Campaign) -> Strike:
    """Valkey is killed and cannot be started again, until it can."""
    folder, aside = one.server.data / "valkey", one.server.data / "aside"

    async def strike() -> None:
        folder.rename(aside)  # our child cannot start without its folder
        os.kill(one.valkey_pid, signal.SIGKILL)

    async def heal() -> None:
        aside.rename(folder)

    return Strike("Valkey killed and kept down", strike, heal)


HURTS: tuple[HURT, ...] = (hang, fill_memory, make_read_only, kill_for_good)


async def test_a_hung_valkey_halts_the_game_until_it_goes_on(tmp_path: Path) -> None:
    """Doubt is called STATE_UNKNOWN, what comes later STATE_HALTED; then all is as before."""
    async with campaign(tmp_path, players=4) as one:
        await halted_and_resumed(one, await hang(one))


async def test_a_full_memory_halts_the_game_until_there_is_room(tmp_path: Path) -> None:
    """A refused function has written nothing; its batch is sent again until it is taken."""
    async with campaign(tmp_path, players=4) as one:
        await halted_and_resumed(one, await fill_memory(one))


@pytest.mark.ci
@pytest.mark.parametrize("hurt", HURTS, ids=lambda hurt: hurt.__name__)
async def test_halts(tmp_path: Path, rounds: int, hurt: HURT) -> None:
    """The same game is hurt again and again, and nothing is lost or doubled."""
    async with campaign(tmp_path) as one:
        for _ in range(3 * rounds):
            await halted_and_resumed(one, await hurt(one))


async def killed(one: Campaign, kind: str) -> None:
    """Valkey is killed under load; the server starts it again and nobody is disconnected."""
    old = one.valkey_pid
    one.play()
    await asyncio.sleep(0.2)
    if kind == "rewriting":
        await one.valkey("BGREWRITEAOF")
    begun = asyncio.get_running_loop().time()
    os.kill(old, signal.SIGKILL)
    marks = [len(player.told) for player in one.players]
    async with asyncio.timeout(30):
        while one.valkey_pid == old or not all(
            any(told.code == "" for told in player.told[mark + 2 :])
            for player, mark in zip(one.players, marks, strict=True)
        ):
            await asyncio.sleep(0.01)
    TALLY.took(
        "orders taken again after Valkey was killed", asyncio.get_running_loop().time() - begun
    )
    TALLY.faults[f"kill of Valkey ({kind})"] += 1
    assert one.connected
    await one.rest()
    await one.enter()
    await one.follow()


async def test_a_killed_valkey_is_started_again(tmp_path: Path) -> None:
    """Our Valkey dies under load: connections stay, and orders are taken again by themselves."""
    async with campaign(tmp_path, players=4) as one:
        await killed(one, "under load")


@pytest.mark.ci
async def test_kills_of_valkey(tmp_path: Path, rounds: int) -> None:
    """Under load, and while it rewrites its file."""
    for round_ in range(rounds):
        folder = tmp_path / str(round_)
        folder.mkdir()
        async with campaign(folder, seed=round_) as one:
            for _ in range(8):
                await killed(one, "under load")
                await killed(one, "rewriting")
