"""`docs/client.md` names everything the client can do, and its examples run."""

import re
from pathlib import Path

import pytest

from cxgame.client import response
from cxgame.client.protocol import COMMANDS
from tests.client.fakes import FakeExchange

PAGE = (Path(__file__).parents[2] / "docs" / "client.md").read_text(encoding="utf-8")
HEADINGS = set(re.findall(r"^#+ (.+)$", PAGE, re.MULTILINE))
EXAMPLES = re.findall(r"^```python\n(.+?)^```$", PAGE, re.MULTILINE | re.DOTALL)


def test_everything_has_its_heading() -> None:
    """Commands, the other methods, the classes, and the client's own code."""
    methods = {*COMMANDS, "broadcast", "validate", "r", "await", "runcmd", "reset"}
    classes = {"CxClient", "Response", "CxFeedReader"}
    codes = {response.CLIENT_CONNECTION, response.STATE_UNKNOWN}
    assert methods | classes | codes <= HEADINGS


def test_the_first_example_is_a_bot_of_ten_lines() -> None:
    """Before any theory, and short, its imports aside."""
    lines = [line for line in EXAMPLES[0].splitlines() if line and "import" not in line]
    assert len(lines) <= 10
    assert PAGE.index(EXAMPLES[0]) < 300


def test_the_examples_run(exchange: FakeExchange, capsys: pytest.CaptureFixture[str]) -> None:
    """In the order of the page, as one session."""
    names: dict[str, object] = {}
    for example in EXAMPLES:
        here = example.replace("ws://127.0.0.1:9877", exchange.uri).replace("sleep(1)", "sleep(0)")
        exec(here, names)
    assert "10 orders placed" in capsys.readouterr().out
    assert {"buy", "sell", "order", "price", "wallets", "cancel_all"} <= {
        request["cmd"] for request in exchange.seen
    }
