"""Memory of the server process: idle, and per connection of players and of spectators."""

import asyncio
from collections.abc import Callable

from benchmarks.load import connect
from benchmarks.orders import register
from benchmarks.processes import exchange, pin_self

PLAYERS, SPECTATORS = 300, 1_000
SETTLE_S = 1.0


async def grow(port: int, logins: list[bytes | None]) -> None:
    """Open connections and keep them until the loop ends."""
    await connect(port, logins, b"", 1)
    await asyncio.sleep(SETTLE_S)


def main() -> None:
    """Measure growth after each kind of connection."""
    pin_self()
    with exchange() as server:
        idle = server.memory_bytes()
        print(f"idle: {idle / 2**20:.1f} MiB")
        logins: list[bytes | None] = [register(f"m{index}") for index in range(PLAYERS)]
        asyncio.run(_measured("player", server.ports["exchange"], logins, server.memory_bytes))
        spectators: list[bytes | None] = [None] * SPECTATORS
        asyncio.run(_measured("spectator", server.ports["feed"], spectators, server.memory_bytes))


async def _measured(
    kind: str, port: int, logins: list[bytes | None], memory: Callable[[], int]
) -> None:
    before = memory()
    await grow(port, logins)
    print(f"per {kind}: {(memory() - before) / len(logins) / 1024:.1f} KiB")


if __name__ == "__main__":
    main()
