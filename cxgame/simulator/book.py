"""A market's book, from whole books and changes of levels. Numbers stay the text that came.

A change sets a level to what rests there, so changes that are already in a whole book do no harm;
one that is missing does, until the next whole book.
"""

from collections.abc import Iterable
from decimal import Decimal
from typing import Any

from cxgame.simulator.frames import Frame

Level = dict[str, Any]  # {"price", "quantity" (None: without end), "house"?}


class Book:
    """Bids and asks, best first. `synced` is False while something may be missing."""

    def __init__(self, symbol: str) -> None:
        self.symbol = symbol
        self.synced = False
        self._since: list[Frame] | None = None  # frames since a look at REST began
        self._bids: dict[tuple[str, bool], Level] = {}
        self._asks: dict[tuple[str, bool], Level] = {}

    @property
    def bids(self) -> list[Level]:
        """The highest first."""
        return sorted(self._bids.values(), key=_bid_order)

    @property
    def asks(self) -> list[Level]:
        """The lowest first."""
        return sorted(self._asks.values(), key=_ask_order)

    def take(self, frame: Frame) -> None:
        """An ORDERBOOK_UPDATE that follows the one before it."""
        bids, asks = _levels(frame["bids"]), _levels(frame["asks"])
        if frame["snapshot"]:
            self._bids, self._asks = {}, {}
            self.synced = True
        _set(self._bids, bids)
        _set(self._asks, asks)
        if self._since is not None:
            self._since.append(frame)

    def lose(self) -> None:
        """Something is missing."""
        self.synced = False

    @property
    def is_moving(self) -> bool:
        """Whether frames have come since `begin_look`."""
        return bool(self._since)

    def begin_look(self) -> None:
        """From now on frames are kept, since they may be newer than the book that is asked for."""
        self._since = []

    def end_look(self, bids: Iterable[Level], asks: Iterable[Level]) -> bool:
        """The whole book, as of after `begin_look`. Returns whether it was believed otherwise."""
        new_bids, new_asks = _levels(bids), _levels(asks)
        since, self._since = self._since or [], None
        was = self.synced, self._bids, self._asks
        self._bids, self._asks = {}, {}
        _set(self._bids, new_bids)
        _set(self._asks, new_asks)
        for frame in since:
            self.take(frame)
        self.synced = True
        return was != (True, self._bids, self._asks)


def _levels(rows: Iterable[Level]) -> list[Level]:
    """The rows, proved to be levels."""
    levels = [dict(row) for row in rows]
    for level in levels:
        Decimal(level["price"])
        Decimal(level["quantity"] or 0)
    return levels


def _set(half: dict[tuple[str, bool], Level], levels: Iterable[Level]) -> None:
    for level in levels:
        key = str(level["price"]), bool(level.get("house"))
        if level["quantity"] is not None and not Decimal(level["quantity"]):
            half.pop(key, None)
        else:
            half[key] = level


def _ask_order(level: Level) -> tuple[Decimal, bool]:
    return Decimal(level["price"]), bool(level.get("house"))


def _bid_order(level: Level) -> tuple[Decimal, bool]:
    return -Decimal(level["price"]), bool(level.get("house"))
