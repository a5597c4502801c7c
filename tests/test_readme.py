"""What the README tells to type works: every block of Python and shell, and every link.

Blocks run as they stand. Only what a reader has and a test has not is put in their place: the
server's address, an environment made by `make`, an hour of time.
"""

import csv
import re
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from cxgame.client import CxClient
from cxgame.wire.requests import COMMANDS
from tests.support.pages import Page, installed
from tests.support.programs import ROOT, Program, Server, run

README = Page("README.md")
ARCHITECTURE = Page("docs/architecture.md")
SECRET = "adminpassword123"
LIVELY = ("--oracle", "gbm:volatility=20", "--tick-interval", "0.1", "--liquidity", "house")


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server as the reader has one running: prices move, and there is somebody to trade with."""
    with Server(tmp_path_factory.mktemp("readme"), *LIVELY) as running:
        yield running


def python(folder: Path, text: str, server: Server) -> str:
    """Run a block of Python in a process of its own; what it printed."""
    for usual, actual in (
        ("ws://127.0.0.1:9877", server.uri),
        ("ws://127.0.0.1:9876", server.feed_uri),
        ("port=9877", "port=0"),
        ("port=9876", "port=0"),
        ("port=8000", "port=0"),
        ("time_limit=600", "time_limit=1"),
    ):
        text = text.replace(usual, actual)
    script = folder / "block.py"
    script.write_text(text)
    done = run(folder, sys.executable, script)
    assert done.returncode == 0, done.stdout
    return done.stdout


# Python


def test_the_first_bot_has_ten_lines() -> None:
    """It stands before any theory and is short."""
    first = README.blocks("python")[0]
    assert len([line for line in first.splitlines() if line]) <= 10
    assert README.text.index(first) < README.text.index("How it works")


def test_the_first_bot_works(tmp_path: Path, server: Server) -> None:
    """It registers, orders, cancels and buys."""
    printed = python(tmp_path, README.blocks("python")[0], server)
    for text in ("Registered", "Buy order placed.", "Order cancelled", "Market buy order placed."):
        assert text in printed


def test_watching_works(tmp_path: Path, server: Server) -> None:
    """The reader of the feed prints ten events, the first of which is the greeting."""
    printed = python(tmp_path, README.block("python", "CxFeedReader"), server).splitlines()
    assert len(printed) == 10
    assert printed[0].startswith("hello")


def test_a_server_from_python_works(tmp_path: Path, server: Server) -> None:
    """It serves until the time limit and leaves the standings, house bots among them."""
    python(tmp_path, README.block("python", "CxServer"), server)
    with (tmp_path / "cxgame-data" / "results" / "main.1.csv").open() as file:
        assert len(list(csv.DictReader(file))) == 4


def test_every_python_block_is_tested() -> None:
    """There are no others than the three above."""
    assert len(README.blocks("python")) == 3


# Shell


@pytest.fixture
def made(tmp_path: Path) -> dict[str, str]:
    """What `make` has made for the reader."""
    return installed(tmp_path)


def on_free_ports(folder: Path) -> dict[str, str]:
    """Variables that let a server listen on free ports of this computer, and say which."""
    faces = {f"CXGAME_{face}_PORT": "0" for face in ("EXCHANGE", "FEED", "HTTP")}
    return {**faces, "CXGAME_BIND": "127.0.0.1", "CXGAME_READY_FILE": str(folder / "ready.json")}


@pytest.mark.ci
def test_make_start(tmp_path: Path, made: dict[str, str]) -> None:
    """It starts an exchange whose state is kept and on which three bots register."""
    text = README.block("sh", "make start").strip()
    here = {**made, **on_free_ports(tmp_path), "CXGAME_TIME_LIMIT": "8"}
    with Program(ROOT, "sh", "-ec", text, log=tmp_path / "make.log", **here) as start:
        assert start.wait() == 0, start.said
    promised = README.blocks("text")[0].splitlines()
    assert {same(line) for line in promised} <= {same(line) for line in start.said.splitlines()}
    with (tmp_path / "data" / "results" / "main.1.csv").open() as file:
        assert len(list(csv.DictReader(file))) == 3


def same(line: str) -> str:
    """A line without what differs from start to start: numbers, the secret, places, the leader."""
    line = re.sub(r" --(feed-)?uri \S+|\S+/(?=cxgame )", "", line)
    line = re.sub(r"bot-\w+ leads", "bot leads", re.sub(r"\d+(\.\d+)?", "0", line))
    return re.sub(r"(this once: |state +)[^,]+", r"\1", line)


def test_make_test(made: dict[str, str]) -> None:
    """It runs the tests; here a small part of them, lest this one run itself."""
    text = README.block("sh", "make test").strip()
    done = run(ROOT, "sh", "-ec", text, **made, ARGS="tests/model/test_units.py")
    assert done.returncode == 0, done.stdout
    assert "passed" in done.stdout or "100%" in done.stdout


def test_a_class_is_hosted(tmp_path: Path, made: dict[str, str]) -> None:
    """The game that waits for a class starts, and obeys the organiser until the end."""
    here = {**made, **on_free_ports(tmp_path), "CXGAME_ADMIN_SECRET": SECRET}
    words = ("sh", "-ec", "exec " + README.block("sh", "--whitelist").strip())
    with Program(tmp_path, *words, log=tmp_path / "class.log", **here) as game:
        ports = game.until_ready(tmp_path / "ready.json")
        uri = f"ws://127.0.0.1:{ports['exchange']}"
        stranger = CxClient("mallory", uri=uri).r("register")
        assert stranger.code == "AUTH_NOT_LISTED"
        told = {**made, "CXGAME_URI": uri, "CXGAME_ADMIN_SECRET": SECRET}
        admin = run(tmp_path, "sh", "-ec", README.block("sh", "cxgame admin"), **told)
        assert admin.returncode == 0, admin.stdout
        assert admin.stdout.splitlines()[-1] == "Command accepted. Shutting down."
        assert game.wait() == 0, game.said


@pytest.mark.ci
def test_the_arena(tmp_path: Path, made: dict[str, str]) -> None:
    """The competition is held and leaves its table; here one heat of two seconds."""
    text = README.block("sh", "arena.py").replace("--heats 4", "--heats 1 --seconds 2")
    (tmp_path / "examples").symlink_to(ROOT / "examples")
    done = run(tmp_path, "sh", "-ec", text, **made)
    assert done.returncode == 0, done.stdout
    with (tmp_path / "results.csv").open() as file:
        assert {row["bot"] for row in csv.DictReader(file)} == {"random_bot", "market_maker"}


@pytest.mark.ci
def test_installing_without_make(tmp_path: Path, made: dict[str, str]) -> None:
    """The four lines leave a command `cxgame` that starts. What it needs is taken from here
    instead of from the network."""
    for name in ("cxgame", "setup.py", "pyproject.toml", "requirements.txt", "README.md"):
        source = ROOT / name
        assert run(tmp_path, "cp", "-R", source, tmp_path).returncode == 0
    needed = next(path for path in sys.path if path.endswith("site-packages"))
    text = README.block("sh", "setup.py install") + "cd /\ncxgame --version\ncommand -v cxgame\n"
    done = run(tmp_path, "bash", "-ec", text, PYTHONPATH=needed, PATH=made["PATH"])
    assert done.returncode == 0, done.stdout
    version, path = done.stdout.splitlines()[-2:]
    assert re.fullmatch(r"\d+\.\d+\.\d+", version)
    assert path == str(tmp_path / "venv" / "bin" / "cxgame")


def test_every_shell_block_is_tested() -> None:
    """There are no others than those above."""
    words = ("make start", "make test", "--whitelist", "cxgame admin", "arena.py", "setup.py")
    assert len(README.blocks("sh")) == len(words)
    assert {README.block("sh", word) for word in words} == set(README.blocks("sh"))


# The page


@pytest.mark.parametrize(
    "name",
    [
        "README.md",
        *(f"docs/{page}.md" for page in ("index", "tutorial", "architecture", "glossary")),
    ],
)
def test_links_lead_somewhere(name: str) -> None:
    """Every file that is linked exists, and in it every heading that the link names."""
    assert Page(name).dead_links() == []


def test_a_dead_link_is_noticed(tmp_path: Path) -> None:
    """A missing file and a missing heading both."""
    (tmp_path / "page.md").write_text("# Here it is\n[a](gone.md) [b](#there) [c](#here-it-is)")
    assert Page(str(tmp_path / "page.md")).dead_links() == ["gone.md", "#there"]


def test_the_index_lists_every_page() -> None:
    """Nothing in docs is out of reach."""
    linked = set(re.findall(r"\]\((\w+\.md)\)", Page("docs/index.md").text))
    assert linked == {page.name for page in (ROOT / "docs").glob("*.md")} - {"index.md"}


def test_the_architecture_names_what_there_is() -> None:
    """Every module and package that the page mentions exists."""
    named = set(re.findall(r"`((?:\w+/)*\w+\.(?:py|lua)|(?:\w+/)+)`", ARCHITECTURE.text))
    assert len(named) > 40
    roots = [ROOT, *(path for path in (ROOT / "cxgame").rglob("*") if path.is_dir())]
    roots.append(ROOT / "cxgame")
    assert {name for name in named if not any((root / name).exists() for root in roots)} == set()


def test_every_command_is_listed() -> None:
    """The table of commands names each of them, with a link."""
    linked = set(re.findall(r"\[`(\w+)`\]\(docs/protocol\.md#(\w+)\)", README.text))
    assert linked == {(command, command) for command in COMMANDS}


# What the first README of the game printed

REGISTER = """
from cxgame.client import CxClient

