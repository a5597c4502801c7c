"""The reader: pages of the past by id and by time, complete and without doubles."""

import os
import sqlite3
from collections.abc import Callable, Iterator
from itertools import pairwise
from operator import itemgetter
from pathlib import Path
from typing import Any

import pytest

from cxgame.history import reading
from cxgame.history.candles import INTERVALS, Candle, KnownCandles, Window
from cxgame.history.reading import HistoryReader
from cxgame.history.rows import Bounds, ClosedOrder
from cxgame.history.writing import HistoryWriter
from cxgame.model.enums import Role, Side
from tests.history.played import LIVELY, ORDER_FIELDS, PlayedGame, order_row, played

ACCOUNTS = range(1, 6)
ENDED_MS = itemgetter(ORDER_FIELDS.index("ended_ms"))


@pytest.fixture(scope="module", params=LIVELY[:3])
def written(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[PlayedGame, HistoryReader]]:
    """A random game and a reader of its history."""
    game = played(request.param)
    path = tmp_path_factory.mktemp("history") / "h.sqlite"
    writer = HistoryWriter(path)
    for batch in game.batches:
        writer.take(*batch)
    writer.commit()
    reader = HistoryReader(path)
    yield game, reader
    reader.close()
    writer.close()


def pages(
    read: Callable[[Bounds, int], list[Any]], id_of: Callable[[Any], int], limit: int, **bounds: int
) -> list[Any]:
    """All rows, page by page, each beginning below the last id of the one before."""
    rows: list[Any] = []
    before = Bounds().before
    while page := read(Bounds(before=before, **bounds), limit):
        assert len(page) <= limit
        rows += page
        before = id_of(page[-1])
    return rows


def fills_of(game: PlayedGame, account: int) -> list[tuple[Any, ...]]:
    """An account's fills in the order of the game."""
    rows = []
    for trade, wall_ms in game.trades:
        for side, owner, order, fee in (
            (Side.BUY, trade.buy_account, trade.buy_order, trade.buy_fee),
            (Side.SELL, trade.sell_account, trade.sell_order, trade.sell_fee),
        ):
            if owner == account:
                role = Role.TAKER if side is trade.taker_side else Role.MAKER
                what = (trade.market, order, side, trade.price, trade.quantity, int(fee), role)
                rows.append((trade.trade, *what, trade.buy_order, trade.sell_order, wall_ms))
    return rows


def fill_row(fill: Any) -> tuple[Any, ...]:
    """A fill's fields, in their order."""
    return tuple(getattr(fill, name) for name in fill.__struct_fields__)


def test_fills_are_ones_own_newest_first(written: tuple[PlayedGame, HistoryReader]) -> None:
    """With side, fee and role, as the trades say."""
    game, reader = written
    for account in ACCOUNTS:
        rows = [fill_row(fill) for fill in reader.fills(account, Bounds(), 10_000)]
        assert rows == fills_of(game, account)[::-1]
    assert reader.fills(0, Bounds(), 10) == [], "the house keeps no list"


@pytest.mark.parametrize("limit", [1, 2, 7, 1_000])
def test_closed_orders_come_in_pages(written: tuple[PlayedGame, HistoryReader], limit: int) -> None:
    """Each once, newest first, with what the engine's own order said when it ended."""
    game, reader = written
    for account in ACCOUNTS:

        def read(bounds: Bounds, limit: int, account: int = account) -> list[Any]:
            return reader.closed(account, bounds, limit)

        rows = [order_row(order) for order in pages(read, lambda order: order.id, limit)]
        mine = [row for row in game.closed.values() if row[1] == account]
        assert rows == sorted(mine, reverse=True)
        assert all(order.hold == 0 for order in reader.closed(account, Bounds(), limit))


def test_an_order_is_found_with_its_fills(written: tuple[PlayedGame, HistoryReader]) -> None:
    """By its owner, once it is over; fills oldest first, also those of open orders."""
    game, reader = written
    for row in game.closed.values():
        id, account = row[:2]
        order = reader.order(account, id)
        assert order is not None
        assert order_row(order) == row
        assert reader.order(account + 1, id) is None
    fills = 0
    for row in (game.closed | game.open).values():
        id, account = row[:2]
        mine = [fill for fill in fills_of(game, account) if fill[2] == id]
        found = [fill_row(fill) for fill in reader.fills_of(account, id, 1_000)]
        assert found == mine
        assert [fill_row(fill) for fill in reader.fills_of(account, id, 1)] == mine[:1]
        assert reader.fills_of(account + 1, id, 1_000) == []
        fills += len(mine)
    assert fills >= 30
    assert reader.fills_of(0, 0, 10) == [], "the house's are nobody's order"
    assert all(reader.order(row[1], id) is None for id, row in game.open.items())


