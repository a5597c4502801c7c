"""The book that frames of the depth channel keep: right, or known to be wrong."""

from decimal import Decimal
from typing import Any
from zlib import crc32

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cxgame.client import Book, Level
from tests.client.fake_streams import checksum

BIDS = [["999.00", "1.00"], ["998.50", "2.00"]]
ASKS = [["1001.00", "1.50"], ["1002.00", "4.00"]]

Rows = list[list[str]]


def snapshot(seq: int = 10, bids: Rows = BIDS, asks: Rows = ASKS, **more: Any) -> dict[str, Any]:
    frame = {"type": "depth_snapshot", "symbol": "BTC/USD", "ts": 1.0, "seq": seq}
    return {**frame, "bids": bids, "asks": asks, "checksum": checksum(bids, asks), **more}


def depth(seq: int, prev_seq: int, bids: Rows, asks: Rows, after: int) -> dict[str, Any]:
    frame = {"type": "depth", "symbol": "BTC/USD", "ts": 2.0, "seq": seq, "prev_seq": prev_seq}
    return {**frame, "bids": bids, "asks": asks, "checksum": after}


def a_book() -> Book:
    book = Book("BTC/USD")
    assert book.apply(snapshot())
    return book


def d(text: str) -> Decimal:
    return Decimal(text)


def test_a_snapshot_is_the_book() -> None:
    """All its levels, best first, as decimals."""
    book = a_book()
    assert book.bids == [(d("999.00"), d("1.00")), (d("998.50"), d("2.00"))]
    assert book.asks == [(d("1001.00"), d("1.50")), (d("1002.00"), d("4.00"))]
    assert (book.best_bid, book.best_ask) == (book.bids[0], book.asks[0])
    assert (book.mid, book.spread) == (d("1000"), d("2"))
    assert (book.synced, book.seq, book.ts) == (True, 10, 1.0)


def test_the_checksum_is_that_of_the_contract() -> None:
    """CRC32 of the interleaved levels, a shorter side left out where it has none."""
    book = Book()
    assert book.apply(snapshot(bids=BIDS[:1]))
    assert book.checksum() == checksum([["999.00", "1.00"]], ASKS)
    assert book.checksum() == crc32(b"999.00:1.00:1001.00:1.50:1002.00:4.00")


def test_a_change_sets_adds_and_removes_levels() -> None:
    """Sizes are absolute; 0 takes the level away."""
    book = a_book()
    after = checksum([["999.50", "3.00"], ["998.50", "2.50"]], ASKS[:1])
    bids = [["999.00", "0"], ["999.50", "3.00"], ["998.50", "2.50"]]
    assert book.apply(depth(12, 10, bids, [["1002.00", "0.00"]], after))
    assert book.bids == [(d("999.50"), d("3.00")), (d("998.50"), d("2.50"))]
    assert book.asks == [(d("1001.00"), d("1.50"))]
    assert (book.seq, book.version) == (12, 2)


def test_a_frame_that_is_known_changes_nothing() -> None:
    """A duplicate, or one that a snapshot has overtaken."""
    book = a_book()
    assert book.apply(depth(10, 8, [["999.00", "9.00"]], [], 1))
    assert book.best_bid == Level(d("999.00"), d("1.00"))
    assert book.version == 1


def test_a_change_that_reaches_back_before_the_snapshot_fits() -> None:
    """Nothing lies between it and the book: sizes are absolute."""
    book = a_book()
    after = checksum([["999.00", "5.00"], *BIDS[1:]], ASKS)
    assert book.apply(depth(14, 7, [["999.00", "5.00"]], [], after))
    assert book.synced


@pytest.mark.parametrize(
    "frame",
    [
        depth(15, 12, [["999.00", "5.00"]], [], checksum([["999.00", "5.00"], *BIDS[1:]], ASKS)),
        depth(12, 10, [["999.00", "5.00"]], [], checksum(BIDS, ASKS)),
        snapshot(checksum=1),
    ],
    ids=["hole", "corrupt", "corrupt snapshot"],
)
def test_a_loss_is_told_once_and_empties_the_book(frame: dict[str, Any]) -> None:
    """What is not known to be right is not shown; the next snapshot heals it."""
    book = a_book()
    assert not book.apply(frame)
    assert (book.synced, book.bids, book.asks, book.mid, book.seq) == (False, [], [], None, None)
    assert book.apply(depth(16, 15, [["1.00", "1.00"]], [], 0)), "asking once is enough"
    assert book.bids == []
    assert book.apply(snapshot(seq=20))
    assert (book.synced, book.seq, len(book.bids)) == (True, 20, 2)


