"""The writer: the database equals what the engine says, whatever is repeated or interrupted."""

import sqlite3
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace

from cxgame.history.reading import HistoryReader
from cxgame.history.rows import Bounds, OrderTrigger
from cxgame.history.schema import trigger_from
from cxgame.history.writing import HistoryGap, HistoryWriter
from cxgame.model.enums import (
    OrderStatus,
    OrderType,
    Reason,
    Side,
    TimeInForce,
    TriggerBy,
    TriggerKind,
)
from cxgame.model.events import (
    Event,
    MarketAdded,
    OrderAmended,
    OrderClosed,
    OrderRefused,
    OrderRejected,
    RulesSet,
    Trade,
    TriggerClosed,
    TriggerFired,
    TriggerPlaced,
)
from cxgame.model.rules import MarketRules
from tests.history.played import LIVELY, ORIGIN, PlayedBatch, PlayedGame, played
from tests.wire.feed_samples import placed

ROOT = Path(__file__).parents[2]
TRADE_FIELDS = (
    "market price quantity taker_side buy_order sell_order buy_account sell_account "
    "buy_fee sell_fee"
).split()

NOBODY = (Side.BUY, 0, 0, 0, 0, 0, 0, "0", "0")
REJECTED = (OrderStatus.REJECTED, Reason.REJECTED)


def write(path: Path, batches: Iterable[PlayedBatch], commit_every: int = 7) -> None:
    """Fold batches into a file, with a commit now and then and one at the end."""
    writer = HistoryWriter(path)
    for batch in batches:
        writer.take(*batch)
        if batch.seq % commit_every == 0:
            writer.commit()
    writer.commit()
    writer.close()


def contents(path: Path) -> dict[str, list[Any]]:
    """All rows of all tables."""
    database = sqlite3.connect(path)
    names = ("progress", "markets", "trades", "orders", "candles")
    rows = {name: database.execute(f"SELECT * FROM {name}").fetchall() for name in names}
    database.close()
    return rows


def position_of(path: Path) -> int:
    """Where a writer that opens the file goes on."""
    writer = HistoryWriter(path)
    writer.close()
    return writer.position


def orders_in(path: Path) -> dict[int, tuple[Any, ...]]:
    """The rows of orders, their amounts as numbers and their triggers read, by id."""
    return {
        row[0]: (*row[:9], *map(int, row[9:13]), *row[13:-1], row[-1] and trigger_from(row[-1]))
        for row in contents(path)["orders"]
    }


def assert_equals(path: Path, game: PlayedGame) -> None:
    """The file says what the engine said."""
    rows = contents(path)
    assert rows["progress"] == [(1, len(game.batches), game.batches[-1].wall_ms)]
    assert rows["trades"] == [
        (trade.trade, trade.market, wall_ms, *(getattr(trade, name) for name in TRADE_FIELDS[1:]))
        for trade, wall_ms in game.trades
    ]
    orders = orders_in(path)
    assert {id: orders[id] for id in game.closed} == game.closed
    assert len(orders) == len(game.closed) + len(game.open)
    for id, row in game.open.items():
        assert without_moves(orders[id]) == without_moves(row)


def without_moves(row: tuple[Any, ...]) -> tuple[Any, ...]:
    """An open order's row without where its trigger is: a trail moves by itself, without events."""
    *fields, trigger = row
    return (*fields, trigger and replace(trigger, trigger2=0))


@pytest.mark.parametrize("seed", LIVELY)
def test_the_file_equals_what_the_engine_says(seed: int, tmp_path: Path) -> None:
    """Trades, closed orders with value and fees, and open ones, of random play."""
    game = played(seed)
    write(tmp_path / "h.sqlite", game.batches)
    assert_equals(tmp_path / "h.sqlite", game)


def test_the_games_are_not_dull() -> None:
    """What the tests play has trades with fees, own and house, and orders that end both ways."""
    games = [played(seed) for seed in LIVELY]
    trades = [trade for game in games for trade, _ in game.trades]
    assert len(trades) > 200
    assert any(trade.buy_fee != "0" for trade in trades)
    assert any(not trade.buy_order for trade in trades)
    assert any(trade.buy_account == trade.sell_account for trade in trades)
    batches = [batch for game in games for batch in game.batches]
    events = [event for batch in batches for _, events in batch.effects for event in events]
    assert sum(isinstance(event, OrderAmended) for event in events) > 20
    assert sum(isinstance(event, TriggerFired) for event in events) > 5
    assert sum(isinstance(event, TriggerClosed) for event in events) > 5
    statuses = {row[14] for game in games for row in game.closed.values()}
    assert statuses >= {1, 2}
    assert any(game.open for game in games)


