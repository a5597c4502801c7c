"""All benchmarks, one after the other: `make bench`, or `make bench ARGS="orders depth"`."""

import importlib.util
import os
import platform
import sys
from importlib.metadata import version

from benchmarks import (
    backtest,
    book,
    depth,
    faults,
    feed,
    history,
    memory,
    orders,
    page,
    rest,
    simulator,
    stalled,
    watched,
)

PARTS = {
    "book": book.main,
    "backtest": backtest.main,
    "orders": orders.main,
    "depth": depth.main,
    "faults": faults.main,
    "rest": rest.main,
    "simulator": simulator.main,
    "feed": feed.main,
    "stalled": stalled.main,
    "watched": watched.main,
    "page": page.main,
    "history": history.main,
    "memory": memory.main,
}


def main() -> None:
    """Say what is measured on, then measure what was asked for."""
    uvloop = "uvloop " + version("uvloop") if importlib.util.find_spec("uvloop") else "no uvloop"
    print(
        f"Python {platform.python_version()}, websockets {version('websockets')}, "
        f"{uvloop} in the exchange (the echo runs on asyncio), {os.cpu_count()} cores\n"
        "server on one core; load, Valkey and keeper on the other; appendfsync always; "
        "ratios of one run\n"
    )
    for name in sys.argv[1:] or PARTS:
        print(f"-- {name}")
        PARTS[name]()
        print(flush=True)


if __name__ == "__main__":
    main()
