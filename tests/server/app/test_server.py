"""The whole server, and running it as a program."""

import asyncio
import importlib
import json
import logging
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
import websockets

import cxgame.server
from cxgame import config, logs
from cxgame.server.app import CxServer, run
from cxgame.server.app import program as program_module
from cxgame.server.app.hints import try_next
from cxgame.server.feed import CxFeed
from cxgame.server.play.live import live_line, tell_live
from cxgame.store.datadir import read_running
from tests.support.serving import WITHIN_S, closing, player, served
from tests.support.waiting import until

ROOT = Path(cxgame.__file__).parent.parent
SECRET = "a secret of the test"
PORTS = {"exchange_port": 0, "feed_port": 0, "http_port": 0, "bind": "127.0.0.1"}


def server(**settings: Any) -> CxServer:
    """A server in memory on free ports."""
    return CxServer(**{**PORTS, "memory": True, "admin_secret": SECRET, **settings})


async def test_all_faces_show_the_same_game(tmp_path: Path) -> None:
    """A registration on the order server is seen on the feed; HTTP says ready; ports are told."""
    ready_file = tmp_path / "ready.json"
    async with served(server(ready_file=ready_file)) as running:
        ports = json.loads(ready_file.read_text())
        assert ports == {
            "exchange": running.server.exchange.port,
            "feed": running.server.feed.port,
            "http": running.server.http_port,
            "pid": os.getpid(),
        }
        for scheme, face in (("ws", "exchange"), ("ws", "feed"), ("http", "http")):
            assert f"{scheme}://127.0.0.1:{ports[face]}\n" in running.said[0]
        async with httpx.AsyncClient() as client:
            assert (await client.get(f"http://127.0.0.1:{ports['http']}/readyz")).is_success
        async with websockets.connect(f"ws://127.0.0.1:{ports['feed']}") as spectator:
            # Greeted, the spectator is among those who are told of what comes next.
            assert (await _read_until(spectator, "hello"))[0]["type"] == "hello"
            async with player(ports["exchange"], "alice") as alice:
                await alice.ask("bcast", message="hello")
                # A notice is no event: told with the events of the same moment, it comes last.
                wanted = {"New connection", "Registered: alice", "hello"}
                async with asyncio.timeout(WITHIN_S):
                    while wanted:
                        wanted.discard(json.loads(await spectator.recv()).get("message"))


