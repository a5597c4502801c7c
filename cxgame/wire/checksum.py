"""The checksum of a book, with which a reader tells that its own is the same."""

from collections.abc import Sequence
from itertools import zip_longest
from zlib import crc32

CHECKED_LEVELS = 10

LevelRow = Sequence[str]  # price and size, exactly as they were sent


def book_checksum(bids: Sequence[LevelRow], asks: Sequence[LevelRow]) -> int:
    """CRC32 of the best ten levels of each side, which come best first.

    Of the text "bidprice:bidsize:askprice:asksize:…", level by level; where a side has no more
    levels, the other's follow each other.

    >>> book_checksum([("999.50", "0.3")], [])
    172099181
    """
    pairs = zip_longest(bids[:CHECKED_LEVELS], asks[:CHECKED_LEVELS], fillvalue=())
    return crc32(":".join([text for pair in pairs for row in pair for text in row]).encode())
