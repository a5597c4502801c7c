"""A match of 20 bots, as an organiser would hold it, compared frame by frame.

20 s long in the suite; `make match` plays five minutes of the same.
"""

import asyncio
import csv
import json
import logging
import os
import sys
import time
from collections import Counter
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed

from tests.support.processes import ServerProcess

ROOT = Path(__file__).parents[2]
SECONDS = float(os.environ.get("MATCH_SECONDS", "20"))
MAKERS, RANDOMS = 6, 14
USD_START, BTC_START = Decimal(10_000), Decimal(10)
FULL_LENGTH = 300.0  # from here on the figures below are due
TRADES_PER_S, FILLS_PER_BOT = 20, 50


log = logging.getLogger(__name__)


class Record:
    """What a spectator on the `full` channel saw."""

    def __init__(self) -> None:
        self.frames: list[dict[str, Any]] = []
        self.audits: list[dict[str, Any]] = []

    async def watch(self, uri: str) -> None:
        """Every frame, from the first event to the end of the game."""
        async with connect(uri, compression=None, max_size=None) as socket:
            for command, params in (
                ("subscribe", {"channels": ["full"]}),
                ("resume", {"seq": 0}),
            ):
                await socket.send(json.dumps({"cmd": command, "params": params}))
            try:
                async for text in socket:
                    self.frames.append(json.loads(text))
            except ConnectionClosed:
                return

    async def audit(self, uri: str) -> None:
        """Ask for an audit again and again while the game goes on."""
        try:
            async with connect(uri) as socket:
                while True:
                    message = {"cmd": "audit", "params": {"secret": "open sesame"}}
                    await socket.send(json.dumps(message))
                    self.audits.append(json.loads(await socket.recv()))
                    await asyncio.sleep(1.0)
        except ConnectionClosed:
            return

    def of(self, kind: str) -> list[dict[str, Any]]:
        """Frames of a type."""
        return [frame for frame in self.frames if frame["type"] == kind]


async def start_bot(name: str, script: str, server: ServerProcess) -> asyncio.subprocess.Process:
    """A bot file as a process of its own."""
    environment = {
        **os.environ,
        "CXGAME_URI": server.uri,
        "CXGAME_FEED_URI": server.feed_uri,
        "CXGAME_USER": name,
        "CXGAME_SEED": str(sum(name.encode())),
        "PYTHONUNBUFFERED": "1",
    }
    with (server.folder / f"{name}.log").open("w") as log:
        return await asyncio.create_subprocess_exec(
            sys.executable, str(ROOT / "examples" / script), env=environment, stdout=log, stderr=log
        )


@pytest.mark.ci
async def test_a_match_of_twenty_bots(tmp_path: Path) -> None:
    """Each trade is told once and in order, nothing is made or lost, and the end is clean."""
    makers = [f"maker{index}" for index in range(MAKERS)]
    players = [*makers, *(f"random{index}" for index in range(RANDOMS))]
    server = ServerProcess(
        tmp_path,
        *("--time-limit", str(SECONDS), "--whitelist", ",".join(players)),
        *("--oracle", "gbm:price=1000,volatility=5", "--seed", "7"),
    )
    record = Record()
    bots: list[asyncio.subprocess.Process] = []
    await server.start()
    try:
        tasks = [
            asyncio.create_task(record.watch(server.feed_uri)),
            asyncio.create_task(record.audit(server.uri)),
        ]
        for name in players:
            script = "market_maker.py" if name in makers else "random_bot.py"
            bots.append(await start_bot(name, script, server))
        begun = time.monotonic()
        assert await server.wait(SECONDS + 120) == 0, server.output
        lasted_s = time.monotonic() - begun
        await asyncio.wait_for(asyncio.gather(*tasks), 10)
        statuses = [await asyncio.wait_for(bot.wait(), 30) for bot in bots]
    finally:
        for bot in bots:
            if bot.returncode is None:
                bot.kill()
        await server.stop()
    assert statuses == [0] * len(bots), dict(zip(players, statuses, strict=True))
    assert_tape(record)
    assert_standings(record, server, players)
    assert_no_child(server)
    assert record.audits, "nobody could ask for an audit"
    for reply in record.audits:
        assert reply["status"], reply
        assert reply["data"]["violations"] == []
        assert {Decimal(total) for total in reply["data"]["totals"].values()} == {Decimal(0)}
    trades, fills = len(record.of("match")), fills_per_player(record)
    log.info(
        "%.1f trades/s in %.0f s, fills per bot %d to %d",
        trades / SECONDS,
        lasted_s,
        min(fills.values()),
        max(fills.values()),
    )
    if SECONDS >= FULL_LENGTH:
        assert trades >= TRADES_PER_S * SECONDS
        assert min(fills[name] for name in players) >= FILLS_PER_BOT
    assert trades > 0


def assert_tape(record: Record) -> None:
    """No event is missing, doubled or out of order, and trades are numbered without a gap."""
    seqs = [frame["seq"] for frame in record.frames if "prev_seq" in frame]
    assert sorted(set(seqs)) == list(range(1, max(seqs) + 1))
    assert seqs == sorted(seqs)
    trades = [int(frame["trade_id"]) for frame in record.of("match")]
    assert trades == list(range(1, len(trades) + 1))


def fills_per_player(record: Record) -> Counter[str]:
    """How often each player traded, as the tape says."""
    owner: dict[str, str] = {}
    fills: Counter[str] = Counter()
    for frame in record.frames:
        message = frame.get("message")
        if frame["type"] in ("buy", "sell", "buy_market", "sell_market"):
            owner[message["id"]] = message["user"]
        elif frame["type"] == "match":
            fills[owner[message["buy_id"]]] += 1
            fills[owner[message["sell_id"]]] += 1
    return fills


def assert_standings(record: Record, server: ServerProcess, players: list[str]) -> None:
    """Printed, broadcast and written; and everything that was granted is somebody's."""
    (results,) = record.of("results")
    (table,) = record.of("csv")
    written = (server.folder / "data" / "results" / "main.1.csv").read_text()
    rows = list(csv.DictReader(written.splitlines()))
    assert sorted(row["user"] for row in rows) == sorted(players)
    assert list(csv.DictReader(table["data"].splitlines())) == rows
    assert [row["user"] for row in results["standings"]] == [row["user"] for row in rows]
    assert sum(Decimal(row["usd"]) for row in rows) == USD_START * len(players)
    assert sum(Decimal(row["crypto"]) for row in rows) == BTC_START * len(players)
    assert all(row["user"] in server.output for row in rows), server.output


def assert_no_child(server: ServerProcess) -> None:
    """No process of the server is left: none names its data directory."""
    for entry in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            command = entry.read_bytes()
        except OSError:
            continue  # it ended meanwhile
        assert str(server.folder / "data").encode() not in command, command
