"""The way to an external Valkey is cut, swallows, delays, and loses replies to commits."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from tests.chaos.campaign import Campaign, campaign
from tests.chaos.gate import CLOSED, DEAF, HOLE, OPEN, External, Gate
from tests.chaos.halting import Strike, halted_and_resumed
from tests.chaos.tally import TALLY

SLOWLY_S = 3.0  # longer than a commit may take


@asynccontextmanager
async def abroad(folder: Path, players: int = 8) -> AsyncIterator[tuple[Campaign, Gate]]:
    """A campaign whose Valkey is at the other end of a network."""
    async with External(folder / "valkey") as valkey, Gate(valkey.socket) as gate:
        async with campaign(folder, "--valkey-url", gate.url, players=players) as one:
            yield one, gate


def fault(gate: Gate, mood: str) -> Strike:
    """The network turns bad, and good again."""

    async def strike() -> None:
        if mood == CLOSED:
            gate.close()
        elif mood == "slow":
            gate.delay_s = SLOWLY_S
        else:
            gate.mood = mood

    async def heal() -> None:
        gate.mood, gate.delay_s = OPEN, 0.0

    return Strike(f"network {mood}", strike, heal)


async def lose_replies(one: Campaign, gate: Gate, count: int) -> None:
    """Commits whose replies are lost are found to be there; nobody notices."""
    one.play()
    await asyncio.sleep(0.2)
    before = gate.lost
    gate.losing = count
    async with asyncio.timeout(30):
        while gate.losing:
            await asyncio.sleep(0.005)
    marks = [len(player.told) for player in one.players]
    async with asyncio.timeout(30):
        while any(len(p.told) < mark + 3 for p, mark in zip(one.players, marks, strict=True)):
            await asyncio.sleep(0.005)
    assert one.connected
    TALLY.faults["lost reply to a commit"] += gate.lost - before
    await one.rest()
    await one.enter()
    await one.follow()


async def test_a_lost_reply_to_a_commit_is_resolved(tmp_path: Path) -> None:
    """The bytes are sent again and found to be there: nothing is lost, nothing doubled."""
    async with abroad(tmp_path, players=4) as (one, gate):
        await lose_replies(one, gate, 3)


@pytest.mark.ci
async def test_lost_replies(tmp_path: Path, rounds: int) -> None:
    """One or several in a row, again and again."""
    async with abroad(tmp_path) as (one, gate):
        for _ in range(4 * rounds):
            for count in (1, 2, 3):
                await lose_replies(one, gate, count)


@pytest.mark.ci
@pytest.mark.parametrize("mood", [CLOSED, HOLE, DEAF, "slow"])
async def test_a_bad_network_halts_the_game_until_it_is_good(
    tmp_path: Path, rounds: int, mood: str
) -> None:
    """Cut, swallowing everything or replies alone, or slow: doubt, halt, and play again."""
    async with abroad(tmp_path) as (one, gate):
        for _ in range(2 * rounds):
            await halted_and_resumed(one, fault(gate, mood))


@pytest.mark.ci
async def test_a_kill_of_the_server_alone(tmp_path: Path, rounds: int) -> None:
    """A Valkey of somebody else outlives the server, whose lease the next one need not wait for."""
    async with abroad(tmp_path) as (one, _):
        for _ in range(2 * rounds):
            one.play()
            await asyncio.sleep(0.3)
            await one.server.kill()
            await one.broken_off()
            await one.start_again("kill under load, Valkey elsewhere")
            await one.enter()
            await one.follow()
