"""A command line in a quiet place, with stand-ins behind it."""

import logging
from collections.abc import Iterator
from pathlib import Path

import pytest

from cxgame import logs
from cxgame.server.app import set_up_logs
from tests.cli.stand_ins import Answer, Client, Server, put


@pytest.fixture(autouse=True)
def _quiet_place(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[None]:
    """An empty working directory, no variables of ours, and logging as it was."""
    monkeypatch.chdir(tmp_path)
    for variable in ("CXGAME_URI", "CXGAME_TOKEN", "CXGAME_USER", "CXGAME_ADMIN_SECRET"):
        monkeypatch.delenv(variable, raising=False)
    root, ours = logging.getLogger(), logging.getLogger("cxgame")
    levels = (root.level, ours.level)
    yield
    logs.reset()
    root.setLevel(levels[0])
    ours.setLevel(levels[1])


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Server:
    """The server that `cxgame` starts."""
    server = Server()
    put(monkeypatch, "cxgame.server.app", run=server.run, set_up_logs=set_up_logs)
    return server


@pytest.fixture
def client(monkeypatch: pytest.MonkeyPatch) -> type[Client]:
    """The client that `cxgame admin` uses; it says yes."""
    Client.calls, Client.made, Client.answers = [], {}, [Answer(True, "Command accepted.")]
    put(monkeypatch, "cxgame.client", CxClient=Client)
    return Client
