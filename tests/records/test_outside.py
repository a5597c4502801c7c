"""A game with money from outside, waiting orders and new markets leaves one and the same record."""

import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from cxgame.engine.engine import Engine
from cxgame.game import Game
from cxgame.history import Recent
from cxgame.history.reading import HistoryReader
from cxgame.history.rows import Bounds
from cxgame.history.writing import HistoryWriter
from cxgame.model.batch import unseal
from cxgame.model.enums import OrderStatus, OrderType, Reason
from cxgame.model.events import Event, is_public
from cxgame.records.backup import make_backup
from cxgame.records.export import export_tables
from cxgame.records.source import open_source
from cxgame.records.tables import TABLES, time_text
from cxgame.records.verifying import verify_source
from cxgame.recovery import Replay
from cxgame.server.broadcast.snapshot import snapshot_of
from cxgame.store.memory import MemoryJournal
from cxgame.views import everything
from cxgame.wire.feed import CHANNELS, Subscribe, Subscription
from cxgame.wire.feed_book import Books
from cxgame.wire.feed_core import FeedCore
from cxgame.wire.feed_tape import Stretch
from tests.history.played import order_row
from tests.records.outside import PLAYERS, outside
from tests.records.played import Record
from tests.records.test_export import books_of, rows, short
from tests.wire.feed_samples import frames, now

SEEDS = (1, 2, 3)
ACCOUNTS = range(1, len(PLAYERS) + 1)
MANY = 10_000


class Played(NamedTuple):
    """A game, and its history."""

    record: Record
    game: Game
    journal: MemoryJournal
    reader: HistoryReader


@pytest.fixture(params=SEEDS)
async def played(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Played]:
    """A random game, folded into a database by its journal."""
    record, game, journal = await outside(request.param)
    writer, run = HistoryWriter(tmp_path / "h.sqlite"), Replay(remember=False)
    for entry in record.list:
        writer.take(entry.seq, unseal(entry.record)[0].wall_ms, run.take(entry))
        if entry.seq % 20 == 0:
            writer.commit()
    writer.commit()
    writer.close()
    reader = HistoryReader(tmp_path / "h.sqlite")
    yield Played(record, game, journal, reader)
    reader.close()


def events_of(record: Record) -> list[list[Event]]:
    """What each command did."""
    run = Replay(remember=False)
    return [events for entry in record.list for _, events in run.take(entry)]


def replayed(record: Record) -> Replay:
    """The game, played again from its journal."""
    run = Replay()
    for entry in record.list:
        run.take(entry)
    return run


async def test_the_games_are_not_dull() -> None:
    """Every new event happens, and orders end in every way there is."""
    kinds: set[str] = set()
    ends: set[tuple[OrderStatus, OrderType, Reason | None, bool]] = set()
    waiting = 0
    for seed in SEEDS:
        record, game, _ = await outside(seed)
        kinds |= {type(event).__name__ for events in events_of(record) for event in events}
        waiting += sum(len(place.waiting) for place in game.engine.markets)
        for account in ACCOUNTS:
            for order in game.recent.closed(account):
                ends.add((order.status, order.type, order.reason, order.filled > 0))
    assert kinds >= {
        "OrderRefused",
        "OrderRejected",
        "MarketAdded",
        "Deposited",
        "Withdrawn",
        "BalanceSet",
        "AccountsReset",
    }
    assert waiting
    for reason in (Reason.EXPIRED, Reason.RESET, Reason.USER, Reason.UNFILLED):
        assert any(end[2] is reason for end in ends), reason
    rejected = {end[1:] for end in ends if end[0] is OrderStatus.REJECTED}
    assert {(OrderType.MARKET, Reason.REJECTED, False)} < rejected
    assert {end[1] for end in ends if end[0] is OrderStatus.FILLED} == set(OrderType)


async def test_a_replay_leads_to_the_same_state(played: Played) -> None:
    """By its journal alone, with every hash on the way; so does what `verify` says."""
    engine = played.game.engine
    assert replayed(played.record).engine.state_hash() == engine.state_hash()
    assert (await verify_source(played.record)).state_hash == engine.state_hash()


async def test_the_database_says_what_memory_says(played: Played) -> None:
    """Closed orders with their ends, fills, and the fills of each order."""
    recent, reader = replayed(played.record).recent, played.reader
    for account in ACCOUNTS:
        closed = recent.closed(account)
        assert recent.closed_floor(account) == 1
        shown = [order_row(order) for order in reader.closed(account, Bounds(), MANY)]
        assert shown == [order_row(order) for order in closed]
        assert reader.fills(account, Bounds(), MANY) == recent.fills(account)
        for order in closed:
            found = reader.order(account, order.id)
            assert found is not None
            assert order_row(found) == order_row(order)
            fills = reader.fills_of(account, order.id, MANY)
            assert fills == recent.fills_of(order)
            assert sum(fill.quantity for fill in fills) == order.filled


async def test_memory_in_play_is_that_of_a_replay(played: Played) -> None:
    """A game remembers what happened in it as one that was read back does."""
    recent: Recent = replayed(played.record).recent
    for account in ACCOUNTS:
        assert played.game.recent.fills(account) == recent.fills(account)
        rows_ = [order_row(order) for order in played.game.recent.closed(account)]
        assert rows_ == [order_row(order) for order in recent.closed(account)]


