"""Where a Valkey is and how it is entered, from several settings."""

from pathlib import Path

import pytest

from cxgame.config import from_keywords, load_feeder
from cxgame.config.valkey import with_password


@pytest.mark.parametrize(
    ("url", "password", "expected"),
    [
        ("redis://db:7000/1", None, "redis://db:7000/1"),
        ("redis://db:7000/1", "p@s/s", "redis://:p%40s%2Fs@db:7000/1"),
        ("redis://user@db", "pw", "redis://user:pw@db"),
        ("redis://user:own@db", "pw", "redis://user:own@db"),
        ("unix:///run/v.sock", "pw", "unix://:pw@/run/v.sock"),
        ("unix:///run/v.sock?password=own", "pw", "unix:///run/v.sock?password=own"),
        ("redis://[bad", "pw", "redis://[bad"),
    ],
)
def test_a_password_beside_the_url(url: str, password: str | None, expected: str) -> None:
    """The URL's own comes first."""
    assert with_password(url, password) == expected


def test_server_and_price_service_enter_by_the_same_address(tmp_path: Path) -> None:
    """The password that is set beside the URL is for both of them."""
    address = "redis://:hush@db:7000"
    assert from_keywords().settings.valkey_address is None
    loaded = from_keywords(valkey_url="redis://db:7000", valkey_password="hush")
    assert loaded.settings.valkey_address == address
    host = {"VALKEY_HOST": "db", "VALKEY_PORT": "7000", "VALKEY_PASSWORD": "hush"}
    assert load_feeder({}, host, tmp_path).valkey_url == address
    own = {"CXGAME_VALKEY_PORT": "7001", "VALKEY_PASSWORD": "hush"}
    assert load_feeder({}, own, tmp_path).valkey_url == "redis://:hush@127.0.0.1:7001"
