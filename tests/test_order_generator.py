"""The order generator in `examples/`, as its user runs it: a process, against a stand-in server."""

import json
import re
import signal
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.mockx.standin import Answer, Asked, StandIn
from tests.support.pages import Page
from tests.support.programs import ROOT, Program, run
from tests.support.small_exchange import SmallExchange

FOLDER = ROOT / "examples" / "order-generator"
SCRIPT = FOLDER / "order_generator.py"
OPTIONS = (FOLDER / "options.py").read_text(encoding="utf-8")
QUICK = {"RATE": "1000", "SETTLE_SEC": "0"}


class Place:
    """An exchange, and the generator set up for it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.exchange = SmallExchange(BTC_USDT=60_000.0, ETH_USDT=3_000.5, DOGE_EUR=0.125)
        self.server = StandIn(self.exchange.answer)

    def variables(self, **more: str) -> dict[str, str]:
        """What it is told through its environment."""
        return {"API_URL": self.server.url, "API_KEY": "k", **QUICK, **more}

    def run(self, *flags: str, **more: str) -> str:
        """A run that ends well; what it said."""
        done = run(self.folder, sys.executable, SCRIPT, *flags, **self.variables(**more))
        assert done.returncode == 0, done.stdout
        return done.stdout

    def placed(self) -> list[dict[str, Any]]:
        """The orders that were asked for."""
        return [json.loads(each.body) for each in self.asked("POST", "/orders")]

    def asked(self, method: str, target: str) -> list[Asked]:
        """The requests of a kind."""
        return [
            each for each in self.server.asked if (each.method, each.target) == (method, target)
        ]


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Place]:
    """With the server running."""
    place = Place(tmp_path)
    with place.server:
        yield place


# What it sends


def test_it_sends_what_it_says_and_sums_it_up(place: Place) -> None:
    """As many orders as asked for; statuses, fees and equity are the exchange's."""
    said = place.run("--reset", "--orders", "40", "--seed", "7", "--progress", "0")
    orders = place.placed()
    assert len(orders) == 40
    assert "40 orders to " in said
    assert said.count("/40 (") == 41, "after each, and at the end"
    assert "40/40 (100%): 40 placed, 0 of them rejected, 0 failed, 0 skipped" in said
    summary = said.partition("Summary: 40 of 40 orders placed")[2]
    statuses = Counter(each["status"] for each in place.exchange.orders)
    assert statuses.keys() == {"filled", "new"}
    for status, count in statuses.items():
        assert re.search(rf"^  {status} +{count}$", summary, re.MULTILINE)
    fees = sum(
        each["actual_fee"] for each in place.exchange.orders if each["fee_currency"] == "USDT"
    )
    assert f"{fees:.2f} USDT" in summary
    assert f"equity              100000.00 -> {place.exchange.free['USDT']:.2f} (" in summary


def test_orders_are_as_the_options_say(place: Place) -> None:
    """Markets, worth, limits near the price; nothing is sold that is not held."""
    said = place.run(
        "--reset", "--orders", "60", "--symbols", "BTC/USDT,DOGE/EUR", SEED="3",
        MIN_CASH="20", MAX_CASH="30", LIMIT_DISTANCE="0.1",
    )  # fmt: skip
    orders = place.placed()
    assert {each["symbol"] for each in orders} == {"BTC/USDT", "DOGE/EUR"}
    assert {each["side"] for each in orders} == {"buy", "sell"}
    assert {each["type"] for each in orders} == {"market", "limit"}
    for order in orders:
        price = place.exchange.prices[order["symbol"]]
        limit = order.get("limit_price", price)
        assert abs(limit / price - 1) <= 0.1 + 1e-5
        assert ("limit_price" in order) == (order["type"] == "limit")
        assert 19.99 <= order["amount"] * max(limit, price) <= 30.01
    assert " 0 of them rejected" in said


@pytest.mark.parametrize(("share", "kinds"), [("0", {"market"}), ("1", {"limit"})])
def test_the_share_of_limit_orders(place: Place, share: str, kinds: set[str]) -> None:
    """None, or all of them."""
    place.run("--reset", "--orders", "15", "--limit-share", share)
    assert {each["type"] for each in place.placed()} == kinds


def test_a_seed_repeats_a_run(place: Place) -> None:
    """Order by order; another seed is another run, and one that is drawn is shown."""
    runs = []
    for flags in (["--seed", "5"], ["--seed", "5"], ["--seed", "6"], []):
        before = len(place.placed())
        said = place.run("--reset", "--orders", "12", *flags)
        runs.append(place.placed()[before:])
    assert runs[0] == runs[1] != runs[2]
    drawn = re.search(r"seed (\d+)$", said, re.MULTILINE)
    assert drawn is not None
    place.run("--reset", "--orders", "12", SEED=drawn[1])
    assert place.placed()[-12:] == runs[3]


