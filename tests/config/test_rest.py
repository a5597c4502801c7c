"""The settings of the REST face: its variables, and who may reach it without a key."""

from pathlib import Path

import pytest

from cxgame.config import ConfigError, load
from cxgame.config.loopback import is_loopback

# As a user of programs of this kind has it at hand.
TEMPLATE = """\
# .env
API_URL=http://localhost:8000
API_TIMEOUT_SEC=10
API_KEY="your-super-secret-key"
REDIS_URL=redis://127.0.0.1:6379/0
CASH_ASSET=USDT
COMMISSION=0.00075
TEST_ENV=True
TICK_LOOP_SEC=30
PRUNE_EVERY_MIN=60
STALE_AFTER_H=24
EXPIRE_AFTER_H=24
MIN_TIME_ANSWER_ORDER_MARKET=3
MAX_TIME_ANSWER_ORDER_MARKET=5
SIGMA_FILL_MARKET_ORDER=0.1
URL_API=https://mockexchange.your-domain.com/
"""


def test_a_file_of_its_clients_is_understood(tmp_path: Path) -> None:
    """Every variable of the template means its setting, and none is warned about."""
    (tmp_path / ".env").write_text(TEMPLATE)
    loaded = load({}, {}, tmp_path)
    assert loaded.warnings == ()
    given = {name: getattr(loaded.settings, name) for name in loaded.given}
    assert given == {
        "api_key": "your-super-secret-key",
        "valkey_url": "redis://127.0.0.1:6379/0",
        "cash_asset": "USDT",
        "maker_fee": "0.00075",
        "taker_fee": "0.00075",
        "test_env": True,
        "tick_interval": 30.0,
        "prune_every": 60.0,
        "stale_after": 24.0,
        "expire_after": 24.0,
        "min_answer_time": 3.0,
        "max_answer_time": 5.0,
        "fill_sigma": "0.1",
    }


def test_the_variables_of_a_suite_are_understood(tmp_path: Path) -> None:
    """Host, port and password name a Valkey; the port alone is nothing to us."""
    suite = {"ENGINE_PORT": "8001", "LOG_LEVEL": "INFO", "VALKEY_PORT": "6390"}
    settings = load({}, suite, tmp_path).settings
    assert (settings.http_port, settings.log_level, settings.valkey_url) == (8001, "info", None)
    assert settings.valkey_port is None
    suite |= {"VALKEY_HOST": "valkey", "VALKEY_PASSWORD": "hush"}
    settings = load({}, suite, tmp_path).settings
    assert settings.valkey_url == "redis://valkey:6390"
    assert (settings.valkey_port, settings.valkey_password) == (None, "hush")


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("TEST_ENV", "maybe"),
        ("CASH_ASSET", "usdt"),
        ("MIN_TIME_ANSWER_ORDER_MARKET", "-1"),
        ("SIGMA_FILL_MARKET_ORDER", "-0.1"),
        ("SIGMA_FILL_MARKET_ORDER", "0.1234567"),
        ("SIGMA_FILL_MARKET_ORDER", "nan"),
        ("PRUNE_EVERY_MIN", "-1"),
        ("STALE_AFTER_H", "1e3"),
        ("API_KEY", "two words"),
        ("CXGAME_SELL_FEE", "none"),
    ],
)
def test_what_is_not_allowed_is_refused_by_name(tmp_path: Path, variable: str, value: str) -> None:
    """The variable is named; a key is not repeated."""
    with pytest.raises(ConfigError, match=variable) as caught:
        load({}, {variable: value}, tmp_path)
    assert (value in str(caught.value)) is (variable != "API_KEY")


@pytest.mark.parametrize(
    ("flags", "hosts"),
    [
        ({}, ["0.0.0.0"]),
        ({"test_env": True}, ["127.0.0.1"]),
        ({"test_env": True, "insecure": True}, ["0.0.0.0"]),
        ({"test_env": True, "bind": "127.0.0.2"}, ["127.0.0.1"]),
        ({"test_env": True, "http_bind": "localhost,::1"}, ["localhost", "::1"]),
        ({"test_env": True, "insecure": True, "http_bind": "10.0.0.1"}, ["10.0.0.1"]),
        ({"preset": "mockx"}, ["127.0.0.1"]),
        ({"preset": "mockx", "bind": "0.0.0.0"}, ["0.0.0.0"]),
    ],
)
def test_without_keys_the_port_is_this_computer_s(
    tmp_path: Path, flags: dict[str, object], hosts: list[str]
) -> None:
    """Whoever switches the keys off lets in nobody from elsewhere, unless that is meant."""
    assert load(flags, {}, tmp_path).settings.http_hosts == hosts


@pytest.mark.parametrize("host", ["0.0.0.0", "10.0.0.1", "127.0.0.1,0.0.0.0", "example.org"])
def test_test_env_elsewhere_is_refused(tmp_path: Path, host: str) -> None:
    """A port without keys on an address that others reach is refused, and how to mean it said."""
    with pytest.raises(ConfigError) as caught:
        load({"http_bind": host}, {"TEST_ENV": "true"}, tmp_path)
    assert str(caught.value) == (
        "test_env (TEST_ENV) lets in everybody without a key, so http_bind (--http-bind) must be "
        "127.0.0.1, unless --insecure says that this is meant"
    )


@pytest.mark.parametrize(
    ("host", "is_ours"),
    [
        ("127.0.0.1", True),
        ("127.8.9.10", True),
        ("::1", True),
        ("localhost", True),
        ("0.0.0.0", False),
        ("::", False),
        ("192.168.0.1", False),
        ("127.0.0.1.example.org", False),
    ],
)
def test_loopback_addresses(host: str, is_ours: bool) -> None:
    """Only addresses of this computer that nobody else can reach."""
    assert is_loopback(host) is is_ours


def test_the_least_time_is_not_above_the_most(tmp_path: Path) -> None:
    """Equal times are a fixed one; crossed ones are refused."""
    both = {"min_answer_time": "2.5", "max_answer_time": "2.5"}
    assert load(both, {}, tmp_path).settings.max_answer_time == 2.5
    with pytest.raises(ConfigError, match=r"min_answer_time .* is 2\.5, more than the 2\.499 of"):
        load({**both, "max_answer_time": "2.499"}, {}, tmp_path)
    with pytest.raises(ConfigError, match=r"is 3599\.998, more than the 3599\.997 of"):
        load({"min_answer_time": "3599.998", "max_answer_time": "3599.997"}, {}, tmp_path)
