"""The server is killed at every place of the commit path, and at any moment under load."""

import asyncio
import random
import signal
from pathlib import Path

import pytest

from cxgame import failpoints
from tests.chaos.campaign import WITHIN_S, Campaign, campaign, is_sound

AT_START = (failpoints.STORE_UP, failpoints.OPENED)
AT_ENTRY = (failpoints.USER_SENDING, failpoints.USER_STORED)
IN_PLAY = tuple(name for name in failpoints.NAMES if name.startswith("commit."))
AT_END = (failpoints.CLOSING, failpoints.STORE_DOWN)
KILLED = -signal.SIGKILL


async def killed_in_play(one: Campaign, place: str, turn: int) -> None:
    """The server ends at a pass of a place while everybody trades; then all are in again."""
    await one.rest()
    assert await one.server.terminate() == 0
    one.server.variables = {"CXGAME_FAILPOINT": f"{place}:{turn}"}
    await one.server.start()
    await one.enter()
    one.play()
    newcomer = asyncio.create_task(one.newcomer(0.01))
    assert await one.server.wait() == KILLED, one.server.output
    await one.broken_off()
    await newcomer
    await one.start_again(f"kill at {place}")
    await one.enter()
    await one.follow()


async def killed_at_random(one: Campaign, draw: random.Random) -> None:
    """The server ends at any moment while everybody trades and somebody registers."""
    one.play()
    newcomer = asyncio.create_task(one.newcomer(0.4 * draw.random()))
    await asyncio.sleep(0.1 + 0.4 * draw.random())
    await one.server.kill()
    await one.broken_off()
    await newcomer
    await one.start_again("kill under load")
    await one.enter()
    await one.follow()


async def killed_at_start(one: Campaign, place: str) -> None:
    """The server ends while it starts, and starts the next time."""
    await one.rest()
    await one.server.kill()
    one.server.variables = {"CXGAME_FAILPOINT": f"{place}:1"}
    with pytest.raises(RuntimeError, match="did not start"):
        await one.server.start()
    assert await one.server.wait() == KILLED
    await one.start_again(f"kill at {place}")
    await one.enter()


async def killed_at_the_end(one: Campaign, place: str) -> None:
    """The server ends while it stops; what was acknowledged before is there."""
    await one.rest()
    await one.server.terminate()
    one.server.variables = {"CXGAME_FAILPOINT": f"{place}:1"}
    await one.server.start()
    await one.enter()
    one.play()
    await asyncio.sleep(0.3)
    assert await one.server.terminate() == KILLED
    await one.broken_off()
    await one.start_again(f"kill at {place}")
    await one.enter()


async def killed_at_entry(one: Campaign, place: str) -> None:
    """The server ends while a user's record is stored; the same token enters afterwards."""
    await one.rest()
    await one.server.terminate()
    one.server.variables = {"CXGAME_FAILPOINT": f"{place}:2"}  # the first is the admin's
    await one.server.start()
    await asyncio.wait_for(one.newcomer(0), WITHIN_S)
    assert await one.server.wait() == KILLED
    await one.start_again(f"kill at {place}")
    await one.enter()


@pytest.mark.ci
async def test_a_kill_after_the_journal_answered_loses_nothing(tmp_path: Path) -> None:
    """A batch that is durable and was told to nobody is there, once, after the restart."""
    async with campaign(tmp_path, players=4) as one:
        await killed_in_play(one, failpoints.RELEASING, 9)


async def test_a_kill_under_load_loses_nothing(tmp_path: Path) -> None:
    """Orders, fills, cancels, tokens and queue positions survive a kill at any moment."""
    async with campaign(tmp_path, players=4) as one:
        await killed_at_random(one, random.Random(1))


@pytest.mark.ci
@pytest.mark.parametrize("place", IN_PLAY)
async def test_each_place_of_the_commit_path(tmp_path: Path, rounds: int, place: str) -> None:
    """Wherever a batch was on its way, it is whole or absent, and what was told is there."""
    draw = random.Random(place)
    for round_ in range(rounds):
        folder = tmp_path / str(round_)
        folder.mkdir()
        async with campaign(folder, seed=round_) as one:
            for _ in range(5):
                await killed_in_play(one, place, draw.randrange(1, 40))
        await is_sound(one.server.data)


@pytest.mark.ci
async def test_kills_at_random(tmp_path: Path, rounds: int) -> None:
    """Kills under load, each followed by comparing everything that was ever told."""
    for round_ in range(3 * rounds):
        folder = tmp_path / str(round_)
        folder.mkdir()
        draw = random.Random(round_)
        async with campaign(folder, seed=round_) as one:
            for _ in range(11):
                await killed_at_random(one, draw)
        await is_sound(one.server.data)


@pytest.mark.ci
async def test_kills_at_start_entry_and_end(tmp_path: Path, rounds: int) -> None:
    """A start, a registration and a stop that were cut short harm nothing."""
    for round_ in range(rounds):
        folder = tmp_path / str(round_)
        folder.mkdir()
        async with campaign(folder, seed=round_, players=4) as one:
            for _ in range(2):
                for place in AT_START:
                    await killed_at_start(one, place)
                for place in AT_ENTRY:
                    await killed_at_entry(one, place)
                for place in AT_END:
                    await killed_at_the_end(one, place)
