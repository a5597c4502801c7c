"""`cxgame watch` in a real terminal, as somebody sees it who sits in front of it or came by ssh."""

import os
import shutil
import signal
import subprocess
import sys
import time
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from cxgame.client import CxClient
from tests.support.programs import ROOT, Server

pytestmark = [
    pytest.mark.ci,
    pytest.mark.skipif(shutil.which("tmux") is None, reason="NOT TESTED: tmux is not installed"),
]
LOOK_S = 0.1
WITHIN_S = 30  # a bound, not an expectation: the machine may be busy
PLAYED = (
    *("--oracle", "gbm:volatility=10", "--tick-interval", "0.25", "--seed", "3"),
    *("--bots", "maker,random", "--symbol", "BTC/USD,ETH/USD"),
)


class Window:
    """A terminal with a shell in it, on a tmux server of its own."""

    def __init__(self, folder: Path, width: int = 80, height: int = 24) -> None:
        self.name = f"cxgame-{uuid.uuid4().hex[:12]}"
        self.folder = folder
        shell = f"env PS1='ready> ' PYTHONPATH={ROOT} LC_ALL=C.UTF-8 sh"
        size = ("-x", str(width), "-y", str(height))
        self.tmux("-f", os.devnull, "new-session", "-d", "-s", "it", *size, shell)
        self.until(lambda screen: "ready>" in screen)

    def tmux(self, *words: str) -> str:
        """Have tmux do something; returns what it writes."""
        done = subprocess.run(
            ["tmux", "-u", "-L", self.name, *words],
            cwd=self.folder, text=True, capture_output=True, timeout=WITHIN_S, check=True,
        )  # fmt: skip
        return done.stdout

    def watch(self, uri: str, *flags: str) -> None:
        """Type the command."""
        words = [sys.executable, "-m", "cxgame", "watch", "--uri", uri, *flags]
        self.type(" ".join(words) + "; echo status=$?", "Enter")

    def type(self, *keys: str) -> None:
        self.tmux("send-keys", "-t", "it", *keys)

    def lines(self) -> list[str]:
        """The screen."""
        return self.tmux("capture-pane", "-p", "-t", "it").split("\n")

    def until(self, condition: Callable[[str], bool]) -> str:
        """Wait for a screen; returns it."""
        deadline = time.monotonic() + WITHIN_S
        while not condition(screen := "\n".join(self.lines())):
            assert time.monotonic() < deadline, screen
            time.sleep(LOOK_S)
        return screen

    def modes(self) -> tuple[str, str]:
        """Whether the alternate screen is shown, and the cursor."""
        shown = self.tmux("display-message", "-p", "-t", "it", "#{alternate_on} #{cursor_flag}")
        alternate, cursor = shown.split()
        return alternate, cursor

    def is_tidy(self) -> None:
        """The shell's own screen with its cursor, and what is typed is seen."""
        self.until(lambda screen: "status=0" in screen and screen.rstrip().endswith("ready>"))
        assert self.modes() == ("0", "1")
        self.type("echo a$((1+1))b", "Enter")
        screen = self.until(lambda screen: "\na2b" in screen)
        assert "echo a$((1+1))b" in screen
        assert "Traceback" not in screen

    def program(self) -> int:
        """The watching process."""
        shell = self.tmux("display-message", "-p", "-t", "it", "#{pane_pid}").strip()
        found = subprocess.run(
            ["ps", "-o", "pid=", "--ppid", shell], text=True, capture_output=True, check=True
        )
        return int(found.stdout.split()[0])

    def close(self) -> None:
        self.tmux("kill-server")


