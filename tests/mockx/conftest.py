"""A terminal in which `mockx` is typed, in an empty folder beside a stand-in for the server."""

from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

from cxgame.mockx import main
from tests.mockx.standin import Answer, Asked, StandIn

KEY = "hush-hush"


class Done(NamedTuple):
    """How a command ended."""

    status: int
    out: str
    err: str


class Terminal:
    """Types commands; the server answers each with `answer`."""

    def __init__(self, capsys: pytest.CaptureFixture[str]) -> None:
        self.answer: Answer = (200, "{}")
        self.server = StandIn(lambda request: self.answer)
        self._capsys = capsys

    def type(self, *words: str) -> Done:
        """One command line, split into its words."""
        try:
            status = main(words)
        except SystemExit as left:
            status = int(left.code or 0)
        out, err = self._capsys.readouterr()
        assert KEY not in out + err
        return Done(status, out, err)

    def ask(self, line: str) -> Asked:
        """One command line that makes one request, which this is."""
        before = len(self.server.asked)
        done = self.type(*line.split())
        assert (done.status, done.err) == (0, "")
        (request,) = self.server.asked[before:]
        return request


@pytest.fixture
def terminal(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Iterator[Terminal]:
    """Its environment names the server and the key, and nothing else of ours."""
    monkeypatch.chdir(tmp_path)
    terminal = Terminal(capsys)
    monkeypatch.setenv("API_URL", terminal.server.url)
    monkeypatch.setenv("API_KEY", KEY)
    monkeypatch.delenv("API_TIMEOUT_SEC", raising=False)
    with terminal.server:
        yield terminal
