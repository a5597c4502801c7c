"""Where the tools for records read and listen, as a person types it or leaves it out."""

import asyncio
import socket
from pathlib import Path

import pytest

from cxgame import cli, cli_journal, logs
from cxgame.cli_points import read_port
from cxgame.cli_records import Place
from cxgame.config import ConfigError
from cxgame.records.recorded import save
from tests.records.played import record


@pytest.fixture(autouse=True)
def _quiet_place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for variable in ("CXGAME_DATA_DIR", "VALKEY_URL", "REDIS_URL", "VALKEY_HOST"):
        monkeypatch.delenv(variable, raising=False)


def test_without_a_record_that_of_the_server_here_is_meant(monkeypatch: pytest.MonkeyPatch) -> None:
    """With a Valkey elsewhere, its archive is in the data directory all the same."""
    assert cli_journal._place(None) == Place("cxgame-data")
    monkeypatch.setenv("CXGAME_DATA_DIR", "games")
    assert cli_journal._place(None) == Place("games")
    Path(".env").write_text("VALKEY_URL=redis://db:6379\nVALKEY_PASSWORD=secret\n")
    assert cli_journal._place(None) == Place("redis://:secret@db:6379", Path("games"))
    assert cli_journal._place("other") == Place("other")


@pytest.mark.parametrize("text", ["70000", "-1", "x", ""])
def test_a_page_port_that_is_none_is_one_line(
    text: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """Before anything is read."""
    assert cli.main(["replay", "nowhere", f"--page-port={text}"]) == 2
    error = capsys.readouterr().err
    assert error == f"cxgame: --page-port must be a whole number from 0 to 65535, not {text!r}\n"
    with pytest.raises(ConfigError):
        read_port(text)


def test_a_page_port_is_read() -> None:
    """0 for a free one."""
    assert [read_port(text) for text in ("0", "8600", "65535")] == [0, 8600, 65535]


def test_a_taken_page_port_is_said_with_its_flag(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """A replay has no port for REST."""
    monkeypatch.setattr(logs, "configure", lambda *_, **__: None)  # pytest has its own
    save(asyncio.run(record(count=10)).list, Path("kept"))
    words = ["replay", "kept", "--feed-port", "0", "--bind", "127.0.0.1", "--page-port"]
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        assert cli.main([*words, str(port)]) == 1
    assert f"port {port} is taken by another program; choose one with --page-port" in (
        capsys.readouterr().err
    )
