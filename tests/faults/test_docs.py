"""The page about faults doesn't drift: every mode, key and default is on it."""

import re
import tomllib
from dataclasses import fields
from pathlib import Path

import pytest

from cxgame.faults import MODES, Face, Fault, read_fault
from tests.faults.test_reading import LEAST

PAGE = (Path(__file__).parents[2] / "docs" / "faults.md").read_text(encoding="utf-8")


def _row(name: str) -> str:
    """The table row that begins with a name."""
    return next(line for line in PAGE.splitlines() if line.startswith(f"| `{name}` |"))


@pytest.mark.parametrize("mode", MODES)
def test_a_mode_has_its_row(mode: str) -> None:
    """With the direction that it takes, and with each of its parameters."""
    row = _row(mode)
    _, _, direction, parameters, _, _ = row.split("|", 5)
    assert direction.strip(" `") == read_fault({"fault": mode, **LEAST[mode]}).direction
    common = {field.name for field in fields(Fault)}
    for field in fields(MODES[mode]):
        assert field.name in common or f"`{field.name}`" in parameters


def test_what_every_fault_says_has_its_row() -> None:
    """Each key, and each face."""
    for field in fields(Fault):
        assert _row(field.name)
    assert all(f"`{face}`" in _row("faces") for face in Face)


def test_the_order_of_combination_is_the_code_s() -> None:
    """The numbered list names the modes in the order in which a message passes them."""
    section = PAGE.partition("## Several faults at once")[2].partition("\n## ")[0]
    listed = re.findall(r"^\d\. (.*?):", section, flags=re.MULTILINE)
    assert [mode for line in listed for mode in re.findall(r"`(\w+)`", line)] == list(MODES)


def test_the_examples_are_faults() -> None:
    """Each table in the page's TOML can be read."""
    for block in re.findall(r"```toml\n(.*?)```", PAGE, flags=re.DOTALL):
        tables = tomllib.loads(block)
        for table in (*tables.get("faults", ()), *tables.get("deal", ())):
            read_fault({key: value for key, value in table.items() if key not in ("at", "for")})
