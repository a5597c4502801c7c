"""`.env.example` says what the settings say, and all of it may be taken at its word."""

import importlib.util
import re
from pathlib import Path

import pytest

from cxgame.config import ABOUT, DEFAULTS, load, load_feeder
from cxgame.config.mockx import load_mockx
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


# As programs of this kind and their clients call them.
KNOWN = """
API_URL API_TIMEOUT_SEC API_KEY CASH_ASSET COMMISSION TEST_ENV TICK_LOOP_SEC PRUNE_EVERY_MIN
STALE_AFTER_H EXPIRE_AFTER_H MIN_TIME_ANSWER_ORDER_MARKET MAX_TIME_ANSWER_ORDER_MARKET
SIGMA_FILL_MARKET_ORDER SANITY_CHECK_EVERY_MIN URL_API VALKEY_URL VALKEY_HOST VALKEY_PORT
VALKEY_PASSWORD EXCHANGE SYMBOLS INTERVAL_SEC ENGINE_PORT LOG_LEVEL
"""


@pytest.mark.parametrize("variable", KNOWN.split())
def test_a_variable_that_clients_know_is_there(variable: str) -> None:
    """Once, under the name that they know."""
    lines = FILE.read_text(encoding="utf-8").splitlines()
    assert sum(line.startswith(f"# {variable}=") for line in lines) == 1


def test_the_programs_beside_the_server_read_it_too(tmp_path: Path) -> None:
    """With every line switched on, price service and command know what they are told."""
    switched_on = re.findall(r"^# ([A-Z_]+=.*)$", FILE.read_text(encoding="utf-8"), re.MULTILINE)
    (tmp_path / ".env").write_text("\n".join(switched_on))
    assert load_feeder({}, {}, tmp_path).own.symbols == ("BTC/USDT", "ETH/USDT")
    assert load_mockx({}, {}, tmp_path).api_key == "choose-your-own"


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
