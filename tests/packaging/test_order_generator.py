"""The order generator in the background, and its container."""

import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.mockx.standin import StandIn
from tests.packaging.linters import linted
from tests.support.programs import ROOT, WITHIN_S, environment
from tests.support.small_exchange import SmallExchange

FOLDER = ROOT / "examples" / "order-generator"
MANAGE = FOLDER / "manage.sh"
DOCKERFILE = (FOLDER / "Dockerfile").read_text(encoding="utf-8")


class Place:
    """An exchange, and a folder for process id and log."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.server = StandIn(SmallExchange(BTC_USDT=60_000.0).answer)
        self.variables = {
            "RUN_DIR": str(folder),
            "PYTHON": sys.executable,
            "API_URL": self.server.url,
            "ORDERS": "100000",
            "RATE": "50",
            "PROGRESS_SEC": "0",
        }

    def do(self, *words: str, **more: str) -> subprocess.CompletedProcess[str]:
        """Call the script."""
        return subprocess.run(
            [str(MANAGE), *words],
            env=environment(**{**self.variables, **more}),
            cwd=self.folder,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=2 * WITHIN_S,
            check=False,
        )

    @property
    def pid(self) -> Path:
        """The file with the process id."""
        return self.folder / "order-generator.pid"


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Place]:
    """Whatever a test has started is stopped."""
    place = Place(tmp_path)
    with place.server:
        yield place
        place.do("stop")


def test_it_is_started_watched_and_stopped(place: Place) -> None:
    """It outlives the script that started it; the end shows the summary and leaves the log."""
    started = place.do("start", "--reset")
    assert started.returncode == 0, started.stderr
    assert [each.method for each in place.server.asked].count("DELETE") == 1
    assert "running, pid " in place.do("status").stdout
    assert "begins with an equity of 100000.00" in place.do("logs").stdout
    stopped = place.do("stop")
    assert stopped.returncode == 0
    assert re.match(r"Summary: \d+ of 100000 orders placed", stopped.stdout)
    assert stopped.stdout.endswith("the order generator has stopped\n")
    assert {path.name for path in place.folder.iterdir()} == {"order-generator.log"}
    assert place.do("status").stdout.startswith("stopped; its last run: ")


def test_a_restart_does_not_reset(place: Place) -> None:
    """Unless it is told to."""
    for flags, times in (([], 0), (["--reset"], 1)):
        assert place.do("start", *flags).returncode == 0
        place.do("stop")
        assert [each.method for each in place.server.asked].count("DELETE") == times


def test_two_at_once_are_refused(place: Place) -> None:
    """The second start names the first, which runs on."""
    place.do("start")
    pid = place.pid.read_text().split()[0]
    second = place.do("start")
    assert (second.returncode, second.stderr) == (1, f"manage.sh: it runs already, pid {pid}\n")
    assert f"running, pid {pid}" in place.do("status").stdout


def test_a_run_that_cannot_begin_says_why(place: Place) -> None:
    """With its own words, and no process id stays."""
    done = place.do("start", API_URL="http://127.0.0.1:9")
    assert done.returncode == 1
    assert "cannot reach http://127.0.0.1:9" in done.stderr
    assert not place.pid.exists()


def test_a_killed_one_does_not_run(place: Place) -> None:
    """Its stale process id misleads nobody, and another can be started."""
    place.do("start")
    os.kill(int(place.pid.read_text().split()[0]), signal.SIGKILL)
    deadline = time.monotonic() + WITHIN_S
    while not place.do("status").stdout.startswith("stopped"):
        assert time.monotonic() < deadline
    assert place.do("stop").stdout == "the order generator does not run\n"
    assert place.do("start").returncode == 0


@pytest.mark.parametrize("words", [(), ("begin",)], ids=str)
def test_what_it_does_not_know_is_refused_in_a_line(place: Place, words: tuple[str, ...]) -> None:
    """With status 2, and nothing is made."""
    done = place.do(*words)
    assert done.returncode == 2
    assert done.stderr.startswith("manage.sh: usage:")
    assert done.stderr.count("\n") == 1
    assert list(place.folder.iterdir()) == []


def test_linters_find_nothing() -> None:
    """In script and Dockerfile; the script can be run."""
    linted("shellcheck", MANAGE)
    linted("hadolint", FOLDER / "Dockerfile")
    assert MANAGE.stat().st_mode & 0o111


def test_the_image_is_the_one_that_the_others_use() -> None:
    """Pinned and listed, and run by a user without rights."""
    (name, version), *others = re.findall(r"^FROM (.+):(.+)$", DOCKERFILE, re.MULTILINE)
    assert others == []
    listed = (ROOT / "DOCKER_VERSIONS.md").read_text(encoding="utf-8")
    assert f"| `{name}` | `{version}` |" in listed
    assert re.search(r"^USER [1-9]\d+$", DOCKERFILE, re.MULTILINE)


def test_nothing_but_programs_gets_into_the_context() -> None:
    """No `.env` with a key in it, no log."""
    lines = (FOLDER / ".dockerignore").read_text(encoding="utf-8").split()
    assert lines == ["*", "!*.py"]


@pytest.mark.parametrize("name", [".env", "order-generator.pid", "order-generator.log"])
def test_git_ignores_what_a_run_leaves(name: str) -> None:
    """A key is never committed."""
    done = subprocess.run(["git", "check-ignore", "-q", FOLDER / name], cwd=ROOT, check=False)
    if done.returncode == 128:
        pytest.skip("this is no git checkout")
    assert done.returncode == 0
