"""Run ccxt's own test suite against a server of ours: `make test-ccxt`.

The suite ships inside ccxt's wheel and refuses to test an installed ccxt, so a second one is put
beside it. Its exit status says nothing: what counts is that it reports no failure and no warning,
and has done exactly the tests that are listed here.
"""

import argparse
import asyncio
import json
import os
import re
import runpy
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.request import Request, urlopen

VERSION = "4.5.90"  # as in setup.py; another version asserts other things
ROOT = Path(__file__).resolve().parent.parent
SYMBOLS = [f"{base}/USDT" for base in ("BTC", "ETH", "SOL", "XRP", "ADA", "LTC")]
START_S = 30.0
SUITE_S = 300.0

PUBLIC = {
    "loadMarkets",
    "features",
    "afterConstruct",
    "fetchCurrencies",
    "fetchTicker",
    "fetchTickers",
    "fetchOHLCV",
    "fetchTrades",
    "fetchOrderBook",
    "fetchStatus",
}
PRIVATE = {
    "fetchBalance",
    "fetchTradingFees",
    "fetchOrders",
    "fetchOpenOrders",
    "fetchClosedOrders",
    "fetchMyTrades",
}
PRO = {
    "loadMarkets",
    "watchBidsAsks",
    "watchOHLCV",
    "watchOHLCVForSymbols",
    "watchOrderBook",
    "watchOrderBookForSymbols",
    "watchTicker",
    "watchTickers",
    "watchTrades",
    "watchTradesForSymbols",
    "watchBalance",
    "watchMyTrades",
    "watchOrders",
}
# Not with --fundedTests: in this version its one test, createOrder, adds a text and a number.
RUNS = {
    "blocking": (["--sync", "--private"], PUBLIC | PRIVATE),
    "waiting": (["--private"], PUBLIC | PRIVATE),
    "streaming": (["--ws", "--private"], PRO),
}
_DONE = re.compile(r"^\[INFO\] TESTING DONE\s+cxgame (\w+)", re.MULTILINE)
_BAD = re.compile(r"\[TEST_(?:FAILURE|WARNING)\]|SKIPPED_TEST|Skipping private")


