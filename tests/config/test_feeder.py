"""The settings of the service that writes prices."""

from pathlib import Path

import pytest

from cxgame.config import (
    ABOUT,
    COMMON,
    FEEDER_ABOUT,
    ConfigError,
    FeederSettings,
    LoadedFeeder,
    load_feeder,
)


def loaded(tmp_path: Path, flags: dict[str, object] | None = None, **environ: str) -> LoadedFeeder:
    """All settings, from these sources alone."""
    return load_feeder(flags or {}, environ, tmp_path)


def test_no_setting_is_defined_twice() -> None:
    """What a server has too is taken from there; the variables of both name different things."""
    theirs = {name for about in FEEDER_ABOUT.values() for name in about.variables}
    ours = {name for about in ABOUT.values() for name in about.variables}
    assert not theirs & ours
    assert set(COMMON) <= set(ABOUT)
    assert set(FEEDER_ABOUT) & set(COMMON) == set()


def test_the_defaults(tmp_path: Path) -> None:
    """Two markets of an exchange every ten seconds, on this computer."""
    result = loaded(tmp_path)
    assert result.own == FeederSettings()
    assert (result.own.exchange, result.own.interval_s) == ("binance", 10.0)
    assert result.own.discovered_quotes == ()
    assert result.valkey_url == "redis://127.0.0.1:6379"


def test_every_variable_is_read(tmp_path: Path) -> None:
    """As other programs of the kind spell them."""
    result = loaded(
        tmp_path,
        EXCHANGE="kraken",
        SYMBOLS="BTC/USDT, ETH/USDT",
        QUOTES="USDT,EUR",
        QUOTE="USD",
        DISCOVER_QUOTES="true",
        DISCOVER_LIMIT="20",
        INTERVAL_SEC="2.5",
        VALKEY_HOST="valkey",
        VALKEY_PORT="7000",
        VALKEY_PASSWORD="secret",
        LOG_LEVEL="DEBUG",
    )
    assert result.own == FeederSettings(
        exchange="kraken",
        symbols=("BTC/USDT", "ETH/USDT"),
        quotes=("USDT", "EUR"),
        quote="USD",
        discover_quotes=True,
        discover_limit=20,
        interval=2.5,
    )
    assert result.own.discovered_quotes == ("USDT", "EUR")
    assert result.valkey_url == "redis://:secret@valkey:7000"
    assert (result.common.valkey_password, result.common.log_level) == ("secret", "debug")


@pytest.mark.parametrize(
    ("variables", "quotes"),
    [
        ({"DISCOVER_QUOTES": "false", "QUOTES": "EUR"}, ()),
        ({"DISCOVER_QUOTES": "yes"}, ("USDT",)),
        ({"DISCOVER_QUOTES": "yes", "QUOTE": "EUR"}, ("EUR",)),
        ({"DISCOVER_QUOTES": "1", "QUOTES": "EUR,USD", "QUOTE": "GBP"}, ("EUR", "USD")),
        ({"DISCOVER_QUOTES": "BTC,ETH", "QUOTES": "EUR"}, ("BTC", "ETH")),
    ],
    ids=str,
)
def test_discovery(tmp_path: Path, variables: dict[str, str], quotes: tuple[str, ...]) -> None:
    """On or off, or the quote assets themselves."""
    assert loaded(tmp_path, **variables).own.discovered_quotes == quotes


def test_a_flag_comes_before_the_environment_and_that_before_dotenv(tmp_path: Path) -> None:
    """As for a server."""
    (tmp_path / ".env").write_text("EXCHANGE=a\nQUOTE=EUR\nINTERVAL_SEC=7\n")
    own = loaded(tmp_path, {"exchange": "c"}, EXCHANGE="b", QUOTE="GBP").own
    assert (own.exchange, own.quote, own.interval_s) == ("c", "GBP", 7.0)


@pytest.mark.parametrize(
    ("flags", "environ", "dotenv", "oracle"),
    [
        ({"oracle": ("gbm",)}, {"EXCHANGE": "kraken"}, "", ("gbm",)),
        ({}, {"ORACLE": "gbm", "EXCHANGE": "kraken"}, "", ("gbm",)),
        ({"exchange": "kraken"}, {"ORACLE": "gbm"}, "", ()),
        ({}, {"EXCHANGE": "kraken"}, "ORACLE=gbm", ()),
        ({}, {}, "EXCHANGE=kraken\nORACLE=gbm;ETH/USD=constant", ("gbm", "ETH/USD=constant")),
    ],
    ids=str,
)
def test_the_stronger_source_says_whether_it_is_a_model_or_an_exchange(
    tmp_path: Path,
    flags: dict[str, object],
    environ: dict[str, str],
    dotenv: str,
    oracle: tuple[str, ...],
) -> None:
    """Within one source the model counts: an exchange is named in every shared file."""
    (tmp_path / ".env").write_text(dotenv)
    own = loaded(tmp_path, flags, **environ).own
    assert own.oracle == oracle
    assert own.interval_s == (1.0 if oracle else 10.0)


def test_two_sources_on_one_command_line_are_refused(tmp_path: Path) -> None:
    """One of them would silently not hold."""
    with pytest.raises(ConfigError, match="--exchange and --oracle are both given"):
        loaded(tmp_path, {"exchange": "kraken", "oracle": ("gbm",)})


def test_the_servers_own_valkey_is_found(tmp_path: Path) -> None:
    """One folder, one file of settings, both programs; a URL comes first."""
    (tmp_path / "cxgame.toml").write_text("valkey_port = 16379\noracle = 'valkey'\n")
    result = loaded(tmp_path)
    assert result.valkey_url == "redis://127.0.0.1:16379"
    assert result.own.oracle == ()  # that is where the server's prices come from
    assert loaded(tmp_path, VALKEY_URL="redis://db").valkey_url == "redis://db"


@pytest.mark.parametrize(
    ("variable", "value", "text"),
    [
        ("EXCHANGE", "Binance!", r"exchange \(EXCHANGE\) must be the name of an exchange"),
        ("SYMBOLS", "BTC-USDT", r"symbols \(SYMBOLS\) must be one or several of: a market such"),
        ("SYMBOLS", "A/B,A/B", "names one value twice"),
        ("DISCOVER_QUOTES", "maybe", r"quote assets such as USDT,EUR, not 'maybe'"),
        ("DISCOVER_LIMIT", "-1", "whole number from 0"),
        ("INTERVAL_SEC", "0", r"seconds from 0\.1"),
        ("INTERVAL_SEC", "NaN", r"seconds from 0\.1"),
    ],
)
def test_what_is_not_allowed_is_refused(
    tmp_path: Path, variable: str, value: str, text: str
) -> None:
    """In one line that names the variable."""
    with pytest.raises(ConfigError, match=text):
        loaded(tmp_path, **{variable: value})


def test_no_secret_is_in_a_text(tmp_path: Path) -> None:
    """Neither the password nor a URL that may hold one."""
    result = loaded(tmp_path, VALKEY_URL="redis://:heimlich@db", VALKEY_PASSWORD="geheim")
    assert "geheim" not in repr(result)
    assert "heimlich" not in repr(result)
