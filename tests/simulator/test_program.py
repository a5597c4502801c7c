"""The simulator and its client as programs: `python -m cxgame.simulator`, `….client`."""

import json
import re
import socket
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from cxgame.simulator import Config, ExchangeClient, ExchangeServer, program
from cxgame.simulator.__main__ import main as serve
from cxgame.simulator.report import block, summary
from cxgame.simulator.scenarios import SCENARIOS, Outcome, play
from tests.support.programs import Program, run

CLIENT = (sys.executable, "-m", "cxgame.simulator.client")
FREE = {"CXGAME_EXCHANGE_PORT": "0", "CXGAME_FEED_PORT": "0"}
BAD_LINE = {
    "enabled": True,
    "modes": {
        "drop_messages": {"enabled": True, "probability": 0.05},
        "duplicate_messages": {"enabled": True, "probability": 0.1},
        "delay_messages": {"enabled": True, "min_ms": 1, "max_ms": 50},
    },
}


class Simulator(Program):
    """`python -m cxgame.simulator` with a `config.json` in its folder, up."""

    def __init__(self, folder: Path, **blocks: object) -> None:
        config = {"server": {"port": 0}, **blocks}
        (folder / "config.json").write_text(json.dumps(config))
        ready = folder / "ready.json"
        variables = {**FREE, "CXGAME_READY_FILE": str(ready)}
        super().__init__(
            folder, sys.executable, "-m", "cxgame.simulator", log=folder / "log", **variables
        )
        try:
            self.url = f"http://127.0.0.1:{self.until_ready(ready)['http']}"
        except AssertionError:
            self.kill()
            raise


@pytest.fixture
def simulator(tmp_path: Path) -> Iterator[Simulator]:
    """One whose line is bad."""
    with Simulator(tmp_path, failures=BAD_LINE) as up:
        yield up


@pytest.mark.ci
def test_the_scenarios_come_right_on_a_bad_line(simulator: Simulator, tmp_path: Path) -> None:
    """Each says so, with what went wrong and how long until all was right; the status is 0."""
    words = ("--scenarios", "--base-url", simulator.url, "--symbol", "ETH/USD")
    played = run(tmp_path, *CLIENT, *words)
    assert played.returncode == 0, played.stdout
    for name in SCENARIOS:
        assert re.search(rf"^{name} +right, [0-9.]+ s$", played.stdout, re.MULTILINE)
    assert re.search(r"^  all right +[0-9.]+ s after the end", played.stdout, re.MULTILINE)
    assert re.search(r"^  went wrong +[0-9]+ \w", played.stdout, re.MULTILINE)
    assert "4 of 4 scenarios came right; " in played.stdout
    assert simulator.interrupt() == 0
    assert "the game is gone" in simulator.said
    assert not (tmp_path / "cxgame-data").exists()


@pytest.mark.ci
def test_the_dashboard_is_lines_without_a_terminal(simulator: Simulator, tmp_path: Path) -> None:
    """By default, for the server that is named."""
    words = (*CLIENT, "--base-url", simulator.url, "--symbol", "BTC/USD")
    with Program(tmp_path, *words, log=tmp_path / "dashboard") as dashboard:
        dashboard.until_said("ready: Feed live")
        dashboard.until_said("faults: drop")


