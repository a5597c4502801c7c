"""`kill -9` under load: what was acknowledged exists exactly once after the restart."""

import asyncio
import json
import logging
import random
import time
from pathlib import Path

import pytest
from websockets.asyncio.client import connect

from tests.acceptance.tape_auditor import TapeAuditor
from tests.acceptance.witness import BTC_START, USD_START, Witness
from tests.support.processes import ServerProcess
from tests.support.waiting import until

PLAYERS = 40
CANCELS = 5  # are acknowledged in each round, however slow the machine
NEWCOMERS = 2  # register in each round, while the others trade
FLAGS = (
    *("--usd-start", str(USD_START), "--crypto-start", str(BTC_START)),
    *("--rate-limit", "0", "--max-open-orders", "0", "--max-registrations-per-minute", "100000"),
    *("--time-limit", "3600", "--log-level", "warning"),
)


class Tape:
    """The auditor on the `full` channel, resuming where it was."""

    def __init__(self) -> None:
        self.auditor = TapeAuditor()

    async def read(self, uri: str, until: int | None = None) -> None:
        """Follow the feed until it breaks, or until an event."""
        async with connect(uri, compression=None, max_size=None, max_queue=None) as socket:
            channels = {"cmd": "subscribe", "params": {"channels": ["full"]}}
            await socket.send(json.dumps(channels))
            resume = {"cmd": "resume", "params": {"seq": self.auditor.seq}}
            await socket.send(json.dumps(resume))
            async for text in socket:
                frame = json.loads(text)
                assert frame["type"] != "resync", frame
                self.auditor.take(frame)
                if until is not None and self.auditor.seq >= until:
                    return


def acknowledged_cancels(witnesses: list[Witness]) -> int:
    """Of all players so far."""
    return sum(len(witness.cancelled) for witness in witnesses)


async def enough_cancelled(witnesses: list[Witness], least: int) -> None:
    """Wait for more than so many."""
    await until(lambda: acknowledged_cancels(witnesses) > least)


async def last_event(uri: str) -> int:
    """The feed's seq now."""
    async with connect(uri, compression=None, max_queue=None) as socket:
        hello = json.loads(await socket.recv())
        seq: int = hello["seq"]
        return seq


async def remaining(witness: Witness) -> float:
    """Playing time to go, as the server says."""
    reply = await witness.ask({"cmd": "time", "params": {}})
    seconds: float = reply["data"]["remaining"]
    return seconds


@pytest.mark.parametrize("kills", [5, pytest.param(20, marks=pytest.mark.ci)])
async def test_nothing_acknowledged_is_lost(tmp_path: Path, kills: int) -> None:
    """Orders, fills, cancels, tokens, wallets, queue positions and time survive so many kills."""
    draw = random.Random(20)
    server, tape = ServerProcess(tmp_path, *FLAGS), Tape()
    witnesses = [Witness(f"player{index}", index) for index in range(PLAYERS)]
    played_s = 0.0
    await server.start()
    try:
        for kill in range(kills):
            await asyncio.gather(*(witness.enter(server.uri) for witness in witnesses))
            for witness in witnesses:
                await witness.repeat_doubtful()
            before = await remaining(witnesses[0])
            newcomers = [Witness(f"new{kill}x{index}", index) for index in range(NEWCOMERS)]
            begun = time.monotonic()
            load = [asyncio.create_task(witness.play()) for witness in witnesses]
            load += [asyncio.create_task(join(witness, server.uri, draw)) for witness in newcomers]
            witnesses += newcomers
            await asyncio.sleep(0.2 + 0.6 * draw.random())
            await enough_cancelled(witnesses, CANCELS * (kill + 1))
            await server.kill()
            await asyncio.gather(*load)
            lasted_s = time.monotonic() - begun
            played_s += lasted_s
            await server.start()
            await witnesses[0].enter(server.uri)
            after = await remaining(witnesses[0])
            await witnesses[0].leave()
            # The journal knows game time to the last second; play went on once it was up again.
            assert before - lasted_s - 1.5 - 30 < after <= before
            await asyncio.wait_for(
                tape.read(server.feed_uri, await last_event(server.feed_uri)), 30
            )
            assert tape.auditor.problems == []
        problems = []
        for witness in witnesses:
            await witness.enter(server.uri)
            await witness.repeat_doubtful()
        for witness in witnesses:
            problems += await witness.compare()
        assert problems[:20] == [], len(problems)
        await asyncio.wait_for(tape.read(server.feed_uri, await last_event(server.feed_uri)), 30)
        assert tape.auditor.problems == []
        await compare_queues(witnesses[0], tape.auditor)
        audit = await witnesses[0].ask({"cmd": "audit", "params": {"secret": "open sesame"}})
        assert audit["status"], audit
        for witness in witnesses:
            await witness.leave()
        assert await server.terminate() == 0
    finally:
        await server.stop()
    orders = sum(len(witness.cids) for witness in witnesses)
    assert tape.auditor.matches > 50 * kills
    assert acknowledged_cancels(witnesses) > CANCELS * kills
    logging.getLogger(__name__).info(
        "%s", f"{orders / played_s:,.0f} acknowledged orders/s, {tape.auditor.matches} trades"
    )


async def join(witness: Witness, uri: str, draw: random.Random) -> None:
    """Register at a random moment under load, then play."""
    await asyncio.sleep(draw.random() * 0.5)
    try:
        await witness.enter(uri)
    except OSError:
        return  # killed before the register was answered: entering again registers again
    except Exception as error:
        if type(error).__module__.split(".")[0] != "websockets":
            raise
        return
    await witness.play()


async def compare_queues(witness: Witness, auditor: TapeAuditor) -> None:
    """The server's open orders stand where the auditor's book has them."""
    rows = []
    params: dict[str, object] = {}
    while True:
        reply = await witness.ask({"cmd": "all_orders", "params": params})
        page = reply["data"]["maker"]
        rows += page
        if not reply.get("more"):
            break
        params = {"before": page[-1]["id"]}
    told = {"buy": [], "sell": []}  # type: dict[str, list[tuple[float, int]]]
    for row in rows:
        sign = -1 if row["side"] == "buy" else 1
        told[row["side"]].append((sign * float(row["price"]), int(row["id"])))
    book = auditor.book()
    assert {side: [id for _, id in sorted(pairs)] for side, pairs in told.items()} == book
