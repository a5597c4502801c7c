"""The simulator's WebSocket: orders beside the order server's own dialect, and ticks.

Orders: one server, 50 connections with one order in flight each, in alternating rounds over `/ws`
and over the order server; durable (`appendfsync always`). Ticks: two markets at 25 ms, 50
subscribers of both, with the preset of the simulator; from the tick's own time stamp until the
frame is there.
"""

import asyncio
import json
import random
import statistics
import time
from dataclasses import dataclass, field

from benchmarks.load import Connection, connect, drive
from benchmarks.orders import CLOSED_LOOP, ROUNDS, TICKS_AROUND, orders, register
from benchmarks.processes import Server, exchange, pin_self
from cxgame.load.links import WebSocketLink, frame

PATH = "/ws"
SUBSCRIBERS, TICKS_S = 50, 20.0
MARKETS = ("BTC/USD", "ETH/USD")
ORDERS_FLAGS = ("--sandbox",)
TICK_FLAGS = ("--preset", "simulator")


class Dialect(Connection):
    """A client of `/ws`: what is pushed to it is no answer."""

    def __init__(self, in_flight: int) -> None:
        super().__init__(None, b'"type":"ORDER_ACK"', in_flight)
        self._request = WebSocketLink("localhost", PATH)._request
        self.pushed = 0

    def message(self, payload: bytes) -> None:
        if b'"request_id":null' in payload:
            self.pushed += 1
        else:
            super().message(payload)


@dataclass
class Round:
    """What one round of orders saw."""

    per_s: float
    cpu_us: float
    p50_ms: float
    p99_ms: float
    bad: int
    pushed: float = 0.0  # frames per order that nobody has asked for


def dialect_orders(seed: int) -> list[list[bytes]]:
    """The orders of `benchmarks.orders`, in the words of this dialect."""
    draw = random.Random(seed)
    return [
        [frame(_order(draw, number)) for number in range(CLOSED_LOOP.messages)]
        for _ in range(CLOSED_LOOP.connections)
    ]


def _order(draw: random.Random, number: int) -> bytes:
    order = {
        "type": "PLACE_ORDER",
        "request_id": f"r{number}",
        "symbol": "BTC/USD",
        "side": draw.choice(("BUY", "SELL")),
        "order_type": "LIMIT",
        "price": f"{1000 + draw.randrange(-TICKS_AROUND, TICKS_AROUND) / 100:.2f}",
        "quantity": f"{draw.randrange(1, 100) / 10_000:.4f}",
    }
    return json.dumps(order, separators=(",", ":")).encode()


