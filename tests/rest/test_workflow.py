"""A day with the REST face, from the first deposit to the overview."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.rest.conftest import Api, Desk

PAGE = (Path(__file__).parents[2] / "docs" / "rest.md").read_text(encoding="utf-8")
# Each answer on a line of its own.
PRELUDE = 'curl() { command curl "$@"; echo; }\n'
DEMO = ["reset-data", "fund USDT 100000", "order BTC/USDT buy 0.05", "orders --status filled"]


def workflow() -> str:
    """The block of the page, without its first line, which names server and key."""
    block = PAGE.split("## A first day", 1)[1].split("```bash\n", 1)[1].split("```", 1)[0]
    return PRELUDE + block.split("\n", 1)[1]


@pytest.mark.skipif(shutil.which("curl") is None, reason="curl is not installed")
def test_the_example_workflow_runs_with_curl(desk: Desk, api: Api) -> None:
    """Fund, look, try, order: each step answers, and the order is filled."""
    done = subprocess.run(
        ["bash", "-ec", workflow()],
        env={**os.environ, "API_URL": api.url, "API_KEY": api.key},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    funded, _, possible, order = done.stdout.strip().splitlines()
    assert '"USDT"' in funded
    assert possible.replace(" ", "") == '{"ok":true,"reason":null}'
    assert '"status":"new"' in order.replace(" ", "")
    (filled,) = desk.do("GET", "/orders", params={"status": "filled"})
    assert (filled["amount"], filled["actual_filled"]) == (0.05, 0.05)
    assert desk.balance("BTC") == (0.05, 0.0)


def test_the_quick_demo_of_the_command_line(desk: Desk, api: Api) -> None:
    """`mockx` resets, funds, orders and lists."""
    said = ""
    for words in DEMO:
        done = subprocess.run(
            [sys.executable, "-m", "cxgame.mockx", *words.split()],
            env={**os.environ, "API_URL": api.url, "API_KEY": api.key},
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        said = done.stdout
    assert '"status": "filled"' in said
    assert '"actual_filled": 0.05' in said


def test_an_order_from_acceptance_to_fill(desk: Desk) -> None:
    """The answer shows what was booked, the history what became of it, the balance what it cost."""
    desk.do("POST", "/balance/USDT/deposit", json={"amount": 10_000})
    placed = desk.order("buy", 0.1)
    assert (placed["status"], placed["type"], placed["actual_filled"]) == ("new", "market", 0.0)
    assert (placed["initial_booked_notion"], placed["initial_booked_fee"]) == (6_000.0, 6.0)
    assert (placed["notion_currency"], placed["fee_currency"]) == ("USDT", "USDT")
    filled = desk.closed(placed["id"])
    assert (filled["status"], filled["price"]) == ("filled", 60_000.0)
    assert (filled["actual_notion"], filled["actual_fee"]) == (6_000.0, 6.0)
    assert (filled["reserved_notion_left"], filled["reserved_fee_left"]) == (0.0, 0.0)
    assert filled["history_count"] == len(filled["history"]) == 2
    first, second = filled["history"]["0"], filled["history"]["1"]
    assert (first["status"], first["amount_remain"]) == ("new", 0.1)
    assert (second["status"], second["actual_filled"]) == ("filled", 0.1)
    assert desk.balance("USDT") == (3_994.0, 0.0)
    capital = desk.do("GET", "/overview/capital")
    assert (capital["equity"], capital["deposits"]) == (9_994.0, 10_000.0)
    assert capital["profit_loss"] == pytest.approx(-6.0)
    trades = desk.do("GET", "/overview/trades")
    assert trades["BUY"]["count"] == {"BTC": {"USDT": "1"}}


def test_a_limit_order_waits_for_its_price(desk: Desk) -> None:
    """It holds notion and fee, and fills when the price comes to it."""
    desk.do("POST", "/balance/USDT/deposit", json={"amount": 10_000})
    placed = desk.order("buy", 0.1, 50_000.0)
    assert desk.balance("USDT") == (4_995.0, 5_005.0)
    assert desk.get(placed["id"])["status"] == "new"
    desk.price(49_000.0)
    filled = desk.get(placed["id"])
    assert (filled["status"], filled["limit_price"], filled["price"]) == (
        "filled",
        50_000.0,
        49_000.0,
    )
    free, used = desk.balance("USDT")
    assert (free, used) == (pytest.approx(10_000 - 4_900 - 4.9), 0.0)


def test_a_volume_fills_in_parts(desk: Desk) -> None:
    """A market order takes what a tick offers, and goes on at the next."""
    desk.do("POST", "/balance/USDT/deposit", json={"amount": 100_000})
    desk.price(60_000.0, ask_volume=0.4, bid_volume=0.4)
    placed = desk.order("buy", 1.0)
    for _ in range(200):
        order = desk.get(placed["id"])
        if order["status"] != "new":
            break
    assert (order["status"], order["actual_filled"]) == ("partially_filled", 0.4)
    desk.price(60_001.0, ask_volume=5, bid_volume=5)
    filled = desk.get(placed["id"])
    assert (filled["status"], filled["actual_filled"]) == ("filled", 1.0)
    assert filled["price"] == pytest.approx((0.4 * 60_000 + 0.6 * 60_001) / 1.0)
