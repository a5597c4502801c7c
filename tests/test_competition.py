"""What the page on competitions tells an organiser to write and type is there."""

import re
from pathlib import Path

from cxgame.cli import admin
from cxgame.config import load
from tests.support.pages import Page

PAGE = Page("docs/competition.md")
SUBCOMMANDS = {name for name in admin if not name.startswith("-")}


def test_the_rules_load(tmp_path: Path) -> None:
    """The file of the page is one that the server takes, and keeps strangers out."""
    (tmp_path / "cxgame.toml").write_text(PAGE.block("toml", "whitelist"))
    settings = load({}, {}, tmp_path).settings
    assert settings.whitelist == {"red": ("alice", "bob"), "blue": ("carol", "dave")}
    assert settings.started is False


def test_every_command_of_the_organiser_exists() -> None:
    """Those in blocks, and those that a table names alone."""
    typed = set(re.findall(r"cxgame admin ([a-z][a-z-]*)", PAGE.text))
    named = set(re.findall(r"`((?:start|end|rotate)-[a-z]+|kick|adjust|whitelist)\b", PAGE.text))
    assert len(typed) >= 6
    assert len(named) >= 6
    assert typed | named <= SUBCOMMANDS


def test_every_table_of_the_export_exists() -> None:
    """The files that a dispute is settled by."""
    files = set(re.findall(r"`(?:tables/)?(\w+)\.csv`", PAGE.text))
    assert files == {"orders", "trades", "book", "standings"}
    assert files == set(
        re.findall(r"^\| `(\w+)` \|", Page("docs/records.md").text, re.MULTILINE)
    ) & ({"orders", "trades", "book", "standings"})
