"""The page about the load does not drift."""

import re

from cxgame import cli
from cxgame.load.client import ANSWER_S, KEPT, MAX_WAITING
from cxgame.load.dialects import URLS
from cxgame.load.order_server import OrderServer
from cxgame.load.profiles import PROFILES
from cxgame.load.restraint import PATIENCE_S
from cxgame.load.running import DRAIN_S
from cxgame.load.tally import MAX_BINS
from tests.support.pages import Page

PAGE = Page("docs/load.md")


def test_every_profile_has_its_row() -> None:
    """With its clients and its rate."""
    rows = re.findall(r"^\| `(\w+)` \| ([\d,]+) \| ([\d,]+) \|", PAGE.text, re.MULTILINE)
    assert rows == [
        (name, f"{profile.clients:,}", f"{profile.rate:,}") for name, profile in PROFILES.items()
    ]


def test_every_option_and_dialect_is_named() -> None:
    """As the command line has them."""
    command = cli.app["load"]
    names = {name for argument in command.assemble_argument_collection() for name in argument.names}
    names -= {"URL", "--ssl-verify"}
    assert len(names) > 10
    assert {name for name in names if f"`{name}" not in PAGE.text} == set()
    assert {dialect for dialect in URLS if f"`{dialect}`" not in PAGE.text} == set()


def test_its_numbers_are_those_of_the_program() -> None:
    """Where the text has them."""
    assert (KEPT, PATIENCE_S, ANSWER_S, DRAIN_S, MAX_BINS) == (5, 1.0, 5.0, 5.0, 300)
    assert f"room for {MAX_WAITING:,}" in PAGE.text
    assert f"{OrderServer.in_flight} of\nits messages" in PAGE.text


def test_its_links_lead_somewhere() -> None:
    """In the documentation, and within the page."""
    assert PAGE.dead_links() == []
