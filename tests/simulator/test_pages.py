"""The pages about the simulator's configuration and the monitor don't drift."""

import json
import re
import sys
from dataclasses import fields, is_dataclass
from pathlib import Path
from typing import Any

import pytest

from cxgame.config.simulator import Config, Failures
from cxgame.config.simulator_settings import faults_of
from cxgame.simulator.scenarios import SCENARIOS
from tests.support.pages import Page
from tests.support.programs import run
from tests.watch.monitor.reports import report, session

CONFIGURATION = Page("docs/simulator_config.md")
MONITOR = Page("docs/monitor.md")


def paths(block: Any, path: str = "") -> list[str]:
    """Every field of a configuration, by its path."""
    if not is_dataclass(block):
        return [path]
    below = ((getattr(block, each.name), f"{path}.{each.name}") for each in fields(block))
    return [name for value, place in below for name in paths(value, place.strip("."))]


def test_every_field_is_on_the_page() -> None:
    """Those of a mode in its row, with their defaults."""
    for path in paths(Config()):
        if not path.startswith("failures.modes."):
            assert f"| `{path}` |" in CONFIGURATION.text, path
            continue
        mode, _, name = path.removeprefix("failures.modes.").partition(".")
        (row,) = re.findall(rf"^\| `{mode}` \|.*$", CONFIGURATION.text, re.MULTILINE)
        default = getattr(getattr(Failures().modes, mode), name)
        shown = f"{default:g}" if isinstance(default, float) else default
        assert name == "enabled" or f"`{name}` {shown}" in row, path


def test_the_file_on_the_page_is_taken() -> None:
    """And says what the page says of it."""
    (text,) = CONFIGURATION.blocks("json")
    config = Config.from_json(text)
    assert json.loads(text)["exchange"]["initial_prices"] == config.exchange.initial_prices
    assert [each["fault"] for each in faults_of(config.failures)] == ["delay", "drop", "delay"]


def test_every_scenario_is_on_the_page() -> None:
    """By its name, in a row."""
    for name in SCENARIOS:
        assert f"| {name} |" in CONFIGURATION.text


def test_every_member_of_the_report_is_on_the_page() -> None:
    """Those of its parts, too."""
    words = set(re.findall(r"`(\w+)`", MONITOR.text))
    assert set(report()) | set(session()) | set(report()["totals"]) <= words


@pytest.mark.parametrize("page", [CONFIGURATION, MONITOR], ids=["configuration", "monitor"])
def test_links_lead_somewhere(page: Page) -> None:
    """Within the project."""
    assert page.dead_links() == []


@pytest.mark.ci
@pytest.mark.parametrize("word", ["Price: ", "CustomModel"])
def test_the_programs_on_the_page_run(word: str, tmp_path: Path) -> None:
    """As they are printed."""
    (tmp_path / "program.py").write_text(CONFIGURATION.block("python", word))
    played = run(tmp_path, sys.executable, "program.py")
    assert played.returncode == 0, played.stdout
    assert re.search(r"Price: [\d.]+|http://127.0.0.1:\d+", played.stdout)
