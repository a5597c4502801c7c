"""The checksum of a book, worked by hand."""

from zlib import crc32

from cxgame.wire.checksum import CHECKED_LEVELS, book_checksum

BIDS = [("10.0", "1"), ("9.0", "2"), ("8.0", "3")]
ASKS = [("11.0", "4")]


def test_levels_are_joined_side_by_side() -> None:
    """Bid and ask of each level in turn; a side without more levels is left out."""
    assert book_checksum(BIDS, ASKS) == crc32(b"10.0:1:11.0:4:9.0:2:8.0:3")
    assert book_checksum([], ASKS) == crc32(b"11.0:4")
    assert book_checksum([], []) == 0


def test_only_the_best_levels_count() -> None:
    """What happens further back changes nothing."""
    levels = [(str(price), "1") for price in range(CHECKED_LEVELS)]
    assert book_checksum([*levels, ("99", "1")], levels) == book_checksum(levels, levels)
    assert book_checksum(levels[:-1], levels) != book_checksum(levels, levels)