def test_without_funds_it_skips(place: Place) -> None:
    """And says so."""
    said = place.run("--orders", "5")
    assert place.placed() == []
    assert re.search(r"skipped +5 without the funds", said)


def test_every_request_carries_the_key(place: Place) -> None:
    """Which it never shows."""
    said = place.run("--reset", "--orders", "2", API_KEY="hush-hush")
    assert {each.headers["x-api-key"] for each in place.server.asked} == {"hush-hush"}
    assert "hush-hush" not in said


# Reset


def test_reset_clears_and_funds_first(place: Place) -> None:
    """Each asset that the markets are quoted in, before anything is ordered."""
    place.exchange.free = {"BTC": 7.0}
    place.run("--reset", "--orders", "1", "--fund", "5000.5", "--symbols", "ETH/USDT,DOGE/EUR")
    changes = [each for each in place.server.asked if each.method != "GET"]
    assert [f"{each.method} {each.target}" for each in changes] == [
        "DELETE /admin/data",
        "POST /admin/fund",
        "POST /admin/fund",
        "POST /orders",
    ]
    assert [json.loads(each.body) for each in changes[1:3]] == [
        {"asset": "EUR", "amount": 5000.5},
        {"asset": "USDT", "amount": 5000.5},
    ]


def test_without_reset_it_goes_on_with_what_is_there(place: Place) -> None:
    """Nothing is cleared and nothing paid in; orders of before are not counted."""
    place.exchange.free = {"USDT": 1000.0}
    place.run("--orders", "3")
    said = place.run("--orders", "2", "--limit-share", "0", "--symbols", "BTC/USDT")
    assert {each.method for each in place.server.asked} == {"GET", "POST"}
    assert place.asked("POST", "/admin/fund") == []
    assert re.search(r"filled +2$", said, re.MULTILINE)


# Its end


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_it_with_the_summary(place: Place, number: signal.Signals) -> None:
    """Cleanly, with status 0, whatever was still to be sent."""
    flags = ("--reset", "--orders", "1000", "--rate", "20", "--progress", "0", "--settle", "60")
    words = (sys.executable, SCRIPT, *flags)
    log = place.folder / "log"
    with Program(place.folder, *words, log=log, **place.variables()) as generator:
        generator.until_said("/1000 (", 3)
        generator.process.send_signal(number)
        assert generator.wait() == 0
    assert "told to stop" in generator.said
    sent = len(place.placed())
    assert 3 <= sent < 1000
    assert f"Summary: {sent} of 1000 orders placed" in generator.said
    assert re.search(r"equity +100000.00 -> ", generator.said)
    assert "Traceback" not in generator.said


def test_it_waits_for_market_orders(place: Place) -> None:
    """Those that the exchange executes later are counted as what they become."""
    looks = 0

    def answer(asked: Asked) -> Answer:
        """Each order is filled when it was looked at for the third time."""
        nonlocal looks
        if asked.target == "/orders/list?tail=0&status=new":
            looks += 1
        if looks < 3 and "/orders/list" in asked.target:
            return 200, json.dumps({"orders": [each["id"] for each in place.exchange.orders]})
        return place.exchange.answer(asked)

    with StandIn(answer) as slow:
        said = place.run(
            "--reset", "--orders", "2", "--limit-share", "0", API_URL=slow.url, SETTLE_SEC="60"
        )
    assert looks == 3
    assert re.search(r"filled +2$", said, re.MULTILINE)


# Trouble


def test_a_refused_order_is_counted(place: Place) -> None:
    """It goes on with the next, and tells the last reason."""
    place.exchange.free = {"USDT": 1000.0}
    place.exchange.refuses["POST orders"] = (400, '{"error":"no","detail":"no","code":"X"}')
    said = place.run("--orders", "7", "--symbols", "BTC/USDT")
    assert re.search(r"failed +7, at last: HTTP 400: no$", said, re.MULTILINE)
    assert "Summary: 0 of 7 orders placed" in said


def failed(place: Place, *flags: str, **more: str) -> tuple[int, str]:
    """A run that does not end well: status and what it said."""
    done = run(place.folder, sys.executable, SCRIPT, *flags, **place.variables(**more))
    assert "Traceback" not in done.stdout
    return done.returncode, done.stdout


def test_an_exchange_that_is_not_there_is_a_line(place: Place) -> None:
    """With status 1."""
    status, said = failed(place, API_URL="http://127.0.0.1:9")
    assert status == 1
    assert "order generator: cannot reach http://127.0.0.1:9: " in said


def test_an_exchange_that_goes_away_is_given_up(place: Place) -> None:
    """After five orders without an answer, with what is known for a summary."""

    def answer(asked: Asked) -> Answer:
        if len(gone.asked) > 15:
            raise ConnectionAbortedError
        return place.exchange.answer(asked)

    with StandIn(answer) as gone:
        status, said = failed(place, "--reset", "--orders", "500", API_URL=gone.url)
    assert status == 1
    assert "giving up: cannot reach" in said
    assert re.search(r"unknown +what became of them: ", said)
    assert re.search(r"failed +5, at last: ", said)


