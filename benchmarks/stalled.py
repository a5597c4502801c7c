"""How late events reach 900 readers of the feed while 100 others have stopped reading.

Each round is measured twice: with 1,000 that read, and with 100 of them that do not. The same 900
are measured. Events carry the time at which they happened; both processes read the same clock.
"""

import asyncio
import json
import os
import re
import socket
import statistics
import subprocess
import sys
import time
from collections.abc import Coroutine
from functools import partial
from typing import Any, cast

import uvloop

from benchmarks.feed import HANDSHAKE
from benchmarks.feed_servers import Played
from benchmarks.processes import SERVER_CORE, pin_self, pinned
from cxgame.model.commands import Broadcast
from cxgame.server.broadcast.spectator import CLOSE_S
from cxgame.server.feed import CxFeed

READERS, STALLED_IN = 1_000, 10  # one in ten stops reading
ROUNDS, BATCHES, EVENTS_AT_ONCE, INTERVAL_S = 5, 150, 30, 0.05
PAD = "x" * 400  # 16 KB a batch: a full buffer after some seconds
_STAMP = re.compile(rb"<(\d+)>")  # the bytes of a frame's length may look like a bracket, too


class Reader(asyncio.Protocol):
    """Notes how old the newest event of each read is, or stops reading after the handshake."""

    def __init__(self, stalls: bool) -> None:
        self.ages_ns: list[int] = []
        self.received = 0
        self.stalls = stalls

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)
        self._transport.write(HANDSHAKE)

    def data_received(self, data: bytes) -> None:
        if self.stalls:
            self._transport.pause_reading()
            return
        stamps = _STAMP.findall(data)
        self.received += data.count(b"x")  # single bytes, for a read may end anywhere
        if stamps:
            self.ages_ns.append(time.monotonic_ns() - int(stamps[-1]))


async def measure(stalled_in: int) -> dict[str, float]:
    """One run: milliseconds at two quantiles, and what the server says of itself."""
    command = [*pinned(SERVER_CORE), sys.executable, "-m", "benchmarks.stalled", "serve"]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    port = int(process.stdout.readline())
    loop = asyncio.get_running_loop()
    measured, transports = [], []
    for number in range(READERS):
        reader = Reader(bool(stalled_in) and number % stalled_in == 0)
        sock = socket.socket()
        if reader.stalls:  # the system would take megabytes in its name
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4_096)
        sock.connect(("127.0.0.1", port))
        transport, _ = await loop.create_connection(partial(_itself, reader), sock=sock)
        transports.append(transport)
        if number % STALLED_IN:
            measured.append(reader)
    report = json.loads(await asyncio.to_thread(process.stdout.readline))
    for transport in transports:
        transport.abort()
    await asyncio.to_thread(process.wait)
    due = BATCHES * EVENTS_AT_ONCE * len(PAD)
    report["complete"] = sum(reader.received >= due for reader in measured)
    ages = sorted(age for reader in measured for age in reader.ages_ns)
    report["p50_ms"] = ages[len(ages) // 2] / 1e6
    report["p99_ms"] = ages[len(ages) * 99 // 100] / 1e6
    return dict(report)


def _itself(reader: Reader) -> Reader:
    return reader


async def serve() -> None:
    """A feed of 30 events every 50 ms; says when all have gone how many are still there."""
    played = Played()
    feed = CxFeed(0, "127.0.0.1", exchange=played, max_connections_per_address=READERS)
    await feed.open()
    print(feed.port, flush=True)
    while feed.spectators < READERS:
        await asyncio.sleep(0.05)
    await asyncio.sleep(1.0)
    before = _rss_mb()
    most = before
    for _ in range(BATCHES):
        for _ in range(EVENTS_AT_ONCE):
            text = f"<{time.monotonic_ns()}>{PAD}"
            played.game.submit(Broadcast(1, text), "bench", 0, None)
        await asyncio.sleep(INTERVAL_S)
        most = max(most, _rss_mb())
    await asyncio.sleep(CLOSE_S + 1.0)  # until who was dropped is gone
    left = {"left": feed.spectators, "grown_mb": most - before, "kept_mb": _rss_mb() - before}
    print(json.dumps(left), flush=True)
    await feed.close(1001, "The end.")


def _rss_mb() -> float:
    with open("/proc/self/statm") as statm:
        return int(statm.read().split()[1]) * os.sysconf("SC_PAGE_SIZE") / 1e6


def main(rounds: int = ROUNDS) -> None:
    """Alternate both and print the ratios."""
    pin_self()
    runs: dict[int, list[dict[str, float]]] = {0: [], STALLED_IN: []}
    for _ in range(rounds):
        for stalled_in, seen in runs.items():
            seen.append(_run(measure(stalled_in)))
            print(f"  {stalled_in and READERS // stalled_in} stalled: {seen[-1]}", flush=True)
    for stalled_in, title in ((0, "all read"), (STALLED_IN, f"{READERS // STALLED_IN} do not")):
        print(f"{title}: {_summary(runs[stalled_in])}")
    for name in ("p50_ms", "p99_ms"):
        pairs = zip(runs[STALLED_IN], runs[0], strict=True)
        ratios = sorted(with_stalled[name] / without[name] for with_stalled, without in pairs)
        rounds_told = " ".join(f"{ratio:.2f}" for ratio in ratios)
        print(f"ratio {name[:3]}: {statistics.median(ratios):.2f} (rounds: {rounds_told})")


def _summary(runs: list[dict[str, float]]) -> str:
    medians = {name: statistics.median(run[name] for run in runs) for name in runs[0]}
    return ", ".join(f"{name} {value:.1f}" for name, value in medians.items())


def _run(work: Coroutine[Any, Any, Any]) -> Any:
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        return runner.run(work)


if __name__ == "__main__":
    _run(serve()) if sys.argv[1:] == ["serve"] else main()