cx = CxClient(user='new-username123', uri='ws://127.0.0.1:9877')
response = cx.r('register')
print(response.status, response.msg)

# If successful, store the token for later auth
if response.status:
    token = response.data
"""

AUTH = """
cx = CxClient(user='root', uri='ws://127.0.0.1:9877', token='123...')
response = cx.r('auth')
"""

PLAY = """
response = cx.r('broadcast', 'Hello, World!')

price = '999.99'
size = '1.5'
response = cx.r('buy', price, size)
print('order:', response.data)
order_id = response.data['id']

amount = '999.99' # The amount of your wallet's USD to use for this buy.
response = cx.r('buy_market', amount)
print('order:', response.data)

price = '1000.01'
size = '1.5'
response = cx.r('sell', price, size)

amount = '2.25' # The amount of your wallet's crypto to use for this sell.
response = cx.r('sell_market', amount)

mid_market_price = cx.r('price').data

my_orders = cx.r('orders').data
for order in my_orders:
    print('id={} price={}'.format(order['id'], order['price']))

all_orders = cx.r('all_orders').data
for order in all_orders:
    print('user={} id={} price={}'.format(
        order['user'], order['id'], order['price'])
    )

wallets = cx.r('wallets').data
print('crypto={} usd={}'.format(wallets['crypto'], wallets['usd']))

