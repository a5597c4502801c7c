"""docs/oracle.md cannot drift from the code: its examples run, its tables match."""

import re
import shlex
import sys
from decimal import Decimal
from itertools import pairwise
from pathlib import Path

import pytest

import cxgame.feeder
import cxgame.oracle
from cxgame import cli
from cxgame.config import FEEDER_ABOUT, FeederSettings, LoadedFeeder, flag_of
from cxgame.oracle import Tape, build, parse
from cxgame.oracle.base import PriceModel
from cxgame.oracle.parameters import parameter_kinds
from cxgame.oracle.replay import read_rows
from cxgame.oracle.spec import MODELS, VALKEY

PAGE = (Path(__file__).parents[2] / "docs" / "oracle.md").read_text(encoding="utf-8")


def block(language: str) -> str:
    """The one code block of that language."""
    (code,) = re.findall(rf"^```{language}\n(.*?)^```", PAGE, re.MULTILINE | re.DOTALL)
    return str(code)


def test_every_source_has_its_heading() -> None:
    """A model without a heading can't be found by those who look for it."""
    headings = set(re.findall(r"^## (.+)$", PAGE, re.MULTILINE))
    assert {*MODELS, VALKEY} <= headings


@pytest.mark.parametrize("name", MODELS)
def test_the_tables_name_every_parameter(name: str) -> None:
    """The rows under a model's heading are its own parameters, in order."""
    section = PAGE.split(f"\n## {name}\n")[1].split("\n## ")[0]
    common = parameter_kinds(PriceModel)
    own = [key for key in parameter_kinds(MODELS[name]) if key not in common]
    assert sorted(re.findall(r"^\| `(\w+)` \|", section, re.MULTILINE)) == sorted(own)


def test_the_common_parameters_are_named() -> None:
    """The first table has what every model takes."""
    section = PAGE.split("\n## What every model takes\n")[1].split("\n## ")[0]
    assert re.findall(r"^\| `(\w+)` \|", section, re.MULTILINE) == list(parameter_kinds(PriceModel))


def test_the_defaults_in_the_tables_are_those_of_the_code() -> None:
    """Numbers in the default column are what a bare model has."""
    rows = re.findall(r"^\| `(\w+)` \| [^|]+ \| ([0-9.]+) \|", PAGE, re.MULTILINE)
    assert len(rows) >= 8
    for name, default in rows:
        kinds = [kind for kind in MODELS.values() if name in parameter_kinds(kind)]
        values = {str(getattr(kind, name)).removesuffix(".0") for kind in kinds}
        assert default in values, name


def test_the_table_of_the_service_names_every_setting() -> None:
    """Flag and variable of each, in one row; what it has in common with a server stands below."""
    section = PAGE.split("\n## A service that writes prices\n")[1].split("\n## ")[0]
    rows = re.findall(r"^\| `--([a-z-]+)` \| `(\w+)` \|", section, re.MULTILINE)
    settings = {name: about.variables for name, about in FEEDER_ABOUT.items()}
    assert {flag.replace("-", "_"): (variable,) for flag, variable in rows} == settings
    for name in ("valkey_url", "seed", "log_level", "log_file", "config"):
        assert f"`{flag_of(name)}`" in section


def test_the_commands_of_the_service_are_accepted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each line is read as it stands on the page, variables included."""
    read: list[FeederSettings] = []

    def feed(loaded: LoadedFeeder) -> int:
        read.append(loaded.own)
        return 0

    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(cxgame.feeder, "run", feed)
    for line in re.findall(r"^(?:[A-Z_]+=\S+ )*cxgame oracle.*$", PAGE, re.MULTILINE):
        words = shlex.split(line)
        with monkeypatch.context() as environment:
            while words[0] != "cxgame":
                environment.setenv(*words.pop(0).split("="))
            assert cli.main(words[1:]) == 0
    assert [own.exchange for own in read] == ["kraken", "binance", "binance", "binance"]
    assert read[1].discovered_quotes == ("USDT",)
    assert read[2].interval_s == 5.0


def test_the_commands_on_the_page_are_accepted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each --oracle is read, and all but valkey are built."""
    (tmp_path / "prices.csv").write_text(block("csv"))
    (tmp_path / "zigzag.py").write_text(block("python"))
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", list(sys.path))
    monkeypatch.delitem(sys.modules, "zigzag", raising=False)
    lines = re.findall(r"^cxgame .*--oracle.*$", PAGE, re.MULTILINE)
    words = [shlex.split(line) for line in lines]
    texts = [after for line in words for word, after in pairwise(line) if word == "--oracle"]
    assert len(texts) == 8
    for text in texts:
        spec = parse(text)
        assert spec.is_valkey or build(spec, "BTC/USD", 1, 1.0).first_price() > 0


def test_the_model_on_the_page_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The ten lines are a whole model: ten steps up, ten down, with the step that was given."""
    (tmp_path / "zigzag.py").write_text(block("python"))
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", list(sys.path))
    monkeypatch.delitem(sys.modules, "zigzag", raising=False)
    tape = Tape(build(parse("zigzag:Zigzag:step=2"), "BTC/USD", 1, 1.0))
    prices = [tape.next().price for _ in range(21)]
    assert prices[:11] == [Decimal(1000 + 2 * tick) for tick in range(11)]
    assert prices[11:] == prices[9::-1]


def test_the_csv_on_the_page_is_read(tmp_path: Path) -> None:
    """Two rows, the last of them without an end to what is offered."""
    path = tmp_path / "prices.csv"
    path.write_text(block("csv"))
    first, second = read_rows(path)
    assert (first.price, second.price) == (1000, Decimal("1000.25"))
    assert second.sides is not None
    assert second.sides.ask_volume is None


def test_public_names_load_on_use() -> None:
    """Every name in `__all__` is there, and no other."""
    for name in cxgame.oracle.__all__:
        assert getattr(cxgame.oracle, name).__name__ == name or name == "TickerWriter"
    with pytest.raises(AttributeError, match="nonsense"):
        _ = cxgame.oracle.nonsense  # type: ignore[attr-defined]
