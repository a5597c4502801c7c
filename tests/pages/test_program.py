"""`cxgame page`: as its users run it."""

import json
import signal
import socket
import sys
import urllib.request
from pathlib import Path

import pytest

from tests.support.programs import Program, run

PAGE = (sys.executable, "-m", "cxgame", "page", "--page-bind", "127.0.0.1")


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_it_serves_until_it_is_told_to_stop(tmp_path: Path, number: signal.Signals) -> None:
    """Its port stands in the ready file; what it is told goes to the page; it ends with 0."""
    variables = {
        "PERISCOPE_PORT": "0",
        "CXGAME_READY_FILE": "ready.json",
        "APP_TITLE": "Summer Cup",
        "CXGAME_FEED_URI": "ws://127.0.0.1:1",
    }
    with Program(tmp_path, *PAGE, log=tmp_path / "log", **variables) as program:
        ready = program.until_ready(tmp_path / "ready.json")
        base = f"http://127.0.0.1:{ready['page']}"
        assert ready["pid"] == program.process.pid
        with urllib.request.urlopen(f"{base}/static/config.json", timeout=10) as answer:
            told = json.load(answer)
        assert (told["title"], told["feed"]["uri"]) == ("Summer Cup", "ws://127.0.0.1:1")
        with urllib.request.urlopen(f"{base}/healthz", timeout=10) as answer:
            assert json.load(answer) == {"status": "ok"}
        look = urllib.request.Request(f"{base}/healthz", method="HEAD")
        with urllib.request.urlopen(look, timeout=10) as answer:
            assert (answer.status, answer.read()) == (200, b"")
        program.until_said(f"The page is at {base}/")
        program.process.send_signal(number)
        assert program.wait() == 0
        assert "Traceback" not in program.said


def test_a_taken_port_is_one_line(tmp_path: Path) -> None:
    """That names the setting, with status 1."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        ended = run(tmp_path, *PAGE, "--page-port", str(port))
    assert ended.returncode == 1
    assert ended.stdout == (
        f"cxgame: port {port} is taken by another program; choose one with --page-port "
        "(0: any free one)\n"
    )


def test_a_setting_that_is_refused_is_one_line(tmp_path: Path) -> None:
    """With status 2, before anything is begun."""
    ended = run(tmp_path, *PAGE, "--feed-uri", "http://host")
    assert ended.returncode == 2
    assert ended.stdout.startswith("cxgame: feed_uri (--feed-uri) must be an address such as ws://")
    assert ended.stdout.count("\n") == 1


def test_a_ready_file_that_cannot_be_is_said_first(tmp_path: Path) -> None:
    """Not after the start."""
    ended = run(tmp_path, *PAGE, "--ready-file", str(tmp_path))
    assert ended.returncode == 2
    assert "which is a directory" in ended.stdout
