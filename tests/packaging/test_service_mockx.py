"""`make start-mockx`: Valkey, oracle, engine and page in the background, agreed on one Valkey."""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from tests.packaging.containers import free_port
from tests.support.pages import installed
from tests.support.programs import ROOT, WITHIN_S, environment, run

LAUNCHER = ROOT / "scripts" / "mockx_service.py"
PASSWORD = 'hush "quoted\\hush'


class Suite:
    """The services by the targets that a reader types, in a folder of their own."""

    def __init__(self, folder: Path) -> None:
        self.data = folder / "data"
        self.port, self.http = free_port(), free_port()
        self.variables = {
            **installed(folder),
            "VALKEY_PORT": str(self.port),
            "VALKEY_PASSWORD": PASSWORD,
            "ENGINE_PORT": str(self.http),
            "PERISCOPE_PORT": "0",
            "ORACLE": "constant:price=50000",
            "CXGAME_EXCHANGE_PORT": "0",
            "CXGAME_FEED_PORT": "0",
            "CXGAME_TICK_INTERVAL": "0.1",
            "STEADY_SECONDS": "1",
        }

    def make(self, *words: str) -> str:
        """Call `make`; says what it said."""
        done = subprocess.run(
            ["make", "--no-print-directory", f"VENV={self.variables['VENV']}", *words],
            cwd=ROOT,
            env=environment(**self.variables),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=WITHIN_S,
            check=False,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def get(self, path: str) -> httpx.Response:
        """Ask the engine."""
        url = f"http://127.0.0.1:{self.http}{path}"
        return httpx.get(url, headers={"x-api-key": "invalid-key"}, timeout=WITHIN_S)


@pytest.fixture
def suite(tmp_path: Path) -> Iterator[Suite]:
    """Whatever a test has started is stopped."""
    suite = Suite(tmp_path)
    yield suite
    suite.make("stop")


@pytest.mark.ci
def test_the_exchange_for_one_runs_in_the_background(suite: Suite) -> None:
    """Started, asked, restarted, stopped; a second start finds everything there."""
    started = suite.make("start-mockx")
    assert [line.split()[:2] for line in started.splitlines()] == [
        [name, "runs,"] for name in ("valkey", "oracle", "engine", "page")
    ]
    assert suite.get("/tickers").json() == ["BTC/USDT"]
    assert suite.make("start-mockx").count("runs already") == 4
    assert "stopped" not in suite.make("status").partition("server")[2].partition("\n")[2]
    assert "engine runs" in suite.make("restart-engine")
    assert "main.1: goes on where it stopped" in suite.make("logs-engine")
    assert "(BTC/USDT)" in suite.make("logs-oracle")
    assert "page has stopped" in suite.make("stop-periscope")
    assert "page runs" in suite.make("start-periscope")
    assert "engine.log <==" in suite.make("logs")
    assert suite.make("stop").splitlines() == [
        f"{name} has stopped" for name in ("page", "engine", "oracle", "valkey")
    ]
    assert (suite.data / "mockx-valkey" / "appendonlydir").is_dir()
    assert not (suite.data / "valkey").exists()


def launch(folder: Path, *words: str, **variables: str) -> subprocess.CompletedProcess[str]:
    """A service in the foreground, in a folder."""
    places = {"CXGAME_DATA_DIR": str(folder / "data"), **variables}
    return run(folder, sys.executable, str(LAUNCHER), *words, **places)


def test_the_valkey_of_somebody_else_is_not_ours_to_start(tmp_path: Path) -> None:
    """One line, status 1; nothing is made."""
    done = launch(tmp_path, "valkey", VALKEY_HOST="db.example.org")
    assert (done.returncode, done.stdout) == (
        1,
        "mockx_service: the Valkey at db.example.org is another's, so none is started here\n",
    )
    assert not (tmp_path / "data").exists()


def test_a_valkey_that_does_not_answer_is_not_ready(tmp_path: Path) -> None:
    """Said by the exit status alone."""
    done = launch(tmp_path, "valkey", "--ready", VALKEY_PORT=str(free_port()))
    assert (done.returncode, done.stdout) == (1, "")


def test_what_is_no_service_is_one_line(tmp_path: Path) -> None:
    """With the services that there are."""
    done = launch(tmp_path, "page")
    assert done.returncode == 1
    assert done.stdout == "usage: mockx_service.py valkey|oracle|engine [ARGUMENT...]\n"


@pytest.mark.parametrize("file", [".env", "cxgame.toml", None])
def test_the_engine_plays_in_the_valkey_that_is_named(tmp_path: Path, file: str | None) -> None:
    """By a file, else that of VALKEY_PORT on this computer."""
    url = f"redis://127.0.0.1:{free_port()}"
    texts = {".env": f"REDIS_URL={url}\n", "cxgame.toml": f'valkey_url = "{url}"\n'}
    variables = {"VALKEY_PORT": url.rpartition(":")[2]}
    if file is not None:
        (tmp_path / file).write_text(texts[file])
        variables = {"VALKEY_PORT": "1"}
    done = launch(tmp_path, "engine", "--exchange-port", "0", **variables)
    assert f"cannot reach Valkey at {url.removeprefix('redis://')}" in done.stdout
