"""Texts for a terminal."""

import pytest
from rich.text import Text

from cxgame.watch.panels import cut, fitted
from cxgame.watch.texts import aligned, cents, clock, printable, short


def test_what_players_write_is_made_harmless() -> None:
    """Escape sequences, line ends and marks that turn text around are shown as dots."""
    assert printable("a\x1b[31mb\r\nc\u202ed ☃ \x9b") == "a·[31mb··c·d ☃ ·"


def test_letters_stay_in_their_line() -> None:
    """Accents stay, heaps of them don't; a selector would make a width that nobody agrees on."""
    assert printable("cafe\u0301") == "cafe\u0301"
    assert printable("z" + "\u0335" * 40 + "z") == "z\u0335\u0335z"
    assert printable("\u2764\ufe0f!") == "\u2764!"


@pytest.mark.parametrize(
    ("size", "characters", "shown"),
    [
        ("0.5000000000", 12, "0.5"),
        ("0.1234567891", 6, "0.1234"),
        ("12.3456789", 6, "12.345"),
        ("1234567.8", 6, "1234567"),
        ("10.0000", 6, "10"),
        ("0.0000000123", 6, "1e-08"),
        ("0.0000000000", 6, "0"),
        ("7", 6, "7"),
    ],
)
def test_a_size_is_cut_to_its_room(size: str, characters: int, shown: str) -> None:
    """Decimals go first; what is not nothing never shows as nothing."""
    assert short(size, characters) == shown


def test_sizes_stand_with_their_points_below_each_other() -> None:
    """As far as there is room."""
    assert aligned(["0.5000", "0.1250", "0.0000000123"], 8) == ["   0.500", "   0.125", "   1e-08"]
    assert aligned(["0.123456789", "12.5"], 8) == ["0.123456", "12.50000"]
    assert aligned(["7.00", "12.00"], 4) == ["   7", "  12"]
    assert aligned([], 4) == []


@pytest.mark.parametrize(
    ("amount", "shown"),
    [("10598.503", "10,598.50"), ("0", "0.00"), ("-1234.5", "-1,234.50"), ("999.999", "999.99")],
)
def test_an_amount_has_two_decimals_and_commas(amount: str, shown: str) -> None:
    """Cut, not rounded up."""
    assert cents(amount) == shown


@pytest.mark.parametrize(
    ("seconds", "shown"),
    [(None, "endless"), (59.9, "0:59 left"), (754, "12:34 left"), (3661, "1:01:01 left")],
)
def test_the_clock_is_for_people(seconds: float | None, shown: str) -> None:
    """Hours only when there are some."""
    assert clock(seconds) == shown


@pytest.mark.parametrize("width", range(1, 9))
def test_wide_letters_count_twice(width: int) -> None:
    """Letters of East Asia and pictures take two columns; half of one is never shown."""
    for text in ("東京東京", "a東b京c", "🚀🚀🚀", "abcdef", "e\u0301e\u0301e\u0301", ""):
        assert Text(fitted(text, width)).cell_len == width
        assert Text(cut(text, width)).cell_len <= width
    assert cut("東京", 4) == "東京"
    assert cut("東京東", 4) == "東…"
