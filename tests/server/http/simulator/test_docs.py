"""The page about the simulator keeps up with it: its examples are played, in their order."""

import json
import re
from pathlib import Path

from cxgame.server.http.app import create_app
from cxgame.server.http.documentation import schema
from cxgame.server.http.metrics import Metrics
from cxgame.server.http.simulator.market import MAX_PRICES, MAX_TRADES, PRICES, TRADES
from cxgame.server.sessions.price_history import MOST
from cxgame.wire.simulator_rows import STATUSES
from tests.server.http.simulator.exchange import Exchange
from tests.server.http.simulator.playing import Example, examples, play
from tests.server.test_http import Patient

PAGE = (Path(__file__).parents[4] / "docs" / "simulator.md").read_text(encoding="utf-8")


async def test_the_examples_are_played(exchange: Exchange) -> None:
    """With exactly these answers."""
    found: list[Example] = examples(PAGE)
    assert len(found) == 15
    answers = await play(exchange, found)
    for example, (status, body) in zip(found, answers, strict=True):
        assert (status, body) == (example.status, json.loads(example.answer)), example.target


def test_every_operation_has_its_heading() -> None:
    """And no heading is about one that is gone."""
    paths = schema(create_app(Patient(), Metrics(Patient())))["paths"]
    served = {
        f"{method.upper()} {path}"
        for path, operations in paths.items()
        for method in operations
        if path.startswith("/api/v1/")
    }
    named = set(re.findall(r"^### (\w+ /.*)$", PAGE, re.MULTILINE))
    assert named == served | {"GET /health"}


def test_the_numbers_of_the_page_are_those_in_force() -> None:
    """Limits, and the words of the states."""
    assert f"1 to {MAX_PRICES:,}; {PRICES} unless said" in PAGE
    assert f"1 to {MAX_TRADES:,}; {TRADES} unless said" in PAGE
    assert f"The last {MOST:,}" in PAGE
    assert [word for word in STATUSES if f"| `{word}` |" in PAGE] == list(STATUSES)