@pytest.mark.parametrize("cut", [0, 1, 5, 100, 250, 349])
def test_a_writer_that_is_killed_goes_on(cut: int, tmp_path: Path) -> None:
    """What was not committed is lost and taken again; the file ends the same."""
    game = played(LIVELY[0])
    path = tmp_path / "h.sqlite"
    killed = HistoryWriter(path)
    for batch in game.batches[:cut]:
        killed.take(*batch)
        if batch.seq % 3 == 0:
            killed.commit()
    killed.close()  # without a commit: all that a kill leaves is what was committed
    assert position_of(path) == cut // 3 * 3
    write(path, game.batches)
    assert_equals(path, game)


@pytest.mark.parametrize("commits", [1, 20, 60])
def test_a_writer_process_that_is_killed_goes_on(commits: int, tmp_path: Path) -> None:
    """With a kill -9 in the middle of its work; the file is whole and is completed."""
    path = tmp_path / "h.sqlite"
    script = (
        "import sys; from pathlib import Path; from tests.history.played import *; "
        "from cxgame.history.writing import HistoryWriter\n"
        f"writer = HistoryWriter(Path(sys.argv[1]))\nfor batch in played({LIVELY[0]}).batches:\n"
        "    writer.take(*batch); writer.commit(); print(batch.seq, flush=True)"
    )
    with subprocess.Popen(
        [sys.executable, "-c", script, str(path)], stdout=subprocess.PIPE, cwd=ROOT
    ) as process:
        assert process.stdout is not None
        for _ in range(commits):
            process.stdout.readline()
        process.kill()
    assert position_of(path) >= commits
    game = played(LIVELY[0])
    write(path, game.batches)
    assert_equals(path, game)


