"""A book from whole ones and changes, and from REST meanwhile."""

from typing import Any

import pytest

from cxgame.simulator.book import Book


def levels(*pairs: tuple[str, str | None]) -> list[dict[str, Any]]:
    """Rows of a book; one without end is the house's."""
    return [
        {"price": price, "quantity": size, **({"house": True} if size is None else {})}
        for price, size in pairs
    ]


def frame(
    *bids: tuple[str, str | None],
    asks: tuple[tuple[str, str | None], ...] = (),
    whole: bool = False,
) -> dict[str, Any]:
    """An ORDERBOOK_UPDATE."""
    return {"bids": levels(*bids), "asks": levels(*asks), "snapshot": whole}


def shown(book: Book) -> list[tuple[str, str | None]]:
    return [(level["price"], level["quantity"]) for level in book.bids]


def test_changes_set_levels() -> None:
    """Best first; quantity 0 takes one away; the house stands behind the players at its price."""
    book = Book("BTC/USD")
    assert not book.synced
    book.take(frame(("99", "1"), ("100.5", None), asks=(("102", "1"), ("101", "2")), whole=True))
    assert book.synced
    book.take(frame(("100.5", "3"), ("99", "0"), ("98", "5")))
    assert shown(book) == [("100.5", "3"), ("100.5", None), ("98", "5")]
    assert [level["price"] for level in book.asks] == ["101", "102"]
    book.take(frame(("7", "1"), whole=True))
    assert shown(book) == [("7", "1")]
    assert book.asks == []


def test_a_book_from_rest_is_followed_by_what_came_meanwhile() -> None:
    """The answer may be older than the frames that came while it was under way."""
    book = Book("BTC/USD")
    book.take(frame(("99", "1"), whole=True))
    book.lose()
    book.begin_look()
    assert not book.is_moving
    book.take(frame(("98", "2")))
    assert book.is_moving
    assert book.end_look(levels(("99", "1"), ("98", "7"), ("97", "3")), [])
    assert book.synced
    assert shown(book) == [("99", "1"), ("98", "2"), ("97", "3")]


def test_a_look_that_finds_nothing_says_so() -> None:
    """The book was right."""
    book = Book("BTC/USD")
    book.take(frame(("99", "1"), whole=True))
    book.begin_look()
    assert not book.end_look(levels(("99", "1")), [])


@pytest.mark.parametrize("price", ["9 9", None, ""])
def test_a_mangled_book_changes_nothing(price: Any) -> None:
    """It is found out before the first level is set."""
    book = Book("BTC/USD")
    book.take(frame(("99", "1"), whole=True))
    with pytest.raises((ArithmeticError, TypeError)):
        book.take({"bids": levels(("98", "1"), (price, "1")), "asks": [], "snapshot": True})
    assert shown(book) == [("99", "1")]