@pytest.fixture
def window(tmp_path: Path) -> Iterator[Window]:
    """A terminal of 80x24."""
    one = Window(tmp_path)
    yield one
    one.close()


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A game of two markets with house bots."""
    with Server(tmp_path_factory.mktemp("game"), *PLAYED) as running:
        yield running


def is_drawn(screen: str) -> bool:
    return "OPEN" in screen and "█" in screen and "▲" in screen and "*bot-random" in screen


def has(screen: str, text: str) -> bool:
    """Whether a text is on the screen, however much room its words have between them."""
    return text in " ".join(screen.split())


def test_a_game_fills_the_screen_and_keys_turn_it(window: Window, server: Server) -> None:
    """Everything at 80x24; arrows and n turn to another market, ? helps, q leaves."""
    window.watch(server.feed_uri)
    screen = window.until(is_drawn)
    lines = screen.rstrip("\n").split("\n")
    assert len(lines) == 24
    assert [len(line) for line in lines[2:-1]] == [80] * 21
    for part in ("book BTC/USD", "price, last", "trades", "standings of 2", "messages"):
        assert part in screen
    for keys, wanted in ((["Right"], "ETH"), (["Left"], "BTC"), (["n"], "ETH"), (["p"], "BTC")):
        window.type(*keys)
        window.until(lambda screen, symbol=wanted: f"book {symbol}/USD" in screen)  # type: ignore[misc]
    window.type("?")
    window.until(lambda screen: "next market" in screen)
    window.type("?")
    window.until(lambda screen: "standings" in screen)
    window.type("q")
    window.is_tidy()


def test_it_follows_the_size_of_its_window(window: Window, server: Server) -> None:
    """Larger and smaller, without remains of what was there."""
    window.type("export COLUMNS=80 LINES=24", "Enter")  # what some shells leave behind is old
    window.watch(server.feed_uri)
    window.until(is_drawn)
    for width, height in ((160, 50), (60, 20), (80, 24)):
        window.tmux("resize-window", "-t", "it", "-x", str(width), "-y", str(height))
        screen = window.until(
            lambda screen, size=(width, height): (  # type: ignore[misc]
                is_drawn(screen)
                and [len(line) for line in screen.split("\n")[2 : size[1] - 1]]
                == [size[0]] * (size[1] - 3)
            )
        )
        assert screen.count("╭─ book") == 1
        assert screen.count("╭─ standings") == 1
    window.type("q")
    window.is_tidy()


@pytest.mark.parametrize("end", ["C-c", signal.SIGTERM, signal.SIGHUP])
def test_the_terminal_is_tidy_however_it_ends(
    window: Window, server: Server, end: str | signal.Signals
) -> None:
    """Ctrl-C, a kill, a line that was hung up."""
    window.watch(server.feed_uri)
    window.until(is_drawn)
    assert window.modes() == ("1", "0")
    if isinstance(end, str):
        window.type(end)
    else:
        os.kill(window.program(), end)
    window.is_tidy()


def test_it_can_be_put_aside(window: Window, server: Server) -> None:
    """Ctrl-Z gives the terminal back to the shell, fg goes on."""
    window.watch(server.feed_uri)
    window.until(is_drawn)
    window.type("C-z")
    window.until(lambda screen: "ready>" in screen and "standings" not in screen)
    assert window.modes() == ("0", "1")
    window.type("fg", "Enter")
    window.until(is_drawn)
    window.type("q")
    window.until(lambda screen: screen.rstrip().endswith("ready>"))
    assert window.modes() == ("0", "1")


def test_what_is_shown_has_happened(window: Window, tmp_path: Path) -> None:
    """A player's order is in the book, its trade on the tape, its message below, harmless."""
    with Server(tmp_path) as server:
        alice, bob = (CxClient(name, uri=server.uri) for name in ("alice", "bob"))
        assert alice.r("register")
        assert bob.r("register")
        window.watch(server.feed_uri)
        window.until(lambda screen: "standings of 2" in screen)
        assert alice.r("order", "sell", "limit", "1000.50", "0.75")
        assert alice.r("order", "buy", "limit", "998.25", "2")
        window.until(lambda screen: has(screen, "█ 1000.50 0.75") and has(screen, "█ 998.25 2.00"))
        assert bob.r("order", "buy", "limit", "1000.50", "0.25")
        assert bob.r("bcast", "\x1b[2J\x1b]0;mine\x07東京 is fine")
        screen = window.until(lambda screen: "▲ 1000.50" in screen and "東京" in screen)
        assert "bob: ·[2J·]0;mine·東京 is fine" in screen
        window.until(lambda screen: has(screen, "█ 1000.50 0.50") or has(screen, "█ 1000.50 0.5"))
        window.type("q")
        window.is_tidy()


def test_it_waits_for_a_server_that_comes_back(window: Window, tmp_path: Path) -> None:
    """Silence is told, and the game goes on where it was; its end is the end."""
    with Server(tmp_path, *PLAYED, "--data-dir", "data") as server:
        window.watch(server.feed_uri)
        window.until(is_drawn)
        feed = ("--feed-port", str(server.ports["feed"]))
        server.kill()
        window.until(lambda screen: "no word for" in screen)
        with Server(
            tmp_path, *PLAYED, "--data-dir", "data", *feed, CXGAME_ADMIN_SECRET="open sesame"
        ) as again:
            window.until(lambda screen: is_drawn(screen) and "no word" not in screen)
            assert CxClient(uri=again.uri).r("shutdown", "open sesame")
            window.until(lambda screen: "main.1 is over." in screen)
            window.is_tidy()


def test_without_colours_it_writes_none(window: Window, server: Server) -> None:
    """NO_COLOR is obeyed; a terminal that can't be drawn on gets plain lines."""
    window.type("export NO_COLOR=1", "Enter")
    window.watch(server.feed_uri)
    window.until(is_drawn)
    assert "38;5" not in window.tmux("capture-pane", "-p", "-e", "-t", "it")
    window.type("q")
    window.until(lambda screen: "status=0" in screen)
    window.type("clear; export TERM=dumb", "Enter")
    window.watch(server.feed_uri)
    window.until(lambda screen: "game main.1, open: BTC/USD, ETH/USD" in screen)
    window.type("C-c")
