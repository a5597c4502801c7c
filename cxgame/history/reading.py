"""The reader of a game's history: pages of what the writer has stored.

Any thread may ask, one at a time. Everything that is read was committed in the journal before the
writer was given it. Times rise with ids, so that a time is looked up as an id, by halving.
"""

import sqlite3
from bisect import bisect_left
from collections.abc import Iterable
from heapq import merge
from itertools import islice
from operator import attrgetter
from pathlib import Path
from threading import Lock
from typing import Any, NamedTuple

from cxgame.history.candles import KnownCandles, Window, roll_up, span_for
from cxgame.history.rows import MAX_ID, Bounds, ClosedOrder, Fill, PublicTrade
from cxgame.history.schema import open_for_reading, trigger_from
from cxgame.model.candles import Candle
from cxgame.model.enums import OrderStatus, OrderType, Reason, Role, Side, TimeInForce, Verb

_FILLS = """
SELECT id, market, {own}_order, price, quantity, {own}_fee, taker_side, buy_order, sell_order,
    wall_ms
FROM trades
WHERE {own}_account = ? AND {own}_account > 0 AND id >= ? AND id < ?
ORDER BY id DESC LIMIT ?
"""
_FILLS_OF = {Side.BUY: _FILLS.format(own="buy"), Side.SELL: _FILLS.format(own="sell")}
_NEWEST_FIRST, _OLDEST_FIRST = "ORDER BY id DESC", "ORDER BY id"
_OF_ORDER = """
SELECT id, market, {own}_order, price, quantity, {own}_fee, taker_side, buy_order, sell_order,
    wall_ms
FROM trades
WHERE {own}_order = ? AND {own}_order > 0 AND {own}_account = ?
ORDER BY id LIMIT ?
"""
_FILLS_OF_ORDER = {
    Side.BUY: _OF_ORDER.format(own="buy"),
    Side.SELL: _OF_ORDER.format(own="sell"),
}
_CLOSED = """
SELECT * FROM orders WHERE account = ? AND status > 0 AND id >= ? AND id < ?
ORDER BY id DESC LIMIT ?
"""
_ENDED = """
SELECT * FROM orders WHERE account = ? AND status > 0 AND ended_ms >= ? AND id >= ? AND id < ?
ORDER BY id DESC LIMIT ?
"""
_ORDER = "SELECT * FROM orders WHERE id = ? AND account = ? AND status > 0"
_TRADES = """
SELECT id, market, price, quantity, taker_side, buy_order, sell_order, wall_ms FROM trades
WHERE market = ? AND id >= ? AND id < ? ORDER BY id DESC LIMIT ?
"""
_CANDLES = """
SELECT start, open, high, low, close, quantity, trades FROM candles
WHERE span = ? AND market = ? AND start >= ? AND start < ? ORDER BY start
"""
_LAST_CLOSE = """
SELECT close FROM candles WHERE span = ? AND market = ? AND start < ? ORDER BY start DESC LIMIT 1
"""
_NEXT = {
    "trades": "SELECT wall_ms FROM trades WHERE id >= ? ORDER BY id LIMIT 1",
    "orders": "SELECT wall_ms FROM orders WHERE id >= ? ORDER BY id LIMIT 1",
}
_LAST = {
    "trades": "SELECT coalesce(max(id), 0) FROM trades",
    "orders": "SELECT coalesce(max(id), 0) FROM orders",
}


_NOTHING = KnownCandles([])


class Reach(NamedTuple):
    """Up to where the history is written."""

    wall_ms: int = 0  # of the last batch in it
    trade: int = 0  # the last one


