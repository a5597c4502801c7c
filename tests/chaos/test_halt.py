"""Valkey is killed, hung, full or read-only: the game says so, waits, and goes on by itself."""

import os
import signal
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from tests.chaos.campaign import Campaign, campaign, is_sound
from tests.chaos.halting import Strike, halted_and_resumed, nothing, outlived

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


@pytest.mark.ci
@pytest.mark.parametrize("hurt", HURTS, ids=lambda hurt: hurt.__name__)
async def test_halts(tmp_path: Path, rounds: int, hurt: HURT) -> None:
    """The same game is hurt again and again, and nothing is lost or doubled."""
    async with campaign(tmp_path) as one:
        for _ in range(3 * rounds):
            await halted_and_resumed(one, await hurt(one))
    await is_sound(one.server.data)


def kill(one: Campaign) -> Strike:
    """Valkey is there no more."""

    async def strike() -> None:
        os.kill(one.valkey_pid, signal.SIGKILL)

    return Strike("kill of Valkey under load", strike, nothing)


def kill_rewriting(one: Campaign) -> Strike:
    """The same while it rewrites its file."""

    async def strike() -> None:
        await one.valkey("BGREWRITEAOF")
        os.kill(one.valkey_pid, signal.SIGKILL)

    return Strike("kill of Valkey while rewriting", strike, nothing)


async def test_a_killed_valkey_is_started_again(tmp_path: Path) -> None:
    """Our Valkey dies under load: connections stay, and orders are taken again by themselves."""
    async with campaign(tmp_path, players=4) as one:
        await outlived(one, kill(one))


@pytest.mark.ci
async def test_kills_of_valkey(tmp_path: Path, rounds: int) -> None:
    """Under load, and while it rewrites its file."""
    for round_ in range(rounds):
        folder = tmp_path / str(round_)
        folder.mkdir()
        async with campaign(folder, seed=round_) as one:
            for _ in range(8):
                await outlived(one, kill(one))
                await outlived(one, kill_rewriting(one))
        await is_sound(one.server.data)
