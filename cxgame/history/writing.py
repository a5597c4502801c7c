"""The writer of a game's history: one process folds committed batches into SQLite.

A commit stores rows and position in one transaction, so that a writer that was killed goes on
where its file stands, and batches that it is given again change nothing.
"""

import sqlite3
import time
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

from cxgame.history.candles import SPANS
from cxgame.history.folding import Fold, Pending
from cxgame.history.running import RunningOrder
from cxgame.history.schema import open_for_writing, stored
from cxgame.model.batch import Origin
from cxgame.model.candles import Candle
from cxgame.model.events import Event

_ADD_TRADE = "INSERT INTO trades VALUES (?,?,?,?,?,?,?,?,?,?,?,?)"
_PUT_ORDER = "INSERT OR REPLACE INTO orders VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)"
_PUT_CANDLE = "INSERT OR REPLACE INTO candles VALUES (?,?,?,?,?,?,?,?,?)"
_PUT_MARKET = "INSERT OR REPLACE INTO markets VALUES (?,?,?,?,?)"
_BREATH = 50  # rows between two breaths


class HistoryGap(ValueError):
    """A batch came before the one that the history needs next."""

    def __init__(self, position: int, seq: int) -> None:
        super().__init__(f"the history stands at batch {position} and was given batch {seq}")


class HistoryWriter:
    """The history of one game, for its only writer. `sqlite3.Error` means the disk, or a bug."""

    def __init__(self, path: Path) -> None:
        """Open the file; one that is missing, of another version or unreadable starts empty."""
        self._database = open_for_writing(path)
        try:
            self._position, self._wall_ms = self._database.execute(
                "SELECT position, wall_ms FROM progress"
            ).fetchone()
            self._fold = self._load()
        except sqlite3.Error:
            self._database.close()
            raise

    @property
    def position(self) -> int:
        """Seq of the last batch that was taken; after a start, of the last that was stored."""
        return int(self._position)

    def take(
        self, seq: int, wall_ms: int, effects: Sequence[tuple[Origin, Sequence[Event]]]
    ) -> None:
        """Take in a batch; one at or below the position is ignored. Raises `HistoryGap`."""
        if seq <= self._position:
            return
        if seq != self._position + 1:
            raise HistoryGap(self._position, seq)
        for _, events in effects:
            self._fold.take(events, wall_ms)
        self._position, self._wall_ms = seq, wall_ms

    def commit(self) -> None:
        """Store what was taken; readers see it on return. After an error it may be tried again."""
        database = self._database
        database.execute("BEGIN IMMEDIATE")
        try:
            self._store(self._fold.pending)
            database.execute("COMMIT")
        except sqlite3.Error:
            if database.in_transaction:
                database.execute("ROLLBACK")
            raise
        self._fold.stored()

    def close(self) -> None:
        """Close the file; what was not committed is taken again from the archive."""
        self._database.close()

    def _store(self, pending: Pending) -> None:
        database = self._database
        database.executemany(_PUT_MARKET, pending.markets)
        database.executemany(_ADD_TRADE, _gently(pending.trades))
        orders = [order.row() for order in pending.orders.values()]
        database.executemany(_PUT_ORDER, _gently(orders))
        database.executemany(
            _PUT_CANDLE,
            [
                (span, market, *candle[:5], stored(candle.quantity), candle.trades)
                for (span, market, _), candle in pending.candles.items()
            ],
        )
        database.execute(
            "UPDATE progress SET position = ?, wall_ms = ?", (self._position, self._wall_ms)
        )

    def _load(self) -> Fold:
        """What the stored rows leave open."""
        database = self._database
        units = {
            market: int(value)
            for market, value in database.execute("SELECT id, tick_lot_units FROM markets")
        }
        orders = database.execute("SELECT * FROM orders WHERE status = 0")
        candles = {}
        for span in SPANS:
            for market in units:
                row = database.execute(
                    "SELECT start, open, high, low, close, quantity, trades FROM candles"
                    " WHERE span = ? AND market = ? ORDER BY start DESC LIMIT 1",
                    (span, market),
                ).fetchone()
                if row is not None:
                    candles[span, market] = Candle(*map(int, row))
        return Fold(units, map(RunningOrder, orders), candles)


def _gently(rows: Iterable[tuple[Any, ...]]) -> Iterator[tuple[Any, ...]]:
    """The rows, with the core left to others now and then: many are one long step otherwise."""
    for number, row in enumerate(rows):
        if number % _BREATH == 0:
            time.sleep(0)
        yield row
