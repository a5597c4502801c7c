"""A server, players on it, and ccxt's classes for them; without ccxt all is skipped, and said."""

import importlib.util
import json
from collections.abc import AsyncIterator, Iterator
from decimal import Decimal
from itertools import count
from pathlib import Path
from typing import Any
from urllib.request import Request, urlopen

import pytest

from tests.support.programs import Server

MISSING = "tests/ccxt: ccxt is not installed (`make test-ccxt` installs it, and runs them)"
has_ccxt = importlib.util.find_spec("ccxt") is not None

SYMBOL, OTHER = "BTC/USDT", "ETH/USDT"
_names = count(1)


class Missing(pytest.Module):
    """A test module that cannot be imported, as ccxt is missing."""

    def collect(self) -> Iterator[pytest.Item]:
        """Nothing, with the reason."""
        raise pytest.skip.Exception(MISSING, allow_module_level=True)


def pytest_pycollect_makemodule(module_path: Path, parent: pytest.Collector) -> Any:
    """The modules here are skipped where ccxt is missing."""
    return None if has_ccxt else Missing.from_parent(parent, path=module_path)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Nobody shall think that they have passed."""
    if not has_ccxt:
        terminalreporter.write_line(f"SKIPPED {MISSING}")


class Venue:
    """A running game, and who plays in it."""

    def __init__(self, server: Server) -> None:
        self.ports = server.ports
        self.opened: list[Any] = []

    def key(self) -> str:
        """The key of a new player, who owns 10,000 USDT, 10 BTC and 10 ETH."""
        reply = self.post("register", {"username": f"player{next(_names)}"})
        return str(reply["data"])

    def post(self, command: str, params: dict[str, Any]) -> Any:
        """The reply to a command, without ccxt."""
        url = f"http://127.0.0.1:{self.ports['http']}/api/{command}"
        headers = {"content-type": "application/json"}
        with urlopen(Request(url, json.dumps(params).encode(), headers), timeout=20) as answer:
            return json.load(answer)

    def config(self, key: str | None, **more: Any) -> dict[str, Any]:
        """What ccxt's classes are told; numbers are exact."""
        api = {
            "rest": f"http://127.0.0.1:{self.ports['http']}",
            "feed": f"ws://127.0.0.1:{self.ports['feed']}",
            "exchange": f"ws://127.0.0.1:{self.ports['exchange']}",
        }
        return {"apiKey": key, "urls": {"api": api}, "number": Decimal, **more}

    def player(self, key: str | None = None, **more: Any) -> Any:
        """A player with the class of `ccxt`."""
        import ccxt

        import cxgame.ccxt  # noqa: F401 registers it

        exchange = ccxt.cxgame(self.config(key or self.key(), **more))
        self.opened.append(exchange)
        return exchange

    def watcher(self, key: str | None = None, **more: Any) -> Any:
        """A player with the class of `ccxt.pro`; who asks for it closes it."""
        import ccxt.pro

        import cxgame.ccxt  # noqa: F401 registers it

        return ccxt.pro.cxgame(self.config(key or self.key(), **more))


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A game with two markets and fees, without a house and without bots."""
    folder: Path = tmp_path_factory.mktemp("venue")
    flags = ["--symbol", SYMBOL, "--symbol", OTHER, "--rate-limit", "0"]
    with Server(folder, *flags, "--maker-fee", "0.0005", "--taker-fee", "0.001") as running:
        yield running


@pytest.fixture
def venue(server: Server) -> Iterator[Venue]:
    """The game, with books that are empty."""
    opened = Venue(server)
    yield opened
    for exchange in opened.opened:
        if exchange.markets:
            exchange.cancel_all_orders()
        exchange.session.close()


@pytest.fixture
async def watcher(venue: Venue) -> AsyncIterator[Any]:
    """A player with the class of `ccxt.pro`."""
    exchange = venue.watcher()
    yield exchange
    await exchange.close()
