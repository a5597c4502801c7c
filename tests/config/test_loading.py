"""Which source holds, what was given, and the sentence for what is refused."""

from decimal import Decimal
from pathlib import Path

import pytest

from cxgame.config import ABOUT, ConfigError, Loaded, from_keywords, load, load_admin_secret


def loaded(
    cwd: Path,
    flags: dict[str, object] | None = None,
    environ: dict[str, str] | None = None,
    *,
    dotenv: str = "",
    toml: str = "",
) -> Loaded:
    """Load from exactly these sources."""
    if dotenv:
        (cwd / ".env").write_text(dotenv)
    if toml:
        (cwd / "cxgame.toml").write_text(toml)
    return load(flags or {}, environ or {}, cwd)


def refusal(cwd: Path, flags: dict[str, object], environ: dict[str, str] | None = None) -> str:
    """The sentence with which these are refused."""
    with pytest.raises(ConfigError) as caught:
        load(flags, environ or {}, cwd)
    assert "\n" not in str(caught.value)
    return str(caught.value)


def test_nothing_given_is_the_defaults(tmp_path: Path) -> None:
    """Without a source every default holds and nothing counts as given."""
    result = loaded(tmp_path)
    assert result.given == frozenset()
    assert result.sources == {}
    assert result.settings.exchange_port == 9877
    assert result.settings.oracle == ("constant:price=1000.00",)


def test_the_stronger_source_holds(tmp_path: Path) -> None:
    """Flag before environment before .env before TOML before default."""
    toml = "".join(f"{name} = {n}\n" for n, name in enumerate(PORTS_AND_SEED, 10))
    dotenv = "CXGAME_FEED_PORT=20\nCXGAME_HTTP_PORT=21\nCXGAME_SEED=22\n"
    environ = {"CXGAME_HTTP_PORT": "31", "CXGAME_SEED": "32"}
    result = loaded(tmp_path, {"seed": "42"}, environ, dotenv=dotenv, toml=toml)
    settings = result.settings
    ports = (settings.exchange_port, settings.feed_port, settings.http_port, settings.seed)
    assert ports == (10, 20, 31, 42)
    assert result.given == set(PORTS_AND_SEED)
    assert result.sources == {
        "exchange_port": str(tmp_path / "cxgame.toml"),
        "feed_port": "CXGAME_FEED_PORT in .env",
        "http_port": "CXGAME_HTTP_PORT",
        "seed": "--seed",
    }


PORTS_AND_SEED = ("exchange_port", "feed_port", "http_port", "seed")


def test_the_default_value_given_is_given(tmp_path: Path) -> None:
    """Saying the default is not the same as saying nothing."""
    assert loaded(tmp_path, {"usd_start": "10000.00"}).given == {"usd_start"}


def test_config_names_another_file(tmp_path: Path) -> None:
    """--config replaces ./cxgame.toml, and a file that is not there ends the start."""
    (tmp_path / "other.toml").write_text("seed = 7")
    result = loaded(tmp_path, {"config": str(tmp_path / "other.toml")}, toml="user_limit = 3")
    assert (result.settings.seed, result.settings.user_limit) == (7, None)
    assert "No such file" in refusal(tmp_path, {}, {"CXGAME_CONFIG": str(tmp_path / "missing")})


