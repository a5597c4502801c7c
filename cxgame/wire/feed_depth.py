"""The channel `depth`: whole books level by level, then what changes of them, with a checksum.

Each market has one chain of messages, whoever follows it: all who do share their bytes, and a
snapshot at any moment fits in. A book is mirrored here, sorted and as text, only while somebody
follows it.
"""

from bisect import bisect_left, insort
from collections import defaultdict
from collections.abc import Iterable

from cxgame.model.enums import Side
from cxgame.model.market import Market
from cxgame.wire.checksum import CHECKED_LEVELS, book_checksum
from cxgame.wire.feed_book import Books
from cxgame.wire.feed_frames import Frame, moment
from cxgame.wire.feed_types import DepthFrame, DepthSnapshot

GONE = "0"  # the size of a level that is there no longer

_Row = tuple[str, str]  # price and size
_Changes = dict[Side, list[int]]  # the prices that changed


class Depth:
    """The books that somebody follows."""

    def __init__(self) -> None:
        self._mirrors: dict[int, Mirror] = {}

    def snapshot(self, market: Market, books: Books, seq: int, ts: float) -> DepthSnapshot:
        """A market's whole book; `seq` is the last event that `books` have taken in."""
        mirror = self._mirrors.get(market.id)
        if mirror is None:
            mirror = self._mirrors[market.id] = Mirror(market, books, seq)
        return mirror.snapshot(ts)

    def watch(self, books: Books, wanted: Iterable[int]) -> None:
        """Before `books` take events in: note what changes in the markets that are followed."""
        kept = set(wanted)
        self._mirrors = {id: mirror for id, mirror in self._mirrors.items() if id in kept}
        books.touched = set() if kept else None

    def changes(
        self, markets: Iterable[Market], books: Books, seq: int, ts: float
    ) -> Iterable[Frame]:
        """What changed since `watch` in these markets; the whole book of one that is new."""
        touched: defaultdict[int, _Changes] = defaultdict(lambda: {Side.BUY: [], Side.SELL: []})
        for id, side, price in books.touched or ():
            touched[id][side].append(price)
        for market in markets:
            mirror = self._mirrors.get(market.id)
            if mirror is None:
                yield moment(self.snapshot(market, books, seq, ts), market.id)
            elif market.id in touched:
                change = mirror.follow(books, touched[market.id], seq, ts)
                if change is not None:
                    yield moment(change, market.id)

    def forget(self) -> None:
        """Begin anew: with the next `changes` come whole books."""
        self._mirrors.clear()


class Mirror:
    """One market's book as its followers have it after event `seq`."""

    def __init__(self, market: Market, books: Books, seq: int) -> None:
        self._market = market
        self._bids, self._asks = MirrorSide(1), MirrorSide(-1)
        self._seq = seq
        for side, half in self._halves():
            half.update(self._rows(books, side, books.levels(market.id, side)))

    def snapshot(self, ts: float) -> DepthSnapshot:
        """All of it."""
        bids, asks = self._bids.best(), self._asks.best()
        return DepthSnapshot(
            ts=ts,
            symbol=self._market.symbol,
            bids=bids,
            asks=asks,
            checksum=book_checksum(bids, asks),
            seq=self._seq,
        )

    def follow(self, books: Books, changes: _Changes, seq: int, ts: float) -> DepthFrame | None:
        """Take changed prices over; None if all of them are again what they were."""
        bids, asks = (
            half.update(self._rows(books, side, changes[side])) for side, half in self._halves()
        )
        if not bids and not asks:
            return None
        prev_seq, self._seq = self._seq, seq
        best = self._bids.best(CHECKED_LEVELS), self._asks.best(CHECKED_LEVELS)
        return DepthFrame(
            ts=ts,
            symbol=self._market.symbol,
            bids=bids,
            asks=asks,
            checksum=book_checksum(*best),
            seq=seq,
            prev_seq=prev_seq,
        )

    def _halves(self) -> "tuple[tuple[Side, MirrorSide], ...]":
        return (Side.BUY, self._bids), (Side.SELL, self._asks)

    def _rows(self, books: Books, side: Side, prices: Iterable[int]) -> Iterable[tuple[int, _Row]]:
        """The rows of some prices of one side, as they are now."""
        market = self._market
        levels = books.levels(market.id, side)
        for price in prices:
            lots = levels.get(price, 0)
            yield price, (market.price_text(price), market.size_text(lots) if lots else GONE)


class MirrorSide:
    """The rows of one side. `keys` holds each price with the sign that sorts the best one last."""

    __slots__ = ("_keys", "_rows", "_sign")

    def __init__(self, sign: int) -> None:
        self._sign = sign
        self._keys: list[int] = []
        self._rows: dict[int, _Row] = {}  # by key

    def best(self, count: int = 0) -> list[_Row]:
        """The best `count` levels, or (0) all, best first."""
        return [self._rows[key] for key in reversed(self._keys[-count:])]

    def update(self, rows: Iterable[tuple[int, _Row]]) -> list[_Row]:
        """Set the rows of prices; returns those that are other than before, best first."""
        changed: list[tuple[int, _Row]] = []
        for price, row in rows:
            key = self._sign * price
            if self._set(key, row):
                changed.append((key, row))
        changed.sort(reverse=True)
        return [row for _, row in changed]

    def _set(self, key: int, row: _Row) -> bool:
        """Whether the row is another than before."""
        known = self._rows.get(key)
        if row[1] == GONE:
            if known is None:
                return False
            del self._rows[key]
            del self._keys[bisect_left(self._keys, key)]
            return True
        if known is None:
            insort(self._keys, key)
        self._rows[key] = row
        return row != known
