"""The settings as a whole, and their page in the docs."""

import importlib.util
import re
import tomllib
from pathlib import Path
from types import ModuleType

import pytest

from cxgame.config import ABOUT, DEFAULTS, ConfigError, from_keywords, load
from cxgame.config.about import GROUPS

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "configuration.md"


@pytest.mark.parametrize("name", ABOUT)
def test_every_default_is_allowed(name: str) -> None:
    """A default passes its own check and comes out as it is."""
    default = DEFAULTS[name]
    assert ABOUT[name].kind.read(default) == default


@pytest.mark.parametrize("name", ABOUT)
def test_every_setting_is_described(name: str) -> None:
    """A setting has a group of the help and one or two full sentences."""
    about = ABOUT[name]
    assert about.group in GROUPS
    assert about.help.endswith(".")
    assert f"\n### {name}\n" in PAGE.read_text(encoding="utf-8")


def test_spellings_are_unique() -> None:
    """No keyword means two settings."""
    spellings = [*ABOUT, *(word for about in ABOUT.values() for word in about.keywords)]
    assert len(spellings) == len(set(spellings))


def test_the_page_is_up_to_date() -> None:
    """The reference says what the settings say; if not, run scripts/configuration_docs.py."""
    current = PAGE.read_text(encoding="utf-8")
    assert script().page(current) == current


def test_the_page_has_no_other_heading() -> None:
    """A setting that is gone is gone from the page."""
    headings = re.findall(r"^### (.+)$", PAGE.read_text(encoding="utf-8"), re.MULTILINE)
    assert set(headings) == set(ABOUT)


def test_the_example_file_loads(tmp_path: Path) -> None:
    """The TOML example of the page is a file that works."""
    example = re.search(r"```toml\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)
    assert example is not None
    (tmp_path / "cxgame.toml").write_text(example[1])
    assert load({}, {}, tmp_path).given == set(tomllib.loads(example[1]))


def test_settings_do_not_change() -> None:
    """Settings are read by many; nobody may change them."""
    settings = from_keywords().settings
    with pytest.raises(AttributeError):
        settings.seed = 1  # type: ignore[misc]


def script() -> ModuleType:
    """The module that writes the reference."""
    path = ROOT / "scripts" / "configuration_docs.py"
    spec = importlib.util.spec_from_file_location("configuration_docs", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize("symbols", ["", [], ()])
def test_a_game_without_a_market_is_refused(symbols: object) -> None:
    """There is nothing to trade in, and nothing that standings could be counted in."""
    with pytest.raises(ConfigError, match=r"symbol \(keyword\) must be one or several of"):
        from_keywords(symbol=symbols)
