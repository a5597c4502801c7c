"""The examples as a user runs them: scripts in processes of their own, against a live server."""

import csv
import json
import re
import sys
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import pytest

from cxgame.client import CxClient
from cxgame.oracle import Tape, build, parse
from tests.support.processes import is_alive
from tests.support.programs import ROOT, Program, Server, run

EXAMPLES = ROOT / "examples"
ARENA = EXAMPLES / "arena.py"
BOTS = ["random_bot.py", "market_maker.py", "book_bot.py"]
# A lively market in which everybody finds somebody to trade with: the house.
LIVELY = ("--oracle", "gbm:volatility=20", "--tick-interval", "0.1", "--liquidity", "house")
CENT = Decimal("0.01")


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    """A game that lasts until it is stopped."""
    with Server(tmp_path, *LIVELY, "--seed", "7") as running:
        yield running


def told(server: Server, user: str, **more: str) -> dict[str, str]:
    """What a bot is told through its environment."""
    return {
        "CXGAME_URI": server.uri,
        "CXGAME_FEED_URI": server.feed_uri,
        "CXGAME_USER": user,
        "CXGAME_TOKEN": f"{sum(user.encode()):064x}",
        "CXGAME_SEED": "5",
        **more,
    }


def started(server: Server, name: str, user: str = "anna", **more: str) -> Program:
    """An example, playing on a server."""
    script = EXAMPLES / name
    return Program(server.folder, sys.executable, script, **told(server, user, **more))


# Bots


def test_the_first_bot_says_what_it_did(server: Server) -> None:
    """It enters, reads the price, orders, looks, cancels, and ends."""
    done = run(server.folder, sys.executable, EXAMPLES / "hello_bot.py", **told(server, "anna"))
    assert done.returncode == 0, done.stdout
    told_in_order = ["Registered", "market price is ", "Buy order placed.", "Somebody bids"]
    told_in_order += ["is open", "Order cancelled and removed.", "'total': '10000.00'"]
    places = [done.stdout.find(text) for text in told_in_order]
    assert places == sorted(places), done.stdout
    assert places[0] >= 0, done.stdout


@pytest.mark.ci
def test_the_first_bot_says_when_nobody_is_there(tmp_path: Path) -> None:
    """Without a server the reader learns what to do."""
    nowhere = {"CXGAME_URI": "ws://127.0.0.1:9"}
    done = run(tmp_path, sys.executable, EXAMPLES / "hello_bot.py", **nowhere)
    assert done.returncode == 1
    assert "make start" in done.stdout
    assert "Traceback" not in done.stdout


@pytest.mark.ci
@pytest.mark.parametrize("name", BOTS)
def test_a_bot_that_finds_nobody_says_so(tmp_path: Path, name: str) -> None:
    """One line, and no traceback."""
    nowhere = {"CXGAME_URI": "ws://127.0.0.1:9", "CXGAME_FEED_URI": "ws://127.0.0.1:9"}
    done = run(tmp_path, sys.executable, EXAMPLES / name, **nowhere)
    assert done.returncode == 1
    assert done.stdout.strip() == "Nothing listens at ws://127.0.0.1:9."


@pytest.mark.ci
def test_the_random_bot_does_everything_and_ends_with_the_game(tmp_path: Path) -> None:
    """All five kinds of action work, and the end of the game is the end of the bot."""
    with Server(tmp_path, *LIVELY, "--time-limit", "12") as server:
        with started(server, "random_bot.py") as bot:
            bot.until_said("I am anna.")
            assert bot.wait() == 0, bot.said
        assert server.wait() == 0, server.said
    for action in ("Buy", "Sell", "Market buy", "Market sell"):
        assert f"{action} order placed." in bot.said
    assert "Order cancelled and removed." in bot.said


@pytest.mark.ci
def test_a_seed_makes_the_random_bot_repeat_itself(tmp_path: Path) -> None:
    """On a market that stands still the same seed makes the same decisions, another others."""
    seen = []
    for number, seed in enumerate(("5", "5", "6")):
        folder = tmp_path / str(number)
        folder.mkdir()
        with Server(folder, "--liquidity", "house") as server:
            with started(server, "random_bot.py", CXGAME_SEED=seed) as bot:
                bot.until_said("\n", times=9)
                seen.append(bot.said.splitlines()[1:8])
    assert seen[0] == seen[1]
    assert seen[0] != seen[2]


def test_the_market_maker_quotes_both_sides(server: Server) -> None:
    """It has an order on each side of the price, which it renews as the market moves."""
    spectator = CxClient("eve", uri=server.uri)
    with started(server, "market_maker.py") as bot:
        bot.until_said(" / ", times=4)
        assert spectator.r("register")
        price: Decimal = spectator.r("price").data
        orders = [row for row in spectator.r("all_orders").data if row["user"] == "anna"]
    quotes = re.findall(r"^([0-9.]+) / ([0-9.]+),", bot.said, re.MULTILINE)
    assert len(set(quotes)) > 1, "the market has moved"
    assert all(Decimal(bid) < Decimal(ask) for bid, ask in quotes)
    assert len(orders) <= 2
    for row in orders:
        assert abs(Decimal(row["price"]) - price) < price / 10
        assert row["quantity"].startswith("0.2")


