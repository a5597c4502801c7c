"""What the example bots do and say when the exchange says no: a sentence, and never a traceback."""

import importlib
import random
import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType, SimpleNamespace

import pytest

from cxgame.client import CxClient, Response
from tests.support.programs import ROOT, Server, run

EXAMPLES = ROOT / "examples"
TOO_FAST = Response(False, "Too many messages.", {"wait_ms": 5}, code="LIMIT_RATE")
MARKET = {"symbol": "BTC/USD", "tick": "0.01"}


@pytest.fixture
def example(monkeypatch: pytest.MonkeyPatch) -> Callable[[str], ModuleType]:
    """Finds an example as a module."""
    monkeypatch.syspath_prepend(EXAMPLES)
    return importlib.import_module


class TooFast:
    """A client all of whose requests come too fast."""

    async def price(self, symbol: str) -> Response:
        return TOO_FAST

    async def orders(self) -> Response:
        return TOO_FAST

    async def markets(self) -> Response:
        return TOO_FAST


async def test_a_refusal_is_not_taken_for_data(example: Callable[[str], ModuleType]) -> None:
    """Data of a refusal say what would be accepted: they are neither a price nor orders."""
    in_step = SimpleNamespace(synced=True)
    await example("book_bot").BookBot(TooFast(), MARKET, in_step, in_step).quote()
    bot = example("random_bot").RandomBot(TooFast(), MARKET, random.Random(1))
    assert await bot.cancel_any() is TOO_FAST


@pytest.mark.parametrize("name", ["random_bot", "market_maker", "book_bot"])
async def test_where_the_markets_are_not_told_the_reason_is(
    example: Callable[[str], ModuleType], name: str
) -> None:
    """In the words of the exchange."""
    with pytest.raises(SystemExit, match="Too many messages"):
        await example(name).market_of(TooFast(), None)


@pytest.mark.ci
def test_a_bot_says_what_is_wrong_with_it(tmp_path: Path) -> None:
    """A market that there is not, a name that is somebody else's."""
    bots = ("hello_bot", "random_bot", "market_maker", "book_bot")
    with Server(tmp_path) as server:
        here = {"CXGAME_URI": server.uri, "CXGAME_FEED_URI": server.feed_uri}
        assert CxClient("anna", uri=server.uri).r("register")
        for name in bots:
            for wrong, words in (
                ({"CXGAME_USER": name, "CXGAME_SYMBOL": "DOGE/USD"}, "DOGE/USD."),
                ({"CXGAME_USER": "anna"}, "User already registered."),
            ):
                done = run(tmp_path, sys.executable, EXAMPLES / f"{name}.py", **here, **wrong)
                assert done.returncode == 1, done.stdout
                assert done.stdout.splitlines()[-1].endswith(words)
                assert "Traceback" not in done.stdout
        elsewhere = {**here, "CXGAME_SYMBOL": "DOGE/USD"}
        done = run(tmp_path, sys.executable, EXAMPLES / "feed_reader.py", **elsewhere)
        assert (done.returncode, "Traceback" in done.stdout) == (1, False)
        assert done.stdout.splitlines()[-1].endswith("DOGE/USD.")
