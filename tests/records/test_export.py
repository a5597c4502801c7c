"""Exports say what the game says: counted, summed and rebuilt from the files alone."""

import csv
import gzip
from collections import defaultdict
from pathlib import Path

import pytest

from cxgame import Exchange
from cxgame.engine.engine import Engine
from cxgame.model.commands import Close, EndRound
from cxgame.model.enums import Side
from cxgame.records.errors import Misuse, RecordsError
from cxgame.records.export import export_tables, read_what
from cxgame.records.files import ExportFiles
from cxgame.records.recorded import Recorded
from cxgame.records.tables import TABLES, time_text
from cxgame.recovery import JournalDamaged
from tests.records.played import Hurrying, Record, record

Rows = list[dict[str, str]]
Books = dict[str, dict[tuple[str, str], str]]  # symbol → side and price → size


async def exported(source: Record, folder: Path, *what: str) -> dict[str, Rows]:
    """The rows of each table."""
    names = await export_tables(source, folder, what or TABLES)
    return {name.removesuffix(".csv"): rows(folder / name) for name in names}


def rows(path: Path) -> Rows:
    opened = gzip.open(path, "rt") if path.suffix == ".gz" else path.open(newline="")
    with opened as file:
        return list(csv.DictReader(file))


def books_of(engine: Engine) -> Books:
    """What rests in the engine, as texts without zeros at the end."""
    books: Books = {}
    for place in engine.markets:
        market = place.market
        levels = books[market.symbol] = {}
        for side, name in ((Side.BUY, "bid"), (Side.SELL, "ask")):
            for price, lots in place.book.depth(side, 10_000):
                levels[name, market.price_text(price)] = short(market.size_text(lots))
    return books


def short(text: str) -> str:
    return text.rstrip("0").rstrip(".") if "." in text else text


async def test_trades_are_those_of_the_game(tmp_path: Path) -> None:
    """Each once, numbered, with both sides' names and fees; `seq` is the feed's."""
    source = await record()
    trades = (await exported(source, tmp_path, "trades"))["trades"]
    assert [int(row["trade"]) for row in trades] == list(range(1, source.engine.last_trade_id + 1))
    seqs = [int(row["seq"]) for row in trades]
    assert seqs == sorted(set(seqs))
    assert 0 < seqs[0] < seqs[-1] <= source.engine.event_seq
    assert {row["buyer"] for row in trades} <= {"alice", "bob", "carol"}
    fees = sum(
        float(row["buy_fee"]) + float(row["sell_fee"])
        for row in trades
        if row["symbol"] == "BTC/USD"
    )
    assert fees > 0
    assert all(row["buy_fee"] == "0.00" for row in trades if row["symbol"] == "ETH/USD")


async def test_orders_are_those_of_the_game(tmp_path: Path) -> None:
    """Each once, over or open, filled as its trades say; both sides of a trade sum up alike."""
    source = await record()
    tables = await exported(source, tmp_path, "orders", "trades")
    orders, trades = tables["orders"], tables["trades"]
    assert sorted(int(row["order"]) for row in orders) == list(
        range(1, source.engine.last_order_id + 1)
    )
    assert {int(row["order"]) for row in orders if row["status"] == "open"} == set(
        source.engine.orders
    )
    filled: defaultdict[str, float] = defaultdict(float)
    for row in trades:
        filled[row["buy_order"]] += float(row["size"])
        filled[row["sell_order"]] += float(row["size"])
    for row in orders:
        assert float(row["filled"]) == pytest.approx(filled[row["order"]])
        assert (row["ended"] == "") == (row["status"] == "open")
        assert (row["reason"] == "") == (row["status"] != "cancelled")
    assert {row["status"] for row in orders} == {"open", "filled", "cancelled"}
    assert {row["reason"] for row in orders} >= {"user", "unfilled", "self_trade"}
    assert {row["type"] for row in orders} == {"limit", "market"}


async def test_orders_with_a_trigger_are_rows_whether_they_fired_or_not(tmp_path: Path) -> None:
    """With where the trigger stood at the end; one that never fired has no fills."""
    source = await record()
    orders = (await exported(source, tmp_path, "orders"))["orders"]
    plain = [row for row in orders if not row["trigger"]]
    assert {row["trigger_price"] for row in plain} == {""}
    armed = [row for row in orders if row["trigger"]]
    assert {row["trigger"] for row in armed} == {"stop", "take_profit", "trailing"}
    assert all(900 < float(row["trigger_price"]) < 1100 for row in armed)
    assert {row["status"] for row in armed} >= {"open", "filled", "cancelled"}
    for row in armed:
        live = source.engine.orders.get(int(row["order"]))
        if live is not None:
            assert live.trigger is not None
            market = source.engine.markets[live.market].market
            assert row["trigger_price"] == market.mid_text(live.trigger.trigger2)
            assert not (live.trigger.armed and float(row["filled"]))