@pytest.mark.ci
@pytest.mark.parametrize("name", BOTS[1:])
def test_a_maker_ends_with_the_game(tmp_path: Path, name: str) -> None:
    """When time is up it leaves, with status 0."""
    with Server(tmp_path, *LIVELY, "--time-limit", "3") as server:
        with started(server, name) as bot:
            assert bot.wait() == 0, bot.said
    assert " / " in bot.said


@pytest.mark.ci
def test_the_book_bot_hears_of_its_fills(tmp_path: Path) -> None:
    """Those who take its quotes are told of on the spot, and it goes on quoting."""
    with Server(tmp_path, *LIVELY, "--time-limit", "10") as server:
        with started(server, "book_bot.py") as bot, started(server, "random_bot.py", "bob"):
            assert bot.wait() == 0, bot.said
    assert " as maker" in bot.said
    assert len(set(re.findall(r"^[0-9.]+ / [0-9.]+", bot.said, re.MULTILINE))) > 1


@pytest.mark.ci
@pytest.mark.parametrize("name", BOTS)
def test_bots_go_on_after_a_crash_of_the_server(tmp_path: Path, name: str) -> None:
    """A server that is killed and started again finds its bots at work, without new money."""
    flags = (*LIVELY, "--data-dir", "data")
    with Server(tmp_path, *flags) as server, started(server, name) as bot:
        bot.until_said("placed." if name == BOTS[0] else " / ")
        ports = server.ports
        server.kill()
        fixed = ("--exchange-port", str(ports["exchange"]), "--feed-port", str(ports["feed"]))
        with Server(tmp_path, *flags, *fixed, CXGAME_ADMIN_SECRET="open sesame") as again:
            lines = len(bot.said.splitlines())
            bot.until(lambda: len(bot.said.splitlines()) >= lines + 6, "to go on")
            organiser = CxClient(uri=again.uri)
            assert organiser.r("audit", "open sesame").data["violations"] == []
            assert organiser.r("shutdown", "open sesame")
            assert again.wait() == 0, again.said
            assert bot.wait() == 0, bot.said


@pytest.mark.ci
def test_the_feed_reader_tells_the_whole_game(tmp_path: Path) -> None:
    """From the first contact to the standings, trades among them."""
    with Server(tmp_path, *LIVELY, "--time-limit", "8") as server:
        with started(server, "feed_reader.py") as reader, started(server, "random_bot.py"):
            assert reader.wait() == 0, reader.said
    assert reader.said.startswith("This is game main")
    for text in ("anna wants to", "BTC/USD: the market price is", "er took", "1. anna: "):
        assert text in reader.said
    assert "The game is closed now." in reader.said


# Servers


def ports_of(tmp_path: Path) -> dict[str, str]:
    """Addresses on which nothing listens: those of a server that has gone."""
    with Server(tmp_path) as server:
        return {"CXGAME_URI": server.uri, "CXGAME_FEED_URI": server.feed_uri}


@pytest.mark.ci
@pytest.mark.parametrize("name", ["server.py", "exchange_and_feed.py"])
def test_a_server_from_python(tmp_path: Path, name: str) -> None:
    """Both kinds serve exchange and feed until Ctrl-C, and take their Valkey along."""
    here = {**ports_of(tmp_path), "CXGAME_HTTP_PORT": "0"}
    with Program(tmp_path, sys.executable, EXAMPLES / name, **here) as program:
        program.until_said("state    cxgame-data, durability: always")
        hello = run(tmp_path, sys.executable, EXAMPLES / "hello_bot.py", **here)
        assert hello.returncode == 0, hello.stdout
        with Program(tmp_path, sys.executable, EXAMPLES / "feed_reader.py", **here) as reader:
            reader.until_said("This is game main, which is open.")
        running = json.loads((tmp_path / "cxgame-data" / "valkey.json").read_text())
        assert program.interrupt() == 0, program.said
    assert "Traceback" not in program.said
    assert not is_alive(running["valkey_pid"])


@pytest.mark.parametrize(
    ("variable", "setting"), [("CXGAME_HTTP_PORT", "http_port"), ("CXGAME_SYMBOL", "symbol")]
)
def test_a_server_from_python_says_which_setting_is_wrong(
    tmp_path: Path, variable: str, setting: str
) -> None:
    """One line, and no traceback."""
    done = run(tmp_path, sys.executable, EXAMPLES / "server.py", **{variable: "x"})
    assert done.returncode == 1
    assert done.stdout.startswith(f"{setting} (keyword) must be ")
    assert done.stdout.endswith(", not 'x'\n")


# The arena

PROBE = """
import asyncio
from cxgame.client import CxClient, CxFeedReader
from cxgame.config import bot_environment

async def main():
    env = bot_environment()
    async with CxClient(env.user, token=env.token, uri=env.uri) as cx:
        await cx.register()
        async with CxFeedReader(env.feed_uri, after=0) as feed:
            async for event in feed:
                if event["type"] == "info" and "user" in event:
                    print("seat", event["user"])

asyncio.run(main())
"""


