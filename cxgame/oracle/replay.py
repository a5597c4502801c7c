"""Prices from a CSV file: one row is one tick.

The whole file is read and checked before the first tick. A row is found by its number, so a
replay has no memory of its own, and a price set from outside lasts until the next row.
"""

import csv
from collections.abc import Iterator, Sequence
from decimal import Context, Decimal
from pathlib import Path
from typing import NamedTuple

from cxgame.oracle.base import PriceModel, Sides
from cxgame.oracle.numbers import OracleError, read_price, read_volume

# A million rows are eleven days of one-second ticks, and take about half a gigabyte.
MAX_ROWS = 1_000_000

_EXACT = Context(prec=100)  # more digits than two numbers of a file and their half can have

_COLUMNS = ("timestamp", "price", "bid", "ask", "bid_volume", "ask_volume")


class Row(NamedTuple):
    """One tick of the file."""

    price: Decimal
    sides: Sides | None  # None: quoted around the price, as the model's spread says


class Replay(PriceModel):
    """Plays the rows of `file` in order, then stays at the last, or begins again with `loop`."""

    file: str  # a CSV with a header line
    loop: bool = False

    def check(self) -> None:
        """Read the file; refuse it with the number of its first bad line."""
        self.require("price" not in vars(self), "the prices come from the file, without price=")
        self._rows = read_rows(Path(self.file))
        self.price = self._rows[0].price

    def next_price(self, current: Decimal) -> Decimal:
        """The price of this tick's row, whatever the current one is."""
        return self._row().price

    def quote(self, price: Decimal) -> Sides:
        """The row's own bid and ask where it has them."""
        return self._row().sides or super().quote(price)

    def _row(self) -> Row:
        last = len(self._rows) - 1
        return self._rows[self.index % (last + 1) if self.loop else min(self.index, last)]


def read_rows(path: Path, limit: int = MAX_ROWS) -> list[Row]:
    """Read and check a whole file.

    The header names the columns: `price`, or `bid` and `ask`, or all three; `bid_volume`,
    `ask_volume` and `timestamp` if you like. A timestamp is for people and is not read. Raises
    `OracleError` that names the file and the line.
    """
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            reader = csv.reader(file, strict=True)
            try:
                return _read(reader, limit)
            except (OracleError, csv.Error) as error:
                raise OracleError(f"{path} line {reader.line_num}: {error}") from None
    except OSError as error:
        raise OracleError(f"{path} cannot be read: {error.strerror}") from None
    except UnicodeDecodeError:
        raise OracleError(f"{path} is not a text file in UTF-8") from None


def _read(reader: Iterator[list[str]], limit: int) -> list[Row]:
    header = [name.strip() for name in next(reader, [])]
    _check_header(header)
    rows: list[Row] = []
    for cells in reader:
        if not cells:  # a blank line
            continue
        if len(cells) != len(header):
            raise OracleError(f"{len(cells)} columns, but the header has {len(header)}")
        if len(rows) == limit:
            raise OracleError(f"more than {limit} rows")
        rows.append(_row(dict(zip(header, (cell.strip() for cell in cells), strict=True))))
    if not rows:
        raise OracleError("there is no row below the header")
    return rows


def _check_header(header: Sequence[str]) -> None:
    for name in header:
        if name not in _COLUMNS:
            raise OracleError(f"unknown column {name!r}; known are {', '.join(_COLUMNS)}")
    if len(set(header)) != len(header):
        raise OracleError("a column appears twice")
    if ("bid" in header) != ("ask" in header):
        raise OracleError("bid and ask come together")
    if "price" not in header and "bid" not in header:
        raise OracleError("the header names neither price nor bid and ask")
    if "bid" not in header and ("bid_volume" in header or "ask_volume" in header):
        raise OracleError("bid_volume and ask_volume need the columns bid and ask")


def _middle(bid: Decimal, ask: Decimal) -> Decimal:
    return _EXACT.divide(_EXACT.add(bid, ask), Decimal(2))


def _row(cells: dict[str, str]) -> Row:
    if "bid" not in cells:
        return Row(read_price(cells["price"]), None)
    bid, ask = read_price(cells["bid"]), read_price(cells["ask"])
    price = read_price(cells["price"]) if "price" in cells else _middle(bid, ask)
    if not bid <= price <= ask:
        raise OracleError("a row holds bid ≤ price ≤ ask")
    bid_volume, ask_volume = (cells.get(name, "") for name in ("bid_volume", "ask_volume"))
    sides = Sides(
        bid,
        ask,
        read_volume(bid_volume) if bid_volume else None,
        read_volume(ask_volume) if ask_volume else None,
    )
    return Row(price, sides)
