"""What is pushed looks as the protocol's page shows it."""

import json
import re
from pathlib import Path
from typing import Any

from tests.server.rig import Rig

PAGE = (Path(__file__).parents[3] / "docs" / "protocol.md").read_text(encoding="utf-8")
CHANNEL = PAGE[PAGE.index("## The channel executions") :]
WORDS = {
    "accepted",
    "triggered",
    "filled",
    "reduced",
    "amended",
    "cancelled",
    "expired",
    "rejected",
}


def shown(type: str) -> dict[str, Any]:
    """The page's example of a frame."""
    (line,) = re.findall(rf'^{{"type":"{type}".*$', CHANNEL, re.MULTILINE)
    frame: dict[str, Any] = json.loads(line)
    return frame


async def test_the_page_shows_what_is_pushed(rig: Rig) -> None:
    """An order that rests is filled in part: the three frames of the page, to the letter."""
    alice, bob = await rig.player("alice"), await rig.player("bob")
    await alice.done("buy", price="900.00", size="1")
    await alice.done("subscribe", channels=["executions"])
    await bob.done("sell_market", amount="0.4")
    assert alice.wire.pushed == [
        shown("executions_snapshot"),
        shown("execution"),
        shown("wallets"),
    ]


def test_the_page_knows_every_event() -> None:
    """One row each."""
    table = CHANNEL[CHANNEL.index("| `event` |") : CHANNEL.index("After the executions")]
    assert set(re.findall(r"^\| `(\w+)` \|", table, re.MULTILINE)) - {"event"} == WORDS
