"""The form of `.env`, TOML and the environment."""

from pathlib import Path

import pytest

from cxgame.config import ConfigError, sources


def dotenv(tmp_path: Path, text: str) -> tuple[dict[str, str], list[str]]:
    """Read a `.env` of this text; the values and the warnings."""
    path = tmp_path / ".env"
    path.write_text(text)
    warnings: list[str] = []
    return sources.read_dotenv(path, warnings), warnings


@pytest.mark.parametrize(
    ("line", "value"),
    [
        ("A=1", "1"),
        ("A = 1", "1"),
        ("export A=1", "1"),
        ("A='x # y'", "x # y"),
        ('A="x" # comment', "x"),
        ("A=x # comment", "x"),
        ("A=x#y", "x#y"),
        ("A=", ""),
        ("A= # not yet", ""),
        ("A=#1", "#1"),
        ('A="open', '"open'),
        ("\ufeffA=1", "1"),
    ],
)
def test_dotenv_lines(tmp_path: Path, line: str, value: str) -> None:
    """Quotes protect, comments are left out, `export` may stand before."""
    assert dotenv(tmp_path, f"{line}\n# last\n\n") == ({"A": value}, [])


def test_dotenv_says_which_line_it_left_out(tmp_path: Path) -> None:
    """A line that is no assignment is left out with a warning; the others count."""
    values, warnings = dotenv(tmp_path, "A=1\nnonsense\nB=2\nC='it''s'\n")
    assert values == {"A": "1", "B": "2"}
    assert warnings == [f".env line {n} is not NAME=value and was left out" for n in (2, 4)]


@pytest.mark.parametrize(
    "line",
    [
        *("CXGAME_SEED", "export CXGAME_SEED", "CXGAME_SEED: 5"),
        *("CXGAME_TITLE='Bob''s game'", r'CXGAME_TITLE="the \"game\""'),
    ],
)
def test_a_broken_line_of_ours_is_refused(tmp_path: Path, line: str) -> None:
    """Whoever wrote it wanted a setting, which would silently not hold."""
    with pytest.raises(ConfigError, match=r"\.env line 2 is not NAME=value"):
        dotenv(tmp_path, f"A=1\n{line}\n")


def test_our_own_spelling_comes_first() -> None:
    """CXGAME_VALKEY_URL beats VALKEY_URL, which beats REDIS_URL."""
    variables = {"REDIS_URL": "redis://a", "VALKEY_URL": "redis://b"}
    assert sources.from_variables(variables, "")["valkey_url"].value == "redis://b"
    variables["CXGAME_VALKEY_URL"] = "redis://c"
    assert sources.from_variables(variables, "")["valkey_url"].value == "redis://c"


def test_host_and_port_make_a_url() -> None:
    """VALKEY_HOST and VALKEY_PORT together name a Valkey; a port alone does not."""
    assert sources.from_variables({"VALKEY_PORT": "7000"}, "") == {}
    found = sources.from_variables({"VALKEY_HOST": "db", "VALKEY_PORT": "7000"}, " in .env")
    assert found["valkey_url"] == ("redis://db:7000", "VALKEY_HOST in .env")
    assert (
        sources.from_variables({"VALKEY_HOST": "db"}, "")["valkey_url"].value == "redis://db:6379"
    )
    found = sources.from_variables({"VALKEY_HOST": "::1"}, "")
    assert found["valkey_url"].value == "redis://[::1]:6379"


def test_one_variable_may_mean_two_settings() -> None:
    """COMMISSION is the fee of both sides."""
    found = sources.from_variables({"COMMISSION": "0.001"}, "")
    assert {name: given.value for name, given in found.items()} == {
        "maker_fee": "0.001",
        "taker_fee": "0.001",
    }


def test_an_empty_variable_is_not_set() -> None:
    """Compose files pass empty variables on; they set nothing."""
    assert sources.from_variables({"CXGAME_SEED": ""}, "") == {}


def test_an_unknown_variable_of_ours_is_warned_about() -> None:
    """A misspelled variable is named with the one that was probably meant."""
    known = {"CXGAME_URI": "", "CXGAME_SEED": "1", "HOME": "/"}
    assert list(sources.unknown_variables(known)) == []
    assert list(sources.unknown_variables({**known, "CXGAME_USD_STRAT": "1"})) == [
        "CXGAME_USD_STRAT is no setting; did you mean CXGAME_USD_START?"
    ]
    assert list(sources.unknown_variables({"CXGAME_FOO": "1"})) == ["CXGAME_FOO is no setting"]


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("usd_strat = 5", "'usd_strat' in {path} is no setting; did you mean usd_start?"),
        ("usd-start = 5", "'usd-start' in {path} is no setting; did you mean usd_start?"),
        ("zzz = 5", "'zzz' in {path} is no setting"),
        ("started = true\nis_started = true", "started is set twice in {path}"),
        ("config = 'x'", "config cannot be set in {path}"),
        ("usd_start = ", "{path} is not valid TOML"),
        ("usd_start = " + "[" * 100_000, "{path} is not valid TOML: it is nested too deeply"),
    ],
)
def test_toml_is_strict(tmp_path: Path, text: str, sentence: str) -> None:
    """A key that means nothing ends the start with a hint."""
    path = tmp_path / "game.toml"
    path.write_text(text)
    with pytest.raises(ConfigError) as caught:
        sources.from_toml(path)
    assert str(caught.value).startswith(sentence.format(path=path))


def test_files_that_cannot_be_read_are_one_sentence(tmp_path: Path) -> None:
    """A missing file and one that is not text are named."""
    with pytest.raises(ConfigError, match=r"cannot read .*none\.toml: No such file"):
        sources.from_toml(tmp_path / "none.toml")
    binary = tmp_path / "binary.toml"
    binary.write_bytes(b"\xff")
    with pytest.raises(ConfigError, match="not UTF-8"):
        sources.from_toml(binary)