async def test_the_book_can_be_rebuilt_from_its_changes(tmp_path: Path) -> None:
    """At the end it is the engine's; a level changes once in a command, if at all."""
    source = await record()
    changes = (await exported(source, tmp_path, "book"))["book"]
    books: Books = {"BTC/USD": {}, "ETH/USD": {}}
    for row in changes:
        _set(books[row["symbol"]], row["side"], row["price"], short(row["size"]))
    assert books == books_of(source.engine)
    keys = [tuple(row[name] for name in ("seq", "symbol", "side", "price")) for row in changes]
    assert len(set(keys)) == len(keys)


def _set(levels: dict[tuple[str, str], str], side: str, price: str, size: str) -> None:
    if size == "0":
        assert levels.pop((side, price), None) is not None, "what is taken away was there"
    else:
        levels[side, price] = size


async def test_standings_are_the_results_and_where_a_game_stands(tmp_path: Path) -> None:
    """Of a game that goes on, as of its last batch; of one that is over, its results alone."""
    source = await record(count=60)
    going_on = (await exported(source, tmp_path / "1", "standings"))["standings"]
    assert {row["final"] for row in going_on} == {"false"}
    assert [row["user"] for row in going_on] == [
        standing.user for standing in source.engine.standings()
    ]
    source = await record(count=60, last=Close("over"))
    over = (await exported(source, tmp_path / "2", "standings"))["standings"]
    assert [(row["final"], row["rank"]) for row in over] == [("true", f"{n}") for n in (1, 2, 3)]
    assert sum(float(row["base"]) for row in over) == pytest.approx(300)


async def test_a_round_has_its_results(tmp_path: Path) -> None:
    """Cancelled orders are closed, and the standings settled."""
    source = await record(count=60, last=EndRound())
    tables = await exported(source, tmp_path)
    assert {row["round"] for row in tables["standings"]} == {"1"}
    assert "open" not in {row["status"] for row in tables["orders"]}
    assert "closed" in {row["reason"] for row in tables["orders"]}


async def test_no_file_knows_a_secret_or_a_client_order_id(tmp_path: Path) -> None:
    """The columns are these, and no more."""
    await exported(await record(count=20), tmp_path)
    headers = {path.stem: path.read_text().splitlines()[0] for path in sorted(tmp_path.iterdir())}
    assert headers == {
        "book": "seq,time,symbol,side,price,size",
        "orders": "order,symbol,user,side,type,price,size,budget,time_in_force,placed,ended,"
        "status,reason,filled,value,fee,trigger,trigger_price",
        "standings": "time,round,final,rank,user,base,quote,equity,bot",
        "trades": "seq,time,symbol,trade,price,size,taker_side,buyer,seller,buy_order,"
        "sell_order,buy_fee,sell_fee",
    }


async def test_a_damaged_game_leaves_no_files(tmp_path: Path) -> None:
    """What was written up to there is taken away."""
    source = await record()
    source.list[20] = source.list[20]._replace(record=b"x")
    with pytest.raises(JournalDamaged, match="batch 21"):
        await export_tables(source, tmp_path, TABLES, tardis=True)
    assert list(tmp_path.iterdir()) == []


async def test_nothing_is_overwritten(tmp_path: Path) -> None:
    """Another export needs another directory; what is there stays."""
    (tmp_path / "orders.csv").write_text("mine")
    with pytest.raises(Misuse, match=r"orders\.csv is there already"):
        await export_tables(await record(count=20), tmp_path, TABLES)
    assert [path.name for path in tmp_path.iterdir()] == ["orders.csv"]
    assert (tmp_path / "orders.csv").read_text() == "mine"


def test_two_exports_to_one_place_do_not_mix(tmp_path: Path) -> None:
    """The one that is whole first stays, and the other is refused."""
    late, early = ExportFiles(tmp_path), ExportFiles(tmp_path)
    late.__enter__().begin("a.csv", ["late"])
    with early as files:
        files.begin("a.csv", ["early"])
    with pytest.raises(Misuse, match=r"a\.csv is there already"):
        late.__exit__(None, None, None)
    assert [path.name for path in tmp_path.iterdir()] == ["a.csv"]
    assert (tmp_path / "a.csv").read_text() == "early\n"


def test_files_of_a_broken_export_go_away(tmp_path: Path) -> None:
    """Also on Ctrl-C."""

    def interrupted() -> None:
        with ExportFiles(tmp_path / "new") as files:
            files.begin("a.csv", ["a"])([1])
            files.begin("b.csv.gz", ["b"])([2])
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        interrupted()
    assert list((tmp_path / "new").iterdir()) == []


def test_tables_are_named_one_by_one_or_all() -> None:
    """In the order in which they were named."""
    assert read_what("all") == ("trades", "orders", "book", "standings")
    assert read_what("book, trades,book") == ("book", "trades")
    for text in ("", "trade", "trades;book"):
        with pytest.raises(Misuse, match="--what must be some of trades, orders, book, standings"):
            read_what(text)


