"""The worked back-test: what it adds up to, and that it looks at no future."""

import io
import sys
from collections.abc import Iterator
from dataclasses import replace
from decimal import Decimal
from importlib import import_module
from types import ModuleType

import pytest

from tests.support.programs import ROOT, run

EXAMPLES = ROOT / "examples"


@pytest.fixture
def example(monkeypatch: pytest.MonkeyPatch) -> Iterator[ModuleType]:
    """The example as a module; examples lie outside of the package."""
    monkeypatch.syspath_prepend(str(EXAMPLES))
    yield import_module("backtest")
    for name in ("backtest", "make_candles"):
        sys.modules.pop(name, None)


def test_the_candles_are_those_that_the_script_makes(example: ModuleType) -> None:
    """Byte for byte, so that the file can be made again."""
    file = io.StringIO()
    import_module("make_candles").write(file)
    assert file.getvalue() == (EXAMPLES / "candles.csv").read_text(encoding="utf-8")


def test_two_runs_lead_to_the_same_state(example: ModuleType) -> None:
    """Equity, drawdown, fees and the hash over everything."""
    candles = list(example.read(EXAMPLES / "candles.csv"))
    first, second = example.backtest(candles), example.backtest(candles)
    assert first == second
    assert (first.candles, first.trades > 10, first.fees > 0) == (1_000, True, True)
    assert 0 < first.drawdown < 1
    assert example.backtest(candles, 12, 48).state_hash != first.state_hash


def test_the_last_close_is_not_known_before(example: ModuleType) -> None:
    """Whatever it is, the trades are the same."""
    candles = list(example.read(EXAMPLES / "candles.csv"))[:400]
    last = replace(candles[-1], close=candles[-1].close * 3)
    known, other = example.backtest(candles), example.backtest([*candles[:-1], last])
    assert (known.trades, known.fees) == (other.trades, other.fees)


def test_flat_prices_earn_nothing(example: ModuleType) -> None:
    """No crossing, no trade, no drawdown."""
    price = Decimal(100)
    candles = [example.Candle(hour, price, price, Decimal(1)) for hour in range(200)]
    result = example.backtest(candles)
    assert (result.trades, result.equity, result.drawdown) == (0, Decimal(10_000), 0)


def test_a_rise_is_followed(example: ModuleType) -> None:
    """Bought once, and worth more at the end."""
    candles = [
        example.Candle(hour, Decimal(100 + hour), Decimal(101 + hour), Decimal(10_000))
        for hour in range(200)
    ]
    result = example.backtest(candles)
    assert result.trades == 1
    assert Decimal(10_000) < result.equity < result.held


def test_a_missing_file_is_an_error() -> None:
    """The script ends with a status other than 0."""
    assert run(EXAMPLES, sys.executable, "backtest.py", "gone.csv").returncode != 0
