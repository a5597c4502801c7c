"""The page about `/ws` does not drift: its conversation is played, and every frame is on it."""

import json
import re
from pathlib import Path

import pytest

from cxgame.wire.simulator_frames import FRAMES
from tests.server.simulator.clients import Floor

PAGE = (Path(__file__).parents[3] / "docs/simulator_websocket.md").read_text(encoding="utf-8")
EXAMPLE = re.compile(r"^→ (.*)\n← (.*)$", re.MULTILINE)
TOLD = (
    *("ORDER_ACK", "ORDER_REJECT", "ORDER_CANCEL", "ORDER_FILL", "ORDERS", "BALANCE_UPDATE"),
    *("POSITION_UPDATE", "PONG", "SUBSCRIBED", "UNSUBSCRIBED", "MARKET_DATA", "TRADE"),
    *("ORDERBOOK_UPDATE", "ERROR"),
)


async def test_the_conversation_is_played(floor: Floor) -> None:
    """By one client, with exactly these answers."""
    client = floor.client("someone")
    examples = EXAMPLE.findall(PAGE)
    for asked, answer in examples:
        expected = json.loads(answer)
        client.send(asked.encode())
        told = await client.until(
            lambda frame, id=expected["request_id"]: frame["request_id"] == id
        )
        assert told == expected, asked
    asked_types = {json.loads(asked)["type"] for asked, _ in examples}
    assert asked_types == {str(frame.__struct_config__.tag) for frame in FRAMES}


@pytest.mark.parametrize("frame", FRAMES)
def test_a_frame_has_its_heading(frame: type) -> None:
    """Under its own name."""
    assert f"\n### {frame.__struct_config__.tag}\n" in PAGE  # type: ignore[attr-defined]


@pytest.mark.parametrize("told", TOLD)
def test_what_is_told_is_shown(told: str) -> None:
    """With an example, or a section of its own."""
    assert f'{{"type":"{told}"' in PAGE
