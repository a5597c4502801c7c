"""What is typed, where it makes no sense, and the help."""

import pytest

from tests.mockx.conftest import Terminal
from tests.mockx.test_requests import ROWS


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ("", "COMMAND"),
        ("beg", "invalid choice: 'beg'"),
        ("ticker", "SYM"),
        ("ticker A/B C/D", "unrecognized arguments: C/D"),
        ("order BTC/USDT buy", "AMOUNT"),
        ("order BTC/USDT hold 1", "invalid choice: 'hold'"),
        ("order BTC/USDT buy 1 --type stop", "invalid choice: 'stop'"),
        ("order BTC/USDT buy ten", "not a number: 'ten'"),
        ("order BTC/USDT buy NaN", "not a number: 'NaN'"),
        ("order BTC/USDT buy Infinity", "not a number: 'Infinity'"),
        ("order BTC/USDT buy 1_000", "not a number: '1_000'"),
        ("order BTC/USDT buy \uff11", "not a number"),
        ("order BTC/USDT buy 1e9999", "not a number: '1e9999'"),
        ("orders --tail 1.5", "not a whole number: '1.5'"),
        ("orders --side both", "invalid choice: 'both'"),
        ("set-balance USDT", "--free"),
        ("deposit USDT", "AMOUNT"),
    ],
)
def test_what_makes_no_sense_is_a_usage_error(terminal: Terminal, line: str, says: str) -> None:
    """Status 2 with the usage, and the server is not asked."""
    done = terminal.type(*line.split())
    assert (done.status, done.out) == (2, "")
    assert done.err.startswith("usage: mockx")
    assert says in done.err
    assert terminal.server.asked == []


def test_a_setting_that_makes_no_sense_is_a_line(
    terminal: Terminal, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Status 2 as well."""
    monkeypatch.setenv("API_TIMEOUT_SEC", "soon")
    done = terminal.type("health")
    assert done.status == 2
    assert done.err.startswith("mockx: api_timeout (API_TIMEOUT_SEC) must be a number of seconds")
    assert done.err.count("\n") == 1


def test_help_names_every_command(terminal: Terminal) -> None:
    """With status 0, on standard output."""
    done = terminal.type("-h")
    assert done.status == 0
    for typed, *_ in ROWS:
        assert f"\n    {typed.split()[0]}" in done.out


@pytest.mark.parametrize("name", sorted({row[0].split()[0] for row in ROWS}))
def test_a_commands_help_names_its_request(terminal: Terminal, name: str) -> None:
    """Method and path; there is no flag for the key, which others would see."""
    done = terminal.type(name, "--help")
    assert done.status == 0
    first = next(row[1] for row in ROWS if row[0].split()[0] == name)
    method, path = first.partition("?")[0].split()
    assert f"{method} /{path.split('/')[1]}" in " ".join(done.out.split())
    assert "--api-key" not in done.out
