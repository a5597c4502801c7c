"""The command line, with the server, the client and the bots replaced by what records calls."""

import io
import subprocess
import sys
from pathlib import Path

import pytest

from cxgame import __version__, cli
from cxgame.config import ABOUT, BotEnvironment, flag_of
from tests.cli.stand_ins import Client, Server, put


def test_bare_starts_the_server_with_defaults(server: Server) -> None:
    """Nothing typed, nothing given."""
    assert cli.main([]) == 0
    assert server.loaded is not None
    assert server.loaded.given == frozenset()


def test_flags_reach_the_server(server: Server) -> None:
    """Values, switches and repeated flags are given; the rest is not."""
    line = "--exchange-port 0 --no-started --memory --symbol A/B --symbol C/D --oracle gbm:drift=0"
    assert cli.main(line.split()) == 0
    assert server.loaded is not None
    settings = server.loaded.settings
    assert (settings.exchange_port, settings.started, settings.memory) == (0, False, True)
    assert settings.symbol == ("A/B", "C/D")
    assert settings.oracle == ("gbm:drift=0",)
    assert server.loaded.given == {"exchange_port", "started", "memory", "symbol", "oracle"}


@pytest.mark.parametrize(
    ("word", "said"), [("on", True), ("YES", True), ("1", True), ("off", False), ("no", False)]
)
def test_a_switch_takes_the_words_that_variables_take(
    word: str, said: bool, server: Server
) -> None:
    """`--memory=on` as CXGAME_MEMORY=on."""
    assert cli.main([f"--memory={word}"]) == 0
    assert server.loaded is not None
    assert server.loaded.settings.memory is said


def test_a_list_that_is_refused_is_shown_as_it_was_typed(
    server: Server, capsys: pytest.CaptureFixture[str]
) -> None:
    """And not as Python writes it."""
    assert cli.main(["--symbol", "btc", "--symbol", "A/B"]) == 2
    assert capsys.readouterr().err.endswith(", not 'btc', 'A/B'\n")


def test_the_servers_status_is_ours(server: Server) -> None:
    """A server that fails fails the command."""
    server.status = 3
    assert cli.main([]) == 3


