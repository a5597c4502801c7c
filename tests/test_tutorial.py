"""The tutorial works: its scripts play, its competition is held, its sentences are true."""

import csv
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.pages import Page, installed
from tests.support.programs import ROOT, Program, Server, run

TUTORIAL = Page("docs/tutorial.md")
# The house trades with everybody, and prices swing far enough for a strategy to act.
LIVELY = ("--oracle", "gbm:volatility=40", "--tick-interval", "0.05", "--liquidity", "house")
BOTS = {"swing.py": "is low:", "follow.py": "collections"}  # file → words of its block


def save(folder: Path, name: str, word: str) -> Path:
    """A block as the file as which it is to be saved."""
    assert f"`{name}`" in TUTORIAL.text
    script = folder / name
    script.write_text(TUTORIAL.block("python", word))
    return script


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    """A game of some seconds."""
    with Server(tmp_path, *LIVELY, "--time-limit", "10") as running:
        yield running


def told(server: Server, user: str) -> dict[str, str]:
    """What a bot is told through its environment."""
    return {"CXGAME_URI": server.uri, "CXGAME_FEED_URI": server.feed_uri, "CXGAME_USER": user}


def test_the_first_steps(tmp_path: Path, server: Server) -> None:
    """Ten lines that trade, then a refusal that reads as the page says."""
    text = "".join(TUTORIAL.blocks("python")[:2]).replace("ws://127.0.0.1:9877", server.uri)
    script = tmp_path / "first.py"
    script.write_text(text)
    done = run(tmp_path, sys.executable, script)
    assert done.returncode == 0, done.stdout
    assert "Market buy order placed." in done.stdout
    assert done.stdout.splitlines()[-1] == "FUNDS_QUOTE - Not enough USD."
    assert "`FUNDS_QUOTE - Not enough USD.`" in TUTORIAL.text


@pytest.mark.ci
def test_the_strategy_trades_until_the_game_is_over(tmp_path: Path, server: Server) -> None:
    """It finds prices low and high, and its orders are taken."""
    script = save(tmp_path, "swing.py", BOTS["swing.py"])
    with Program(tmp_path, sys.executable, script, **told(server, "anna")) as bot:
        assert bot.wait() == 0, bot.said
    assert "order placed." in bot.said
    assert " is low: " in bot.said or " is high: " in bot.said


@pytest.mark.ci
def test_the_follower_goes_with_the_crowd(tmp_path: Path, server: Server) -> None:
    """Somebody buys again and again; it notices and buys as well."""
    script = save(tmp_path, "follow.py", BOTS["follow.py"])
    crowd = tmp_path / "crowd.py"
    crowd.write_text(
        "import sys, time\nfrom cxgame.client import CxClient\n"
        "cx = CxClient('crowd', uri=sys.argv[1])\ncx.r('register')\n"
        "while cx.r('buy_market', '20').code != 'CLIENT_CONNECTION':\n    time.sleep(0.1)\n"
    )
    with Program(tmp_path, sys.executable, script, **told(server, "anna")) as bot:
        bot.until_said("Registered")
        log = tmp_path / "crowd.log"
        with Program(tmp_path, sys.executable, crowd, server.uri, log=log):
            assert bot.wait() == 0, bot.said
    assert "with the buyers: Market buy order placed." in bot.said


@pytest.mark.ci
def test_the_competition(tmp_path: Path) -> None:
    """Both strategies compete as the page says; here for one heat of two seconds."""
    for name, word in BOTS.items():
        save(tmp_path, name, word)
    (tmp_path / "examples").symlink_to(ROOT / "examples")
    text = TUTORIAL.block("sh", "arena.py").replace("--heats 4", "--heats 1 --seconds 2")
    done = run(tmp_path, "sh", "-ec", text, **installed(tmp_path))
    assert done.returncode == 0, done.stdout
    with (tmp_path / "results.csv").open() as file:
        rows = list(csv.DictReader(file))
    assert {row["bot"] for row in rows} == {"swing", "follow", "random_bot"}
    assert {row["crashed"] for row in rows} == {"0"}


@pytest.mark.ci
def test_joining_a_server_by_its_address(tmp_path: Path, server: Server) -> None:
    """The line for the guests of a class starts their bot."""
    save(tmp_path, "follow.py", BOTS["follow.py"])
    text = TUTORIAL.block("sh", "CXGAME_USER=anna")
    text = text.replace("ws://127.0.0.1:9877", server.uri)
    text = text.replace("ws://127.0.0.1:9876", server.feed_uri)
    done = run(tmp_path, "sh", "-ec", text, **installed(tmp_path))
    assert done.returncode == 0, done.stdout
    assert done.stdout.startswith("Registered\n")


def test_every_block_is_tested() -> None:
    """There are no others than those above."""
    assert len(TUTORIAL.blocks("python")) == 2 + len(BOTS)
    assert len(TUTORIAL.blocks("sh")) == 2
