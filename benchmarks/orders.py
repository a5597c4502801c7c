"""Durable orders per second against a stock JSON echo, in alternating rounds of one run.

Every order is valid, its sender logged in, and its reply comes after its commit to Valkey with
`appendfsync always`. The echo carries the same request bytes.
"""

import asyncio
import json
import random
import statistics
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

from benchmarks.load import Connection, connect, drive, frame
from benchmarks.processes import Server, echo, exchange, pin_self

ROUNDS = 5
TICKS_AROUND = 50  # prices reach so far from the mid: about 0.7 trades per order


@dataclass(frozen=True)
class Shape:
    """How the load is applied."""

    name: str
    connections: int
    in_flight: int
    messages: int  # per connection


CLOSED_LOOP = Shape("closed loop, 50 connections", 50, 1, 300)
PIPELINED = Shape("pipelined, 4 x 32", 4, 32, 5_000)


@dataclass
class Sample:
    """One round."""

    per_s: float
    cpu_us: float
    p50_ms: float
    p99_ms: float
    bad: int


@cache
def orders(shape: Shape, seed: int) -> list[list[bytes]]:
    """Prepared frames for each connection."""
    draw = random.Random(seed)
    return [
        [frame(random_order(draw)) for _ in range(shape.messages)] for _ in range(shape.connections)
    ]


def random_order(draw: random.Random) -> bytes:
    """A limit order around the mid, as JSON."""
    params = {
        "side": draw.choice(("buy", "sell")),
        "type": "limit",
        "price": f"{1000 + draw.randrange(-TICKS_AROUND, TICKS_AROUND) / 100:.2f}",
        "size": f"{draw.randrange(1, 100) / 10_000:.4f}",
        "stp": "none",
    }
    return json.dumps({"cmd": "order", "params": params}, separators=(",", ":")).encode()


def register(name: str) -> bytes:
    """A login."""
    return json.dumps({"cmd": "register", "params": {"username": name}}).encode()


async def sample(server: Server, shape: Shape, seed: int, *, is_echo: bool) -> Sample:
    """Apply the load once."""
    names = [f"s{seed}c{index}" for index in range(shape.connections)]
    logins: Sequence[bytes | None] = [None if is_echo else register(name) for name in names]
    must = b'"cmd"' if is_echo else b'"status":true'
    connections: list[Connection] = await connect(
        server.ports["exchange"], logins, must, shape.in_flight
    )
    before = server.cpu_s()
    result = await drive(connections, orders(shape, seed))
    cpu_s = server.cpu_s() - before
    latencies = sorted(result.latencies_ms)
    return Sample(
        result.replies / result.seconds,
        cpu_s / result.replies * 1e6,
        latencies[len(latencies) // 2],
        latencies[len(latencies) * 99 // 100],
        len(result.bad),
    )


def compare(shape: Shape, rounds: int = ROUNDS) -> tuple[list[Sample], list[Sample]]:
    """Alternate rounds of echo and exchange; each server starts once and stays."""
    echoes: list[Sample] = []
    exchanges: list[Sample] = []
    with echo() as plain, exchange() as game:
        for round_number in range(rounds + 1):
            pair = (
                asyncio.run(sample(plain, shape, round_number, is_echo=True)),
                asyncio.run(sample(game, shape, round_number, is_echo=False)),
            )
            if round_number:  # the first warms up
                echoes.append(pair[0])
                exchanges.append(pair[1])
    return echoes, exchanges


def report(shape: Shape) -> None:
    """Print medians and the median of the rounds' ratios."""
    echoes, exchanges = compare(shape)
    ratios = [ours.per_s / theirs.per_s for ours, theirs in zip(exchanges, echoes, strict=True)]
    print(f"{shape.name}: {statistics.median(ratios):.2f} x the echo  (rounds: "
          + ", ".join(f"{ratio:.2f}" for ratio in sorted(ratios)) + ")")  # fmt: skip
    for name, samples in (("echo", echoes), ("orders", exchanges)):
        print(
            f"  {name:7}{_median(samples, 'per_s'):10,.0f}/s"
            f"{_median(samples, 'cpu_us'):8.1f} us CPU each"
            f"   p50 {_median(samples, 'p50_ms'):.2f} ms, p99 {_median(samples, 'p99_ms'):.2f} ms"
        )
    bad = sum(each.bad for each in exchanges + echoes)
    if bad:
        print(f"  {bad} replies were not what they must be: this run does not count")


def _median(samples: list[Sample], name: str) -> float:
    return statistics.median(getattr(each, name) for each in samples)


def main() -> None:
    """Both shapes."""
    pin_self()
    for shape in (CLOSED_LOOP, PIPELINED):
        report(shape)


if __name__ == "__main__":
    main()