@pytest.mark.parametrize(
    ("flags", "environ", "sentence"),
    [
        (
            {"exchange_port": "70000"},
            {},
            "exchange_port (--exchange-port) must be a whole number from 0 to 65535, not '70000'",
        ),
        (
            {},
            {"CXGAME_STARTED": "maybe"},
            "started (CXGAME_STARTED) must be true, yes, on, 1, false, no, off or 0, not 'maybe'",
        ),
        (
            {},
            {"TICK_LOOP_SEC": "0"},
            "tick_interval (TICK_LOOP_SEC) must be a number of seconds from 0.001 to 3600, "
            "with at most three decimals, not '0'",
        ),
        ({"whitelist": "bob,bob"}, {}, "whitelist (--whitelist) names 'bob' twice"),
        (
            {"memory": True},
            {"REDIS_URL": "redis://x"},
            "memory (--memory) keeps nothing, so valkey_url (REDIS_URL) has no use",
        ),
        (
            {"valkey_port": "7000"},
            {},
            "valkey_port (--valkey-port) needs a password: set VALKEY_PASSWORD",
        ),
        (
            {"valkey_port": "7000", "valkey_url": "redis://x"},
            {"VALKEY_PASSWORD": "x"},
            "valkey_port (--valkey-port) opens the Valkey that comes along, "
            "but valkey_url (--valkey-url) names another",
        ),
        (
            {"feed_port": "9877"},
            {},
            "exchange_port (default) and feed_port (--feed-port) are both 9877",
        ),
    ],
)
def test_a_refusal_names_setting_source_value_and_remedy(
    tmp_path: Path, flags: dict[str, object], environ: dict[str, str], sentence: str
) -> None:
    """One sentence says what is wrong, where it was said, and what is allowed."""
    assert refusal(tmp_path, flags, environ) == sentence


@pytest.mark.parametrize("variable", ["CXGAME_VALKEY_URL", "REDIS_URL"])
def test_a_secret_is_not_repeated(tmp_path: Path, variable: str) -> None:
    """The sentence about a wrong secret does not show it, nor does the settings' repr."""
    assert "pass" not in refusal(tmp_path, {}, {variable: "http://me:pass@x"})
    settings = loaded(tmp_path, {}, {variable: "redis://me:pass@x"}).settings
    assert settings.valkey_url == "redis://me:pass@x"
    assert "pass@" not in repr(settings)


def test_bytes_that_are_no_text_are_refused(tmp_path: Path) -> None:
    """Typed where the terminal is not UTF-8; the server could neither send nor hash them."""
    for name in ("title", "admin_secret"):
        environ = {f"CXGAME_{name.upper()}": "p\udce4ss"}
        assert refusal(tmp_path, {}, environ) == f"{name} (CXGAME_{name.upper()}) is not UTF-8 text"


def test_no_log_may_show_a_secret() -> None:
    """Each secret that was given is named to whoever writes a log, and nothing else."""
    assert from_keywords(seed=5).settings.secrets == []
    given = {"admin_secret": "a", "api_key": "b", "valkey_password": "c", "valkey_url": "redis://d"}
    assert sorted(from_keywords(**given).settings.secrets) == sorted(given.values())
    assert {name for name, about in ABOUT.items() if about.is_secret} == set(given)


def test_secrets_have_no_flag_that_shows_them() -> None:
    """Admin secret and password cannot be typed on the command line."""
    assert not ABOUT["admin_secret"].has_flag
    assert not ABOUT["valkey_password"].has_flag
    assert ABOUT["admin_secret_file"].has_flag


def test_ports_may_both_be_free_ones(tmp_path: Path) -> None:
    """Port 0 is not the same port twice, and another address is another port."""
    result = loaded(tmp_path, {"exchange_port": "0", "feed_port": "0", "http_port": "0"})
    assert result.settings.feed_port == 0
    other = loaded(tmp_path, {"http_port": "9877", "http_bind": "127.0.0.2", "bind": "127.0.0.1"})
    assert (other.settings.bind_hosts, other.settings.http_hosts) == (["127.0.0.1"], ["127.0.0.2"])


def test_the_secret_file_counts_where_it_is_named(tmp_path: Path) -> None:
    """A file named by a flag beats the environment; one in TOML does not."""
    path = tmp_path / "secret"
    path.write_text(" hush \nsecond line\n")
    environ = {"CXGAME_ADMIN_SECRET": "loud"}
    flags: dict[str, object] = {"admin_secret_file": str(path)}
    assert loaded(tmp_path, flags, environ).settings.admin_secret == "hush"
    assert loaded(tmp_path, flags, environ).given >= {"admin_secret"}
    toml = f'admin_secret_file = "{path}"'
    assert loaded(tmp_path, {}, environ, toml=toml).settings.admin_secret == "loud"
    assert loaded(tmp_path, {}, {}, toml=toml).settings.admin_secret == "hush"
    environ["CXGAME_ADMIN_SECRET_FILE"] = str(path)
    assert "both given" in refusal(tmp_path, {}, environ)
    path.write_text("\ufeffhush\r\n")  # as some editors begin a file
    assert loaded(tmp_path, flags, {}).settings.admin_secret == "hush"


