"""Answers as tables."""

import json

import pytest

from tests.mockx.conftest import Terminal

ORDER = {
    "id": "17",
    "symbol": "BTC/USDT",
    "side": "buy",
    "type": "limit",
    "amount": 0.05,
    "limit_price": 50000.1,
    "status": "new",
    "actual_filled": 0.0,
    "price": None,
    "actual_fee": 0.0,
    "ts_create": 1795218692738,
    "history_count": 1,
}


def cells(terminal: Terminal, answer: object, *words: str) -> list[list[str]]:
    """The cells of the table, row by row, the head first."""
    terminal.answer = (200, json.dumps(answer))
    done = terminal.type(*words, "--table")
    assert (done.status, done.err) == (0, "")
    lines = [line for line in done.out.splitlines() if line.strip() and line[0] in "│┃"]
    return [[cell.strip() for cell in line.strip("│┃").replace("┃", "│").split("│")]
            for line in lines]  # fmt: skip


def test_rows_of_a_kind_are_rows(terminal: Terminal) -> None:
    """Named by what they are about."""
    row = {"asset": "USDT", "free": 99900.10, "used": 0.0, "total": 99900.10}
    assert cells(terminal, {"USDT": row}, "balance") == [
        ["asset", "free", "used", "total"],
        ["USDT", "99900.1", "0.0", "99900.1"],
    ]


def test_rows_that_do_not_say_their_name_are_given_it(terminal: Terminal) -> None:
    """A market without a ticker among others; what a row does not have is empty."""
    answer = {"A/B": {"symbol": "A/B", "price": 1.5}, "X/Y": {"error": "not available"}}
    assert cells(terminal, answer, "ticker", "A/B,X/Y") == [
        ["symbol", "price", "", "error"],
        ["A/B", "1.5", "", ""],
        ["", "", "X/Y", "not available"],
    ]


def test_orders_show_what_a_person_looks_for(terminal: Terminal) -> None:
    """Ten of their members, in that order."""
    head, row = cells(terminal, [ORDER], "orders")
    assert head == list(ORDER)[:10]
    assert row == ["17", "BTC/USDT", "buy", "limit", "0.05", "50000.1", "new", "0.0", "", "0.0"]


def test_one_thing_is_names_and_values(terminal: Terminal) -> None:
    """Nested names with dots, lists with commas."""
    answer = {"misc": {"cash_asset": "USDT", "mismatch": {"total": False}}, "assets": ["A", "B"]}
    assert cells(terminal, answer, "overview-assets") == [
        ["assets", "A, B"],
        ["misc.cash_asset", "USDT"],
        ["misc.mismatch.total", "no"],
    ]
    assert ["limit_price", "50000.1"] in cells(terminal, ORDER, "order-get", "17")


def test_a_list_of_names_is_one_column(terminal: Terminal) -> None:
    """As the markets are."""
    assert cells(terminal, ["A/B", "C/D"], "tickers") == [["name"], ["A/B"], ["C/D"]]


@pytest.mark.parametrize("answer", [{}, []])
def test_nothing_is_an_empty_table(terminal: Terminal, answer: object) -> None:
    """And no failure."""
    assert cells(terminal, answer, "balance") == []


def test_numbers_keep_their_digits_and_texts_their_brackets(terminal: Terminal) -> None:
    """Nothing is rounded, cut, or taken for markup; what a terminal would obey is left out."""
    terminal.answer = (200, '{"n":0.1000000000000000055,"t":"[red]x[/red]\\u001b[2J","u":"%s"}')
    terminal.answer = (200, terminal.answer[1] % ("long " * 100))
    done = terminal.type("balance", "--table")
    assert "0.1000000000000000055" in done.out
    assert "[red]x[/red] [2J" in done.out
    assert "\x1b" not in done.out
    assert ("long " * 100).strip() in done.out


def test_a_rejected_order_is_a_failure_here_too(terminal: Terminal) -> None:
    """The table is shown, the reason said."""
    terminal.answer = (200, json.dumps(ORDER | {"status": "rejected", "comment": "Need more"}))
    done = terminal.type("--table", "order", "BTC/USDT", "buy", "1")
    assert (done.status, done.err) == (1, "rejected: Need more\n")
    assert "rejected" in done.out
