"""The command line, with the server, the client and the bots replaced by what records calls."""

import getpass
import io
import logging
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from cxgame import __version__, cli, logs
from cxgame.config import ABOUT, BotEnvironment, Loaded, flag_of


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


def put(monkeypatch: pytest.MonkeyPatch, name: str, **members: object) -> None:
    """Stand a module of these members in the place of a real one."""
    module = ModuleType(name)
    vars(module).update(members)
    monkeypatch.setitem(sys.modules, name, module)


class Server:
    """A server that records what it was started with."""

    def __init__(self, status: int = 0) -> None:
        self.status = status
        self.loaded: Loaded | None = None

    def run(self, loaded: Loaded) -> int:
        self.loaded = loaded
        return self.status


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Server:
    """The server that `cxgame` starts."""
    server = Server()
    put(monkeypatch, "cxgame.server.app", run=server.run)
    return server


class Answer:
    """What the fake client's `r` returns."""

    def __init__(
        self, status: bool, msg: str, code: str | None = None, data: object = None
    ) -> None:
        self.status, self.msg, self.code, self.data = status, msg, code, data


class Client:
    """A client that records its calls and answers from a list, the last answer for ever."""

    made: dict[str, Any]
    calls: list[tuple[object, ...]]
    answers: list[Answer]

    def __init__(self, **options: Any) -> None:
        type(self).made = options

    def r(self, *words: object, secret: str | None = None, **more: object) -> Answer:
        self.calls.append((*words, *more.items(), *filter(None, [secret])))
        return self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]


@pytest.fixture
def client(monkeypatch: pytest.MonkeyPatch) -> type[Client]:
    """The client that `cxgame admin` uses; it says yes."""
    Client.calls, Client.made, Client.answers = [], {}, [Answer(True, "Command accepted.")]
    put(monkeypatch, "cxgame.client", CxClient=Client)
    return Client


def type_in(monkeypatch: pytest.MonkeyPatch, text: str, *, terminal: bool) -> None:
    """What the person at the keyboard, or the pipe, says."""
    stdin = io.StringIO(text + "\n")
    monkeypatch.setattr(stdin, "isatty", lambda: terminal)
    monkeypatch.setattr(sys, "stdin", stdin)
    monkeypatch.setattr(getpass, "getpass", lambda prompt: text)


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
        ("admin start --uri http://x", "uri must look like ws://host:9877, not 'http://x'"),
        ("bot", 'Command "bot" parameter'),
        ("bot maker --seed x", "seed (CXGAME_SEED) must be a whole number"),
        ("watch --uri nonsense", "feed_uri must look like ws://host:9877, not 'nonsense'"),
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