def test_closed_orders_from_an_id_and_an_end_on(written: tuple[PlayedGame, HistoryReader]) -> None:
    """What came before a reset, or ended too long ago, is left out; pages hold all the same."""
    game, reader = written
    mine = sorted((row for row in game.closed.values() if row[1] == 1), reverse=True)
    first, ended_ms = mine[len(mine) // 3][0], sorted(map(ENDED_MS, mine))[len(mine) // 3]
    assert 0 < ended_ms < max(map(ENDED_MS, mine))
    for since in (0, ended_ms):

        def read(bounds: Bounds, limit: int, since: int = since) -> list[Any]:
            return reader.closed(1, bounds, limit, first=first, ended_since_ms=since)

        rows = [order_row(order) for order in pages(read, lambda order: order.id, 7)]
        assert rows == [row for row in mine if row[0] >= first and ENDED_MS(row) >= since]


def test_what_is_passed_over_costs_no_rows(written: tuple[PlayedGame, HistoryReader]) -> None:
    """Fills of an order by its own index; orders that ended too long ago by theirs."""
    _, reader = written
    assert reader._database is not None
    for side, name in ((Side.BUY, "trades_of_buy"), (Side.SELL, "trades_of_sell")):
        (plan,) = reader._database.execute(
            f"EXPLAIN QUERY PLAN {reading._FILLS_OF_ORDER[side]}", (1, 1, 1)
        )
        assert f"USING INDEX {name} " in plan[3]
    (plan,) = reader._database.execute(f"EXPLAIN QUERY PLAN {reading._ENDED}", (1, 1, 1, 9, 1))
    assert "USING INDEX closed_orders " in plan[3]


@pytest.mark.parametrize("limit", [1, 3, 1_000])
def test_trades_come_in_pages_of_a_market(
    written: tuple[PlayedGame, HistoryReader], limit: int
) -> None:
    """Each once, newest first."""
    game, reader = written
    for market in (0, 1):

        def read(bounds: Bounds, limit: int, market: int = market) -> list[Any]:
            return reader.trades(market, bounds, limit)

        ids = [trade.trade for trade in pages(read, lambda trade: trade.trade, limit)]
        assert ids == [trade.trade for trade, _ in reversed(game.trades) if trade.market == market]


def forward(
    read: Callable[[Bounds, int], list[Any]], id_of: Callable[[Any], int], limit: int
) -> list[Any]:
    """All rows, page by page, each beginning above the last id of the one before."""
    rows: list[Any] = []
    while page := read(Bounds(after=id_of(rows[-1]) if rows else 0, oldest_first=True), limit):
        assert len(page) <= limit
        rows += page
    return rows


@pytest.mark.parametrize("limit", [7, 10_000])
def test_what_is_read_forward_is_what_is_read_backward(
    written: tuple[PlayedGame, HistoryReader], limit: int
) -> None:
    """The same rows, in the other order."""
    _, reader = written
    for account in ACCOUNTS:

        def closed(bounds: Bounds, limit: int, account: int = account) -> list[Any]:
            return reader.closed(account, bounds, limit, ended_since_ms=1)

        rows = forward(closed, lambda order: int(order.id), limit)
        assert rows == closed(Bounds(), 10_000)[::-1]
        fills = reader.fills(account, Bounds(oldest_first=True), 10_000)
        assert fills == reader.fills(account, Bounds(), 10_000)[::-1]
    trades = forward(lambda *how: reader.trades(0, *how), lambda trade: int(trade.trade), limit)
    assert trades == reader.trades(0, Bounds(), 10_000)[::-1]
    assert len(trades) > 7


def test_windows_of_time_join_without_gap_or_double(
    written: tuple[PlayedGame, HistoryReader],
) -> None:
    """A row at `since` belongs to the window, one at `until` to the next."""
    game, reader = written
    times = sorted({batch.wall_ms for batch in game.batches})
    cuts = [0, *times[:: len(times) // 7], times[-1], times[-1] + 1]
    trades, closed, fills = [], [], []
    for since_ms, until_ms in pairwise(cuts):
        bounds = Bounds(since_ms=since_ms, until_ms=until_ms)
        rows = reader.trades(0, bounds, 10_000)
        assert all(since_ms <= trade.wall_ms < until_ms for trade in rows)
        trades += rows[::-1]
        closed += reader.closed(1, bounds, 10_000)[::-1]
        fills += reader.fills(1, bounds, 10_000)[::-1]
    assert trades == reader.trades(0, Bounds(), 10_000)[::-1]
    assert closed == reader.closed(1, Bounds(), 10_000)[::-1]
    assert fills == reader.fills(1, Bounds(), 10_000)[::-1]


@pytest.mark.parametrize("interval", INTERVALS.values())
def test_candles_equal_the_trades_of_their_time(
    written: tuple[PlayedGame, HistoryReader], interval: int
) -> None:
    """Of any interval, whether it is stored or put together."""
    game, reader = written
    for market in (0, 1):
        naive: dict[int, list[Any]] = {}
        for trade, wall_ms in game.trades:
            if trade.market == market:
                start = wall_ms // 1000 // interval * interval
                naive.setdefault(start, []).append(trade)
        expected = [_naive_candle(start, trades) for start, trades in naive.items()]
        stored = reader.candles(market, Window(interval, 0, 2**40))
        assert (stored.candles, stored.last_close) == (expected, None)
        assert stored.last_trade == game.trades[-1][0].trade
        middle = expected[len(expected) // 2].start
        stored = reader.candles(market, Window(interval, middle, 2**40))
        assert stored.candles == expected[len(expected) // 2 :]
        earlier = [candle.close for candle in expected if candle.start < middle]
        assert stored.last_close == (earlier[-1] if earlier else None)


def _naive_candle(start: int, trades: list[Any]) -> Candle:
    prices = [trade.price for trade in trades]
    lots = sum(trade.quantity for trade in trades)
    return Candle(start, prices[0], max(prices), min(prices), prices[-1], lots, len(trades))


def test_without_a_file_there_is_nothing(tmp_path: Path) -> None:
    """A game without a keeper, or one that has not begun to write; what it writes is then seen."""
    path = tmp_path / "h.sqlite"
    reader = HistoryReader(path)
    assert reader.trades(0, Bounds(), 10) == []
    assert reader.fills(1, Bounds(), 10) == []
    assert reader.closed(1, Bounds(), 10) == []
    assert (reader.order(1, 1), reader.fills_of(1, 1, 10)) == (None, [])
    assert reader.candles(0, Window(60, 0, 2**40)) == KnownCandles([])
    assert not path.exists()
    path.touch()
    assert reader.trades(0, Bounds(), 10) == []
    path.unlink()
    game = played(LIVELY[0])
    writer = HistoryWriter(path)
    for batch in game.batches:
        writer.take(*batch)
    assert reader.trades(0, Bounds(), 10) == []
    writer.commit()
    assert len(reader.trades(0, Bounds(), 10)) == 10
    reader.close()
    writer.close()


def test_a_file_that_was_replaced_is_opened_anew(tmp_path: Path) -> None:
    """A writer may have to begin again; nobody restarts the server for it."""
    game = played(LIVELY[0])
    for name in ("old", "new"):
        writer = HistoryWriter(tmp_path / name)
        for batch in game.batches[: None if name == "new" else 20]:
            writer.take(*batch)
        writer.commit()
        writer.close()
    reader = HistoryReader(tmp_path / "old")
    few = len(reader.trades(0, Bounds(), 10_000))
    os.replace(tmp_path / "new", tmp_path / "old")
    assert len(reader.trades(0, Bounds(), 10_000)) > few
    reader.close()


def test_a_reader_changes_nothing(tmp_path: Path) -> None:
    """Not even by mistake."""
    path = tmp_path / "h.sqlite"
    HistoryWriter(path).close()
    reader = HistoryReader(path)
    reader.trades(0, Bounds(), 1)
    assert reader._database is not None
    with pytest.raises(sqlite3.OperationalError, match="readonly"):
        reader._database.execute("DELETE FROM progress")
    reader.close()


def test_the_fields_are_those_of_the_engines_order() -> None:
    """What is shown of an order does not depend on where it is kept."""
    assert set(ClosedOrder.__struct_fields__) == {*ORDER_FIELDS, "hold"}
