"""`cxgame admin …`: what is typed becomes one request, and its answer lines or a table."""

import getpass
import io
import sys
from pathlib import Path

import pytest

from cxgame import cli
from tests.cli.stand_ins import Answer, Client


def type_in(monkeypatch: pytest.MonkeyPatch, text: str, *, terminal: bool) -> None:
    """What the person at the keyboard, or the pipe, says."""
    stdin = io.StringIO(text + "\n")
    monkeypatch.setattr(stdin, "isatty", lambda: terminal)
    monkeypatch.setattr(sys, "stdin", stdin)
    monkeypatch.setattr(getpass, "getpass", lambda prompt: text)


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
