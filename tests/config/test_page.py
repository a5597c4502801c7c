"""The settings of the program that serves the pages alone."""

from pathlib import Path

import pytest

from cxgame.config import ABOUT, ConfigError
from cxgame.config.page import (
    PAGE_ABOUT,
    PAGE_COMMON,
    LoadedPage,
    PageSettings,
    load_page,
)


def loaded(tmp_path: Path, flags: dict[str, object] | None = None, **environ: str) -> LoadedPage:
    """All settings, from these sources alone."""
    return load_page(flags or {}, environ, tmp_path)


def test_no_setting_is_defined_twice() -> None:
    """What a server has too is taken from there."""
    assert set(PAGE_COMMON) <= set(ABOUT)
    assert set(PAGE_ABOUT) & set(ABOUT) == set()


def test_the_defaults(tmp_path: Path) -> None:
    """A page beside a server, on the port that such pages have."""
    result = loaded(tmp_path)
    assert result.own == PageSettings()
    assert (result.own.page_port, result.common.settings.title) == (8501, "cxgame")
    assert result.hosts == [result.common.settings.bind]
    assert result.common.settings.feed_port == 9876


def test_every_variable_is_read(tmp_path: Path) -> None:
    """As other dashboards of the kind spell them."""
    result = loaded(
        tmp_path,
        PERISCOPE_PORT="8600",
        PERISCOPE_BIND="127.0.0.1,::1",
        CXGAME_FEED_URI="wss://play.example/feed",
        CXGAME_EXCHANGE_URI="wss://play.example/orders",
        API_URL="http://engine:8000",
        API_KEY="hidden",
        APP_TITLE="Summer Cup",
        REFRESH_SECONDS="30",
        PAGE_FRAME_ANCESTORS="self,https://school.example",
        CXGAME_READY_FILE="ready.json",
    )
    assert result.own == PageSettings(
        page_port=8600,
        page_bind="127.0.0.1,::1",
        feed_uri="wss://play.example/feed",
        exchange_uri="wss://play.example/orders",
        api_uri="http://engine:8000",
        refresh_seconds=30.0,
    )
    assert result.common.settings.title == "Summer Cup"
    assert result.common.settings.frame_ancestors == ("self", "https://school.example")
    assert result.hosts == ["127.0.0.1", "::1"]
    assert result.common.warnings == (), "no variable of its own is unknown to it"
    assert result.common.settings.ready_file == Path("ready.json")
    assert result.common.warnings == ()
    assert result.common.settings.api_key == "hidden"
    assert "hidden" not in repr(result)


def test_a_flag_comes_before_the_environment_and_that_before_the_file(tmp_path: Path) -> None:
    """As for every setting of the server."""
    (tmp_path / ".env").write_text("APP_TITLE=file\nREFRESH_SECONDS=7\nPERISCOPE_PORT=1\n")
    result = loaded(tmp_path, {"page_port": "3"}, APP_TITLE="variable", PERISCOPE_PORT="2")
    assert result.own.page_port == 3
    assert result.common.settings.title == "variable"
    assert result.own.refresh_seconds == 7


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("page_port", "65536"),
        ("feed_uri", "http://host:9876"),
        ("feed_uri", "ws://user@host:9876"),
        ("exchange_uri", "http://host:9877"),
        ("feed_uri", "ws://host:9876/?token=1"),
        ("api_uri", "ftp://host"),
        ("title", ""),
        ("title", "x" * 81),
        ("refresh_seconds", "0"),
        ("frame_ancestors", "https://a.example; script-src *"),
    ],
)
def test_what_is_not_allowed_is_refused(tmp_path: Path, name: str, value: str) -> None:
    """With a sentence that names the setting."""
    with pytest.raises(ConfigError, match=name):
        loaded(tmp_path, {name: value})
