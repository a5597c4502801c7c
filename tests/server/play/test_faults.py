"""A deck of the settings in a server that stops in the middle of it, and starts again."""

import asyncio
from pathlib import Path

import pytest

from cxgame.server.app import CxServer
from tests.support.serving import player, served

WITHIN_S = 30

DECK = """
[[deal]]
fault = "silence"
messages = ["time"]
direction = "out"

[[deal]]
at = 0.001
for = 0.001
fault = "drop"
probability = 1

[[deal]]
at = 3600
fault = "half_open"
after_messages = 0
"""


def server(folder: Path) -> CxServer:
    """One on free ports, which keeps its game there."""
    deck = folder / "deck.toml"
    deck.write_text(DECK)
    ports = {"exchange_port": 0, "feed_port": 0, "http_port": 0}
    return CxServer(**ports, bind="127.0.0.1", data_dir=folder / "data", faults=deck)


@pytest.mark.ci
async def test_a_server_that_starts_again_is_where_it_was_in_its_deck(tmp_path: Path) -> None:
    """What was over stays so, what was in force is, and what was to come is still to come."""
    first = server(tmp_path)
    async with served(first) as running, player(first.exchange.port, "anna") as anna:
        async with asyncio.timeout(WITHIN_S):
            while (await anna.ask("time"))["data"]["game_time"] < 0.01:
                await asyncio.sleep(0.05)  # fewer than the limit of messages allows
        await running.stop()
    second = server(tmp_path)
    async with served(second):
        play = second.exchange.play
        assert play is not None
        rows = play.host.faults.describe()["faults"]
        assert [(row["fault"], row["since"], row["by"]) for row in rows] == [
            ("silence", 0, "setting")
        ]
        (row,) = play.host.dealing.dealer.to_come()
        assert (row["fault"], row["at"]) == ("half_open", 3600)
