"""The organiser's command `faults`: what it changes, who is told, and when decks are dealt."""

import asyncio
from typing import Any

import pytest

from cxgame.faults.deck import MAX_DEALS, read_deck
from cxgame.model.events import Noticed
from cxgame.pipeline import Released
from cxgame.server.sessions.dealing import Dealing
from tests.server.rig import SECRET, WAIT_S, Player, Rig

DROP = {"fault": "drop", "probability": 0.1, "to": ["bob"]}
SILENCE = {"fault": "silence", "faces": ["feed"]}
DECK = """
[[deal]]
fault = "drop"
probability = 0.5
at = 5
for = 5
"""


async def organiser(rig: Rig) -> Player:
    """Somebody who is an admin."""
    player = await rig.player("olga")
    await player.done("grant", username="olga", secret=SECRET)
    return player


def told(rig: Rig) -> list[tuple[str, str]]:
    """By whom, and what: of the notices about faults that are released from now on."""
    notices: list[tuple[str, str]] = []

    def take(released: Released) -> None:
        for event in released.events:
            if isinstance(event, Noticed) and event.act == "faults":
                notices.append((event.user, event.text))

    rig.game.subscribe(take)
    return notices


def modes(data: dict[str, Any]) -> list[str]:
    """The names of the faults in force."""
    return [row["fault"] for row in data["faults"]]


async def test_faults_are_set_listed_and_cleared(rig: Rig) -> None:
    """Each has an id and says all that it is; each change is a notice of the organiser's."""
    olga, notices = await organiser(rig), told(rig)
    data = await olga.done("faults", set=[DROP, SILENCE])
    assert modes(data) == ["drop", "silence"]
    assert data["faults"][0] == {
        "id": 1,
        "fault": "drop",
        "direction": "in",
        "to": ["bob"],
        "probability": 0.1,
        "since": data["game_time"],
        "until": None,
        "by": "admin",
        "hits": 0,
    }
    assert await olga.done("faults") == data
    assert modes(await olga.done("faults", clear=[1])) == ["silence"]
    assert modes(await olga.done("faults", clear="all", set=[DROP])) == ["drop"]
    assert [*rig.host.faults.in_force] == [3]
    await rig.game.settled()
    assert notices == [
        ("olga", "Fault 1 begins: drop direction=in to=bob probability=0.1."),
        ("olga", "Fault 2 begins: silence direction=out faces=feed after_messages=0."),
        ("olga", "Fault 1 is cleared: drop."),
        ("olga", "Fault 2 is cleared: silence."),
        ("olga", "Fault 3 begins: drop direction=in to=bob probability=0.1."),
    ]


@pytest.mark.parametrize(
    ("params", "sentence"),
    [
        ({"set": [SILENCE, {"fault": "drop"}]}, "Fault 2: drop: probability is missing."),
        ({"set": []}, 'Invalid "set": a list of 1 to 100 faults expected.'),
        ({"set": [3]}, 'Invalid "set": a list of 1 to 100 faults expected.'),
        ({"set": [{**SILENCE, "for": 0}]}, "Fault 1: for must be more than 0 seconds."),
        ({"deck": "deal = 1"}, "Each deal of a deck is a table [[deal]]."),
        ({"deck": "x" * 50_001}, 'Invalid "deck": TOML of at most 50000 characters expected.'),
        ({"clear": [2]}, 'Invalid "clear": ids of faults in force expected.'),
        ({"clear": "some"}, 'Invalid "clear": "all" or a list of ids expected.'),
        ({"clear": "all", "set": [{"fault": "x"}]}, "Fault 1: 'fault' must be one of "),
        ({"clear": [1, 2], "set": [SILENCE]}, 'Invalid "clear": ids of faults in force expected.'),
    ],
)
async def test_what_cannot_be_read_changes_nothing(
    rig: Rig, params: dict[str, Any], sentence: str
) -> None:
    """And the sentence says what is wrong; nobody is told."""
    olga = await organiser(rig)
    before = await olga.done("faults", set=[DROP])
    notices = told(rig)
    reply = await olga("faults", **params)
    assert (reply["code"], reply["data"]) == ("PARAM_TYPE", None)
    assert reply["message"].startswith(sentence)
    assert await olga.done("faults") == before
    assert notices == []


async def test_how_many_may_be_dealt_is_bounded(rig: Rig) -> None:
    """Beyond, nothing of a request is done."""
    olga = await organiser(rig)
    for _ in range(MAX_DEALS // 100):
        await olga.done("faults", set=[{**SILENCE, "at": 1000}] * 100)
    reply = await olga("faults", set=[SILENCE])
    assert reply["code"] == "FILTER_MAX"
    assert reply["data"] == {"limit": "1000", "got": "1001"}
    data = await olga.done("faults")
    assert (len(data["faults"]), len(data["deck"])) == (0, MAX_DEALS)


async def until(rig: Rig, in_force: list[str]) -> None:
    """Return once these faults are in force, and no others."""
    async with asyncio.timeout(WAIT_S):
        while [each.fault.mode for each in rig.host.faults.in_force.values()] != in_force:
            await asyncio.sleep(0.01)


async def test_a_deck_is_dealt_by_the_games_clock(rig: Rig) -> None:
    """From when it was sent on; a pause holds it up; what it does is said by nobody's name."""
    olga, notices = await organiser(rig), told(rig)
    rig.bench.clock.pass_s(100)
    data = await olga.done("faults", deck=DECK)
    (row,) = data["deck"]
    assert (row["at"], row["for"], row["by"]) == (105, 5, "deck")
    rig.bench.clock.pass_s(3)
    await olga.done("pause")
    rig.bench.clock.pass_s(3600)
    await asyncio.sleep(0.3)  # longer than between two looks
    await until(rig, [])
    await olga.done("start")
    rig.bench.clock.pass_s(2)
    await until(rig, ["drop"])
    assert (await olga.done("faults"))["faults"][0]["until"] == 110
    rig.bench.clock.pass_s(5)
    await until(rig, [])
    await rig.game.settled()
    assert notices == [
        ("", "Fault 1 begins: drop direction=in probability=0.5 for 5 s."),
        ("", "Fault 1 ends: drop."),
    ]


async def test_heats_of_a_seed_have_the_same_faults(rig: Rig) -> None:
    """Unless another seed was set for them."""
    assert rig.host.faults.seed == rig.game.engine.known_rules.seed
    other = Dealing(rig.game, 77)
    other.start(read_deck('[[deal]]\nfault = "silence"'))
    assert other.board.seed == 77
    assert [each.by for each in other.board.in_force.values()] == ["setting"]
    other.close()