async def test_a_secret_that_nobody_is_shown_can_be_taken_from_the_server(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """Without `say` the log warns of what was made, and holds none of it."""
    kept = {"memory": False, "data_dir": tmp_path / "data", "admin_secret": None}
    silent = server(**kept, preset="mockx", http_bind="0.0.0.0")
    serving = asyncio.create_task(silent.serve())
    await until(lambda: silent.ready.is_set() or serving.done())
    assert silent.admin_secret is not None
    assert silent.api_key is not None
    async with player(silent.exchange.port) as organiser:
        assert (await organiser.ask("pause", secret=silent.admin_secret))["status"]
    silent.stop()
    await serving
    for name in ("admin_secret", "api_key"):
        assert f"shown to nobody: keep the server's `{name}`" in caplog.text
        assert getattr(silent, name) not in caplog.text
    async with served(server(**kept)) as again:
        assert again.server.admin_secret is None


async def test_the_end_of_the_game_is_told_on_every_face() -> None:
    """`shutdown`: players and spectators get the last frames, then a reason, then all is closed."""
    async with served(server()) as running:
        feed, exchange = running.server.feed.port, running.server.exchange.port
        async with websockets.connect(f"ws://127.0.0.1:{feed}") as spectator:
            async with player(exchange, "alice") as alice:
                assert (await alice.ask("shutdown", secret=SECRET))["status"]
                assert await alice.end() == (1001, "The game is over.")
            frames = await _read_until(spectator, "csv")
            assert '"alice","10.0","10000.00","20000.00"' in frames[-1]["data"]
            assert "shutdown" in [frame["type"] for frame in frames]
            assert await closing(spectator) == (1001, "The game is over.")
        await running.end()
    for port in (feed, exchange, running.server.http_port):
        with pytest.raises(ConnectionRefusedError):
            await asyncio.open_connection("127.0.0.1", port)


@pytest.mark.ci
async def test_the_feed_follows_before_players_are_let_in(monkeypatch: pytest.MonkeyPatch) -> None:
    """A game of an instant is broadcast whole, however late the feed looks for it."""
    monkeypatch.setattr("cxgame.server.broadcast.game._LOOK_S", 0.5)
    async with served(server()) as running:
        async with websockets.connect(f"ws://127.0.0.1:{running.server.feed.port}") as spectator:
            async with player(running.server.exchange.port, "alice") as alice:
                await alice.ask("shutdown", secret=SECRET)
            assert await _read_until(spectator, "csv")
        await running.end()


def test_the_feed_is_told_how_far_a_spectator_may_fall_behind() -> None:
    """The setting reaches it, and has the default of a feed that is on its own."""
    assert server(feed_buffer=200_000).feed.feed_buffer == 200_000
    assert server().feed.feed_buffer == CxFeed().feed_buffer


@pytest.mark.parametrize("face", ["exchange_port", "feed_port", "http_port"])
def test_a_taken_port_is_one_line_and_a_status(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], face: str
) -> None:
    """Whichever port is taken: one line on standard error, status 1, and no data directory."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        settings = {**PORTS, face: port, "data_dir": tmp_path / "data"}
        assert run(config.from_keywords(**settings)) == 1
    out, err = capsys.readouterr()
    assert out == ""
    assert err.startswith("cxgame: ")
    assert f"port {port}" in err
    assert err.count("\n") == 1
    assert not (tmp_path / "data").exists()


def test_a_signal_suspends_and_the_next_start_goes_on(program: "Program") -> None:
    """SIGTERM and Ctrl-C end the process with 0 and leave no Valkey; the game goes on after."""
    for number, course in ((signal.SIGTERM, "main.1: new"), (signal.SIGINT, "main.1: goes on")):
        valkey = program.start()
        out, err = program.end(number)
        assert (program.status, err) == (0, "")
        assert course in out
        assert not _is_alive(valkey)


def test_valkey_ends_with_a_server_that_is_killed(program: "Program") -> None:
    """After kill -9 of the server its Valkey ends too, and the next start goes on."""
    valkey = program.start()
    program.end(signal.SIGKILL)
    program.start()
    assert not _is_alive(valkey)
    out, _ = program.end(signal.SIGTERM)
    assert "goes on where it stopped" in out


async def test_the_live_line_says_price_pace_leader_and_phase() -> None:
    """One line about the game in play, and one while it is halted."""
    async with served(server()) as running:
        assert running.server.exchange.play is not None
        host = running.server.exchange.play.host
        assert live_line(host, 1.25) == "BTC/USD 1000.00 · 1.2 trades/s · open"
        async with player(running.server.exchange.port, "alice"):
            line = live_line(host, 0)
            assert line == "BTC/USD 1000.00 · 0.0 trades/s · alice leads with 20000.00 · open"


async def test_who_is_awaited_is_named() -> None:
    """By the banner, then by the live line: whoever is listed and not connected."""
    async with served(server(whitelist="alice,bob")) as running:
        assert "\n  opens    after alice, bob\n" in running.said[0]
        play = running.server.exchange.play
        assert play is not None
        async with player(running.server.exchange.port, "alice"):
            assert live_line(play.host, 0).endswith(" · waiting for bob")
            async with player(running.server.exchange.port, "bob"):
                assert live_line(play.host, 0).endswith(" · open")
    async with served(server(whitelist=[f"u{number}" for number in range(9)])) as running:
        assert "after u0, u1, u2, u3, u4 and 4 more\n" in running.said[0]
    async with served(server(started=False)) as running:
        assert "after cxgame admin start\n" in running.said[0]


async def test_a_server_that_is_stopped_says_what_becomes_of_the_game(tmp_path: Path) -> None:
    """Kept or gone."""
    for settings, sentence in (
        ({}, "Stopped; main.1 is gone.\n"),
        ({"memory": False, "data_dir": tmp_path}, "Stopped; the next start goes on with main.1.\n"),
    ):
        async with served(server(**settings)) as running:
            pass
        assert running.said[-1] == sentence


@pytest.mark.parametrize(
    ("ports", "settings", "watch", "bot"),
    [
        ((9877, 9876), {}, "watch", "bot random"),
        (
            (9877, 5),
            {"memory": True},
            "watch --uri ws://127.0.0.1:5",
            "bot random --feed-uri ws://127.0.0.1:5",
        ),
        (
            (4, 9876),
            {"bind": "192.0.2.1"},
            "watch --uri ws://192.0.2.1:9876",
            "bot random --uri ws://192.0.2.1:4",
        ),
        (
            (4, 5),
            {"bind": "::1", "pem_file": "x.pem"},
            "watch --uri wss://[::1]:5 --no-ssl-verify",
            "bot random --uri wss://[::1]:4 --feed-uri wss://[::1]:5 --no-ssl-verify",
        ),
    ],
)
def test_what_to_try_next_finds_this_server(
    ports: tuple[int, int], settings: dict[str, Any], watch: str, bot: str
) -> None:
    """Where its addresses are not the ones that everybody assumes, they are said."""
    lines = try_next(config.from_keywords(**settings).settings, *ports, 1).splitlines()
    assert [line.partition("cxgame ")[2] for line in lines[:2]] == [watch, bot]
    assert lines[2] == (
        "Ctrl-C stops." if settings.get("memory") else "Ctrl-C stops; the game is kept."
    )


@pytest.mark.parametrize(("port", "at"), [(8000, ""), (8123, " --api-url http://127.0.0.1:8123")])
def test_an_exchange_for_one_is_tried_over_rest(port: int, at: str) -> None:
    """Money first, then an order; and where everything is explained."""
    settings = config.from_keywords(preset="mockx").settings
    fund, order, orders, docs, *_ = try_next(settings, 1, 2, port).splitlines()
    assert fund.partition("mockx")[2] == f"{at} fund USDT 100000"
    assert order.partition("mockx")[2] == f"{at} order BTC/USDT buy 0.05"
    assert orders.partition("mockx")[2] == f"{at} orders --table"
    assert docs.split()[0] == f"http://127.0.0.1:{port}/docs"


def test_a_simulator_is_tried_by_url() -> None:
    """A price, an account, the client's scenarios, the WebSocket, and what explains it all."""
    settings = config.from_keywords(preset="simulator").settings
    url = "http://127.0.0.1:8765"
    ticker, account, scenarios, socket, docs, *_ = try_next(settings, 1, 2, 8765).splitlines()
    assert f"'{url}/api/v1/ticker?symbol=BTC/USD'" in ticker
    assert f"{url}/api/v1/balance" in account
    assert f"cxgame.simulator.client --base-url {url} --scenarios" in scenarios
    assert "ws://127.0.0.1:8765/ws " in socket
    assert docs.split()[0] == f"{url}/docs"