def table(path: Path) -> list[dict[str, str]]:
    """The rows of a CSV file."""
    with path.open(newline="") as file:
        return list(csv.DictReader(file))


@pytest.mark.ci
def test_the_arena_plays_fair_heats(tmp_path: Path) -> None:
    """Two heats on the same prices, the seats rotated, mean and spread of the gains as CSV."""
    (tmp_path / "probe.py").write_text(PROBE)
    words = ["--heats", "2", "--seconds", "3", "--seed", "11", "--tick-interval", "0.2"]
    words += ["--keep", "kept", "--out", "table.csv", str(EXAMPLES / "random_bot.py"), "probe.py"]
    done = run(tmp_path, sys.executable, ARENA, *words)
    assert done.returncode == 0, done.stdout

    seats = [(tmp_path / f"kept/heat-{heat}/probe.log").read_text() for heat in (1, 2)]
    assert seats == ["seat random_bot\nseat probe\n", "seat probe\nseat random_bot\n"]

    tapes = [table(tmp_path / f"kept/heat-{heat}/tape.csv") for heat in (1, 2)]
    played = min(map(len, tapes))
    assert played >= 5
    assert tapes[0][:played] == tapes[1][:played] == tape_of(11, 0.2, played)
    assert "All heats saw the same" in done.stdout

    rows = table(tmp_path / "table.csv")
    assert {row["bot"] for row in rows} == {"random_bot", "probe"}
    for row in rows:
        first, second = Decimal(row["gain_1"]), Decimal(row["gain_2"])
        assert row["heats"] == "2"
        assert row["crashed"] == "0"
        assert abs(Decimal(row["mean_gain"]) - (first + second) / 2) <= CENT
        # Of two values the deviation is their distance over the root of two.
        assert abs(Decimal(row["spread_gain"]) - abs(first - second) / Decimal(2).sqrt()) <= CENT
    means = [Decimal(row["mean_gain"]) for row in rows]
    assert means == sorted(means, reverse=True), "the best comes first"
    for heat in ("gain_1", "gain_2"):
        total = sum((Decimal(row[heat]) for row in rows), Decimal(0))
        assert abs(total) <= 2 * CENT, "what one wins, another loses"


def tape_of(seed: int, interval_s: float, length: int) -> list[dict[str, str]]:
    """The prices of a seed, after tick 0, which is there before anybody."""
    tape = Tape(build(parse("gbm:volatility=10"), "BTC/USD", seed, interval_s))
    quotes = [tape.next() for _ in range(length)]
    texts = [str(quote.bid.quantize(CENT)) for quote in quotes]
    return [{"symbol": "BTC/USD", "bid": text, "ask": text} for text in texts]


@pytest.mark.ci
def test_the_arena_outlives_its_bots(tmp_path: Path) -> None:
    """Whoever crashes before or during the game is counted; the others play on."""
    (tmp_path / "dead.py").write_text("raise SystemExit('I never was')")
    enter = PROBE.replace("await cx.register()", "await cx.register(); 1 / 0")
    (tmp_path / "short.py").write_text(enter)
    words = ["--heats", "1", "--seconds", "2", "--house", "maker"]
    bots = ["dead.py", "short.py", str(EXAMPLES / "random_bot.py"), "dead.py"]
    done = run(tmp_path, sys.executable, ARENA, *words, *bots)
    assert done.returncode == 0, done.stdout
    assert "dead crashed: I never was" in done.stdout
    assert "ZeroDivisionError" in done.stdout
    rows = {row["bot"]: row for row in table(tmp_path / "results.csv")}
    assert rows.keys() == {"dead", "dead-2", "short", "random_bot"}
    assert {name for name, row in rows.items() if row["crashed"] == "1"} == {
        "dead",
        "dead-2",
        "short",
    }
    assert rows["dead"]["mean_gain"] == "0.00"
    assert Decimal(rows["dead"]["mean_equity"]) > 10_000


def test_the_arena_says_what_the_server_refuses(tmp_path: Path) -> None:
    """A price source that is none ends the competition with the server's own words."""
    done = run(tmp_path, sys.executable, ARENA, "--oracle", "tea", EXAMPLES / "random_bot.py")
    assert done.returncode == 1
    assert "tea" in done.stdout
    assert "Traceback" not in done.stdout
    assert not (tmp_path / "results.csv").exists()


def test_the_arena_explains_itself(tmp_path: Path) -> None:
    """`--help` names every option, and a bot that is not there is one line."""
    shown = run(tmp_path, sys.executable, ARENA, "--help").stdout
    options = set(re.findall(r'"(--[a-z-]+)"', ARENA.read_text()))
    assert len(options) >= 8
    assert all(option in shown for option in options)
    missing = run(tmp_path, sys.executable, ARENA, "nobody.py")
    assert missing.returncode == 2
    assert "there is no file nobody.py" in missing.stdout