async def place(server: Server, seed: int, *, over_ws: bool) -> Round:
    """One round."""
    clients: list[Connection] = []
    if over_ws:
        loop, messages = asyncio.get_running_loop(), dialect_orders(seed)
        for _ in range(CLOSED_LOOP.connections):
            _, client = await loop.create_connection(
                lambda: Dialect(CLOSED_LOOP.in_flight), "127.0.0.1", server.ports["http"]
            )
            clients.append(client)
            await client.ready
    else:
        names = [f"s{seed}c{index}" for index in range(CLOSED_LOOP.connections)]
        logins = [register(name) for name in names]
        messages = orders(CLOSED_LOOP, seed)
        port = server.ports["exchange"]
        clients = await connect(port, logins, b'"status":true', CLOSED_LOOP.in_flight)
    before = server.cpu_s()
    result = await drive(clients, messages)
    cpu_us = (server.cpu_s() - before) / result.replies * 1e6
    latencies = sorted(result.latencies_ms)
    half, last = latencies[len(latencies) // 2], latencies[len(latencies) * 99 // 100]
    pushed = sum(each.pushed for each in clients if isinstance(each, Dialect))
    per_s = result.replies / result.seconds
    return Round(per_s, cpu_us, half, last, len(result.bad), pushed / result.replies)


def measure_orders(rounds: int = ROUNDS) -> None:
    """Print medians, and the median of the rounds' ratios."""
    seen: dict[str, list[Round]] = {"/ws": [], "order server": []}
    with exchange(*ORDERS_FLAGS) as server:
        for number in range(rounds + 1):
            for name, found in seen.items():
                sample = asyncio.run(place(server, number, over_ws=name == "/ws"))
                if number:  # the first warms up
                    found.append(sample)
    ratios = [ours.per_s / its.per_s for ours, its in zip(*seen.values(), strict=True)]
    rounds_text = ", ".join(f"{ratio:.2f}" for ratio in sorted(ratios))
    print(
        f"{CLOSED_LOOP.connections} clients on /ws: {statistics.median(ratios):.2f} x the order "
        f"server (wanted: 0.70; rounds: {rounds_text})"
    )
    for name, found in seen.items():
        half = {
            each: statistics.median(getattr(sample, each) for sample in found)
            for each in ("per_s", "cpu_us", "p50_ms", "p99_ms", "pushed")
        }
        print(
            f"  {name:13}{half['per_s']:9,.0f}/s{half['cpu_us']:8.1f} us CPU each   "
            f"p50 {half['p50_ms']:.2f} ms, p99 {half['p99_ms']:.2f} ms"
            + (f"   {half['pushed']:.1f} frames pushed per order" if half["pushed"] else "")
        )
    if bad := sum(sample.bad for found in seen.values() for sample in found):
        print(f"  {bad} orders were refused: this run does not count")


@dataclass
class Ticks:
    """What subscribers saw."""

    late_ms: list[float] = field(default_factory=list)
    gaps: int = 0


class Subscriber(WebSocketLink):
    """Follows the ticker of every market."""

    def __init__(self, ticks: Ticks) -> None:
        super().__init__("localhost", PATH)
        self._ticks = ticks
        self._numbers: dict[str, int] = {}

    def entered(self) -> None:
        for symbol in MARKETS:
            asked = {"type": "SUBSCRIBE", "channel": "TICKER", "symbol": symbol}
            self.send(frame(json.dumps(asked).encode()))

    def message(self, payload: bytes) -> None:
        now_s = time.time()
        told = json.loads(payload)
        number, symbol = told["sequence_id"], told["symbol"]
        if symbol in self._numbers and number != self._numbers[symbol] + 1:
            self._ticks.gaps += 1
        self._numbers[symbol] = number
        if told["type"] == "MARKET_DATA":
            self._ticks.late_ms.append((now_s - _seconds(told["timestamp"])) * 1e3)


def _seconds(iso: str) -> float:
    """Seconds since 1970 of a time that ends in milliseconds and Z; of today, mostly."""
    day, _, clock = iso.partition("T")
    if day not in _DAYS:
        _DAYS[day] = time.mktime(time.strptime(day, "%Y-%m-%d")) - time.timezone
    hours, minutes, seconds = clock[:-1].split(":")
    return _DAYS[day] + int(hours) * 3600 + int(minutes) * 60 + float(seconds)


_DAYS: dict[str, float] = {}


async def follow(server: Server) -> Ticks:
    """Let 50 subscribers follow for a while."""
    ticks, loop = Ticks(), asyncio.get_running_loop()
    links = []
    for _ in range(SUBSCRIBERS):
        _, link = await loop.create_connection(
            lambda: Subscriber(ticks), "127.0.0.1", server.ports["http"]
        )
        links.append(link)
        await link.opened
    await asyncio.sleep(1)
    ticks.late_ms.clear()
    await asyncio.sleep(TICKS_S)
    for link in links:
        link.close()
    return ticks


def measure_ticks() -> None:
    """Print when ticks have arrived."""
    with exchange(*TICK_FLAGS) as server:
        before = server.cpu_s()
        ticks = asyncio.run(follow(server))
        cpu_s = server.cpu_s() - before
    late = sorted(ticks.late_ms)
    per_s = len(late) / TICKS_S / SUBSCRIBERS
    p50_ms, p99_ms = late[len(late) // 2], late[len(late) * 99 // 100]
    print(
        f"ticks every 25 ms to {SUBSCRIBERS} subscribers of {len(MARKETS)} markets: p50 "
        f"{p50_ms:.1f} ms, p99 {p99_ms:.1f} ms (wanted: 25), at most {late[-1]:.1f} ms; "
        f"{per_s:.0f}/s to each, {ticks.gaps} gaps, {cpu_s / TICKS_S:.0%} of a core"
    )


def main() -> None:
    """Both."""
    pin_self()
    measure_orders()
    measure_ticks()


if __name__ == "__main__":
    main()