async def test_the_live_line_comes_by_itself_when_there_is_news() -> None:
    """Lines are said until the teller is cancelled, none of them twice in a row."""
    said: list[str] = []
    async with served(server()) as running:
        play = running.server.exchange.play
        assert play is not None
        telling = asyncio.create_task(tell_live(play.host, said.append, 0.01))
        async with asyncio.timeout(WITHIN_S):
            while not said:
                await asyncio.sleep(0.01)
            await asyncio.sleep(0.05)
            async with player(running.server.exchange.port, "alice"):
                while len(said) < 2:
                    await asyncio.sleep(0.01)
        telling.cancel()
    assert said == [
        "BTC/USD 1000.00 · 0.0 trades/s · open\n",
        "BTC/USD 1000.00 · 0.0 trades/s · alice leads with 20000.00 · open\n",
    ]


def test_main_starts_with_the_defaults_of_this_place(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`cxgame.server.main()` reads environment and `cxgame.toml`, and returns the status."""
    seen: list[config.Loaded] = []
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(program_module, "run", lambda loaded: seen.append(loaded) or 7)
    monkeypatch.setenv("CXGAME_LOG_LEVEL", "error")
    (tmp_path / "cxgame.toml").write_text("usd_start = 5\n")
    try:
        assert cxgame.server.main() == 7
        assert logging.getLogger("cxgame").level == logging.ERROR
    finally:
        logs.reset()
        logging.getLogger("cxgame").setLevel(logging.NOTSET)
    assert seen[0].given == {"usd_start", "log_level"}


@pytest.mark.parametrize("module", ["cxgame.server", "cxgame.simulator.__main__"])
@pytest.mark.parametrize(
    ("variable", "value", "sentence"),
    [
        ("CXGAME_SEED", "x", "seed (CXGAME_SEED) must be a whole number"),
        ("CXGAME_LOG_FILE", "/nowhere/x.log", "cannot write the log file /nowhere/x.log: No such"),
    ],
)
def test_a_wrong_setting_ends_a_program_with_one_line(
    module: str,
    variable: str,
    value: str,
    sentence: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """And status 2, whichever way the server is started."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv(variable, value)
    monkeypatch.setattr(sys, "argv", ["cxgame"])
    assert importlib.import_module(module).main() == 2
    assert capsys.readouterr().err.startswith(f"cxgame: {sentence}")


def test_public_names_are_where_they_should_be() -> None:
    """`cxgame.server` has the names that people know, and loads them when asked."""
    for name in cxgame.server.__all__:
        assert getattr(cxgame.server, name).__name__ == name
    with pytest.raises(AttributeError):
        cxgame.server.CxNothing  # noqa: B018


async def _read_until(spectator: Any, kind: str) -> list[dict[str, Any]]:
    frames: list[dict[str, Any]] = []
    async with asyncio.timeout(WITHIN_S):
        while not frames or frames[-1]["type"] != kind:
            frames.append(json.loads(await spectator.recv()))
    return frames


class Program:
    """`cxgame` as a process of its own, in a folder of its own."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._process: subprocess.Popen[str] | None = None
        self.status: int | None = None

    def start(self) -> int:
        """Start it and wait until it is ready; returns the process id of its Valkey."""
        flags = [f"--{name.replace('_', '-')}={value}" for name, value in PORTS.items()]
        self._process = subprocess.Popen(
            [sys.executable, "-m", "cxgame", "--data-dir=data", "--ready-file=ready.json", *flags],
            cwd=self._folder,
            env={**os.environ, "PYTHONPATH": str(ROOT)},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        deadline = time.monotonic() + WITHIN_S
        while not (self._folder / "ready.json").exists():
            assert self._process.poll() is None, self._process.communicate()
            assert time.monotonic() < deadline, "it is not ready"
            time.sleep(0.02)
        running = read_running(self._folder / "data")
        assert running is not None
        return running.valkey_pid

    def end(self, number: signal.Signals) -> tuple[str, str]:
        """Send a signal and wait for the end; returns what was written."""
        assert self._process is not None
        self._process.send_signal(number)
        written = self._process.communicate(timeout=WITHIN_S)
        self.status, self._process = self._process.returncode, None
        (self._folder / "ready.json").unlink()
        return written

    def clean_up(self) -> None:
        """Leave nothing behind, whatever failed."""
        if self._process is not None:
            self._process.kill()
            self._process.communicate()


@pytest.fixture
def program(tmp_path: Path) -> Iterator[Program]:
    """A program that is ended after the test."""
    one = Program(tmp_path)
    yield one
    one.clean_up()


def _is_alive(pid: int) -> bool:
    """Whether a process runs; a dead one whose new parent does not look after it does not."""
    try:
        status = Path(f"/proc/{pid}/stat").read_text()
    except FileNotFoundError:
        return False
    return status.rpartition(")")[2].split()[0] != "Z"