def test_an_unusable_secret_file_is_one_sentence(tmp_path: Path) -> None:
    """A missing, empty or binary file is named."""
    path = tmp_path / "secret"
    flags: dict[str, object] = {"admin_secret_file": str(path)}
    assert "No such file" in refusal(tmp_path, flags)
    path.write_text("\n")
    assert "is empty" in refusal(tmp_path, flags)
    path.write_bytes(b"\xff\n")
    assert "not UTF-8" in refusal(tmp_path, flags)


def test_the_admin_secret_alone(tmp_path: Path) -> None:
    """Who commands a server needs its secret, whatever else is wrong in the environment."""
    environ = {"CXGAME_ADMIN_SECRET": "loud", "CXGAME_SEED": "wrong"}
    assert load_admin_secret(None, environ, tmp_path) == "loud"
    assert load_admin_secret(None, {}, tmp_path) is None
    (tmp_path / "secret").write_text("hush")
    assert load_admin_secret(str(tmp_path / "secret"), environ, tmp_path) == "hush"


def test_warnings_come_along(tmp_path: Path) -> None:
    """Unknown variables and unreadable lines are reported, not fatal."""
    result = loaded(tmp_path, {}, {"CXGAME_SEDE": "1"}, dotenv="CXGAME_FRSH=1\n?\n")
    assert len(result.warnings) == 3


def test_toml_takes_lists_and_maps(tmp_path: Path) -> None:
    """Lists and teams need no text form in a file."""
    toml = 'symbol = ["A/B", "C/D"]\nis_started = false\n[whitelist]\nred = ["alice"]\n'
    settings = loaded(tmp_path, toml=toml).settings
    assert settings.symbol == ("A/B", "C/D")
    assert settings.whitelist == {"red": ("alice",)}
    assert settings.started is False


@pytest.mark.parametrize("digits", [5000, 4000])
def test_an_endless_integer_is_refused(tmp_path: Path, digits: int) -> None:
    """A number of thousands of digits ends in a sentence like any other."""
    (tmp_path / "cxgame.toml").write_text("seed = " + "9" * digits)
    refusal(tmp_path, {})


def test_keywords_take_python_values() -> None:
    """Decimals, numbers, paths and lists are as good as text, and `is_started` is an alias."""
    result = from_keywords(
        usd_start=Decimal("1000.50"),
        crypto_start=1.5,
        time_limit=60,
        whitelist=["alice"],
        is_started=False,
        data_dir=Path("x"),
        oracle="gbm:drift=0,volatility=0.5",
        user_limit=None,
    )
    settings = result.settings
    assert (settings.usd_start, settings.crypto_start) == ("1000.50", "1.5")
    assert settings.time_limit == 60.0
    assert settings.whitelist == {"": ("alice",)}
    assert settings.oracle == ("gbm:drift=0,volatility=0.5",)
    assert "started" in result.given
    assert "user_limit" in result.given


def test_keywords_are_strict() -> None:
    """An unknown keyword, one twice, or a wrong value is a ConfigError."""
    with pytest.raises(ConfigError, match="did you mean usd_start"):
        from_keywords(usd_strat=1)
    with pytest.raises(ConfigError, match="given twice"):
        from_keywords(started=True, is_started=True)
    with pytest.raises(ConfigError, match=r"usd_start \(keyword\) must be"):
        from_keywords(usd_start=float("nan"))
    with pytest.raises(ConfigError, match="not what was given"):
        from_keywords(usd_start=10**5000)


def test_keywords_read_no_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """A server made in Python depends on its arguments alone."""
    monkeypatch.setenv("CXGAME_SEED", "5")
    assert from_keywords().settings.seed is None


def test_the_process_environment_is_the_default(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Without arguments the environment and the working directory of the process count."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("CXGAME_SEED", "5")
    (tmp_path / "cxgame.toml").write_text("user_limit = 3")
    settings = load({}).settings
    assert (settings.seed, settings.user_limit) == (5, 3)
