"""Who is to play."""

import re
from pathlib import Path

import pytest

from cxgame.bots import NAMES, BotSpec, UnknownBot, parse_bots
from cxgame.bots.roster import MAX_COPIES, strategy


def test_names_and_numbers_make_users() -> None:
    """One of a kind has no number; entries may come split already."""
    expected = [
        BotSpec("maker", "bot-maker"),
        BotSpec("random", "bot-random-1"),
        BotSpec("random", "bot-random-2"),
        BotSpec("momentum", "bot-momentum"),
    ]
    assert parse_bots("maker,random:2,momentum") == expected
    assert parse_bots(("maker", "random:2", "momentum")) == expected
    assert parse_bots("random, maker ,random,") == [expected[1], expected[0], expected[2]]
    assert parse_bots("") == []


def test_a_file_plays_under_its_own_name() -> None:
    """As far as a user's name may hold it."""
    specs = parse_bots("bots/my bot.py:2,a_very_long_name_for_a_bot_of_mine.py")
    assert specs[0] == BotSpec("bots/my bot.py", "bot-my-bot-1")
    assert specs[2].user == "bot-a_very_long_name_for"
    assert all(spec.is_file and len(spec.user) <= 32 for spec in specs)


@pytest.mark.parametrize(
    "text", ["makr", "maker:0", "maker:x", "maker:1001", "maker:2:3", ":2", f"maker:{MAX_COPIES}9"]
)
def test_what_is_no_bot_is_refused(text: str) -> None:
    """In one line that names it."""
    with pytest.raises(UnknownBot, match="bot"):
        parse_bots(text)


@pytest.mark.parametrize("name", NAMES)
def test_each_name_has_a_mind(name: str) -> None:
    """A new one each time: some remember what they saw."""
    assert strategy(name) is not strategy(name)
    assert 0.1 <= strategy(name).period_s <= 1


def test_every_bot_has_its_heading() -> None:
    """On the page about bots, and none that is gone."""
    page = (Path(__file__).parents[2] / "docs" / "bots.md").read_text(encoding="utf-8")
    assert tuple(re.findall(r"^### (.*)$", page, re.MULTILINE)) == NAMES
