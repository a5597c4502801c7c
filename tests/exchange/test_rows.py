"""Rows are pictures: frozen, comparable, and plain data for tables."""

import csv
import io
from decimal import Decimal

import pytest

from cxgame.exchange import Exchange
from cxgame.exchange.rows import Row

D = Decimal


def rows() -> list[Row]:
    """One of each kind."""
    exchange = Exchange(liquidity="house", taker_fee="0.001", start_ms=7)
    ann = exchange.account("ann")
    exchange.tick(1000)
    order = ann.buy("0.5", cid="one")
    book, quote = exchange.book(), exchange.quote()
    happened = [*exchange.trades(), *ann.fills()]
    return [order, book, book.bids[0], quote, *happened, ann.balance("USD"), *exchange.standings()]


def test_rows_become_tables() -> None:
    """Every column of every row can be written."""
    for row in rows():
        file = io.StringIO()
        writer = csv.DictWriter(file, row.columns)
        writer.writeheader()
        writer.writerow(row.as_dict())
        assert len(file.getvalue().splitlines()) == 2
        assert str(row) == repr(row)
        assert type(row).__name__ in repr(row)


def test_rows_are_frozen_and_comparable() -> None:
    """The same happenings make equal rows."""
    assert rows() == rows()
    for row in rows():
        with pytest.raises(AttributeError):
            row.anything = 1  # type: ignore[attr-defined]


def test_an_order_shows_what_became_of_it() -> None:
    """By column, with the mid as the price of a market order."""
    assert rows()[0].as_dict() == {
        "id": 1,
        "account": "ann",
        "symbol": "BTC/USD",
        "side": "buy",
        "type": "market",
        "price": D(1000),
        "quantity": D("0.5"),
        "filled": D("0.5"),
        "left": D(0),
        "average_price": D(1000),
        "value": D(500),
        "fee": D("0.5"),
        "time_in_force": "gtc",
        "status": "filled",
        "time_ms": 7,
        "cid": "one",
        "trigger": "",
        "trigger_price": None,
    }


def test_zero_reads_as_zero() -> None:
    """Not as 0E-10."""
    assert "left=0," in repr(rows()[0])


def test_integers_stand_beside_the_decimals() -> None:
    """For who needs speed more than comfort."""
    order, trade = rows()[0], rows()[4]
    assert (order.price_ticks, order.quantity_lots) == (100_000, 5 * 10**9)  # type: ignore[attr-defined]
    assert (trade.price_ticks, trade.quantity_lots) == (100_000, 5 * 10**9)  # type: ignore[attr-defined]


def test_an_order_is_a_picture_of_its_moment() -> None:
    """What happens later does not change it."""
    exchange = Exchange()
    ann = exchange.account("ann")
    order = ann.buy(1, 900)
    ann.cancel(order)
    assert (order.status, exchange.order(order.id).status) == ("open", "cancel")


def test_a_balance_adds_up() -> None:
    """Free and held are the total."""
    ann = Exchange().account("ann")
    ann.buy("0.1", "900.00")
    row = ann.balance("USD")
    assert (row.free, row.held, row.total) == (D(9910), D(90), D(10000))
