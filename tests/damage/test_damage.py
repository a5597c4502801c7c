"""Flipped bits and cuts: each is detected or harmless, and no game starts below its mark."""

import logging

import pytest

from tests.damage.campaign import Campaign
from tests.damage.kept import start

log = logging.getLogger("tests.damage")


async def run(campaign: Campaign, first: int, last: int) -> None:
    """Do cases `first` to `last` and see that some of each end were among them."""
    tally = await campaign.run(range(first, last + 1))
    log.info("%d cases: %s", tally.total(), dict(sorted(tally.items())))
    assert tally.total() == last - first + 1
    assert any(key.endswith("detected") for key in tally)


async def test_some_damage(campaign: Campaign) -> None:
    """A dozen of them."""
    await run(campaign, 1, 12)


@pytest.mark.ci
async def test_more_damage(campaign: Campaign) -> None:
    """150 of them."""
    await run(campaign, 13, 162)


@pytest.mark.deep
async def test_much_damage(campaign: Campaign) -> None:
    """1,000 of them."""
    await run(campaign, 1, 1000)


async def test_without_damage_the_game_goes_on(campaign: Campaign) -> None:
    """Else every case above would prove nothing."""
    kept = campaign.kept
    outcome = await start(campaign._monkeypatch, data_dir=kept.data_dir)
    assert outcome.refusal is None
    assert (outcome.seq, outcome.hash) == (kept.acknowledged, kept.hashes[kept.acknowledged])
