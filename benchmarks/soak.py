"""Memory over time: server, keeper and Valkey under a steady load, a line each minute.

`make soak MINUTES=60`. What must stay flat is memory; the archive and the history grow on disk.
"""

import asyncio
import os
import random
import sys
import time
from pathlib import Path

from benchmarks.load import Connection, Result, connect, frame
from benchmarks.orders import random_order, register
from benchmarks.processes import Server, children, exchange, pin_self

PLAYERS, PER_S, TURNS_PER_S = 20, 1_000, 10
PER_TURN = PER_S // (PLAYERS * TURNS_PER_S)
PATIENCE_S = 30  # for the answers of one turn
CLEAR_S = 10  # how often a player cancels all that rests
CANCEL_ALL = frame(b'{"cmd":"cancel_all","params":{}}')


async def play(connection: Connection, draw: random.Random, until_s: float) -> int:
    """Send orders at a steady pace; returns how many were answered."""
    loop = asyncio.get_running_loop()
    turn, answered, begun_s = 0, 0, time.monotonic()
    while time.monotonic() < until_s:
        messages = [frame(random_order(draw)) for _ in range(PER_TURN)]
        if turn % (CLEAR_S * TURNS_PER_S) == 0:
            messages.append(CANCEL_ALL)
        connection.result, connection.done = Result(), loop.create_future()
        connection.run(messages)
        await asyncio.wait_for(connection.done, PATIENCE_S)
        answered += connection.result.replies
        turn += 1
        await asyncio.sleep(max(0.0, begun_s + turn / TURNS_PER_S - time.monotonic()))
    return answered


async def watch(server: Server, minutes: float) -> None:
    """Print what every process occupies, each minute."""
    print("minute  server MiB  keeper MiB  valkey MiB  server CPU s")
    begun_s = time.monotonic()
    for minute in range(int(minutes) + 1):
        await asyncio.sleep(max(0.0, begun_s + 60 * minute - time.monotonic()))
        sizes = {"server": _resident(server.pid)}
        for pid, command in children(server.pid):
            sizes["valkey" if "valkey" in command else "keeper"] = _resident(pid)
        shown = "".join(f"{sizes.get(name, 0):12.1f}" for name in ("server", "keeper", "valkey"))
        print(f"{minute:6}{shown}{server.cpu_s():14.1f}", flush=True)


def _resident(pid: int) -> float:
    pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 2**20


async def soak(server: Server, minutes: float) -> None:
    """Load and watch."""
    logins: list[bytes | None] = [register(f"soak{index}") for index in range(PLAYERS)]
    connections = await connect(server.ports["exchange"], logins, b'"status":true', PER_TURN + 1)
    until_s = time.monotonic() + minutes * 60
    load = [play(each, random.Random(n), until_s) for n, each in enumerate(connections)]
    watching = asyncio.create_task(watch(server, minutes))
    answered = await asyncio.gather(*load)
    await watching
    bad = sum(len(connection.result.bad) for connection in connections)
    print(f"{sum(answered) / minutes / 60:,.0f} answers/s; {bad} refused in the last turn")


def main() -> None:
    """For as many minutes as the command line says."""
    pin_self()
    with exchange() as server:
        asyncio.run(soak(server, float(sys.argv[1]) if sys.argv[1:] else 60.0))


if __name__ == "__main__":
    main()
