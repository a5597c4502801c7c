"""Exchange and feed as two threads, in a program whose main thread has nothing else to do."""

import asyncio
import json
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from cxgame.client import CxClient, CxFeedReader
from tests.store.embedded_fixture import a_free_port

PROGRAM = """
import sys
from threading import Thread
from cxgame.server import CxExchange, CxFeed
exchange = Thread(target=CxExchange(port=int(sys.argv[1]), bind="127.0.0.1").start)
feed = Thread(target=CxFeed(port=int(sys.argv[2]), bind="127.0.0.1").start)
for thread in (exchange, feed) if sys.argv[3] == "exchange" else (feed, exchange):
    thread.start()
"""


@pytest.mark.ci
@pytest.mark.parametrize("first", ["exchange", "feed"])
async def test_two_threads_are_enough(tmp_path: Path, first: str) -> None:
    """Either one first, and the main thread at its end: players play, spectators watch."""
    ports = a_free_port(), a_free_port()
    arguments = [sys.executable, "-c", PROGRAM, *map(str, ports), first]
    with (tmp_path / "output").open("w") as output:
        process = subprocess.Popen(arguments, cwd=tmp_path, stdout=output, stderr=output)
    try:
        async with asyncio.timeout(60):
            client = CxClient(user="alice", uri=f"ws://127.0.0.1:{ports[0]}")
            while not (await client.register(password="midnight oil")):
                assert process.poll() is None, (tmp_path / "output").read_text()
                await asyncio.sleep(0.1)
            assert (await client.buy("900.00", "1")).status
            async with CxFeedReader(f"ws://127.0.0.1:{ports[1]}", ["full"], after=0) as feed:
                async for frame in feed:
                    if frame["type"] == "buy":
                        break
            await client.close()
        valkey_pid = json.loads((tmp_path / "cxgame-data" / "valkey.json").read_text())[
            "valkey_pid"
        ]
        process.send_signal(signal.SIGKILL)
        process.wait()
        async with asyncio.timeout(10):
            while Path(f"/proc/{valkey_pid}").exists():
                await asyncio.sleep(0.05)
    finally:
        process.kill()
        process.wait()
