"""`.env.example` says what the settings say, and all of it may be taken at its word."""

import importlib.util
from pathlib import Path

import pytest

from cxgame.config import ABOUT, DEFAULTS, load
from tests.support.programs import ROOT

FILE = ROOT / ".env.example"
# Each is one way to say the same thing, or needs what the other takes away.
EXCLUSIVE = ({"admin_secret_file", "valkey_url"}, {"admin_secret", "valkey_port"})

spec = importlib.util.spec_from_file_location("env_example", ROOT / "scripts" / "env_example.py")
assert spec is not None
assert spec.loader is not None
script = importlib.util.module_from_spec(spec)
spec.loader.exec_module(script)


def test_the_file_is_up_to_date() -> None:
    """If not, run scripts/env_example.py."""
    assert FILE.read_text(encoding="utf-8") == script.text()


def test_every_setting_but_those_of_one_start_is_there() -> None:
    """Each once."""
    lines = FILE.read_text(encoding="utf-8").splitlines()
    for name in ABOUT:
        times = sum(line.startswith(f"# {script.variable(name)}=") for line in lines)
        assert times == (name not in script.ONE_START), name


def test_as_it_stands_it_changes_nothing(tmp_path: Path) -> None:
    """`cp .env.example .env` leaves every default in force, without a warning."""
    (tmp_path / ".env").write_text(FILE.read_text(encoding="utf-8"))
    loaded = load({}, {}, tmp_path)
    assert loaded.given == frozenset()
    assert loaded.warnings == ()


@pytest.mark.parametrize(
    "left_out", EXCLUSIVE, ids=["with a secret and a port", "with a file and a URL"]
)
def test_every_line_may_be_switched_on(tmp_path: Path, left_out: set[str]) -> None:
    """The values are allowed, and a default that is shown is the default."""
    variables = {script.variable(name): name for name in ABOUT if name not in left_out}
    switched_on = [
        line.removeprefix("# ")
        for line in FILE.read_text(encoding="utf-8").splitlines()
        if line.removeprefix("# ").partition("=")[0] in variables
    ]
    (tmp_path / "admin-secret.txt").write_text("open sesame\n")
    text = "\n".join(switched_on).replace("admin-secret.txt", str(tmp_path / "admin-secret.txt"))
    (tmp_path / ".env").write_text(text)
    loaded = load({}, {}, tmp_path)
    assert loaded.given >= set(variables.values()) - script.ONE_START
    assert loaded.warnings == ()
    for name in loaded.given - set(script.EXAMPLES) - {"admin_secret"}:
        assert getattr(loaded.settings, name) == DEFAULTS[name]