def test_a_key_that_is_not_accepted_is_a_line(place: Place) -> None:
    """In the exchange's words."""
    place.exchange.refuses["GET tickers"] = (401, '{"error":"Wrong key.","detail":"Wrong key."}')
    status, said = failed(place)
    assert status == 1
    assert said.endswith("order generator: HTTP 401: Wrong key.\n")


def test_an_unknown_market_is_a_line(place: Place) -> None:
    """Before anything is cleared."""
    status, said = failed(place, "--reset", "--symbols", "BTC/USDT,X/Y")
    assert (status, "there is no market X/Y" in said) == (1, True)
    assert {each.method for each in place.server.asked} == {"GET"}


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("ORDERS", "0"),
        ("ORDERS", "100001"),
        ("ORDERS", "1.5"),
        ("RATE", "fast"),
        ("RATE", "NaN"),
        ("SYMBOLS", "BTC"),
        ("LIMIT_SHARE", "2"),
        ("MIN_CASH", "-1"),
        ("MIN_CASH", "600"),
        ("SEED", "-1"),
        ("API_URL", "localhost"),
        ("API_KEY", "two words"),
    ],
)
def test_an_option_that_makes_no_sense_is_a_line(place: Place, variable: str, value: str) -> None:
    """With status 2, and nothing is asked; the key is not shown."""
    status, said = failed(place, **{variable: value})
    assert status == 2
    assert said.startswith(f"order generator: {variable} must ")
    assert said.count("\n") == 1
    assert variable != "API_KEY" or value not in said
    assert place.server.asked == []


# Options and pages


def test_flags_come_before_the_environment_and_that_before_dotenv(place: Place) -> None:
    """The file lies beside the program, not where it is started."""
    copy = place.folder / "copy"
    copy.mkdir()
    for file in FOLDER.glob("*.py"):
        (copy / file.name).write_text(file.read_text())
    (copy / ".env").write_text('ORDERS=3\nRATE=9\nSEED="4" # four\nSYMBOLS=\n')
    shown = run(
        place.folder, sys.executable, copy / SCRIPT.name, "--rate", "500",
        API_URL=place.server.url, ORDERS="2",
    )  # fmt: skip
    assert shown.stdout.splitlines()[0].endswith(", 500 a second, seed 4")
    assert shown.stdout.startswith("2 orders to ")


def defaults() -> dict[str, str]:
    """Each variable's default, from the table in the program."""
    code = "from options import OPTIONS; import json; print(json.dumps({o.variable: o.default for o in OPTIONS.values()}))"  # noqa: E501
    done = run(FOLDER, sys.executable, "-c", code, PYTHONDONTWRITEBYTECODE="1")
    found: dict[str, str] = json.loads(done.stdout)
    return found


def test_the_example_environment_changes_nothing() -> None:
    """It holds every variable with its default."""
    lines = (FOLDER / ".env.example").read_text(encoding="utf-8").splitlines()
    given = dict(line.split("=", 1) for line in lines if line and not line.startswith("#"))
    assert given == defaults()


def test_the_page_explains_every_option(tmp_path: Path) -> None:
    """Variable, flag and default; the help names the flags as well."""
    page = Page("examples/order-generator/README.md")
    assert page.dead_links() == []
    shown = run(tmp_path, sys.executable, SCRIPT, "--help").stdout
    rows = re.findall(r"^\| `([A-Z_]+)` \| (`--[a-z-]+`)? ?\| ([^|]+) \|", page.text, re.MULTILINE)
    assert {variable for variable, _, _ in rows} == defaults().keys()
    for variable, flag, default in rows:
        assert default.strip("`") == (defaults()[variable] or "drawn and shown")
        assert (flag == "") == (variable == "API_KEY")
        assert f"{flag.strip('`')} {variable}" in shown or not flag
    assert "--reset" in shown
    assert "--api-key" not in shown


def test_every_example_is_in_the_overview() -> None:
    """Programs and folders, and links that lead somewhere."""
    page = Page("examples/README.md")
    assert page.dead_links() == []
    examples = page.path.parent
    names = {path.name for path in examples.glob("*.py")}
    names |= {f"{path.name}/" for path in examples.iterdir() if (path / "README.md").exists()}
    assert names == set(re.findall(r"\[`([a-z_-]+(?:\.py|/))`\]", page.text))


def test_it_needs_no_package(place: Place) -> None:
    """The standard library suffices: it runs where nothing is installed."""
    words = (sys.executable, "-S", "-E", SCRIPT, "--reset", "--orders", "2")
    done = run(place.folder, *words, **place.variables())
    assert done.returncode == 0, done.stdout
