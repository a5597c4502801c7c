"""What an editor and mypy know of the client: a strict check of a bot, and of its mistakes."""

import re
import sys
from pathlib import Path

import pytest

from tests.support.programs import ROOT, run

RIGHT = """
from decimal import Decimal
from typing import assert_type

from cxgame.client import AccountEvent, Book, CxClient, CxFeedReader, Level, Listener, LiveBook
from cxgame.client import OrderRow, Response, Stream, Wallet


async def main(cx: CxClient) -> None:
    answer = await cx.order(
        "sell", "limit", "900", 1, trigger="trailing", trail_percent=0.5, trigger_by="mid"
    )
    assert_type(answer, Response)
    if answer.limits is not None and answer.limits["rate"] is not None:
        assert_type(answer.limits["rate"]["remaining"], int)
    assert_type(cx.executions(), Stream[AccountEvent])
    async for event in cx.executions():
        if event["type"] == "execution":
            assert_type(event["order"], OrderRow)
            if event["event"] == "filled" and "fill" in event:
                assert_type(event["fill"]["fee"], str)
        elif event["type"] == "gap":
            assert_type(event["missed"], int)
    async for trade in cx.stream("trades", symbol="BTC/USD"):
        if trade["type"] == "match":
            assert_type(trade["message"]["price"], str)
    async for mixed in cx.stream("depth", "candles", timeframe="1m"):
        if mixed["type"] == "candle":
            assert_type(mixed["closed"], bool)
    async with cx.live_book() as book, cx.live_account() as account:
        assert_type(book, LiveBook)
        assert_type(book.best_bid, Level | None)
        assert_type(book.cost("buy", "1.5"), Decimal | None)
        assert_type(account.wallets["USD"], Wallet)
        assert_type(account.order(cid="mine"), OrderRow | None)
    async with CxFeedReader(channels=["depth"]) as feed:
        assert_type([event["type"] async for event in feed] != [], bool)


def callbacks(cx: CxClient, book: Book) -> None:
    def follow(event: AccountEvent) -> None:
        if event["type"] == "wallets":
            assert_type(event["wallets"]["USD"]["free"], str)

    assert_type(cx.on("executions", follow), Listener[AccountEvent])
    cx.on("depth", book.apply, symbol="BTC/USD")
    assert_type(cx.r("order", "buy", "limit", 900, 1), Response)
"""

# A line each, and a word of what mypy says of it.
WRONG = {
    'await cx.order("bid", "limit", 1, 1)': "arg-type",
    'await cx.order("buy", "limit", 1, 1, time_in_force="gct")': "arg-type",
    'await cx.order("buy", "limit", 1, 1, trigger="stop_loss")': "arg-type",
    'await cx.order("buy", "limit", 1, 1, triger="stop")': "call-arg",
    'await cx.validate("buy", "limit", 1, 1, trigger_by="oracle")': "arg-type",
    'await cx.candles(interval="2m")': "arg-type",
    'cx.stream("gossip")': "call-overload",
    'cx.stream("candles", timeframe="7m")': "call-overload",
    'cx.live_book().cost("long", 1)': "arg-type",
}


@pytest.mark.ci
def test_a_bot_is_checked_strictly(tmp_path: Path) -> None:
    """A right one passes; each mistake in a wrong one is found, and nothing else."""
    right, wrong = tmp_path / "right.py", tmp_path / "wrong.py"
    right.write_text(RIGHT)
    head = "from cxgame.client import CxClient\n\n\nasync def main(cx: CxClient) -> None:\n"
    wrong.write_text(head + "".join(f"    {line}\n" for line in WRONG))
    mypy = (sys.executable, "-m", "mypy", "--strict", "--config-file", "", "--cache-dir", tmp_path)
    done = run(ROOT, *mypy, right)
    assert done.returncode == 0, done.stdout
    done = run(ROOT, *mypy, wrong)
    found = re.findall(r"wrong\.py:(\d+): error:.*\[(.+)\]$", done.stdout, re.MULTILINE)
    assert [kind for _, kind in found] == list(WRONG.values()), done.stdout
