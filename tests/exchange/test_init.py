"""What importing costs: nothing but the engine."""

import subprocess
import sys

import pytest

import cxgame
import cxgame.exchange

HEAVY = "asyncio socket ssl sqlite3 subprocess threading redis websockets argon2 fastapi".split()
SHOW = f"import sys; print(*(name for name in {HEAVY} if name in sys.modules))"


def loaded_by(statement: str) -> str:
    """Which heavy modules a fresh interpreter has after a statement."""
    words = [sys.executable, "-c", f"{statement}\n{SHOW}"]
    return subprocess.run(words, capture_output=True, text=True, timeout=60, check=True).stdout


@pytest.mark.parametrize(
    "statement",
    [
        "import cxgame",
        "from cxgame import Exchange; Exchange().account('a').buy(1, 900)",
        "from cxgame.exchange import *",
    ],
)
def test_no_socket_and_no_store_is_loaded(statement: str) -> None:
    """A back-test needs the standard library and msgspec."""
    assert set(loaded_by(statement).split()) <= set(loaded_by("import msgspec").split())


def test_the_name_of_the_package_is_the_exchange() -> None:
    """`from cxgame import Exchange` and `from cxgame.exchange import Exchange` say the same."""
    assert cxgame.Exchange is cxgame.exchange.Exchange


def test_every_public_name_exists() -> None:
    """And a name that is none of them does not."""
    for name in cxgame.exchange.__all__:
        assert getattr(cxgame.exchange, name).__name__ == name
    assert dir(cxgame.exchange) == cxgame.exchange.__all__
    for package in (cxgame, cxgame.exchange):
        with pytest.raises(AttributeError, match="Nothing"):
            _ = package.Nothing