class HistoryReader:
    """The history of one game. Answers as if empty while the writer has made no file."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._database: sqlite3.Connection | None = None
        self._inode = 0
        self._lock = Lock()

    def fills(self, account: int, bounds: Bounds, limit: int) -> list[Fill]:
        """An account's fills; of the two of a trade with oneself the buy is the older one."""
        with self._lock:
            database = self._open()
            if database is None:
                return []
            first, end = _ids(database, "trades", bounds)
            sides = [
                [_fill(side, row) for row in database.execute(query, (account, first, end, limit))]
                for side, query in ((side, _as_asked(_FILLS_OF[side], bounds)) for side in Side)
            ]
        if bounds.oldest_first:
            rows = merge(*sides, key=attrgetter("trade"))
        else:
            rows = merge(*reversed(sides), key=attrgetter("trade"), reverse=True)
        return list(islice(rows, limit))

    def fills_of(self, account: int, order_id: int, limit: int) -> list[Fill]:
        """The fills of one order of an account, oldest first."""
        with self._lock:
            database = self._open()
            if database is None:
                return []
            return [
                _fill(side, row)
                for side in Side  # an order has one side; of the other there is nothing
                for row in database.execute(_FILLS_OF_ORDER[side], (order_id, account, limit))
            ]

    def closed(
        self,
        account: int,
        bounds: Bounds,
        limit: int,
        *,
        first: int = 1,
        ended_since_ms: int = 0,
    ) -> list[ClosedOrder]:
        """An account's orders that are over, by id.

        Of ids from `first` on, and which ended at `ended_since_ms` or later.
        """
        with self._lock:
            database = self._open()
            if database is None:
                return []
            begin, end = _ids(database, "orders", bounds)
            ids = (max(begin, first), end, limit)
            if ended_since_ms > 0:
                query = _as_asked(_ENDED, bounds)
                rows = database.execute(query, (account, ended_since_ms, *ids)).fetchall()
            else:
                query = _as_asked(_CLOSED, bounds)
                rows = database.execute(query, (account, *ids)).fetchall()
        return [_order(row) for row in rows]

    def order(self, account: int, order_id: int) -> ClosedOrder | None:
        """An order of an account that is over; None if there is no such one (yet)."""
        with self._lock:
            database = self._open()
            if database is None:
                return None
            row = database.execute(_ORDER, (order_id, account)).fetchone()
        return None if row is None else _order(row)

    def trades(self, market: int, bounds: Bounds, limit: int) -> list[PublicTrade]:
        """A market's trades."""
        with self._lock:
            database = self._open()
            if database is None:
                return []
            first, end = _ids(database, "trades", bounds)
            query = _as_asked(_TRADES, bounds)
            rows = database.execute(query, (market, first, end, limit)).fetchall()
        return [
            PublicTrade(id, place, price, int(lots), Side(side), buy, sell, wall_ms)
            for id, place, price, lots, side, buy, sell, wall_ms in rows
        ]

    def candles(self, market: int, window: Window) -> KnownCandles:
        """A market's candles, as far as they are stored."""
        return self.candles_of([market], window).get(market, _NOTHING)

    def candles_of(self, markets: Iterable[int], window: Window) -> dict[int, KnownCandles]:
        """The same of several markets, all up to the same trade."""
        span, first, end = span_for(window.interval), window.first, window.end
        found: dict[int, KnownCandles] = {}
        with self._lock:
            database = self._open()
            if database is None:
                return found
            database.execute("BEGIN")  # so that all see the same trades
            try:
                (last_trade,) = database.execute(_LAST["trades"]).fetchone()
                for market in markets:
                    rows = database.execute(_CANDLES, (span, market, first, end)).fetchall()
                    before = database.execute(_LAST_CLOSE, (span, market, first)).fetchone()
                    stored = (Candle(*map(int, row)) for row in rows)
                    candles = list(roll_up(stored, window.interval))
                    last_close = before[0] if before else None
                    found[market] = KnownCandles(candles, last_close, last_trade)
            finally:
                database.execute("COMMIT")
        return found

    def reach(self) -> Reach:
        """Up to where it has everything; read before rows, so that these are no older."""
        with self._lock:
            database = self._open()
            if database is None:
                return Reach()
            (wall_ms,) = database.execute("SELECT wall_ms FROM progress").fetchone()
            (last_trade,) = database.execute(_LAST["trades"]).fetchone()
        return Reach(wall_ms, last_trade)

    def close(self) -> None:
        """Let go of the file."""
        with self._lock:
            self._forget()

    def _open(self) -> sqlite3.Connection | None:
        """The file that is there now: a writer may have begun anew with another one."""
        try:
            inode = self._path.stat().st_ino
        except FileNotFoundError:
            self._forget()
            return None
        if self._database is None or inode != self._inode:
            self._forget()
            self._database, self._inode = open_for_reading(self._path), inode
        return self._database

    def _forget(self) -> None:
        if self._database is not None:
            self._database.close()
            self._database = None


def _ids(database: sqlite3.Connection, table: str, bounds: Bounds) -> tuple[int, int]:
    """The ids from and to before which a table's rows lie within the bounds."""
    (last,) = database.execute(_LAST[table]).fetchone()

    def time_of(id: int) -> int:
        return int(database.execute(_NEXT[table], (id,)).fetchone()[0])

    ids = range(1, last + 1)
    first, end = bounds.after + 1, min(bounds.before, last + 1)
    if bounds.since_ms > 0:
        first = max(first, 1 + bisect_left(ids, bounds.since_ms, key=time_of))
    if bounds.until_ms < MAX_ID:
        end = min(end, 1 + bisect_left(ids, bounds.until_ms, key=time_of))
    return first, end


def _as_asked(query: str, bounds: Bounds) -> str:
    """A query for the newest rows, or for the oldest if those are wanted."""
    return query.replace(_NEWEST_FIRST, _OLDEST_FIRST) if bounds.oldest_first else query


def _fill(side: Side, row: Iterable[Any]) -> Fill:
    trade, market, order, price, lots, fee, taker_side, buy_order, sell_order, wall_ms = row
    role = Role.TAKER if taker_side == side else Role.MAKER
    lots, fee = int(lots), int(fee)
    return Fill(trade, market, order, side, price, lots, fee, role, buy_order, sell_order, wall_ms)


def _order(row: Any) -> ClosedOrder:
    (
        *plain,  # ids and words up to `left`
        filled,
        value,
        fees,
        budget,
        time_in_force,
        status,
        cid,
        wall_ms,
        reason,
        comment,
        ended_ms,
        trigger,
    ) = row
    id, account, market, verb, side, type, price, quantity, left = plain
    return ClosedOrder(
        id,
        account,
        market,
        Verb(verb),
        Side(side),
        OrderType(type),
        price,
        quantity,
        left,
        int(filled),
        int(value),
        int(fees),
        int(budget),
        TimeInForce(time_in_force),
        OrderStatus(status),
        cid,
        wall_ms,
        None if reason is None else Reason(reason),
        comment,
        ended_ms,
        None if trigger is None else trigger_from(trigger),
    )
