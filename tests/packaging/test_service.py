"""`make start-server` and its kin: programs in the background, each once, none forgotten."""

import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from cxgame.config.sources import read_dotenv
from tests.support.pages import installed
from tests.support.programs import ROOT, WITHIN_S, environment

SERVICE = ROOT / "scripts" / "service"
READY = "import os,pathlib,time;pathlib.Path(os.environ['CXGAME_READY_FILE']).write_text('{}');"


class Place:
    """A table of services, and a data directory for their pid files and logs."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.run = folder / "data" / "run"
        self.variables = {
            "CXGAME_SERVICES": str(folder / "services"),
            "CXGAME_DATA_DIR": str(folder / "data"),
            "START_SECONDS": "20",
            "STEADY_SECONDS": "1",
        }
        self.table(**{"good": f"{READY}time.sleep(300)", "bad": "print('no');raise SystemExit(3)"})

    def table(self, sign: str = "file", **programs: str) -> None:
        """Each program is a line of Python in a file of its own, ready by that sign."""
        lines = ["# name sign command"]
        for name, text in programs.items():
            script = self.folder / f"{name}.py"
            script.write_text("\n".join(text.split(";")))
            lines.append(f"{name} {sign} {sys.executable} {script}")
        (self.folder / "services").write_text("\n".join(lines) + "\n")

    def do(self, *words: str) -> subprocess.CompletedProcess[str]:
        """Call the script."""
        return subprocess.run(
            [str(SERVICE), *words],
            env=environment(**self.variables),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=WITHIN_S,
            check=False,
        )

    def pid(self, name: str = "good") -> int:
        """The process that the pid file names."""
        return int((self.run / f"{name}.pid").read_text().split()[0])


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Place]:
    """Whatever a test has started is stopped."""
    place = Place(tmp_path)
    yield place
    place.do("stop")


def lives(pid: int) -> bool:
    """Whether a process runs; one that has ended and is not waited for does not."""
    state = subprocess.run(["ps", "-o", "stat=", "-p", str(pid)], capture_output=True, text=True)
    return bool(state.stdout.strip()) and not state.stdout.startswith("Z")


def until_ended(pid: int) -> None:
    """Return once a process is gone."""
    deadline = time.monotonic() + WITHIN_S
    while lives(pid):
        assert time.monotonic() < deadline
        time.sleep(0.02)


def test_a_service_is_started_and_stopped(place: Place) -> None:
    """It outlives the script that started it, and leaves only its log."""
    assert place.do("start", "good").returncode == 0
    pid = place.pid()
    assert lives(pid)
    assert f"running  pid {pid}" in place.do("status").stdout
    assert place.do("stop", "good").returncode == 0
    assert not lives(pid)
    assert [path.name for path in place.run.iterdir()] == ["good.log"]
    assert (place.run / "good.log").stat().st_mode & 0o077 == 0, "it may hold the admin secret"


def test_two_at_once_are_refused(place: Place) -> None:
    """The second start names the first, which runs on."""
    place.do("start", "good")
    second = place.do("start", "good")
    assert second.returncode == 1
    assert f"good runs already, pid {place.pid()}" in second.stderr
    assert lives(place.pid())


def test_a_pid_file_of_a_killed_service_is_recognised(place: Place) -> None:
    """`status` says that it ended, and it can be started again."""
    place.do("start", "good")
    killed = place.pid()
    os.kill(killed, signal.SIGKILL)
    until_ended(killed)
    assert "ended by itself" in place.do("status").stdout
    again = place.do("start", "good")
    assert again.returncode == 0
    assert "stale pid file" in again.stdout
    assert place.pid() != killed


def test_a_pid_that_another_process_has_got_since_is_left_alone(place: Place) -> None:
    """The time at which the process began tells them apart."""
    with subprocess.Popen([sys.executable, "-c", "import time; time.sleep(300)"]) as other:
        place.run.mkdir(parents=True)
        (place.run / "good.pid").write_text(f"{other.pid}\nlong ago\n")
        assert "does not run" in place.do("stop", "good").stdout
        assert other.poll() is None
        other.kill()


def test_a_service_that_ends_at_once_has_not_started(place: Place) -> None:
    """Its last words are shown, and no pid file stays."""
    done = place.do("start", "bad")
    assert done.returncode == 1
    assert "no\n" in done.stderr
    assert "bad did not start" in done.stderr
    assert not (place.run / "bad.pid").exists()


# Readiness, by the three signs

ANSWERS = """\
import pathlib, sys, time
here = pathlib.Path(__file__).with_suffix(".up")
if "--ready" in sys.argv:
    raise SystemExit(not here.exists())