async def test_the_feeds_books_are_the_engines(played: Played) -> None:
    """Folded from public events, or from a snapshot: an order that waits is in neither."""
    engine = played.game.engine
    books = Books()
    for events in events_of(played.record):
        for event in filter(is_public, events):
            books.fold(event)
    shown = Books(snapshot_of(engine, "main", 1).orders)
    for place in engine.markets:
        half = (place.book.bids, place.book.asks)
        levels = tuple([(level.price, level.lots) for level in _levels(each)] for each in half)
        assert books.top(place.market.id, MANY) == levels
        assert shown.top(place.market.id, MANY) == levels
    assert len(books) == len(shown) == sum(not order.due_ns for order in engine.orders.values())


def _levels(half: Any) -> list[Any]:
    return [half.levels[half.sign * key] for key in reversed(half.keys)]


async def test_a_feed_that_was_there_shows_what_one_that_comes_late_does(played: Played) -> None:
    """Each event once by its number; markets, quotes and books as a new snapshot has them."""
    run, engine = Replay(remember=False), played.game.engine
    run.take(played.record.list[0])
    early: FeedCore[str] = FeedCore(snapshot_of(run.engine, "main", 1))
    early.join("ann", Subscription(("full",)), now())
    assert len(early.state.frames.markets) == 1
    seqs = [early.seq]
    for entry in played.record.list[1:]:
        first = run.engine.event_seq + 1
        events = [event for _, each in run.take(entry) for event in filter(is_public, each)]
        if events:
            assert early.release(Stretch(first, run.wall_ms, events))
        for _, data in early.flush(now()):
            seqs += [frame["seq"] for frame in frames(data) if "seq" in frame]
    assert seqs == list(range(seqs[0], engine.event_seq + 1))
    late: FeedCore[str] = FeedCore(snapshot_of(engine, "main", 1))
    for market in (None, *(place.market for place in engine.markets)):
        subscription = Subscription(tuple(CHANNELS), -1 if market is None else market.id)
        request = Subscribe(subscription, None if market is None else market.symbol, 1)
        assert early.answer(request, now()) == late.answer(request, now())
    assert early.greet(now()) == late.greet(now())


async def test_exports_say_what_happened(played: Played, tmp_path: Path) -> None:
    """Every order once with its end, every trade, and books that can be rebuilt."""
    engine = played.game.engine
    await export_tables(played.record, tmp_path, TABLES, tardis=True)
    orders = {int(row["order"]): row for row in rows(tmp_path / "orders.csv")}
    assert set(orders) == set(range(1, engine.last_order_id + 1))
    for account in ACCOUNTS:
        for order in replayed(played.record).recent.closed(account):
            row, market = orders[order.id], engine.markets[order.market].market
            words = {1: "filled", 2: "cancelled", 3: "rejected"}
            assert row["status"] == words[order.status]
            assert row["reason"] == ("" if order.reason is None else order.reason.name.lower())
            assert row["filled"] == market.size_text(order.filled)
            assert (row["user"], row["symbol"]) == (PLAYERS[account - 1], market.symbol)
            assert row["placed"] == time_text(order.wall_ms)
            assert row["ended"] == time_text(order.ended_ms)
    assert {id for id, row in orders.items() if row["status"] == "open"} == set(engine.orders)
    assert len(rows(tmp_path / "trades.csv")) == engine.last_trade_id
    _compare_books(engine, tmp_path)
    assert list(tmp_path.glob("cxgame_*_SOL-USD.csv.gz"))


def _compare_books(engine: Engine, folder: Path) -> None:
    books: dict[str, dict[tuple[str, str], str]] = {p.market.symbol: {} for p in engine.markets}
    for row in rows(folder / "book.csv"):
        books[row["symbol"]][row["side"], row["price"]] = short(row["size"])
    rest = {
        symbol: {level: size for level, size in levels.items() if size != "0"}
        for symbol, levels in books.items()
    }
    assert rest == books_of(engine)


async def test_a_backup_holds_it(played: Played, tmp_path: Path) -> None:
    """Read back from the file it leads to the same state."""
    await make_backup(played.record, tmp_path / "backup")
    async with open_source(str(tmp_path / "backup")) as source:
        verified = await verify_source(source)
    assert verified.state_hash == played.game.engine.state_hash()


async def test_the_views_are_the_games(played: Played) -> None:
    """Wallets, also of assets without a market, markets that joined, and orders that wait."""
    engine, kept = played.game.engine, played.journal.log.views
    for view in everything(engine, 0):
        if (view.key, view.field) == ("wallets", "house"):
            continue  # written when the house trades
        assert view.blob is not None
        assert without_seq(kept[view.key][view.field]) == without_seq(view.blob)
    assert set(kept["orders"]) == {str(id) for id in engine.orders}
    assert "EUR" in json.loads(kept["wallets"]["alice"])
    assert set(kept["markets"]) == {"BTC/USD", "ETH/USD", "SOL/USD"}


def without_seq(blob: bytes) -> dict[str, Any]:
    """What a view shows, whenever it was written."""
    shown: dict[str, Any] = json.loads(blob)
    del shown["seq"]
    return shown