async def test_a_time_that_is_no_date_is_one_line(tmp_path: Path) -> None:
    """As of a back-test that counts in nanoseconds."""
    exchange = Exchange(record=True, start_ms=10**18)
    with pytest.raises(RecordsError, match="which is no date"):
        await export_tables(Recorded(exchange.journal()), tmp_path, [], tardis=True)
    with pytest.raises(RecordsError, match="which is no date"):
        time_text(exchange.now_ms)


def test_times_are_in_utc() -> None:
    """With milliseconds."""
    assert time_text(1_795_236_842_083) == "2026-11-21T04:54:02.083Z"


# What backtest tools read

BOOK_COLUMNS = "exchange symbol timestamp local_timestamp is_snapshot side price amount".split()
TRADE_COLUMNS = "exchange symbol timestamp local_timestamp id side price amount".split()


def rebuilt(paths: list[Path], symbol: str) -> tuple[dict[tuple[str, str], str], int]:
    """The book of a symbol as readers of this format build it, and how often it began anew."""
    levels: dict[tuple[str, str], str] = {}
    was_snapshot, beginnings = False, 0
    for path in paths:
        was_snapshot = False
        for number, row in enumerate(rows(path)):
            is_snapshot = {"true": True, "false": False}[row["is_snapshot"]]
            assert number > 0 or is_snapshot, "a file begins with a snapshot"
            if is_snapshot and not was_snapshot:
                levels.clear()
                beginnings += 1
            was_snapshot = is_snapshot
            assert (row["exchange"], row["symbol"]) == ("cxgame", symbol)
            _set(levels, row["side"], row["price"], row["amount"])
    return levels, beginnings


async def test_tardis_books_lead_to_the_engines(tmp_path: Path) -> None:
    """Built by that format's own rules, over some days, each of which has its file."""
    source = await record(count=1200, clock=Hurrying())
    names = await export_tables(source, tmp_path, (), tardis=True)
    assert all(name.endswith(".csv.gz") for name in names)
    for symbol, levels in books_of(source.engine).items():
        stem = f"cxgame_incremental_book_L2_*_{symbol.replace('/', '-')}.csv.gz"
        paths = sorted(tmp_path.glob(stem))
        found, beginnings = rebuilt(paths, symbol)
        assert found == levels
        assert beginnings == len(paths) > 1


async def test_rows_of_an_update_share_a_local_timestamp(tmp_path: Path) -> None:
    """Each level once; local times only grow, and never lie before the event."""
    source = await record()
    await export_tables(source, tmp_path, (), tardis=True)
    for path in sorted(tmp_path.glob("cxgame_incremental*")):
        found = rows(path)
        locals_ = [int(row["local_timestamp"]) for row in found]
        assert locals_ == sorted(locals_)
        assert all(list(row) == BOOK_COLUMNS for row in found)
        assert all(int(row["timestamp"]) <= int(row["local_timestamp"]) for row in found)
        levels = [(row["local_timestamp"], row["side"], row["price"]) for row in found]
        assert len(set(levels)) == len(levels) > len(set(locals_))


async def test_tardis_trades_are_those_of_the_game(tmp_path: Path) -> None:
    """With the taker's side, and the local time of the book's change that they made."""
    source = await record()
    await export_tables(source, tmp_path, ["trades"], tardis=True)
    found = [row for path in sorted(tmp_path.glob("cxgame_trades_*")) for row in rows(path)]
    assert [list(row) for row in found] == [TRADE_COLUMNS] * source.engine.last_trade_id
    by_id = {row["trade"]: row for row in rows(tmp_path / "trades.csv")}
    for row in found:
        trade = by_id[row["id"]]
        assert (row["side"], row["price"]) == (trade["taker_side"], trade["price"])
        assert row["amount"] == short(trade["size"])
        assert row["timestamp"].endswith("000")
    updates = {
        row["local_timestamp"]
        for path in tmp_path.glob("cxgame_incremental*")
        for row in rows(path)
    }
    assert {row["local_timestamp"] for row in found} <= updates


async def test_many_markets_need_few_open_files(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A file that was closed meanwhile goes on where it was."""
    source = await record(count=120)
    contents = []
    for name, most in (("all", 100), ("one", 1)):
        monkeypatch.setattr("cxgame.records.files._MOST_OPEN", most)
        await export_tables(source, tmp_path / name, TABLES, tardis=True)
        paths = sorted((tmp_path / name).iterdir())
        contents.append([(path.name, rows(path)) for path in paths])
    assert contents[0] == contents[1]
    assert len(contents[0]) == 8


async def test_the_same_game_gives_the_same_bytes(tmp_path: Path) -> None:
    """Compressed files as well."""
    source = await record(count=60)
    contents = []
    for name in ("1", "2"):
        await export_tables(source, tmp_path / name, TABLES, tardis=True)
        contents.append({path.name: path.read_bytes() for path in (tmp_path / name).iterdir()})
    assert contents[0] == contents[1]
