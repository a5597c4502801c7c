"""One channel of one market: its frames, numbered in the order in which all followers get them."""

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING

from cxgame.model.enums import Side
from cxgame.server.simulator.books import BUY, SELL, Level, ShownBooks
from cxgame.wire.simulator_frames import ChannelName, book_update
from cxgame.wire.simulator_rows import Figures

if TYPE_CHECKING:
    from cxgame.server.simulator.session import DialectSession

Touched = set[tuple[int, Side, int]]
"""Market, side and price of levels that may be other than they were told."""


class Chain:
    """A channel whose frames are written as things happen."""

    def __init__(self, channel: ChannelName, market: int, shown: Figures) -> None:
        self.channel = channel
        self.market = market
        self.shown = shown
        self.number = 0  # of the last frame
        self.followers: dict[DialectSession, None] = {}
        self.is_stale = False  # a book has changed since it was told
        self._frames: list[bytes] = []  # that have not left

    @property
    def has_news(self) -> bool:
        """Whether there may be something to tell."""
        return bool(self._frames or (self.is_stale and self.followers))

    @property
    def joined_at(self) -> int:
        """The number before that of the first frame of whoever joins now."""
        return self.number

    def add(self, write: Callable[[int], bytes]) -> None:
        """One more frame; `write` is given its number."""
        self.number += 1
        self._frames.append(write(self.number))

    def begin(self, books: ShownBooks, wall_ms: int) -> bytes | None:
        """What whoever joins now is shown first."""
        return None

    def take(self, books: ShownBooks, touched: Touched, wall_ms: int) -> list[bytes]:
        """What is to leave now, to all followers."""
        frames, self._frames = self._frames, []
        return frames


class _BookChain(Chain):
    """A channel that shows a book as it is now: first whole, as frame 1 or a later one."""

    @property
    def joined_at(self) -> int:
        """As of any channel: the snapshot is the next frame."""
        return self.number - 1

    def begin(self, books: ShownBooks, wall_ms: int) -> bytes | None:
        """The whole of it, under the number that followers have reached."""
        if not self.followers:  # nobody knows what was told last
            self.number += 1
            self.look(books)
        return self.snapshot(wall_ms)

    def take(self, books: ShownBooks, touched: Touched, wall_ms: int) -> list[bytes]:
        """What has changed."""
        if not (self.is_stale and self.followers):
            return []
        self.is_stale = False
        frame = self.update(books, touched, wall_ms)
        return [] if frame is None else [frame]

    def look(self, books: ShownBooks) -> None:
        """Take the book as it is for what is told."""
        raise NotImplementedError

    def snapshot(self, wall_ms: int) -> bytes:
        """What is told, whole."""
        raise NotImplementedError

    def update(self, books: ShownBooks, touched: Touched, wall_ms: int) -> bytes | None:
        """The next frame; None if the book is as it was told."""
        raise NotImplementedError

    def _frame(
        self, wall_ms: int, bids: Iterable[Level], asks: Iterable[Level], *, snapshot: bool
    ) -> bytes:
        return book_update(
            self.channel, wall_ms, self.shown, bids, asks, self.number, snapshot=snapshot
        )


class BestLevels(_BookChain):
    """ORDERBOOK: the best levels, all of them each time."""

    def __init__(self, channel: ChannelName, market: int, shown: Figures) -> None:
        super().__init__(channel, market, shown)
        self._told: tuple[list[Level], list[Level]] = ([], [])

    def look(self, books: ShownBooks) -> None:
        """Take the book as it is for what is told."""
        self._told = books.top(self.market)

    def snapshot(self, wall_ms: int) -> bytes:
        """What is told, whole."""
        return self._frame(wall_ms, *self._told, snapshot=True)

    def update(self, books: ShownBooks, touched: Touched, wall_ms: int) -> bytes | None:
        """All of it again, if any of it is new."""
        best = books.top(self.market)
        if best == self._told:
            return None
        self._told = best
        self.number += 1
        return self.snapshot(wall_ms)


class WholeBook(_BookChain):
    """ORDERBOOK_L2: every level once, then those that changed."""

    def __init__(self, channel: ChannelName, market: int, shown: Figures) -> None:
        super().__init__(channel, market, shown)
        self._lots: dict[Side, dict[int, int]] = {BUY: {}, SELL: {}}
        self._house: dict[Side, Level | None] = {BUY: None, SELL: None}

    def look(self, books: ShownBooks) -> None:
        """Take the book as it is for what is told."""
        for side in Side:
            self._lots[side] = books.side(self.market, side)
            self._house[side] = books.house(self.market, side)

    def snapshot(self, wall_ms: int) -> bytes:
        """What is told, whole."""
        return self._frame(wall_ms, self._whole(BUY), self._whole(SELL), snapshot=True)

    def update(self, books: ShownBooks, touched: Touched, wall_ms: int) -> bytes | None:
        """The levels that are other than they were told; one without lots is gone."""
        bids, asks = (_sorted(self._changed(books, touched, side), side) for side in (BUY, SELL))
        if not (bids or asks):
            return None
        self.number += 1
        return self._frame(wall_ms, bids, asks, snapshot=False)

    def _changed(self, books: ShownBooks, touched: Touched, side: Side) -> list[Level]:
        told, now = self._lots[side], books.books.levels(self.market, side)
        changed: list[Level] = []
        for market, touched_side, price in touched:
            if market != self.market or touched_side is not side:
                continue
            lots = now.get(price, 0)
            if lots != told.get(price, 0):
                changed.append((price, lots, False))
                if lots:
                    told[price] = lots
                else:
                    del told[price]
        return changed + self._house_changed(books.house(self.market, side), side)

    def _house_changed(self, house: Level | None, side: Side) -> list[Level]:
        before, self._house[side] = self._house[side], house
        if house == before:
            return []
        moved = before is not None and (house is None or house[0] != before[0])
        gone: list[Level] = [(before[0], 0, True)] if before is not None and moved else []
        return gone if house is None else [*gone, house]

    def _whole(self, side: Side) -> list[Level]:
        levels: list[Level] = [(price, lots, False) for price, lots in self._lots[side].items()]
        house = self._house[side]
        return _sorted(levels if house is None else [*levels, house], side)


def _sorted(levels: list[Level], side: Side) -> list[Level]:
    """Best first; at a price of both, the house's comes last."""
    sign = -1 if side is BUY else 1
    return sorted(levels, key=lambda level: (sign * level[0], level[2]))
