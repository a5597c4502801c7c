"""The page about back-tests: its blocks run, its numbers are the ones, and it names everything."""

import re
import sys
from pathlib import Path

import pytest

from cxgame.exchange import Account, Exchange
from cxgame.exchange.rules import Terms
from tests.support.pages import Page
from tests.support.programs import ROOT, run

PAGE = Page("docs/backtest.md")
BLOCKS = PAGE.blocks("python")


@pytest.mark.parametrize("block", BLOCKS, ids=range(len(BLOCKS)))
def test_a_block_runs_and_prints_what_its_comment_says(tmp_path: Path, block: str) -> None:
    """As it stands, in a process of its own."""
    script = tmp_path / "block.py"
    script.write_text(block)
    done = run(tmp_path, sys.executable, script)
    assert done.returncode == 0, done.stdout
    printed = done.stdout.splitlines()
    for said in re.findall(r"^ *print\(.*\)  # (.*)$", block, re.MULTILINE):
        assert said in printed


def test_the_worked_example_says_what_the_page_shows() -> None:
    """To the last digit."""
    words = PAGE.block("sh", "backtest.py").split()
    done = run(ROOT, sys.executable, *words[1:])
    assert done.returncode == 0, done.stdout
    assert done.stdout == PAGE.blocks("text")[0]


def test_a_saved_back_test_is_a_record(tmp_path: Path) -> None:
    """The commands of the page work on the file that its block has made."""
    script = tmp_path / "block.py"
    script.write_text(PAGE.block("python", "save("))
    assert run(tmp_path, sys.executable, script).returncode == 0
    verify, export = PAGE.block("sh", "verify").splitlines()
    for line in (verify, export):
        done = run(tmp_path, sys.executable, "-m", *line.split())
        assert done.returncode == 0, done.stdout
    assert (tmp_path / "tables" / "trades.csv").read_text().count("\n") == 2


def test_links_lead_somewhere() -> None:
    """Every file and heading that is named exists."""
    assert PAGE.dead_links() == []


def test_every_keyword_is_in_the_table() -> None:
    """Those of the rules, and the exchange's own."""
    assert [
        word
        for word in (*Terms.__annotations__, "start_ms", "keep", "record", "symbol")
        if f"`{word}`" not in PAGE.text
    ] == []


@pytest.mark.parametrize("owner", [Exchange, Account])
def test_every_method_is_named(owner: type) -> None:
    """But those that are there for other modules."""
    internal = {"apply", "numbers", "market_of", "column", "row"}
    named = set(re.findall(r"\b[a-z_]+\b", PAGE.text))
    methods = {name for name, value in vars(owner).items() if callable(value) and name[0] != "_"}
    assert methods - internal <= named
