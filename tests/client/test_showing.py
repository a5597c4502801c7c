"""How the client's objects show themselves in a notebook."""

import re
from html.parser import HTMLParser
from typing import Any

import pytest

from cxgame.client import Account, Book, CxClient, LiveAccount, LiveBook, OrderList, Response
from cxgame.client.tables import MOST_ROWS
from tests.client.fake_streams import checksum

TOKEN = "0123456789abcdef" * 4
ATTACK = '"><img src=x onerror=alert(1)><script>alert(2)</script>'


class Seen(HTMLParser):
    """What a page would show: its elements, which must be closed as opened, and its cells."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.elements: set[str] = set()
        self.rows: list[list[str]] = []
        self.texts: list[str] = []
        self.styles: list[str] = []
        self.feed(html)
        assert not self.open

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        assert {name for name, _ in attrs} <= {"style"}
        self.styles += [value or "" for _, value in attrs]
        self.open.append(tag)
        self.elements.add(tag)
        if tag == "tr":
            self.rows.append([])
        if tag in ("td", "th"):
            self.rows[-1].append("")

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.texts.append(data.strip())
        if self.open[-1] in ("td", "th"):
            self.rows[-1][-1] += data


def seen(shown: Any) -> Seen:
    return Seen(shown._repr_html_())


def snapshot() -> dict[str, Any]:
    """Of a book of two bids and an ask."""
    bids = [["999.50", "0.3000000000"], ["999.00", "1.2000000000"]]
    asks = [["1000.50", "0.6000000000"]]
    frame = {"type": "depth_snapshot", "symbol": "BTC/USD", "ts": 1.0, "seq": 10}
    return {**frame, "bids": bids, "asks": asks, "checksum": checksum(bids, asks)}


def wallets(**assets: str) -> dict[str, Any]:
    return {
        asset: {"free": amount, "held": "0.00", "total": amount} for asset, amount in assets.items()
    }


def test_a_refusal_shows_its_sentence_and_its_code() -> None:
    """With a mark that needs no colour."""
    shown = seen(Response(False, "Not enough USD.", code="FUNDS_QUOTE"))
    assert shown.texts == ["✗ Not enough USD.", "", "FUNDS_QUOTE"]
    assert seen(Response(True, "Trades.", [], more=True)).texts == [
        "✓ Trades.",
        "",
        "there are more",
    ]


def test_an_order_is_a_line_for_each_member() -> None:
    """Amounts without idle zeros, and names as they are, even where they look like amounts."""
    order = {
        "id": "7",
        "user": "1.5000",
        "size": "0.5000000000",
        "price": "900.00",
        "trigger": None,
    }
    assert seen(Response(True, "Buy order placed.", order)).rows == [
        ["id", "7"],
        ["user", "1.5000"],
        ["size", "0.50"],
        ["price", "900.00"],
        ["trigger", ""],
    ]


def test_lists_are_tables_without_empty_columns() -> None:
    """A column for what any row has; the side is washed, and named."""
    rows: list[dict[str, Any]] = [
        {"id": "1", "side": "buy", "fee": None},
        {"id": "2", "side": "sell_market", "cid": "x"},
    ]
    shown = seen(Response(True, "Orders.", OrderList(rows, [])))
    assert shown.rows == [["id", "side", "cid"], ["1", "buy", ""], ["2", "sell_market", "x"]]
    assert sum("gradient" in style for style in shown.styles) == 2


def test_a_long_list_shows_its_first_and_last_rows() -> None:
    """And a line of dots between."""
    shown = seen(Response(True, "Trades.", [{"trade_id": str(number)} for number in range(999)]))
    ids = [row[0] for row in shown.rows[1:]]
    assert len(ids) == MOST_ROWS + 1
    assert ids[:1] + ids[9:12] + ids[-1:] == ["0", "9", "…", "989", "998"]


def test_orders_show_themselves_as_a_table() -> None:
    """Also alone, and when there are none."""
    assert seen(OrderList([], [])).texts == ["0 orders"]
    shown = seen(OrderList([{"id": "1"}], [{"id": "2"}]))
    assert shown.texts[0] == "2 orders"
    assert shown.rows == [["id"], ["1"], ["2"]]


def test_a_book_has_asks_above_bids_and_bars() -> None:
    """Whether asked for or kept; the longest bar is that of the largest size."""
    book = Book("BTC/USD")
    assert any("not in step" in text for text in seen(book).texts)
    assert book.apply(snapshot())
    shown = seen(book)
    assert shown.texts[0] == "Book BTC/USD"
    ladder = [
        ["", "price", "size"],
        ["ask", "1000.50", "0.60"],
        ["bid", "999.50", "0.30"],
        ["bid", "999.00", "1.20"],
    ]
    assert shown.rows == ladder
    ends = [re.search(r"(\d+)%,", style) for style in shown.styles if "gradient" in style]
    assert [end and end[1] for end in ends] == ["50", "25", "100"]
    assert seen(Response(True, "Order book.", snapshot())).rows == ladder


def test_the_house_is_named_in_a_book() -> None:
    """Its level has no size."""
    data = {"bids": [["1000.00", None, "house"]], "asks": []}
    assert seen(Response(True, "Order book.", data)).rows[1] == ["bid", "1000.00", "the house"]


def test_levels_that_are_not_shown_are_counted() -> None:
    """Ten a side are shown."""
    data = {"bids": [[str(99 - n), "1"] for n in range(13)], "asks": []}
    shown = seen(Response(True, "Order book.", data))
    assert len(shown.rows) == 11
    assert "and 3 levels further away" in shown.texts


def test_an_account_shows_wallets_and_orders() -> None:
    """And says so when it is not known to be right."""
    account = Account()
    assert any("not in step" in text for text in seen(account).texts)
    order = {"id": "3", "symbol": "BTC/USD", "side": "buy", "status": "open", "price": "900.00"}
    frame = {"type": "executions_snapshot", "ts": 1.0, "seq": 0, "orders": [order]}
    account.apply({**frame, "wallets": wallets(BTC="10.5", USD="9000.00")})
    shown = seen(account)
    assert ["BTC", "10.5", "0.00", "10.5"] in shown.rows
    assert ["3", "BTC/USD", "buy", "open", "900.00"] in shown.rows
    assert seen(Response(True, "Wallets.", {"usd": "1", "assets": wallets(USD="1")})).rows == [
        ["asset", "free", "held", "total"],
        ["USD", "1", "0.00", "1"],
    ]


def test_a_client_shows_who_plays_where() -> None:
    """And whether it may, but never the token."""
    assert seen(CxClient("alice")).texts[2] == "ws://127.0.0.1:9877 · not registered yet"
    shown = seen(CxClient("alice", token=TOKEN))
    assert shown.texts[0] == "alice"
    assert shown.texts[2].endswith("has a token")
    assert TOKEN[:4] not in CxClient("alice", token=TOKEN)._repr_html_()


@pytest.mark.parametrize("data", [TOKEN, {"token": TOKEN}, [{"token": TOKEN}], [TOKEN]])
def test_a_token_is_never_shown(data: object) -> None:
    """Wherever it is: notebooks are handed in with their outputs."""
    assert TOKEN[:8] not in Response(True, "Registered", data)._repr_html_()


def test_the_answers_of_a_batch_are_shown_each() -> None:
    """What was refused beside what was done."""
    answers = [Response(True, "Placed.", {"id": "1"}), Response(False, "No.", code="FUNDS_QUOTE")]
    texts = seen(Response(True, "Batch handled.", answers)).texts
    assert [text for text in texts if text] == [
        "✓ Batch handled.", "✓ Placed.", "id", "1", "✗ No.", "FUNDS_QUOTE",
    ]  # fmt: skip


@pytest.mark.parametrize(
    "shown",
    [
        Response(False, ATTACK, ATTACK, code=ATTACK),
        Response(True, "x", {ATTACK: ATTACK}),
        Response(True, "x", [{ATTACK: ATTACK, "side": ATTACK}]),
        Response(True, "x", {"bids": [[ATTACK, "1"]], "asks": []}),
        Response(True, "x", {"assets": {ATTACK: {"free": ATTACK}}}),
        OrderList([{"user": ATTACK}], []),
        CxClient(ATTACK, uri=ATTACK),
        Book(ATTACK),
    ],
)
def test_what_others_wrote_is_text(shown: Any) -> None:
    """Nothing of it becomes an element or an attribute."""
    elements = seen(shown).elements
    assert elements <= {"div", "b", "span", "table", "thead", "tbody", "tr", "th", "td"}


@pytest.mark.parametrize(
    "data",
    [5, "text", ["7", "8"], [1.5], {"a": {"b": [1]}}, {"x": "y" * 900}, [[], []], [{}, 1], True],
)
def test_any_answer_can_be_shown(data: object) -> None:
    """Small, whatever it is."""
    html = Response(True, "Done.", data)._repr_html_()
    assert Seen(html)
    assert len(html) < 2_000


@pytest.mark.parametrize(
    ("data", "text"),
    [
        ({"ts": 17_000_000_001_000}, "17000000001000"),
        ({"bids": [["999.00", "1x0"]], "asks": []}, "1x0"),
    ],
)
def test_what_makes_no_sense_is_shown_as_it_came(data: object, text: str) -> None:
    """Its way here may have damaged it."""
    assert text in Response(True, "Done.", data)._repr_html_()


def test_live_objects_show_themselves_likewise() -> None:
    """They are books and accounts."""
    assert LiveBook._repr_html_ is Book._repr_html_
    assert LiveAccount._repr_html_ is Account._repr_html_
