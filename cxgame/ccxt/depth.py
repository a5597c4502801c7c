"""A market's book as the channel `depth` tells it; says when something of it was lost.

Knows nothing of connections and of ccxt: frames in, levels out, as text.
"""

from bisect import bisect_left, insort
from collections.abc import Iterator
from decimal import Decimal
from enum import Enum, auto
from zlib import crc32

from cxgame.ccxt.stream import Frame

CHECKED = 10  # levels of each side that the checksum covers

Level = tuple[str, str]  # price and size


class Verdict(Enum):
    """What became of a frame."""

    NEW = auto()  # the book begins anew, with all its levels
    NEXT = auto()  # these levels have changed
    KNOWN = auto()  # nothing new
    LOST = auto()  # something before it is missing, or does not add up: ask for the book again
    WAITING = auto()  # for the book that was asked for


class Half:
    """One side, best first."""

    def __init__(self, sign: int) -> None:
        self._sign = sign  # -1: the highest price is the best
        self._keys: list[Decimal] = []
        self._levels: dict[Decimal, Level] = {}

    def __iter__(self) -> Iterator[Level]:
        return (self._levels[key] for key in self._keys)

    def best(self, count: int) -> list[Level]:
        """The best levels."""
        return [self._levels[key] for key in self._keys[:count]]

    def put(self, price: str, size: str) -> None:
        """A level's size is now this; 0: there is no such level any more."""
        key = self._sign * Decimal(price)
        is_there = key in self._levels
        if Decimal(size):
            self._levels[key] = (price, size)
            if not is_there:
                insort(self._keys, key)
        elif is_there:
            del self._levels[key]
            del self._keys[bisect_left(self._keys, key)]


class Depth:
    """The book of one market; empty until a snapshot comes."""

    def __init__(self) -> None:
        self.bids, self.asks = Half(-1), Half(1)
        self.seq: int | None = None  # of the last event that it contains
        self.ts = 0.0

    def take(self, frame: Frame) -> Verdict:
        """Follow a frame of this market."""
        is_whole = frame["type"] == "depth_snapshot"
        if is_whole:
            self.bids, self.asks = Half(-1), Half(1)
        elif self.seq is None:
            return Verdict.WAITING
        elif frame["seq"] <= self.seq:
            return Verdict.KNOWN
        elif frame["prev_seq"] > self.seq:
            return self._lost()
        for half, levels in ((self.bids, frame["bids"]), (self.asks, frame["asks"])):
            for price, size in levels:
                half.put(price, size)
        if checksum(self.bids.best(CHECKED), self.asks.best(CHECKED)) != frame["checksum"]:
            return self._lost()
        self.seq, self.ts = frame["seq"], frame["ts"]
        return Verdict.NEW if is_whole else Verdict.NEXT

    def _lost(self) -> Verdict:
        self.seq = None
        return Verdict.LOST


def checksum(bids: list[Level], asks: list[Level]) -> int:
    """CRC32 of the best levels, bid and ask in turn, from the best on."""
    parts: list[str] = []
    for number in range(max(len(bids), len(asks))):
        for half in (bids, asks):
            if number < len(half):
                parts += half[number]
    return crc32(":".join(parts).encode())