cancelled = cx.r('cancel', order_id)

my_fills = cx.r('fills').data
for fill in my_fills:
    print(fill)

my_completed_orders = cx.r('completed').data
for order in my_completed_orders:
    print(order)

audit = cx.r('audit')
"""

COMMAND = """
cx = CxClient(user='root', uri='ws://127.0.0.1:9877', token='123...')
response = cx.r('auth')
response = cx.r('{command}', 'adminpassword123')
"""


def test_the_first_readme_runs(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Its examples, in their order, on a server with default options: every command works."""
    with Server(tmp_path, CXGAME_ADMIN_SECRET=SECRET) as server:
        other = CxClient("other", uri=server.uri)
        assert other.r("register")
        assert other.r("sell", "1000.00", "1")
        assert other.r("buy", "999.99", "3")
        names: dict[str, object] = {}

        def paste(text: str) -> object:
            exec(text.replace("ws://127.0.0.1:9877", server.uri), names)
            return names["response"]

        assert paste(REGISTER)
        token = names["token"]
        assert capsys.readouterr().out == "True Registered\n"
        unknown = paste(AUTH)
        assert getattr(unknown, "code", "") == "AUTH_UNKNOWN_USER"
        known = AUTH.replace("root", "new-username123").replace("123...", str(token))
        assert paste(known)

        paste(PLAY)
        told = capsys.readouterr().out
        check_play(told, names)
        for command, phase in (("pause", "paused"), ("start", "open")):
            assert paste(COMMAND.replace("{command}", command))
            assert other.r("time").data["phase"] == phase
        assert paste(COMMAND.replace("{command}", "shutdown"))
        assert server.wait() == 0, server.said


def check_play(told: str, names: dict[str, object]) -> None:
    """What the player of the examples has seen and done: bought most of a coin at 1000.00, sold
    2.25 to whoever bid before, cancelled what was left."""
    assert "id=3 price=999.99" in told
    assert "user=other id=2 price=999.99" in told
    assert str(names["mid_market_price"]) == "1000.00"
    assert getattr(names["audit"], "data", None) == []
    assert getattr(names["cancelled"], "status", False)
    fills = names["my_fills"]
    assert isinstance(fills, list)
    assert [(fill["side"], fill["price"], fill["role"]) for fill in fills] == [
        ("buy", "1000.00", "taker"),
        ("sell", "999.99", "taker"),
    ]
    completed = names["my_completed_orders"]
    assert isinstance(completed, list)
    assert {order["id"] for order in completed} == {"3", "4", "6"}
