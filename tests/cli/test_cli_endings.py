"""How commands end when nobody is at the other end: of standard output, or of the keyboard."""

import asyncio
import getpass
import io
import os
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

from cxgame import cli, cli_records
from tests.support.programs import run

Said = pytest.CaptureFixture[str]


@pytest.fixture(autouse=True)
def _quiet_place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for variable in ("CXGAME_ADMIN_SECRET", "CXGAME_ADMIN_SECRET_FILE", "CXGAME_TOKEN"):
        monkeypatch.delenv(variable, raising=False)


def test_a_prompt_that_gets_no_answer_is_one_line(
    monkeypatch: pytest.MonkeyPatch, capsys: Said
) -> None:
    """Ctrl-D where the admin secret is asked for."""

    def ended(_: str) -> str:
        raise EOFError

    monkeypatch.setattr(sys.stdin, "isatty", lambda: True)
    monkeypatch.setattr(getpass, "getpass", ended)
    assert cli.main(["admin", "start"]) == 2
    error = capsys.readouterr().err
    assert error.startswith("cxgame: an admin secret is needed")
    assert error.count("\n") == 1


@pytest.mark.parametrize(
    ("stdin", "said"),
    [
        (None, "an admin secret is needed"),
        (io.TextIOWrapper(io.BytesIO(b"\xff\n"), "utf-8"), "the admin secret on standard input is"),
    ],
)
def test_an_input_that_gives_no_secret_is_one_line(
    stdin: io.TextIOWrapper | None, said: str, monkeypatch: pytest.MonkeyPatch, capsys: Said
) -> None:
    """One that is closed, or that holds anything but text."""
    monkeypatch.setattr(sys, "stdin", stdin)
    assert cli.main(["admin", "start"]) == 2
    error = capsys.readouterr().err
    assert error.startswith(f"cxgame: {said}")
    assert error.count("\n") == 1


def _say(text: str) -> int:
    sys.stdout.write(f"{text}\n")
    return 0


@pytest.fixture
def said(monkeypatch: pytest.MonkeyPatch) -> None:
    """A command that does no more than say something: where a path has bytes that are no text."""
    bound = SimpleNamespace(args=["done in d\udce4ta"], kwargs={})
    app = SimpleNamespace(parse_args=lambda *_, **__: (_say, bound, None))
    monkeypatch.setattr(cli, "app", app)


@pytest.mark.usefixtures("said")
def test_what_a_terminal_cannot_show_is_escaped(monkeypatch: pytest.MonkeyPatch) -> None:
    """A name of a folder from another system's alphabet ends no command."""
    shown = io.BytesIO()
    monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(shown, "utf-8", errors="strict"))
    assert cli.main([]) == 0
    assert shown.getvalue().decode().strip() == r"done in d\udce4ta"


@pytest.mark.usefixtures("said")
def test_a_reader_that_has_had_enough_is_no_trouble(
    monkeypatch: pytest.MonkeyPatch, capsys: Said
) -> None:
    """As in `cxgame admin players | head -1`: what was asked for has been done."""
    reading, writing = os.pipe()
    os.close(reading)
    with open(writing, "w") as stdout:
        monkeypatch.setattr(sys, "stdout", stdout)
        assert cli.main([]) == 0
    assert capsys.readouterr().err == ""


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="NOT TESTED: there is no /dev/full")
@pytest.mark.usefixtures("said")
def test_an_output_that_is_full_is_one_line(monkeypatch: pytest.MonkeyPatch, capsys: Said) -> None:
    """With status 1: who asked has not been told."""
    with open("/dev/full", "w") as stdout:
        monkeypatch.setattr(sys, "stdout", stdout)
        assert cli.main([]) == 1
    assert capsys.readouterr().err == "cxgame: standard output: No space left on device\n"


def test_a_record_read_for_nobody_is_no_trouble(
    monkeypatch: pytest.MonkeyPatch, capsys: Said
) -> None:
    """`cxgame verify | head -1`, and `cxgame replay` for a reader of its first line."""

    async def work() -> None:
        await asyncio.sleep(0)
        cli_records._say("main.1 is sound.")

    reading, writing = os.pipe()
    os.close(reading)
    with open(writing, "w") as stdout:
        monkeypatch.setattr(sys, "stdout", stdout)
        assert cli_records.run(work()) == 0
    assert capsys.readouterr().err == ""


def test_a_program_whose_output_is_closed_ends_quietly(tmp_path: Path) -> None:
    """Nothing comes of it at the very end either."""
    command = f"{sys.executable} -m cxgame bot nofile.py 2>&1 >&-; echo status $?"
    assert run(tmp_path, "sh", "-c", command).stdout == (
        "cxgame: there is no file nofile.py\nstatus 2\n"
    )
