"""The forms of a whitelist."""

from pathlib import Path

import pytest

from cxgame.config.kinds import Refused
from cxgame.config.whitelist import MAX_FILE_BYTES, read_whitelist

TEAMS = {"red": ("alice", "bob"), "blue": ("carol",)}


@pytest.mark.parametrize(
    ("value", "teams"),
    [
        ("alice,bob", {"": ("alice", "bob")}),
        ("alice", {"": ("alice",)}),
        (["alice", "bob"], {"": ("alice", "bob")}),
        ("red=alice+bob,blue=carol", TEAMS),
        ("red = alice + bob, blue = carol", TEAMS),
        ({"red": ["alice", "bob"], "blue": "carol"}, TEAMS),
        ("red=alice,red=bob,carol", {"red": ("alice", "bob"), "": ("carol",)}),
    ],
)
def test_every_form_becomes_a_map_of_teams(value: object, teams: object) -> None:
    """Text, list and map say the same."""
    assert read_whitelist(value) == teams


def test_a_whole_class_is_named_in_one_text() -> None:
    """It may be longer than the name of a file can be."""
    names = tuple(f"player{number:03}" for number in range(40))
    assert read_whitelist(",".join(names)) == {"": names}


def test_a_file_lists_users_line_by_line(tmp_path: Path) -> None:
    """A file holds the same entries as the text, with comments and empty lines."""
    path = tmp_path / "players"
    path.write_text("# the class of 9b\nred=alice+bob\n\nblue=carol  # new\n")
    assert read_whitelist(str(path)) == TEAMS
    assert read_whitelist(path) == TEAMS
    path.write_text("\ufeffred=alice+bob\r\nblue=carol\r\n")  # as some editors write it
    assert read_whitelist(path) == TEAMS


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        ("", "nobody"),
        ("alice,Alice", "twice"),
        ("red=alice,blue=ALICE", "twice"),
        ("house", "keeps for itself"),
        ("Mockx", "keeps for itself"),
        ("al ice", "'al ice'"),
        ("alice++bob", "''"),
        ("r d=alice", "'r d'"),
        ("a" * 33, "32"),
        ("älice", "'älice'"),
        (["alice", None], "None, which is not a text"),
        ({"red": [5]}, "5, which is not a text"),
        ("players.txt", "No such file"),
        ("./players", "No such file"),
        ("/\0", "cannot be read"),
    ],
)
def test_a_wrong_entry_is_named(value: object, reason: str) -> None:
    """What is wrong with a whitelist is said in the refusal."""
    with pytest.raises(Refused, match=reason):
        read_whitelist(value)


def test_a_number_is_no_whitelist() -> None:
    """A value of another type is refused with the kind's own sentence."""
    with pytest.raises(Refused) as caught:
        read_whitelist(5)
    assert caught.value.reason is None


def test_a_file_is_bounded_and_text(tmp_path: Path) -> None:
    """A file that is too long or not text is refused."""
    path = tmp_path / "players.txt"
    path.write_bytes(b"a" * (MAX_FILE_BYTES + 1))
    with pytest.raises(Refused, match="more than"):
        read_whitelist(path)
    path.write_bytes(b"\xff\xfe")
    with pytest.raises(Refused, match="UTF-8"):
        read_whitelist(path)
