"""CPU per delivered event at 1,000 spectators: `CxFeed` against `websockets.broadcast`."""

import asyncio
import json
import statistics
import subprocess
import sys

from benchmarks.processes import SERVER_CORE, pin_self, pinned

SPECTATORS, BATCHES, EVENTS_AT_ONCE = 1_000, 100, 20
HANDSHAKE = (
    b"GET / HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n"
)


class Spectator(asyncio.Protocol):
    """Reads and forgets."""

    def __init__(self) -> None:
        self.received = 0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.WriteTransport)
        transport.write(HANDSHAKE)

    def data_received(self, data: bytes) -> None:
        self.received += data.count(b'"bcast"')


async def deliver(kind: str) -> tuple[float, int]:
    """One run: the server's CPU seconds, and how many events arrived."""
    command = [*pinned(SERVER_CORE), sys.executable, "-m", "benchmarks.feed_servers"]
    process = subprocess.Popen(
        [*command, kind, str(SPECTATORS), str(BATCHES)], stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    port = int(process.stdout.readline())
    loop = asyncio.get_running_loop()
    spectators = []
    for _ in range(SPECTATORS):
        _, spectator = await loop.create_connection(Spectator, "127.0.0.1", port)
        spectators.append(spectator)
    report = await asyncio.to_thread(process.stdout.readline)
    await asyncio.to_thread(process.wait)
    return json.loads(report)["cpu_s"], sum(each.received for each in spectators)


def main(rounds: int = 5) -> None:
    """Alternate both and print the ratio per delivered event."""
    pin_self()
    costs: dict[str, list[float]] = {"yardstick": [], "ours": []}
    due = SPECTATORS * BATCHES * EVENTS_AT_ONCE
    for _ in range(rounds):
        for kind, seen in costs.items():
            cpu_s, received = asyncio.run(deliver(kind))
            if received != due:
                print(f"{kind}: {received:,} of {due:,} events arrived: this run does not count")
            seen.append(cpu_s / max(received, 1) * 1e6)
    ratios = [b / a for a, b in zip(costs["yardstick"], costs["ours"], strict=True)]
    print(f"websockets.broadcast: {statistics.median(costs['yardstick']):.2f} us per event")
    print(f"CxFeed: {statistics.median(costs['ours']):.2f} us per event")
    print(f"ratio: {statistics.median(ratios):.3f}")


if __name__ == "__main__":
    main()
