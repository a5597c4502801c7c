"""Names of keys."""

import pytest

from cxgame.store.errors import StoreError
from cxgame.store.keys import USERS, GameKeys, check_name, current

KEYS = GameKeys("main", 2)


def test_all_keys_of_a_game_share_a_hash_tag() -> None:
    """So that one call may touch them all."""
    assert KEYS.id == "main.2"
    for key in (KEYS.meta, KEYS.journal, KEYS.events, KEYS.private, KEYS.view("wallets")):
        assert key.startswith("cx:{main.2}:")
    assert len({KEYS.meta, KEYS.journal, KEYS.events, KEYS.private}) == 4


def test_what_is_not_of_one_game_has_its_own_tag() -> None:
    """The number of the current game, and the users of all games."""
    assert current("main") == "cx:{main}:current"
    assert USERS == "cx:{users}"


@pytest.mark.parametrize("name", ["main", "A", "0", "a.b-c_d", "x" * 32])
def test_good_names(name: str) -> None:
    """Letters, digits and three signs."""
    check_name(name)


@pytest.mark.parametrize("name", ["", ".a", "a{b", "a}b", "a:b", "a\n", "\u00e9", "x" * 33])
def test_bad_names(name: str) -> None:
    """Nothing that could end a hash tag or leave a folder."""
    with pytest.raises(StoreError):
        check_name(name)
