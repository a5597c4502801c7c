"""The settings of the command `mockx`."""

from pathlib import Path

import pytest

from cxgame.config import ConfigError
from cxgame.config.mockx import MOCKX_ABOUT, MOCKX_DEFAULTS, MockxSettings, load_mockx


def loaded(tmp_path: Path, flags: dict[str, object] | None = None, **environ: str) -> MockxSettings:
    """All settings, from these sources alone."""
    return load_mockx(flags or {}, environ, tmp_path)


def test_the_defaults(tmp_path: Path) -> None:
    """A server on this computer, with the key that it accepts there."""
    assert loaded(tmp_path) == MockxSettings(
        api_url="http://localhost:8000", api_key="invalid-key", api_timeout=10.0
    )
    assert MOCKX_DEFAULTS.keys() == MOCKX_ABOUT.keys()


def test_every_variable_is_read(tmp_path: Path) -> None:
    """As other programs of the kind spell them; an empty one counts as not set."""
    assert loaded(
        tmp_path, API_URL="https://x.example/exchange/", API_KEY="k", API_TIMEOUT_SEC="2.5"
    ) == MockxSettings(api_url="https://x.example/exchange", api_key="k", api_timeout=2.5)
    assert loaded(tmp_path, API_URL="", API_KEY="", API_TIMEOUT_SEC="") == MockxSettings()


def test_a_flag_comes_before_the_environment_and_that_before_dotenv(tmp_path: Path) -> None:
    """As for a server; a quoted value in `.env` is read without its quotes."""
    (tmp_path / ".env").write_text('API_URL=http://c\nAPI_KEY="from-file"\nAPI_TIMEOUT_SEC=3\n')
    own = loaded(tmp_path, {"api_url": "http://a", "api_timeout": None}, API_URL="http://b")
    assert own == MockxSettings(api_url="http://a", api_key="from-file", api_timeout=3.0)
    assert loaded(tmp_path, API_URL="http://b").api_url == "http://b"


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("API_URL", "localhost:8000"),
        ("API_URL", "ftp://localhost"),
        ("API_URL", "http://"),
        ("API_URL", "http:///path"),
        ("API_URL", "http://[::1"),
        ("API_URL", "http://host:port"),
        ("API_URL", "http://host:0"),
        ("API_URL", "http://user:word@host"),
        ("API_URL", "http://host/?query"),
        ("API_URL", "http://host and more"),
        ("API_TIMEOUT_SEC", "0"),
        ("API_TIMEOUT_SEC", "Infinity"),
        ("API_TIMEOUT_SEC", "soon"),
    ],
)
def test_what_is_not_allowed_is_refused(tmp_path: Path, variable: str, value: str) -> None:
    """In one line that names the variable."""
    with pytest.raises(ConfigError, match=rf"\({variable}\) must be"):
        loaded(tmp_path, **{variable: value})


@pytest.mark.parametrize("key", ["two words", "umlaut-ä", "line\nbreak"])
def test_a_key_that_no_header_can_carry_is_refused_unseen(tmp_path: Path, key: str) -> None:
    """The sentence says what is allowed, and not what was given."""
    with pytest.raises(ConfigError, match="printable ASCII") as caught:
        loaded(tmp_path, API_KEY=key)
    assert key not in str(caught.value)


def test_the_key_is_in_no_text_and_has_no_flag(tmp_path: Path) -> None:
    """Other users of the machine see what is typed."""
    assert "geheim" not in repr(loaded(tmp_path, API_KEY="geheim"))
    assert not MOCKX_ABOUT["api_key"].has_flag
