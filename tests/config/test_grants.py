"""The forms of grants."""

import pytest

from cxgame.config import ConfigError, from_keywords, load
from cxgame.config.grants import read_grants
from cxgame.config.kinds import Refused


@pytest.mark.parametrize(
    "value",
    [
        "USD=100000,BTC=0.5",
        " USD = 100000 , BTC=0.5,",
        {"USD": "100000", "BTC": 0.5},
        {"USD": 100_000, "BTC": "0.5"},
    ],
)
def test_every_form_means_the_same(value: object) -> None:
    """A text or a map, of text or numbers; amounts stay decimal text."""
    assert read_grants(value) == {"USD": "100000", "BTC": "0.5"}


@pytest.mark.parametrize(
    "value", ["USD", "USD=", "USD=-1", "USD=1e5", "usd=1", "USD=1,USD=2", "USD=NaN", 5, ["USD=1"]]
)
def test_what_is_no_grant(value: object) -> None:
    """Neither of the forms, or no amount."""
    with pytest.raises(Refused):
        read_grants(value)


def test_grants_from_every_source() -> None:
    """A flag, the environment, a keyword; none where nobody says so."""
    assert load({"grants": "USD=5"}, {}).settings.grants == {"USD": "5"}
    assert load({}, {"CXGAME_GRANTS": "USD=5"}).settings.grants == {"USD": "5"}
    assert from_keywords(grants={"USD": 5}).settings.grants == {"USD": "5"}
    assert from_keywords().settings.grants is None
    with pytest.raises(ConfigError, match="amounts of assets, such as USD=100000,BTC=10"):
        from_keywords(grants=5)