def main() -> int:
    """Prepare, start, run; say what came of it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("runs", nargs="*", choices=[*RUNS, []], help="all without")
    parser.add_argument("--into", type=Path, default=ROOT / "build" / "ccxt", help="folder of ours")
    chosen = parser.parse_args()
    library = install(chosen.into)
    with server() as ports:
        base = f"http://127.0.0.1:{ports['http']}"
        keys = [ask(base, "register", {"username": name})["data"] for name in ("tested", "other")]
        tell_suite(chosen.into, ports, keys[0])
        with trading(ports, keys):
            failed = [name for name in chosen.runs or RUNS if not run(name, library)]
    say("All passed." if not failed else f"Failed: {', '.join(failed)}.")
    return 1 if failed else 0


def install(into: Path) -> Path:
    """A ccxt outside of site-packages, of the pinned version."""
    library = into / VERSION
    if not (library / "ccxt").is_dir():
        say(f"Putting ccxt {VERSION} into {library}")
        pip = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--target"]
        subprocess.run([*pip, str(library), f"ccxt=={VERSION}"], check=True)
    return library


def tell_suite(folder: Path, ports: dict[str, int], key: str) -> None:
    """What the suite reads: where the exchange is, and that nothing is skipped."""
    api = {
        "rest": f"http://127.0.0.1:{ports['http']}",
        "feed": f"ws://127.0.0.1:{ports['feed']}",
        "exchange": f"ws://127.0.0.1:{ports['exchange']}",
    }
    keys = {"cxgame": {"apiKey": key, "urls": {"api": api}}}
    skips = {"cxgame": {"preferredSpotSymbol": SYMBOLS[0], "skipMethods": {}}}
    (folder / "keys.json").write_text(json.dumps(keys))
    (folder / "skip-tests.json").write_text(json.dumps(skips))


# The server, and who trades there


@contextmanager
def server() -> Iterator[dict[str, int]]:
    """A game with as many markets as the suite wants, on ports of its own."""
    with tempfile.TemporaryDirectory() as folder:
        ready = Path(folder) / "ready.json"
        markets = [word for symbol in SYMBOLS for word in ("--symbol", symbol)]
        ports = [f"--{name}-port=0" for name in ("exchange", "feed", "http")]
        fees = ["--maker-fee=0.0005", "--taker-fee=0.001"]
        command = [sys.executable, "-m", "cxgame", "--memory", *markets, *ports, *fees]
        with process([*command, f"--ready-file={ready}", "--bind=127.0.0.1"], cwd=folder):
            deadline = time.monotonic() + START_S
            while not ready.exists():
                if time.monotonic() > deadline:
                    raise SystemExit("The server did not start.")
                time.sleep(0.1)
            yield json.loads(ready.read_text())


@contextmanager
def trading(ports: dict[str, int], keys: list[str]) -> Iterator[None]:
    """Two players, the tested one among them, trade in a process of their own."""
    known = json.dumps({"ports": ports, "keys": keys})
    with process([sys.executable, __file__, "--trade", known], cwd=ROOT):
        base = f"http://127.0.0.1:{ports['http']}"
        deadline = time.monotonic() + START_S
        while not all(ask(base, "trades", {"symbol": symbol})["data"] for symbol in SYMBOLS):
            if time.monotonic() > deadline:
                raise SystemExit("Nobody trades.")
            time.sleep(0.2)
        yield


async def trade(ports: dict[str, int], keys: list[str]) -> None:
    """Quote around a price that hardly moves, and take what is quoted, for ever."""
    import ccxt.async_support as ccxt  # the installed one: the suite has another

    import cxgame.ccxt  # noqa: F401 registers it

    api = {"rest": f"http://127.0.0.1:{ports['http']}"}
    tested, other = (ccxt.cxgame({"apiKey": key, "urls": {"api": api}}) for key in keys)
    for number in range(1_000_000):
        symbol = SYMBOLS[0] if number % 2 else SYMBOLS[number // 2 % len(SYMBOLS)]
        middle = 1000 + number % 5
        if number % 20 < 2 * len(SYMBOLS):  # the rest stays, so that there is a book
            for side, price in (("buy", middle - 3), ("sell", middle + 3)):
                await other.create_order(symbol, "limit", side, 0.02, price)
        side, opposite = ("buy", "sell") if number % 4 < 2 else ("sell", "buy")
        await tested.create_order(symbol, "limit", side, 0.01, middle)
        await other.create_order(symbol, "limit", opposite, 0.005, middle)
        if number % 40 == 39:
            await tested.cancel_all_orders()
            await other.cancel_all_orders()
            stop = {"triggerPrice": middle - 40}
            await tested.create_order(symbol, "limit", "sell", 0.01, middle - 50, stop)
        await asyncio.sleep(0.1)


# The suite


def run(name: str, library: Path) -> bool:
    """One run of the suite in a process of its own."""
    flags, expected = RUNS[name]
    say(f"{name}: {' '.join(flags)}")
    command = [sys.executable, __file__, "--suite", str(library), "cxgame", "--info", *flags]
    ended = subprocess.run(
        command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=SUITE_S
    )
    done = set(_DONE.findall(ended.stdout))
    if done == expected and not _BAD.search(ended.stdout):
        say(f"  {len(done)} tests done: {', '.join(sorted(done))}")
        return True
    say(ended.stdout)
    say(f"  missing: {sorted(expected - done)}; not expected: {sorted(done - expected)}")
    return False


def suite(library: Path, arguments: list[str]) -> None:
    """Become the suite: its ccxt, our class, its tests."""
    tests = library / "ccxt" / "test"
    sys.path[:0] = [str(tests), str(library), str(ROOT)]
    import cxgame.ccxt  # noqa: F401 registers it

    sys.argv = [str(tests / "tests_init.py"), *arguments]
    runpy.run_path(sys.argv[0], run_name="__main__")


def ask(base: str, command: str, params: dict[str, Any]) -> Any:
    """The reply to a command that needs no login."""
    headers = {"content-type": "application/json"}
    request = Request(f"{base}/api/{command}", json.dumps(params).encode(), headers)
    with urlopen(request, timeout=10) as answer:
        return json.load(answer)


@contextmanager
def process(command: list[str], cwd: Path | str) -> Iterator[None]:
    """A program that ends with the block; it must not end before."""
    paths = os.pathsep.join(filter(None, [str(ROOT), os.environ.get("PYTHONPATH")]))
    env = {**os.environ, "PYTHONPATH": paths}
    running = subprocess.Popen(command, cwd=cwd, env=env, stdout=subprocess.DEVNULL)
    try:
        yield
        if running.poll() is not None:
            raise SystemExit(f"It ended by itself: {' '.join(command)}")
    finally:
        running.terminate()
        try:
            running.wait(10)
        except subprocess.TimeoutExpired:
            running.kill()


def say(text: str) -> None:
    """To whoever watches."""
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    match sys.argv[1:]:
        case ["--trade", given]:
            asyncio.run(trade(**json.loads(given)))
        case ["--suite", given, *rest]:
            suite(Path(given), rest)
        case _:
            sys.exit(main())
