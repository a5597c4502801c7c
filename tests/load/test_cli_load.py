"""`cxgame load` on the command line, with the load replaced by what records the job."""

from pathlib import Path
from typing import Any

import pytest

from cxgame import cli
from cxgame.load import program
from cxgame.load.profiles import PROFILES, Plan
from cxgame.load.program import Job


@pytest.fixture
def jobs(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> list[Job]:
    """What the load is asked for; it says that there were errors."""
    found: list[Job] = []

    def record(job: Job) -> int:
        found.append(job)
        return 1

    monkeypatch.setattr(program, "main", record)
    monkeypatch.chdir(tmp_path)
    for name in ("URI", "TOKEN", "USER", "SYMBOL"):
        monkeypatch.delenv(f"CXGAME_{name}", raising=False)
    return found


def test_bare_it_drives_this_computer(jobs: list[Job]) -> None:
    """The order server, with the profile's own numbers; the status is the load's."""
    assert cli.main(["load"]) == 1
    (job,) = jobs
    assert (job.target.url, job.dialect) == ("ws://127.0.0.1:9877", "orders")
    assert job.plan == Plan(PROFILES["orders"], 20, 10.0, 1000.0)


@pytest.mark.parametrize(
    ("line", "dialect", "url"),
    [
        ("ws://h:1", "orders", "ws://h:1"),
        ("wss://h/main", "orders", "wss://h/main"),
        ("ws://h:1/ws", "simulator", "ws://h:1/ws"),
        ("https://h", "simulator-rest", "https://h"),
        ("--dialect simulator", "simulator", "ws://127.0.0.1:8765/ws"),
        ("--dialect simulator-rest", "simulator-rest", "http://127.0.0.1:8765"),
        ("ws://h:1/else --dialect simulator", "simulator", "ws://h:1/else"),
    ],
)
def test_the_url_says_which_dialect(jobs: list[Job], line: str, dialect: str, url: str) -> None:
    """Unless it is named; and a dialect has its usual address."""
    cli.main(["load", *line.split()])
    assert [(job.dialect, job.target.url) for job in jobs] == [(dialect, url)]


def test_everything_can_be_chosen(jobs: list[Job], tmp_path: Path) -> None:
    """The token comes from a file, as nobody else may see it."""
    (tmp_path / "token").write_text("s3cret\n")
    words = "--profile connections --clients 7 --seconds 2.5 --rate 0 --symbol A/B --user me"
    words += " --token-file token --json a.json --plot b.svg --no-ssl-verify"
    cli.main(["load", "wss://h:1", *words.split()])
    (job,) = jobs
    assert job.plan == Plan(PROFILES["connections"], 7, 2.5, 0.0)
    assert (job.json, job.plot) == (Path("a.json"), Path("b.svg"))
    target = job.target
    assert (target.symbol, target.user, target.token, target.ssl_verify) == (
        "A/B",
        "me",
        "s3cret",
        False,
    )
    assert (target.host, target.port, target.tls is not None) == ("h", 1, True)


def test_the_token_is_in_the_environment_too(
    jobs: list[Job], monkeypatch: pytest.MonkeyPatch
) -> None:
    """As a bot's is."""
    monkeypatch.setenv("CXGAME_TOKEN", "s3cret")
    monkeypatch.setenv("CXGAME_USER", "me")
    cli.main(["load"])
    assert (jobs[0].target.token, jobs[0].target.user) == ("s3cret", "me")


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("ftp://h", "is no address of orders"),
        ("http://h --dialect orders", "is no address of orders"),
        ("ws://h:99999", "is no address"),
        ("ws://[", "is no address"),
        ("--clients 0", "--clients must be from 1"),
        ("--rate -1", "--rate must be from 0"),
        ("--rate 1000001", "--rate must be from 0 to 1000000, not 1000001"),
        ("--seconds nan", "--seconds must be"),
        ("--token-file nowhere", "cannot read the token"),
        ("--profile tea", "tea"),
    ],
)
def test_what_is_wrong_is_one_line(
    jobs: list[Job], capsys: pytest.CaptureFixture[str], line: str, said: str
) -> None:
    """With status 2, and nothing is sent."""
    assert cli.main(["load", *line.split()]) == 2
    error = capsys.readouterr().err
    assert said in error
    assert error.count("\n") == 1
    assert jobs == []


def test_a_token_needs_a_name(jobs: list[Any], monkeypatch: pytest.MonkeyPatch) -> None:
    """Of the user whose it is."""
    monkeypatch.setenv("CXGAME_TOKEN", "s3cret")
    assert cli.main(["load"]) == 2
    assert cli.main(["load", "--dialect", "simulator"]) == 1, "there it says it all itself"