def test_batches_that_come_again_change_nothing(tmp_path: Path) -> None:
    """From any position, a replay leaves the file as it is."""
    game = played(LIVELY[1])
    path = tmp_path / "h.sqlite"
    write(path, game.batches)
    before = contents(path)
    for start in (0, len(game.batches) // 2, len(game.batches) - 1):
        write(path, game.batches[start:])
        assert contents(path) == before


def test_a_gap_is_refused(tmp_path: Path) -> None:
    """A history with a hole would look complete."""
    game = played(LIVELY[0])
    writer = HistoryWriter(tmp_path / "h.sqlite")
    writer.take(*game.batches[0])
    with pytest.raises(HistoryGap, match="stands at batch 1 and was given batch 3"):
        writer.take(*game.batches[2])
    writer.close()


def test_a_commit_that_fails_can_be_tried_again(tmp_path: Path) -> None:
    """Rows stay pending until they are stored."""
    game = played(LIVELY[0])
    path = tmp_path / "h.sqlite"
    writer = HistoryWriter(path)
    for batch in game.batches:
        writer.take(*batch)
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    writer._database.execute("PRAGMA busy_timeout = 0")
    with pytest.raises(sqlite3.OperationalError, match="locked"):
        writer.commit()
    other.execute("ROLLBACK")
    other.close()
    writer.commit()
    writer.close()
    assert_equals(path, game)


@pytest.mark.parametrize("version", [1, 2, 99])
def test_an_unreadable_file_is_written_anew(version: int, tmp_path: Path) -> None:
    """The read model comes from the archive: what is no database, or an old one, is replaced."""
    path = tmp_path / "h.sqlite"
    path.write_bytes(b"no database" * 1_000)
    assert position_of(path) == 0
    game = played(LIVELY[0])
    write(path, game.batches)
    database = sqlite3.connect(path)
    database.execute(f"PRAGMA user_version = {version}")
    database.close()
    assert position_of(path) == 0
    write(path, game.batches)
    assert_equals(path, game)


def test_sums_that_pass_64_bits_stay_exact(tmp_path: Path) -> None:
    """SQLite would make a floating point number of them."""
    game = played(LIVELY[0])
    path = tmp_path / "h.sqlite"
    placed = next(trade for trade, _ in game.trades)
    lots = 10**18
    writer = HistoryWriter(path)
    writer.take(*game.batches[0])
    ids = range(10**9, 10**9 + 20)
    events = [
        Trade(0, id, 10**15, lots, placed.taker_side, 0, 0, 0, 0, 0, 0, "0", "0") for id in ids
    ]
    writer.take(2, 1_000, [(game.batches[0].effects[0][0], events)])
    writer.commit()
    writer.close()
    (candle,) = [row for row in contents(path)["candles"] if row[0] == 86_400]
    assert int(candle[7]) == 20 * lots


def test_a_market_that_joins_has_the_next_id(tmp_path: Path) -> None:
    """Also for a writer that begins anew after it; rules that come later change none of them."""
    path, btc = tmp_path / "h.sqlite", MarketRules("BTC/USD", "BTC", "USD")
    eth, sol = (MarketRules(f"{asset}/USD", asset, "USD", tick="1") for asset in ("ETH", "SOL"))
    batches: list[list[Event]] = [[RulesSet(1, (btc,)), MarketAdded(eth)], [MarketAdded(sol)]]
    batches.append([RulesSet(1, (btc, eth, sol)), Trade(2, 1, 7, 5, *NOBODY), RulesSet(1, (btc,))])
    for seq, events in enumerate(batches, 1):
        writer = HistoryWriter(path)
        writer.take(seq, seq, [(ORIGIN, events)])
        writer.commit()
        writer.close()
    assert [row[:3] for row in contents(path)["markets"]] == [
        (0, "BTC/USD", "0.01"),
        (1, "ETH/USD", "1"),
        (2, "SOL/USD", "1"),
    ]


def test_an_order_that_is_rejected_keeps_reason_and_comment(tmp_path: Path) -> None:
    """At once, when it is nobody's but its owner's, or after it has waited."""
    path, refused = tmp_path / "h.sqlite", "Need 5.00 USD, have 0.00"
    events: list[Event] = [
        RulesSet(1, (MarketRules("BTC/USD", "BTC", "USD"),)),
        OrderRefused(0, 1, 7, Side.BUY, OrderType.LIMIT, 500, 9, "mine", refused),
        placed(2, account=7, type=OrderType.MARKET, quantity=9),
        Trade(0, 1, 500, 4, Side.BUY, 2, 0, 7, 0, 5, 0, "0", "0"),
        OrderRejected(0, 2, 7, 5, "Insufficient USD"),
    ]
    writer = HistoryWriter(path)
    writer.take(1, 1_000, [(ORIGIN, events)])
    writer.commit()
    writer.close()
    reader = HistoryReader(path)
    partly, at_once = reader.closed(7, Bounds(), 10)
    reader.close()
    assert (at_once.id, at_once.status, at_once.reason) == (1, *REJECTED)
    assert (at_once.comment, at_once.cid, at_once.ended_ms) == (refused, "mine", 1_000)
    assert (at_once.price, at_once.quantity, at_once.left, at_once.filled) == (500, 9, 9, 0)
    assert (partly.id, partly.status, partly.reason) == (2, *REJECTED)
    assert (partly.comment, partly.filled, partly.left) == ("Insufficient USD", 4, 5)


def armed(order: int, kind: TriggerKind, type: OrderType, price: int, **trail: int) -> Event:
    """An order of account 7 that waits for a price, 30.5 ticks."""
    return TriggerPlaced(
        market=0,
        order=order,
        account=7,
        side=Side.BUY,
        type=type,
        price=price,
        quantity=9,
        budget="",
        time_in_force=TimeInForce.GTC,
        cid=f"mine-{order}",
        kind=kind,
        by=TriggerBy.MID,
        trigger2=61,
        **{"trail": 0, "trail_rate": 0, **trail},
    )


def test_orders_with_a_trigger_are_kept_with_it(tmp_path: Path) -> None:
    """Placed at one time and fired at another, cancelled before, or armed still."""
    path, kind = tmp_path / "h.sqlite", TriggerKind
    batches: list[list[Event]] = [
        [
            RulesSet(1, (MarketRules("BTC/USD", "BTC", "USD"),)),
            armed(1, kind.STOP, OrderType.MARKET, 40),
            armed(2, kind.TRAILING, OrderType.LIMIT, 30, trail_rate=5_000),
            armed(3, kind.TRAILING, OrderType.LIMIT, 30, trail=3),
        ],
        [TriggerFired(0, 1, 7, 61), TriggerClosed(0, 2, 7, Reason.USER, 9, 57)],
        [
            placed(1, account=7, type=OrderType.MARKET, price=31, quantity=9),
            Trade(0, 1, 32, 4, Side.BUY, 1, 0, 7, 0, 5, 0, "0", "0"),
            OrderClosed(0, 1, 7, Reason.UNFILLED, 5),
        ],
    ]
    for seq, events in enumerate(batches, 1):  # a writer of its own for each: it reads back, too
        writer = HistoryWriter(path)
        writer.take(seq, 1_000 * seq, [(ORIGIN, events)])
        writer.commit()
        writer.close()
    reader = HistoryReader(path)
    cancelled, fired = reader.closed(7, Bounds(), 10)
    reader.close()
    by = TriggerBy.MID
    assert fired.trigger == OrderTrigger(kind.STOP, by, 61, 0, 0, 40, armed=False)
    assert (fired.wall_ms, fired.ended_ms, fired.cid) == (1_000, 3_000, "mine-1")
    assert (fired.price, fired.filled, fired.left, fired.reason) == (31, 4, 5, Reason.UNFILLED)
    assert cancelled.trigger == OrderTrigger(kind.TRAILING, by, 57, 0, 5_000, 0, armed=True)
    assert (cancelled.status, cancelled.reason) == (OrderStatus.CANCEL, Reason.USER)
    assert (cancelled.price, cancelled.left, cancelled.ended_ms) == (30, 9, 2_000)
    assert orders_in(path)[3][-1] == OrderTrigger(kind.TRAILING, by, 61, 3, 0, 0, armed=True)
