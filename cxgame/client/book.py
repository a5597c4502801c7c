"""`Book`: a market's order book, kept by the frames of the `depth` channel. Without I/O.

Owns the levels and the proof that they are right: every frame is checked against the one before
(`prev_seq`) and against the exchange's own sum of the best levels (`checksum`). A book that is not
known to be right shows nothing. Arithmetic is exact.
"""

from bisect import bisect_left, insort
from collections.abc import Iterable, Mapping
from decimal import Context, Decimal
from itertools import zip_longest
from typing import Any, NamedTuple
from zlib import crc32

from cxgame.client.channels import DAMAGED
from cxgame.client.showing import book_html
from cxgame.client.values import Money, dec
from cxgame.client.words import Side

CHECKED_LEVELS = 10  # a side: over so many goes the checksum

# Enough for any sum of prices times sizes that an exchange can send: nothing is rounded.
_EXACT = Context(prec=200)


class Level(NamedTuple):
    """What rests at one price, in coins."""

    price: Decimal
    size: Decimal


class Book:
    """Bids and asks of one market, best first; a bot's view of what it could trade against.

    Feed it with `apply`. Without a `symbol` it becomes the book of the first market it sees.
    """

    def __init__(self, symbol: str | None = None) -> None:
        self.symbol = symbol
        self.seq: int | None = None  # the last public event that it contains
        self.ts: float | None = None  # when the exchange sent that, in seconds since 1970
        self.synced = False  # whether it is known to be right; it is empty otherwise
        self.version = 0  # grows with each change
        self._bids = _Half()
        self._asks = _Half()

    def apply(self, frame: Mapping[str, Any]) -> bool:
        """Take a frame in. False: it shows that something is missing, ask for a `resync`.

        What is no frame of this book is passed over; so is, until the next snapshot, what comes
        after a loss. One that was damaged on its way is a loss, too.
        """
        try:
            return self._apply(frame)
        except DAMAGED:
            self._lose()
            return False

    @property
    def bids(self) -> list[Level]:
        """All bids, the highest first."""
        return [self._bids.level(price) for price in reversed(self._bids.prices)]

    @property
    def asks(self) -> list[Level]:
        """All asks, the lowest first."""
        return [self._asks.level(price) for price in self._asks.prices]

    @property
    def best_bid(self) -> Level | None:
        """The highest bid."""
        return self._bids.level(self._bids.prices[-1]) if self._bids.prices else None

    @property
    def best_ask(self) -> Level | None:
        """The lowest ask."""
        return self._asks.level(self._asks.prices[0]) if self._asks.prices else None

    @property
    def mid(self) -> Decimal | None:
        """The middle of best bid and best ask; None if one is missing."""
        bid, ask = self.best_bid, self.best_ask
        if bid is None or ask is None:
            return None
        return _EXACT.divide(_EXACT.add(bid.price, ask.price), Decimal(2))

    @property
    def spread(self) -> Decimal | None:
        """Best ask less best bid; None if one is missing."""
        bid, ask = self.best_bid, self.best_ask
        return None if bid is None or ask is None else _EXACT.subtract(ask.price, bid.price)

    def size_at(self, price: Money) -> Decimal:
        """Coins that rest at a price, on either side; 0 if none do."""
        wanted = dec(price)
        for half in (self._bids, self._asks):
            if wanted in half:
                return half.level(wanted).size
        return Decimal(0)

    def depth(self, side: Side, price: Money | None = None) -> Decimal:
        """Coins that an order of this side could trade now, at `price` or better; None: at any."""
        limit = None if price is None else dec(price)
        total = Decimal(0)
        for level in self._against(side):
            if limit is not None and (
                level.price > limit if side == "buy" else level.price < limit
            ):
                break
            total = _EXACT.add(total, level.size)
        return total

    def cost(self, side: Side, size: Money) -> Decimal | None:
        """What buying `size` coins now would cost, or selling them bring, in quote money.

        Fees not counted. None if the book has not so many.
        """
        left, value = dec(size), Decimal(0)
        for level in self._against(side):
            if left <= 0:
                break
            taken = min(left, level.size)
            value = _EXACT.add(value, _EXACT.multiply(taken, level.price))
            left = _EXACT.subtract(left, taken)
        return value if left <= 0 else None

    def checksum(self) -> int:
        """The sum that the exchange sends with a book like this one."""
        bids = self._bids.texts(reversed(self._bids.prices[-CHECKED_LEVELS:]))
        asks = self._asks.texts(self._asks.prices[:CHECKED_LEVELS])
        texts = [text for pair in zip_longest(bids, asks) for text in pair if text is not None]
        return crc32(":".join(texts).encode())

    def __repr__(self) -> str:
        state = f"{self.best_bid} / {self.best_ask}" if self.synced else "not in step"
        return f"{type(self).__name__}({self.symbol}, {state})"

    def _repr_html_(self) -> str:
        """As a notebook shows it."""
        return book_html(self)

    def _against(self, side: Side) -> list[Level]:
        """The levels that an order of this side meets, in order."""
        return self.asks if side == "buy" else self.bids

    def _apply(self, frame: Mapping[str, Any]) -> bool:
        match frame.get("type"):
            case "depth_snapshot" if self._is_mine(frame):
                return self._begin(frame)
            case "depth" if self._is_mine(frame):
                return not self.synced or self._change(frame)
            case "gap" | "hello":  # a snapshot will follow by itself
                self._lose()
        return True

    def _is_mine(self, frame: Mapping[str, Any]) -> bool:
        if self.symbol is None:
            self.symbol = frame.get("symbol")
        return frame.get("symbol") == self.symbol

    def _begin(self, frame: Mapping[str, Any]) -> bool:
        self._bids, self._asks = _Half(), _Half()
        self.synced = True
        return self._take(frame)

    def _change(self, frame: Mapping[str, Any]) -> bool:
        assert self.seq is not None
        if frame["seq"] <= self.seq:
            return True  # known
        if frame["prev_seq"] > self.seq:
            self._lose()
            return False
        return self._take(frame)

    def _take(self, frame: Mapping[str, Any]) -> bool:
        """Set the levels that a frame names; what they come to must be what the exchange has."""
        self._bids.update(frame["bids"])
        self._asks.update(frame["asks"])
        if self.checksum() != frame["checksum"]:
            self._lose()
            return False
        self.seq, self.ts = frame["seq"], frame.get("ts")
        self.version += 1
        return True

    def _lose(self) -> None:
        self.version += self.synced
        self.synced = False
        self.seq = self.ts = None
        self._bids, self._asks = _Half(), _Half()


class _Half:
    """One side's levels; prices in rising order, and each level's texts for the checksum."""

    def __init__(self) -> None:
        self.prices: list[Decimal] = []
        self._levels: dict[Decimal, tuple[Level, str]] = {}

    def __contains__(self, price: Decimal) -> bool:
        return price in self._levels

    def level(self, price: Decimal) -> Level:
        return self._levels[price][0]

    def texts(self, prices: Iterable[Decimal]) -> list[str]:
        """`price:size` of some levels, as they were sent."""
        return [self._levels[price][1] for price in prices]

    def update(self, rows: Iterable[Any]) -> None:
        """Set sizes; a size of 0 removes the level."""
        for price_text, size_text, *_ in rows:
            price, size = Decimal(price_text), Decimal(size_text)
            known = price in self._levels
            if size:
                self._levels[price] = Level(price, size), f"{price_text}:{size_text}"
                if not known:
                    insort(self.prices, price)
            elif known:
                del self._levels[price]
                del self.prices[bisect_left(self.prices, price)]