def test_nobody_to_play_with_is_said(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """In one line, with status 1."""
    monkeypatch.setattr(program, "REACHED_WITHIN_S", 0.5)
    url = "http://127.0.0.1:9"  # the port of a service that nobody runs any more
    assert program.main(["--scenarios", "--base-url", url]) == 1
    assert capsys.readouterr().err.startswith(f"cxgame: no simulator answers at {url}: ")
    assert program.main(["--base-url", url, "--plain"]) == 1
    assert capsys.readouterr().err.startswith(f"cxgame: {url} cannot be reached: ")


@pytest.mark.ci
def test_a_taken_port_is_said_with_a_flag_that_there_is(tmp_path: Path) -> None:
    """Of each face: who follows the advice comes as far as the next port."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        free = {f"--{face}-port": "0" for face in ("exchange", "feed", "http")}
        for flag in free:
            words = [word for pair in {**free, flag: port}.items() for word in pair]
            ended = run(tmp_path, sys.executable, "-m", "cxgame.simulator", *words)
            assert ended.returncode == 1, ended.stdout
            said = f"port {port} is taken by another program; choose one with {flag} "
            assert said in ended.stdout.splitlines()[-1]


def test_a_port_that_is_none_is_status_2(capsys: pytest.CaptureFixture[str]) -> None:
    """With the flag's name."""
    assert serve(["--feed-port", "x"]) == 2
    assert capsys.readouterr().err.startswith("cxgame: feed_port (--feed-port) must be ")


@pytest.mark.parametrize("words", [["--base-url", "localhost:8765"], ["--scenario"]])
def test_a_mistyped_command_line_is_status_2(
    words: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    """With a word about it."""
    with pytest.raises(SystemExit) as ended:
        program.main(words)
    assert ended.value.code == 2
    assert words[-1] in capsys.readouterr().err


def test_a_configuration_with_a_mistake_is_status_2(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """One line says which field; the file of the folder is read where none is named."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "config.json").write_text('{"server": {"port": "high"}}')
    (tmp_path / "other.json").write_text('{"server": {"hots": "x"}}')
    assert serve([]) == 2
    assert serve(["--config", "other.json"]) == 2
    assert serve(["--config", "none.json"]) == 2
    port, host, none = capsys.readouterr().err.splitlines()
    assert port.startswith("cxgame: config.json: server.port must be a whole number")
    assert host.endswith("there is no field 'server.hots'; did you mean host?")
    assert none.startswith("cxgame: cannot read none.json")


def test_a_configuration_of_toml_is_no_configuration_of_the_simulators(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`--config` takes settings in TOML as well, with the preset beside them."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "cxgame.toml").write_text("symbol = 3")
    assert serve(["--config", "cxgame.toml"]) == 2


def test_what_went_wrong_is_told() -> None:
    """A scenario that did not come right says why, and counts in the last line."""
    wrong = Outcome("rapid orders", "an order is listed twice", 1.5, None, {"gaps": 2, "late": 7})
    right = Outcome("market data", "", 2.0, 0.25, {}, 0.5, {"TICKER": "40.0/s"})
    assert block(wrong).splitlines() == [
        "rapid orders      WRONG: an order is listed twice, 1.5 s",
        "  went wrong          7 numbered frames that came after later ones",
        "                      2 places at which numbered frames were missing",
    ]
    assert block(right).splitlines() == [
        "market data       right, 2.0 s",
        "                  TICKER 40.0/s",
        "  all right       0.25 s after the end, in doubt for 0.50 s in all",
    ]
    told = "1 of 2 scenarios came right; 9 times something went wrong on the line."
    assert summary([wrong, right]) == told
    assert summary([right]).endswith("nothing went wrong on the line.")


@pytest.mark.ci
async def test_scenarios_of_a_market_that_is_not_there_are_wrong() -> None:
    """Each of them, with the exchange's own word."""
    config = Config()
    config.server.port = 0
    async with ExchangeServer(config, seed=1) as server:
        outcomes = [each async for each in play(lambda: ExchangeClient(server.url), "XRP/USD")]
    assert not any(each.is_right for each in outcomes)
    assert "XRP/USD" in outcomes[0].error


def test_a_mistyped_variable_is_status_2(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """As for every program: one line that names it."""
    monkeypatch.setenv("CXGAME_SEED", "five")
    for words in (["--scenarios"], ["--plain"]):
        assert program.main(words) == 2
        assert capsys.readouterr().err.startswith("cxgame: seed (CXGAME_SEED) must be ")