@pytest.mark.parametrize("command", ["start", "pause", "shutdown"])
def test_admin_sends_the_secret_from_a_file(
    command: str, client: type[Client], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The server's answer is printed, status 0."""
    (tmp_path / "secret").write_text("hush\n")
    line = ["admin", command, "--admin-secret-file", "secret", "--uri", "wss://host:1"]
    assert cli.main([*line, "--no-ssl-verify"]) == 0
    assert client.calls == [(command, "hush")]
    assert client.made == {
        "user": None,
        "uri": "wss://host:1",
        "token": None,
        "ssl_verify": False,
    }
    assert capsys.readouterr().out == "Command accepted.\n"


def test_admin_grant_names_the_user(
    client: type[Client], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The secret may come from the environment."""
    monkeypatch.setenv("CXGAME_ADMIN_SECRET", "hush")
    assert cli.main(["admin", "grant", "alice"]) == 0
    assert client.calls == [("grant", "alice", "hush")]
    capsys.readouterr()


@pytest.mark.parametrize(
    ("line", "call"),
    [
        (["end-round"], ("end_round",)),
        (["start-round"], ("start_round",)),
        (["announce", "Ten minutes left."], ("announce", "Ten minutes left.")),
        (["kick", "bob"], ("kick", "bob")),
        (["adjust", "bob", "USD", "500"], ("adjust", "bob", "USD", "500", None)),
        (["adjust", "bob", "USD", "5", "--held", "1"], ("adjust", "bob", "USD", "5", "1")),
        (["set-price", "BTC/USD", "1010"], ("set_price", "BTC/USD", "1010")),
    ],
)
def test_admin_sends_what_was_typed(
    line: list[str],
    call: tuple[object, ...],
    client: type[Client],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """Each word in its place, the secret after them."""
    monkeypatch.setenv("CXGAME_ADMIN_SECRET", "hush")
    assert cli.main(["admin", *line]) == 0
    assert client.calls == [(*call, "hush")]
    assert capsys.readouterr().out == "Command accepted.\n"


def test_admin_shows_the_players_as_a_table(
    client: type[Client], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Names to the left, numbers to the right."""
    monkeypatch.setenv("CXGAME_ADMIN_SECRET", "hush")
    row = {"user": "bob", "team": "red", "connections": 2, "messages_per_s": 3.5}
    row |= {"refusals_per_min": 0, "open_orders": 12, "equity": "10.00", "rank": 1}
    client.answers = [Answer(True, "Players.", None, [row])]
    assert cli.main(["admin", "players"]) == 0
    head, line = capsys.readouterr().out.splitlines()
    assert head == "rank  user  team  conn.  msg/s  refused/min  orders  equity"
    assert line == "   1  bob   red       2    3.5            0      12   10.00"


def test_admin_shows_a_new_token_once(
    client: type[Client], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """And nothing besides, so that it can be piped."""
    monkeypatch.setenv("CXGAME_ADMIN_SECRET", "hush")
    client.answers = [Answer(True, "Replaced.", None, "ab" * 32)]
    assert cli.main(["admin", "rotate-user", "bob"]) == 0
    assert capsys.readouterr().out == "ab" * 32 + "\n"


@pytest.mark.parametrize(
    ("line", "call", "teams", "shown"),
    [
        ([], (None, None, None), None, "Everybody may play."),
        (["--everyone"], (None, None, True), None, "Everybody may play."),
        (["--add", "a,b"], ({"": ["a", "b"]}, None, None), {"": ["a", "b"]}, "a, b"),
        (["--add", "red=a+b"], ({"red": ["a", "b"]}, None, None), {"red": ["a"]}, "red: a"),
        (["--remove", "a,b"], (None, ["a", "b"], None), {}, "Nobody may play."),
    ],
)
def test_admin_shows_and_changes_the_whitelist(
    line: list[str],
    call: tuple[object, object, object],
    teams: object,
    shown: str,
    client: type[Client],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """Names are written as for the setting of that name."""
    monkeypatch.setenv("CXGAME_ADMIN_SECRET", "hush")
    client.answers = [Answer(True, "Whitelist.", None, {"teams": teams})]
    assert cli.main(["admin", "whitelist", *line]) == 0
    add, remove, everyone = call
    assert client.calls == [("whitelist", add, remove, ("everyone", everyone), "hush")]
    assert capsys.readouterr().out == shown + "\n"


def test_a_name_that_is_none_is_not_sent(
    client: type[Client], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """One line says why."""
    monkeypatch.setenv("CXGAME_ADMIN_SECRET", "hush")
    assert cli.main(["admin", "whitelist", "--add", "a b"]) == 2
    assert client.calls == []
    assert "names a user 'a b'" in capsys.readouterr().err


@pytest.mark.parametrize("terminal", [True, False])
def test_admin_asks_for_the_secret(
    terminal: bool,
    client: type[Client],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """With no secret at hand, a prompt or a pipe gives it."""
    type_in(monkeypatch, "typed", terminal=terminal)
    assert cli.main(["admin", "pause"]) == 0
    assert client.calls == [("pause", "typed")]
    capsys.readouterr()


def test_an_admin_user_needs_no_secret(
    client: type[Client], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Who has a token is asked for the secret only if the server wants one."""
    type_in(monkeypatch, "typed", terminal=True)
    assert cli.main(["admin", "pause", "--user", "alice", "--token", "t"]) == 0
    assert client.calls == [("pause",)]
    assert (client.made["user"], client.made["token"]) == ("alice", "t")
    client.answers = [
        Answer(False, "Admin secret required.", "AUTH_SECRET_REQUIRED"),
        Answer(True, "Done."),
    ]
    assert cli.main(["admin", "pause", "--user", "alice", "--token", "t"]) == 0
    assert client.calls[1:] == [("pause",), ("pause", "typed")]
    capsys.readouterr()


def test_no_secret_at_all_is_one_line(
    client: type[Client], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """An empty answer is not sent."""
    type_in(monkeypatch, "", terminal=False)
    assert cli.main(["admin", "pause"]) == 2
    assert client.calls == []
    assert "--admin-secret-file" in capsys.readouterr().err


def test_a_refusal_is_status_1(
    client: type[Client], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """What the server refuses goes to standard error."""
    client.answers = [Answer(False, "Invalid admin secret.", "AUTH_SECRET")]
    type_in(monkeypatch, "wrong", terminal=False)
    assert cli.main(["admin", "shutdown"]) == 1
    captured = capsys.readouterr()
    assert (captured.out, captured.err) == ("", "cxgame: Invalid admin secret.\n")


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
