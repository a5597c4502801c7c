"""House bots beside the server: entered as bots, playing over sockets, ended with it."""

import asyncio
import json
import os
import signal
import sys
from pathlib import Path
from typing import Any

import pytest

from cxgame.config import ConfigError
from cxgame.server.app import CxServer, house_bots
from cxgame.server.errors import StartError
from tests.support.processes import ServerProcess
from tests.support.serving import PEM, WITHIN_S, Served, served

PORTS = {"exchange_port": 0, "feed_port": 0, "http_port": 0, "bind": "127.0.0.1"}
SCRIPT = """
import json, os, sys, time
told = {name: text for name, text in os.environ.items() if name.startswith("CXGAME_")}
if "pid" in sys.argv[0]:
    told = {"pid": os.getpid()}
with open("told.new", "w") as file:
    json.dump(told, file)
os.replace("told.new", "told.json")
while "forever" in sys.argv[0]:
    time.sleep(0.1)
"""


def server(**settings: Any) -> CxServer:
    """A server on free ports, in memory unless a data directory is given."""
    memory = "data_dir" not in settings
    return CxServer(**{**PORTS, "memory": memory, "admin_secret": "a secret", **settings})


def accounts(running: Served) -> list[tuple[str, bool]]:
    """Name and bot mark of each account but the house."""
    game = running.server.game
    return [(account.name, account.bot) for account in game.engine.accounts[1:]]


@pytest.mark.parametrize("pem_file", [None, PEM], ids=["plain", "tls"])
async def test_bots_play_through_the_sockets(pem_file: Path | None) -> None:
    """A maker's orders rest in the book soon after the start, also when the server speaks TLS."""
    async with served(server(bots="maker,random:2", pem_file=pem_file)) as running:
        assert accounts(running) == [
            ("bot-maker", True),
            ("bot-random-1", True),
            ("bot-random-2", True),
        ]
        async with asyncio.timeout(WITHIN_S):
            while not running.server.game.engine.orders:
                await asyncio.sleep(0.02)


async def test_their_tokens_are_kept_for_the_next_start(tmp_path: Path) -> None:
    """The same bots come back to the same accounts; only the server's user can read the file."""
    for start in range(2):
        async with served(server(bots="maker", data_dir=tmp_path)) as running:
            assert accounts(running) == [("bot-maker", True)]
        path = tmp_path / "bots.json"
        assert path.stat().st_mode & 0o777 == 0o600
        tokens = json.loads(path.read_text())
        assert list(tokens) == ["bot-maker"]
        if start == 0:
            first = tokens
    assert tokens == first


async def test_a_lost_token_keeps_the_bot_out_and_nobody_else(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """Without its token a bot cannot have its name back; that is logged, and the game goes on."""
    async with served(server(bots="maker", data_dir=tmp_path)):
        pass
    (tmp_path / "bots.json").unlink()
    async with served(server(bots="maker,random", data_dir=tmp_path)) as running:
        assert accounts(running) == [("bot-maker", True), ("bot-random", True)]
    assert "bot-maker cannot play: User already registered." in caplog.text


@pytest.mark.parametrize("text", ["{", "[]", '{"bot-maker": 1}', "\x00"])
async def test_a_damaged_token_file_is_one_sentence(tmp_path: Path, text: str) -> None:
    """A file that cannot be read is not overwritten: the tokens in it may be worth keeping."""
    (tmp_path / "bots.json").write_text(text)
    with pytest.raises(StartError, match="cannot read the tokens of the house bots"):
        await server(bots="maker", data_dir=tmp_path).serve()
    assert (tmp_path / "bots.json").read_text() == text


def test_tokens_are_on_the_disk_before_they_replace_others(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A power cut leaves the old ones or the new ones, and no empty file."""
    synced: list[int] = []
    monkeypatch.setattr(os, "fsync", lambda file: synced.append(os.fstat(file).st_size))
    house_bots._keep_tokens(tmp_path / "bots.json", {"bot-maker": "its token"})
    assert synced == [(tmp_path / "bots.json").stat().st_size]


async def test_a_file_is_a_process_that_is_told_where_and_who(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """A script gets addresses, name, token and seed, and no secret; its end is logged."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("CXGAME_ADMIN_SECRET", "not for players")
    (tmp_path / "mine.py").write_text(SCRIPT)
    async with served(server(bots="mine.py", seed=5)) as running:
        told = await _told(tmp_path)
        async with asyncio.timeout(WITHIN_S):
            while "ended with status 0" not in caplog.text:
                await asyncio.sleep(0.02)
        ports = running.server.exchange.port, running.server.feed.port
    assert told.pop("CXGAME_TOKEN").isalnum()
    assert told == {
        "CXGAME_URI": f"ws://127.0.0.1:{ports[0]}",
        "CXGAME_FEED_URI": f"ws://127.0.0.1:{ports[1]}",
        "CXGAME_USER": "bot-mine",
        "CXGAME_SEED": "5",
        "CXGAME_SSL_VERIFY": "false",
    }


async def test_a_bot_s_process_ends_with_the_server(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A script that would run for ever is ended when the server stops."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "forever.py").write_text(SCRIPT)
    async with served(server(bots="forever.py")) as running:
        await _told(tmp_path)
        (process,) = running.server.bots.processes
        assert process.poll() is None
    assert process.returncode == -signal.SIGTERM


@pytest.mark.skipif(sys.platform != "linux", reason="the kernel's help is Linux's")
async def test_a_bot_s_process_ends_with_a_server_that_is_killed(tmp_path: Path) -> None:
    """SIGKILL of the server leaves no player behind."""
    (tmp_path / "pid_forever.py").write_text(SCRIPT)
    process = ServerProcess(tmp_path, "--memory", "--bots", "pid_forever.py")
    try:
        await process.start()
        bot = Path("/proc", str((await _told(tmp_path))["pid"]), "stat")
        assert _is_alive(bot)
        await process.kill()
        async with asyncio.timeout(WITHIN_S):
            while _is_alive(bot):
                await asyncio.sleep(0.02)
    finally:
        await process.stop()


def test_an_unknown_bot_is_refused_at_once() -> None:
    """A bot that there is not is a wrong setting."""
    with pytest.raises(ConfigError, match="there is no bot 'makr'"):
        server(bots="makr")
    with pytest.raises(ConfigError, match=r"there is no file nowhere\.py"):
        server(bots="maker,nowhere.py")


def _is_alive(stat: Path) -> bool:
    """Whether a process runs; one that only waits to be collected does not."""
    try:
        return stat.read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


async def _told(folder: Path) -> dict[str, Any]:
    async with asyncio.timeout(WITHIN_S):
        while not (folder / "told.json").exists():
            await asyncio.sleep(0.02)
    told: dict[str, Any] = json.loads((folder / "told.json").read_text())
    return told