time.sleep(0.5)
here.touch()
time.sleep(300)"""


def test_a_service_may_be_asked_whether_it_is_ready(place: Place) -> None:
    """Its start returns when it says so."""
    place.table("ask", good=ANSWERS)
    assert place.do("start", "good").returncode == 0
    assert (place.folder / "good.up").exists()


def test_what_answers_already_is_not_started(place: Place) -> None:
    """`up` leaves alone what somebody else runs, and what runs here."""
    place.table("ask", good=ANSWERS)
    (place.folder / "good.up").touch()
    done = place.do("up", "good")
    assert (done.returncode, done.stdout) == (
        0,
        "good is there already, and was not started here\n",
    )
    (place.folder / "good.up").unlink()
    assert "good runs, pid" in place.do("up", "good").stdout
    pid = place.pid()
    assert place.do("up", "good").stdout == f"good runs already, pid {pid}\n"
    assert lives(pid)


def test_a_service_without_a_sign_must_last_a_while(place: Place) -> None:
    """Then it runs; one that ends soon has not started."""
    place.table("-", good="import time;time.sleep(300)", bad="print('no');raise SystemExit(1)")
    assert "good runs, pid" in place.do("start", "good").stdout
    done = place.do("start", "bad")
    assert done.returncode == 1
    assert "bad did not start" in done.stderr
    assert not (place.run / "bad.pid").exists()


# All of them


def test_all_are_stopped_at_once(place: Place) -> None:
    """The last of the table first; what does not run is not mentioned."""
    program = f"{READY}time.sleep(300)"
    place.table(one=program, two=program, three=program)
    for name in ("one", "three"):
        assert place.do("start", name).returncode == 0
    done = place.do("stop")
    assert (done.returncode, done.stdout) == (0, "three has stopped\none has stopped\n")
    assert place.do("stop").stdout == ""


def test_all_logs_are_shown_at_once(place: Place) -> None:
    """Each under its name, and none is one line."""
    assert "there is no log yet" in place.do("logs").stderr
    program = "import os,pathlib,time;print(__file__, flush=True);" + READY
    place.table(one=f"{program}time.sleep(300)", two=f"{program}time.sleep(300)")
    for name in ("one", "two"):
        place.do("start", name)
    shown = place.do("logs").stdout
    assert shown.index("one.log <==") < shown.index("one.py") < shown.index("two.log <==")


def test_ctrl_c_takes_a_start_back(place: Place) -> None:
    """A program that was being waited for does not go on unseen."""
    place.table(good="import time;print('slow', flush=True);time.sleep(300)")
    with subprocess.Popen(
        [str(SERVICE), "start", "good"],
        env=environment(**place.variables),
        start_new_session=True,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    ) as starting:
        log = place.run / "good.log"
        deadline = time.monotonic() + WITHIN_S
        while not (log.exists() and "slow" in log.read_text()):
            assert time.monotonic() < deadline
            time.sleep(0.02)
        pid = place.pid()
        os.killpg(starting.pid, signal.SIGINT)
        assert starting.wait(WITHIN_S) != 0
    assert not lives(pid)
    assert not (place.run / "good.pid").exists()


def test_ctrl_c_elsewhere_does_not_reach_a_service(place: Place) -> None:
    """It has a process group of its own, unlike what else runs on that terminal."""
    place.do("start", "good")
    assert os.getpgid(place.pid()) == place.pid()


@pytest.mark.parametrize(
    ("words", "says"),
    [
        ([], "usage:"),
        (["begin", "good"], "usage:"),
        (["start"], "no service ''; there is: good bad"),
        (["start", "ugly"], "no service 'ugly'"),
    ],
)
def test_what_it_does_not_know_is_refused_in_a_line(
    place: Place, words: list[str], says: str
) -> None:
    """With status 2, and nothing is made."""
    done = place.do(*words)
    assert done.returncode == 2
    assert says in done.stderr
    assert done.stderr.count("\n") == 1
    assert not place.run.exists()


def test_make_runs_a_server_in_the_background(tmp_path: Path) -> None:
    """Start, restart with another game going on, log, stop: by the targets that a reader types."""
    variables = {
        **installed(tmp_path),
        "CXGAME_BIND": "127.0.0.1",
        **{f"CXGAME_{name}_PORT": "0" for name in ("EXCHANGE", "FEED", "HTTP")},
    }

    def make(*words: str) -> str:
        done = subprocess.run(
            ["make", "--no-print-directory", f"VENV={variables['VENV']}", *words],
            cwd=ROOT,
            env=environment(**variables),
            capture_output=True,
            text=True,
            timeout=WITHIN_S,
            check=False,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    try:
        assert "server runs" in make("start-server", "ARGS=--oracle gbm")
        assert "running" in make("status")
        assert "server runs" in make("restart-server")
        log = make("logs-server")
        assert "main.1: new" in log
        assert "main.1: goes on where it stopped" in log
    finally:
        assert "server has stopped" in make("stop-server")
    assert "stopped" in make("status")


@pytest.mark.parametrize(
    "value",
    [
        *("games", " games # where they are", '"my games" # here', "'a # b'", "a#b", " # later"),
        "~/games",
    ],
)
def test_the_data_directory_of_the_settings_is_the_programs_own(tmp_path: Path, value: str) -> None:
    """A line of `.env` means to the script what it means to the server."""
    (tmp_path / "scripts").mkdir()
    shutil.copy(SERVICE, tmp_path / "scripts")
    (tmp_path / ".env").write_text(f"CXGAME_DATA_DIR={value}\n")
    (tmp_path / "services").write_text("server file true\n")
    done = subprocess.run(
        [str(tmp_path / "scripts" / "service"), "logs"],
        env=environment(
            CXGAME_DATA_DIR="", CXGAME_SERVICES=str(tmp_path / "services"), HOME=str(tmp_path)
        ),
        capture_output=True,
        text=True,
        timeout=WITHIN_S,
        check=False,
    )
    folder = read_dotenv(tmp_path / ".env", [])["CXGAME_DATA_DIR"] or "cxgame-data"
    folder = folder.removeprefix("~/")
    assert done.stderr == f"service: there is no log yet in {tmp_path}/{folder}/run\n"