@pytest.mark.parametrize("name", [name for name, about in ABOUT.items() if about.has_flag])
def test_every_setting_has_its_flag(
    name: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The help names every flag in one piece, also on 80 columns, each under its group."""
    monkeypatch.setenv("COLUMNS", "80")
    assert cli.main(["--help"]) == 0
    out = capsys.readouterr().out
    kind = ABOUT[name].kind
    off = flag_of(name, False) if kind.is_switch else kind.metavar
    first, following = f"│ {flag_of(name)} ", f"│   {off} "
    assert f"{first}{off} " in out or (first in out and following in out)
    assert f"─ {ABOUT[name].group} ─" in out


@pytest.mark.parametrize("line", ["--admin-secret x", "--valkey-password x"])
def test_a_secret_cannot_be_typed_on_the_command_line(
    line: str, server: Server, capsys: pytest.CaptureFixture[str]
) -> None:
    """There is no flag for a secret."""
    assert cli.main(line.split()) == 2
    assert server.loaded is None
    capsys.readouterr()


@pytest.mark.parametrize(
    ("line", "sentence"),
    [
        ("--exchage-port 5", "there is no option --exchage-port; did you mean --exchange-port?"),
        ("--exchange-port", "Parameter --exchange-port requires an argument."),
        ("--exchange-port -5", "exchange_port (--exchange-port) must be a whole number"),
        ("--exchange-port=", "exchange_port (--exchange-port) must be a whole number"),
        ("--nonsense=5", "there is no option --nonsense; see --help\n"),
        ("bot --usr x", "there is no option --usr; did you mean --user?"),
        ("--started=maybe", "started (--started) must be true, yes, on, 1, false, no, off or 0,"),
        ("--no-started=yes", "--no-started takes no value"),
        ("--symbol btc", "symbol (--symbol) must be one or several of: a market such as BTC/USD"),
        ("--mid middle", 'Invalid value "middle" for --mid. Choose from: "oracle", "book".'),
        ("--seed 1 --seed 2", "Parameter --seed specified multiple times."),
        ("--config missing.toml", "cannot read missing.toml: No such file or directory"),
        ("--log-file no/such/log", "cannot write the log file no/such/log: No such file"),
        ("strat", "there is no command 'strat'; see cxgame --help"),
        ("admin", ""),
        ("admin strat", 'Unknown command "strat".'),
        ("admin grant", 'Command "admin grant" parameter USER requires an argument.'),
        ("admin start --uri http://x", "uri (CXGAME_URI) must look like ws://host:9877, not"),
        ("bot", 'Command "bot" parameter'),
        ("bot maker --seed x", "seed (CXGAME_SEED) must be a whole number"),
        ("watch --uri nonsense", "feed_uri (CXGAME_FEED_URI) must look like ws://host:9877,"),
    ],
)
def test_a_mistake_is_one_line_and_status_2(
    line: str,
    sentence: str,
    server: Server,
    client: type[Client],
    capsys: pytest.CaptureFixture[str],
) -> None:
    """Whatever is mistyped is said in one line on standard error, without a traceback."""
    status = cli.main(line.split())
    err = capsys.readouterr().err
    if not sentence:  # a command without its own subcommand shows its help
        assert (status, err) == (0, "")
        return
    assert status == 2
    assert err.startswith(f"cxgame: {sentence}")
    assert err.count("\n") == 1
    assert server.loaded is None
    assert client.calls == []


def test_a_misspelled_variable_is_warned_about(
    server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The server starts all the same, and the log says what was ignored."""
    monkeypatch.setenv("CXGAME_USD_STRAT", "5")
    stderr = io.StringIO()
    monkeypatch.setattr(sys, "stderr", stderr)
    assert cli.main([]) == 0
    assert "CXGAME_USD_STRAT is no setting; did you mean CXGAME_USD_START?" in stderr.getvalue()


def test_ctrl_c_is_no_traceback(monkeypatch: pytest.MonkeyPatch) -> None:
    """An interrupted command ends like any interrupted program."""

    def interrupted(*_: object) -> int:
        raise KeyboardInterrupt

    put(monkeypatch, "cxgame.watch", main=interrupted)
    assert cli.main(["watch"]) == 130


def test_watch_goes_to_the_feed(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without an address it watches this computer, or what the environment says."""
    seen: list[tuple[object, ...]] = []
    put(monkeypatch, "cxgame.watch", main=lambda *told: seen.append(told))
    assert cli.main(["watch"]) == 0
    monkeypatch.setenv("CXGAME_URI", "ws://far:9877")
    assert cli.main(["watch"]) == 0
    assert cli.main(["watch", "--uri", "wss://near:1", "--no-ssl-verify", "--plain"]) == 0
    assert seen == [
        ("ws://127.0.0.1:9876", True, None),
        ("ws://far:9876", True, None),
        ("wss://near:1", False, True),
    ]


def test_bot_gets_flags_over_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """A bot is told where to play, by flags first."""
    seen: list[tuple[str, BotEnvironment]] = []

    def run(name: str, environment: BotEnvironment) -> int:
        seen.append((name, environment))
        return 4

    put(monkeypatch, "cxgame.bots", run=run)
    monkeypatch.setenv("CXGAME_SEED", "5")
    monkeypatch.setenv("CXGAME_USER", "env")
    assert cli.main("bot my/bot.py --user flag --token t --symbol A/B --uri ws://h:1".split()) == 4
    expected = BotEnvironment(uri="ws://h:1", user="flag", token="t", symbol="A/B", seed=5)
    assert seen == [("my/bot.py", expected)]


@pytest.mark.parametrize("arguments", [["--version"], ["--help"], ["bot", "--help"], ["nonsense"]])
def test_the_module_runs_as_a_program(arguments: list[str], tmp_path: Path) -> None:
    """`python -m cxgame` answers, loads no server for it, and never shows a traceback."""
    done = subprocess.run(
        [sys.executable, "-m", "cxgame", *arguments],
        capture_output=True,
        text=True,
        timeout=60,
        env={"PYTHONPATH": str(Path(cli.__file__).parents[1]), "PATH": "/usr/bin:/bin"},
        cwd=tmp_path,
        check=False,
    )
    assert "Traceback" not in done.stderr
    if arguments == ["nonsense"]:
        assert (done.returncode, done.stdout) == (2, "")
    else:
        assert (done.returncode, done.stderr) == (0, "")
    if arguments == ["--version"]:
        assert done.stdout.strip() == __version__
