"""`cxgame admin faults …`: what is typed becomes one request, and what there is a table."""

from pathlib import Path
from typing import Any

import pytest

from cxgame import cli
from tests.cli.stand_ins import Answer, Client, put

EMPTY: dict[str, Any] = {"seed": 1, "game_time": 0.0, "faults": [], "deck": []}
IN_FORCE = {
    "id": 12,
    "fault": "drop",
    "direction": "in",
    "to": ["bob", "eve"],
    "probability": 0.1,
    "since": 30.2,
    "until": None,
    "by": "admin",
    "hits": 7,
}
TO_COME = {
    "fault": "silence",
    "direction": "out",
    "after_messages": 50,
    "at": 60.0,
    "for": 20.0,
    "by": "deck",
}


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> type[Client]:
    """The client that the commands use, with the secret at hand; there are no faults."""
    monkeypatch.setenv("CXGAME_ADMIN_SECRET", "hush")
    Client.calls, Client.made = [], {}
    Client.answers = [Answer(True, "Network faults.", None, EMPTY)]
    put(monkeypatch, "cxgame.client", CxClient=Client)
    return Client


@pytest.mark.parametrize(
    ("line", "call"),
    [
        ("", ()),
        ("list", ()),
        ("clear", (None, "all")),
        ("clear 3 12", (None, [3, 12])),
        (
            "set drop --probability 0.1 --to bob,eve --for 20",
            ([{"fault": "drop", "to": ["bob", "eve"], "for": 20.0, "probability": 0.1}],),
        ),
        (
            "set delay --direction both --faces rest,feed --min-ms 1 --max-ms 2.5",
            (
                [
                    {
                        "fault": "delay",
                        "direction": "both",
                        "faces": ["rest", "feed"],
                        "min_ms": 1.0,
                        "max_ms": 2.5,
                    }
                ],
            ),
        ),
        (
            "set rate_limit --per-second 5 --bans-s 10,60.5 --messages buy",
            (
                [
                    {
                        "fault": "rate_limit",
                        "messages": ["buy"],
                        "per_second": 5,
                        "bans_s": [10.0, 60.5],
                    }
                ],
            ),
        ),
    ],
)
def test_what_is_typed_becomes_a_request(
    line: str, call: tuple[object, ...], asked: type[Client], capsys: pytest.CaptureFixture[str]
) -> None:
    """Only what is given; the rest is the server's to say."""
    assert cli.main(["admin", "faults", *line.split()]) == 0
    assert asked.calls == [("faults", *call, "hush")]
    assert capsys.readouterr().out == "No faults.\n"


def test_a_deck_is_sent_as_it_is(asked: type[Client], tmp_path: Path) -> None:
    """The server reads it."""
    file = tmp_path / "deck.toml"
    file.write_text('[[deal]]\nfault = "silence"\n')
    assert cli.main(["admin", "faults", "deck", str(file)]) == 0
    assert asked.calls == [("faults", None, None, file.read_text(), "hush")]


@pytest.mark.parametrize(
    ("line", "sentence"),
    [
        ("deck none.toml", "the deck none.toml cannot be read: No such file or directory"),
        ("set rate_limit --bans-s 1,x", "--bans-s takes seconds with commas, not 'x'"),
        ("set drop --probability much", "Invalid value for --probability: "),
        ("clear all", "Invalid value for "),
    ],
)
def test_what_cannot_be_meant_is_one_line(
    line: str, sentence: str, asked: type[Client], capsys: pytest.CaptureFixture[str]
) -> None:
    """And nothing is sent."""
    assert cli.main(["admin", "faults", *line.split()]) == 2
    assert capsys.readouterr().err.startswith(f"cxgame: {sentence}")
    assert asked.calls == []


def test_what_there_is_stands_in_columns(
    asked: type[Client], capsys: pytest.CaptureFixture[str]
) -> None:
    """In force first, then what a deck has still to deal."""
    asked.answers[0].data = {**EMPTY, "faults": [IN_FORCE], "deck": [TO_COME]}
    assert cli.main(["admin", "faults"]) == 0
    assert capsys.readouterr().out == (
        "id  fault    how                                      since  until  by     hits\n"
        "12  drop     direction=in to=bob,eve probability=0.1   30 s      -  admin     7\n"
        " -  silence  direction=out after_messages=50           60 s   80 s  deck      -\n"
    )
