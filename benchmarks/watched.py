"""What 400 spectators of a feed in a process of its own cost the orders of the game they watch.

Each round is measured twice: with nobody watching, and with 400 who get the book, the standings and
the trades about ten times a second. The orders come at a steady pace, as those of a class do. The
feed runs on either core, as the system has it. The spectators, who in truth are on machines of
their own, are a process that only runs when nobody else wants to: it is not what is measured.
"""

import asyncio
import json
import os
import random
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from benchmarks.feed import HANDSHAKE
from benchmarks.load import Connection, connect, frame
from benchmarks.orders import random_order, register
from benchmarks.processes import Server, exchange, pin_self
from cxgame.server.feed import CxFeed

SPECTATORS, ROUNDS, ORDERS, INTERVAL_S = 400, 5, 400, 0.02
CHANNELS = ("book", "trades", "standings")
TARGETS = {"p50": 1.15, "p99": 1.5}
SETTLE_S = 2.0


class Spectator(asyncio.Protocol):
    """Subscribes, reads and counts messages by their ends."""

    def __init__(self) -> None:
        self.messages = 0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.WriteTransport)
        self.transport = transport
        request = {"cmd": "subscribe", "params": {"channels": CHANNELS}}
        transport.write(HANDSHAKE + frame(json.dumps(request).encode()))

    def data_received(self, data: bytes) -> None:
        self.messages += data.count(b'{"type":"book"')


async def latencies(orders: Connection, seed: int) -> list[float]:
    """Milliseconds from each order to its reply, one order every 20 ms."""
    draw, seen = random.Random(seed), []
    loop = asyncio.get_running_loop()
    due = loop.time()
    for _ in range(ORDERS):
        due += INTERVAL_S
        await asyncio.sleep(max(0.0, due - loop.time()))
        orders.done = loop.create_future()
        orders.result.replies = 0
        began = time.perf_counter()
        orders.run([frame(random_order(draw))])
        await orders.done
        seen.append((time.perf_counter() - began) * 1e3)
    if orders.result.bad:
        raise RuntimeError(orders.result.bad[0])
    return sorted(seen)


async def measure(server: Server, spectators: int, seed: int) -> dict[str, float]:
    """One run: milliseconds at two quantiles, and books a second that a spectator got."""
    (orders,) = await connect(
        server.ports["exchange"], [register(f"w{seed}x{spectators}")], b'"status":true', 1
    )
    with watched(server) if spectators else _nothing() as books:
        await asyncio.sleep(SETTLE_S)
        before, began = books(), time.monotonic()
        seen = await latencies(orders, seed)
        per_s = (books() - before) / max(spectators, 1) / (time.monotonic() - began)
    orders.close()
    return {
        "p50": seen[len(seen) // 2],
        "p99": seen[len(seen) * 99 // 100],
        "books_per_s": per_s,
    }


@contextmanager
def watched(server: Server) -> Iterator[Callable[[], int]]:
    """A feed of the server's game, by the events that its Valkey keeps, and its spectators.

    Yields a function that says how many books these have got so far.
    """
    with _process("serve", str(server.data_dir)) as feed:
        with _process("watch", _line(feed)) as watching:
            assert watching.stdin is not None
            _line(watching)
            yield lambda: int(_asked(watching))


@contextmanager
def _process(*words: str) -> Iterator["subprocess.Popen[str]"]:
    command = [sys.executable, "-m", "benchmarks.watched", *words]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
    with subprocess.Popen(command, **pipes, text=True) as process:  # type: ignore[call-overload]
        os.sched_setaffinity(process.pid, range(os.cpu_count() or 1))  # we may be pinned
        try:
            yield process
        finally:
            process.terminate()


def _line(process: "subprocess.Popen[str]") -> str:
    assert process.stdout is not None
    return process.stdout.readline().strip()


def _asked(process: "subprocess.Popen[str]") -> str:
    assert process.stdin is not None
    process.stdin.write("\n")
    process.stdin.flush()
    return _line(process)


@contextmanager
def _nothing() -> Iterator[Callable[[], int]]:
    yield lambda: 0


async def watch(port: int) -> None:
    """The spectators: says how many books they have got, whenever a line comes."""
    os.sched_setscheduler(0, os.SCHED_IDLE, os.sched_param(0))
    loop = asyncio.get_running_loop()
    watching = [
        (await loop.create_connection(Spectator, "127.0.0.1", port))[1] for _ in range(SPECTATORS)
    ]
    print("ready", flush=True)
    while await asyncio.to_thread(sys.stdin.readline):
        print(sum(each.messages for each in watching), flush=True)


async def serve(data_dir: str) -> None:
    """A feed that follows the Valkey of a running server."""
    own = CxFeed(
        0, "127.0.0.1", data_dir=Path(data_dir), max_connections_per_address=2 * SPECTATORS
    )
    await own.open()
    print(own.port, flush=True)
    await own.serve_on()


def main(rounds: int = ROUNDS) -> None:
    """Alternate both and print the ratios."""
    pin_self()
    runs: dict[int, list[dict[str, float]]] = {0: [], SPECTATORS: []}
    with exchange("--oracle", "gbm") as server:
        for seed in range(rounds + 1):
            for spectators, seen in runs.items():
                run = asyncio.run(measure(server, spectators, seed))
                if seed:  # the first warms up
                    seen.append(run)
    for spectators, seen in runs.items():
        medians = {name: statistics.median(run[name] for run in seen) for name in seen[0]}
        print(
            f"{spectators} watch: orders p50 {medians['p50']:.2f} ms, p99 {medians['p99']:.2f} ms; "
            f"{medians['books_per_s']:.1f} books a second each"
        )
    for name, target in TARGETS.items():
        pairs = zip(runs[0], runs[SPECTATORS], strict=True)
        ratios = sorted(watched[name] / alone[name] for alone, watched in pairs)
        told = " ".join(f"{ratio:.2f}" for ratio in ratios)
        median = statistics.median(ratios)
        print(f"ratio {name}: {median:.2f} (target {target}; rounds: {told})")


if __name__ == "__main__":
    if sys.argv[1:2] == ["serve"]:
        asyncio.run(serve(sys.argv[2]))
    elif sys.argv[1:2] == ["watch"]:
        asyncio.run(watch(int(sys.argv[2])))
    else:
        main()