@pytest.mark.parametrize("kind", ["gap", "hello"])
def test_after_a_break_the_book_waits_for_its_snapshot(kind: str) -> None:
    """It is empty, and need not ask: the subscription brings one."""
    book = a_book()
    assert book.apply({"type": kind})
    assert not book.synced
    assert book.best_ask is None


def test_other_frames_are_passed_over() -> None:
    """Of another market, or of another channel."""
    book = a_book()
    assert book.apply(snapshot(seq=50, symbol="ETH/USD"))
    assert book.apply({"type": "match", "symbol": "BTC/USD"})
    assert (book.seq, book.version) == (10, 1)


def test_a_book_without_a_symbol_takes_the_first_market() -> None:
    """And keeps to it."""
    book = Book()
    book.apply(snapshot(symbol="ETH/USD"))
    book.apply(snapshot(seq=11))
    assert (book.symbol, book.seq) == ("ETH/USD", 10)


@pytest.mark.parametrize(
    ("side", "size", "value"),
    [
        ("buy", "1", "1001.00"),
        ("buy", "2.5", "2503.50"),
        ("buy", "5.5", "5509.5"),
        ("buy", "5.6", None),
        ("sell", "1.5", "1498.25"),
        ("sell", 3, "2996"),
        ("sell", "3.01", None),
        ("buy", 0, "0"),
    ],
)
def test_the_cost_of_a_size(side: Any, size: Any, value: str | None) -> None:
    """Level by level against the other side; None where it does not reach."""
    assert a_book().cost(side, size) == (None if value is None else d(value))


def test_the_depth_to_a_price() -> None:
    """What could be traded at that price or better."""
    book = a_book()
    assert [book.depth("buy", price) for price in (1000, 1001, "1002")] == [0, d("1.5"), d("5.5")]
    assert [book.depth("sell", price) for price in (1000, 999, "998.50")] == [0, 1, 3]
    assert [book.depth("buy"), book.depth("sell")] == [d("5.5"), 3]
    assert [book.size_at(price) for price in (1002, "998.5", 7)] == [4, 2, 0]


def test_arithmetic_is_exact() -> None:
    """Also with more digits than decimals usually keep."""
    book = Book()
    book.apply(snapshot(bids=[], asks=[["12345678901234567.89", "98765432109.0123456789"]]))
    cost = book.cost("buy", "98765432109.0123456789")
    assert cost is not None
    whole = 1234567890123456789 * 987654321090123456789
    assert cost.as_tuple().exponent == -12
    assert int("".join(map(str, cost.as_tuple().digits))) == whole


_PRICES = st.integers(1, 12).map(lambda number: f"{number}.50")
_CHANGES = st.lists(
    st.tuples(st.integers(0, 1), _PRICES, st.integers(0, 3)), min_size=1, max_size=40
)


@settings(max_examples=60)
@given(_CHANGES)
def test_any_run_of_changes_gives_the_book_they_mean(changes: list[tuple[int, str, int]]) -> None:
    """Beside a plain dictionary per side, with a checksum at each step."""
    sides: tuple[dict[str, str], dict[str, str]] = ({}, {})
    book = Book("BTC/USD")
    book.apply(snapshot(seq=0, bids=[], asks=[]))
    for number, (side, price, size) in enumerate(changes, 1):
        sides[side][price] = f"{size}.0"
        if not size:
            del sides[side][price]
        bids = sorted(map(list, sides[0].items()), key=lambda row: -float(row[0]))
        asks = sorted(map(list, sides[1].items()), key=lambda row: float(row[0]))
        rows: list[Rows] = [[], []]
        rows[side] = [[price, f"{size}.0"]]
        assert book.apply(depth(number, number - 1, rows[0], rows[1], checksum(bids, asks)))
        assert [[str(p), str(s)] for p, s in book.bids] == bids
        assert [[str(p), str(s)] for p, s in book.asks] == asks


@pytest.mark.parametrize(
    "damage",
    [
        {"bids": [["9x9.00", "1.00"]]},
        {"bids": [["999.00"]]},
        {"bids": None},
        {"checksum": "none"},
    ],
)
@pytest.mark.parametrize("kind", ["depth_snapshot", "depth"])
def test_a_damaged_frame_is_a_loss(kind: str, damage: dict[str, Any]) -> None:
    """Whatever makes no sense empties the book, and only a snapshot fills it again."""
    book = a_book()
    frame = snapshot(11) if kind == "depth_snapshot" else depth(11, 10, [], [], book.checksum())
    assert not book.apply({**frame, **damage})
    assert (book.synced, book.bids, book.seq) == (False, [], None)
    assert book.apply(snapshot(12))
    assert book.synced
