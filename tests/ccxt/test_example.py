"""The example for ccxt, as a user runs it."""

import re
import runpy
import sys
from decimal import Decimal
from pathlib import Path
from typing import Any

import ccxt
import pytest

from tests.support.pages import Page
from tests.support.programs import ROOT, Server, run

PAGE = Page("docs/ccxt.md")
BOT = ROOT / "examples" / "ccxt_bot.py"


def test_it_quotes_around_the_book_and_leaves_nothing_behind(venue: Any, tmp_path: Path) -> None:
    """Two rounds: an order on each side in both, and none at the end."""
    maker, key = venue.player(), venue.key()
    maker.create_order("BTC/USDT", "limit", "buy", Decimal("0.1"), 999)
    maker.create_order("BTC/USDT", "limit", "sell", Decimal("0.1"), 1001)
    where = {"CXGAME_HTTP_URI": f"http://127.0.0.1:{venue.ports['http']}"}
    chosen = {"CCXT_SYMBOL": "BTC/USDT", "CCXT_ROUNDS": "2", "CCXT_KEY": key}
    done = run(tmp_path, sys.executable, BOT, **where, **chosen)
    assert done.returncode == 0, done.stdout
    assert (
        re.findall(r"^(buy|sell) order \d+ at ", done.stdout, re.MULTILINE) == ["buy", "sell"] * 2
    )
    player = venue.player(key)
    assert player.fetch_open_orders() == []
    assert len(player.fetch_closed_orders()) == 4


def test_without_a_key_it_becomes_a_player(venue: Any, tmp_path: Path) -> None:
    """As somebody does who only wants to look."""
    where = {"CXGAME_HTTP_URI": f"http://127.0.0.1:{venue.ports['http']}"}
    done = run(tmp_path, sys.executable, BOT, **where, CCXT_SYMBOL="BTC/USDT", CCXT_ROUNDS="1")
    assert (done.returncode, "I am ccxt-" in done.stdout) == (0, True), done.stdout


@pytest.mark.parametrize("wanted", [{}, {"CXGAME_SYMBOL": "ETH/USDT"}])
def test_the_market_is_the_one_named_or_else_the_first(
    venue: Any, tmp_path: Path, wanted: dict[str, str]
) -> None:
    """So that it plays on every game as the page starts one."""
    maker, key = venue.player(), venue.key()
    for side, price in (("buy", 999), ("sell", 1001)):
        for symbol in ("BTC/USDT", "ETH/USDT"):
            maker.create_order(symbol, "limit", side, Decimal("0.1"), price)
    where = {"CXGAME_HTTP_URI": f"http://127.0.0.1:{venue.ports['http']}"}
    done = run(tmp_path, sys.executable, BOT, **where, **wanted, CCXT_ROUNDS="1", CCXT_KEY=key)
    assert done.returncode == 0, done.stdout
    played = {order["symbol"] for order in venue.player(key).fetch_closed_orders(limit=10)}
    assert played == {wanted.get("CXGAME_SYMBOL", "BTC/USDT")}


def test_the_page_starts_a_game_on_which_it_plays(tmp_path: Path) -> None:
    """The flags and the bot as the page prints them, without a word in the environment."""
    started = next(line for line in PAGE.blocks("bash")[0].splitlines() if "cxgame --" in line)
    flags = started.partition("#")[0].split()[1:]
    with Server(tmp_path, *flags, "--seed", "1") as server:
        where = {"CXGAME_HTTP_URI": f"http://127.0.0.1:{server.ports['http']}"}
        done = run(tmp_path, sys.executable, BOT, **where, CCXT_ROUNDS="1")
    assert (done.returncode, "I am ccxt-" in done.stdout) == (0, True), done.stdout


def test_no_such_market_and_no_such_exchange_are_a_sentence(venue: Any, tmp_path: Path) -> None:
    """The last line says it, with status 1; there is no traceback."""
    where = {"CXGAME_HTTP_URI": f"http://127.0.0.1:{venue.ports['http']}"}
    nowhere = {"CXGAME_HTTP_URI": "http://127.0.0.1:9"}
    for told, words in (
        ({**where, "CCXT_SYMBOL": "DOGE/USDT"}, "There is no market DOGE/USDT."),
        (nowhere, "No exchange answers: cxgame POST http://127.0.0.1:9/"),
    ):
        done = run(tmp_path, sys.executable, BOT, **told, CCXT_ROUNDS="1")
        assert (done.returncode, "Traceback" in done.stdout) == (1, False), done.stdout
        assert done.stdout.splitlines()[-1].startswith(words)


@pytest.mark.parametrize("name", ["cxgame", "binance", "kraken", "bybit", "okx"])
def test_every_method_that_it_calls_is_there_and_elsewhere(name: str) -> None:
    """So that the one line is all there is to change."""
    import cxgame.ccxt  # noqa: F401 registers it

    exchange = getattr(ccxt, name)()
    called = re.findall(r"exchange\.((?:fetch|create|cancel)_\w+)\(", BOT.read_text())
    assert len(set(called)) >= 4
    for method in called:
        first, *rest = method.split("_")
        camel = first + "".join(word.capitalize() for word in rest)
        known = exchange.has.get(camel)
        assert known is True or (camel == "cancelAllOrders" and known is not None), camel


@pytest.mark.parametrize("name", ["binance", "kraken", "bybit", "okx", "coinbase"])
def test_one_line_makes_it_a_bot_for_another_exchange(name: str, tmp_path: Path) -> None:
    """The same file but for the id makes the class of that exchange; there is no way to ask it."""
    text = BOT.read_text()
    line = 'EXCHANGE = "cxgame"'
    assert len(re.findall(rf"^{line}", text, re.MULTILINE)) == 1
    other = tmp_path / "other_bot.py"
    other.write_text(text.replace(line, f'EXCHANGE = "{name}"'))
    bot = runpy.run_path(str(other))
    exchange = getattr(bot["ccxt"], bot["EXCHANGE"])(bot["config"]())
    assert (exchange.id, exchange.urls["api"]) == (name, getattr(ccxt, name)().urls["api"])
    assert bot["cxgame"].ccxt.ID not in str(exchange.urls)
