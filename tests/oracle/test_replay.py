"""A replay plays its file row by row, and a bad file is refused with its line."""

from decimal import Decimal
from pathlib import Path

import pytest

from cxgame.oracle.base import Sides
from cxgame.oracle.numbers import OracleError
from cxgame.oracle.replay import Replay, read_rows
from cxgame.oracle.tape import Start, Tape


@pytest.fixture
def csv(tmp_path: Path) -> Path:
    """Three prices."""
    path = tmp_path / "prices.csv"
    path.write_text("price\n10\n11.5\n12\n")
    return path


def played(tape: Tape, count: int) -> list[str]:
    """The prices of the next ticks."""
    return [str(tape.next().price) for _ in range(count)]


def test_rows_are_ticks_and_the_last_one_stays(csv: Path) -> None:
    """Tick 0 is the first row; after the end the price stands still."""
    assert played(Tape(Replay(file=csv)), 5) == ["10", "11.5", "12", "12", "12"]


def test_a_loop_begins_again(csv: Path) -> None:
    """With loop the first row follows the last."""
    assert played(Tape(Replay(file=csv, loop="true")), 7) == "10 11.5 12 10 11.5 12 10".split()


def test_a_restart_goes_on_with_the_next_row(csv: Path) -> None:
    """The index alone says where the replay stood."""
    tape = Tape(Replay(file=csv), Start(1, Decimal("11.5")))
    assert played(tape, 1) == ["12"]


def test_prices_are_quoted_with_the_spread(csv: Path) -> None:
    """A file of prices leaves bid and ask to the model's spread and volumes."""
    quote = Tape(Replay(file=csv, spread="1", bid_volume="3")).next()
    assert (quote.bid, quote.ask) == (Decimal("9.5"), Decimal("10.5"))
    assert (quote.bid_volume, quote.ask_volume) == (Decimal(3), None)


def test_bid_and_ask_are_played_as_they_stand(tmp_path: Path) -> None:
    """The price is their middle unless the file says otherwise; an empty volume has no end."""
    path = tmp_path / "quotes.csv"
    path.write_text(
        "timestamp,bid,ask,bid_volume,ask_volume\n2024-03-01,9,10.5,2.5,\n\nx,10,10, 0 ,7\n"
    )
    tape = Tape(Replay(file=path, spread="5"))
    first, second = tape.next(), tape.next()
    assert (first.price, first.bid, first.ask) == (Decimal("9.75"), Decimal(9), Decimal("10.5"))
    assert (first.bid_volume, first.ask_volume) == (Decimal("2.5"), None)
    assert (second.price, second.bid_volume, second.ask_volume) == (10, 0, 7)


def test_the_middle_of_long_numbers_is_exact(tmp_path: Path) -> None:
    """It lies between them, also where they are the same."""
    path = tmp_path / "quotes.csv"
    long = "1.23456789012345678901234567890123"
    path.write_text(f"bid,ask\n{long},{long}\n")
    assert read_rows(path)[0].price == Decimal(long)


def test_a_price_beside_bid_and_ask_counts(tmp_path: Path) -> None:
    """All three columns may be given; the order of columns is free, a byte order mark no harm."""
    path = tmp_path / "all.csv"
    path.write_text("\ufeffask,price,bid\r\n12,10,9\r\n", encoding="utf-8")
    (row,) = read_rows(path)
    assert row.price == 10
    assert row.sides == Sides(Decimal(9), Decimal(12))


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("", "line 0: the header names neither price"),
        ("time,price\n1,2\n", "line 1: unknown column 'time'; known are timestamp, price,"),
        ("10\n11\n", "line 1: unknown column '10'"),
        ("price,price\n1,2\n", "line 1: a column appears twice"),
        ("bid\n1\n", "line 1: bid and ask come together"),
        ("timestamp\n1\n", "line 1: the header names neither price nor bid and ask"),
        ("price,bid_volume\n1,2\n", "line 1: bid_volume and ask_volume need"),
        ("price\n", "line 1: there is no row"),
        ("price\n10\n\n0\n", "line 4: 0 is no price"),
        ("price\n10\n-1\n", "line 3: -1 is no price"),
        ("price\nnan\n", "line 2: 'nan' is not a number"),
        ("timestamp,price\n1,10\n2,\n", "line 3: '' is not a number"),
        ("timestamp,price\n1,10\n2\n", "line 3: 1 columns, but the header has 2"),
        ("price\n10,11\n", "line 2: 2 columns, but the header has 1"),
        ('price\n"10\n', "line 2: unexpected end of data"),
        ("bid,ask\n11,10\n", "line 2: a row holds bid"),
        ("price,bid,ask\n12,10,11\n", "line 2: a row holds bid"),
        ("bid,ask,bid_volume\n10,11,-1\n", "line 2: -1 is no volume"),
    ],
)
def test_a_bad_file_is_refused_with_its_line(tmp_path: Path, text: str, sentence: str) -> None:
    """The sentence names file, line and what is wrong."""
    path = tmp_path / "bad.csv"
    path.write_text(text)
    with pytest.raises(OracleError) as refused:
        Replay(file=path)
    assert f"bad.csv {sentence}" in str(refused.value)


def test_a_file_that_is_no_text_is_refused(tmp_path: Path) -> None:
    """Neither a missing file, nor a directory, nor other bytes make a traceback."""
    (tmp_path / "bytes.csv").write_bytes(b"price\n\xff\xfe\n")
    for name, sentence in (
        ("missing.csv", "No such file"),
        (".", "cannot be read"),
        ("bytes.csv", "not a text file in UTF-8"),
    ):
        with pytest.raises(OracleError, match=sentence):
            Replay(file=tmp_path / name)


def test_the_number_of_rows_has_a_limit(csv: Path) -> None:
    """As many rows as the limit are read, one more is refused."""
    assert len(read_rows(csv, limit=3)) == 3
    with pytest.raises(OracleError, match="line 4: more than 2 rows"):
        read_rows(csv, limit=2)


def test_a_file_must_be_named_and_brings_its_prices(csv: Path) -> None:
    """Without a file there is nothing to play, and a price beside it would mean nothing."""
    with pytest.raises(OracleError, match="'file' is missing"):
        Replay()
    with pytest.raises(OracleError, match="without price="):
        Replay(file=csv, price="5")
