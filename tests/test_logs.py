"""Logging: where lines go, and what never gets into them."""

import io
import logging
import re
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from cxgame import logs

TOKEN = "0123456789abcdef" * 4


@pytest.fixture(autouse=True)
def _clean_logging() -> Iterator[None]:
    """Leave the logging of the test run as it was."""
    root = logging.getLogger()
    levels = (root.level, logging.getLogger("cxgame").level)
    yield
    logs.reset()
    root.setLevel(levels[0])
    logging.getLogger("cxgame").setLevel(levels[1])


class Terminal(io.StringIO):
    """A standard error that is a terminal."""

    def isatty(self) -> bool:
        return True


def lines(
    monkeypatch: pytest.MonkeyPatch, stream: io.StringIO, level: str = "info", **more: object
) -> io.StringIO:
    """Configure with this standard error."""
    monkeypatch.setattr(sys, "stderr", stream)
    logs.configure(level, **more)  # type: ignore[arg-type]
    return stream


def bare(stream: io.StringIO) -> str:
    """What was written, without the terminal's colours."""
    return re.sub(r"\x1b\[[0-9;]*m", "", stream.getvalue())


@pytest.mark.parametrize("stream", [io.StringIO, Terminal])
def test_tokens_and_secrets_are_hidden(
    monkeypatch: pytest.MonkeyPatch, stream: type[io.StringIO]
) -> None:
    """Neither message, arguments nor an exception's text carries a token or a known secret."""
    out = lines(monkeypatch, stream(), secrets=["hush"])
    logs.hide("late-secret")
    log = logging.getLogger("cxgame.test")
    log.info("token %s, %s", TOKEN, TOKEN.upper() + "ff")
    log.warning("a hush and a late-secret")
    try:
        raise ValueError(f"bad token {TOKEN} for hush")
    except ValueError:
        log.exception("failed")
    logging.getLogger("websockets").warning("their %s", TOKEN)
    text = re.sub(r"\s", "", bare(out)).lower()
    assert "0123456789abcdef" not in text
    assert "hush" not in text
    assert "late-secret" not in text
    assert text.count(logs.HIDDEN) == 8
    assert "valueerror" in text


def test_shorter_hex_is_left_alone() -> None:
    """Order ids and short hashes stay readable."""
    assert logs.redact("order 12 hash " + TOKEN[:63]) == "order 12 hash " + TOKEN[:63]


def test_a_longer_secret_is_hidden_before_its_part() -> None:
    """A secret that contains another one leaves no remainder."""
    logs.hide("abc", "abcdef")
    assert logs.redact("abcdef abc") == f"{logs.HIDDEN} {logs.HIDDEN}"


def test_plain_lines_without_a_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    """A pipe gets one plain line a record."""
    out = lines(monkeypatch, io.StringIO())
    logging.getLogger("cxgame.test").info("hello [bold]you[/bold]")
    assert out.getvalue().endswith("INFO    cxgame.test: hello [bold]you[/bold]\n")
    assert out.getvalue().count("\n") == 1


def test_a_terminal_gets_the_text_unchanged(monkeypatch: pytest.MonkeyPatch) -> None:
    """What players write is not taken for markup."""
    out = lines(monkeypatch, Terminal())
    logging.getLogger("cxgame.test").info("hello [bold]you[/bold]")
    assert "[bold]you[/bold]" in bare(out)


def test_the_level_holds_for_us_and_warnings_for_others(monkeypatch: pytest.MonkeyPatch) -> None:
    """Debug of ours can be switched on without that of every library."""
    out = lines(monkeypatch, io.StringIO(), level="debug")
    logging.getLogger("cxgame.test").debug("ours")
    logging.getLogger("library").info("theirs")
    logging.getLogger("library").warning("heard")
    assert "ours" in out.getvalue()
    assert "theirs" not in out.getvalue()
    assert "heard" in out.getvalue()


def test_a_file_receives_the_log_as_well(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """The same lines, redacted, go to the file and to standard error."""
    path = tmp_path / "log"
    out = lines(monkeypatch, io.StringIO(), file=path)
    logging.getLogger("cxgame.test").info("héllo %s", TOKEN)
    assert path.read_text(encoding="utf-8") == out.getvalue()
    assert "héllo [hidden]" in out.getvalue()


def test_configuring_twice_writes_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """A second call replaces the first."""
    lines(monkeypatch, io.StringIO())
    out = lines(monkeypatch, io.StringIO())
    logging.getLogger("cxgame.test").info("once")
    assert out.getvalue().count("once") == 1


def test_a_file_that_cannot_be_written_changes_nothing(tmp_path: Path) -> None:
    """The error is the system's own, and no handler is left behind."""
    before = list(logging.getLogger().handlers)
    with pytest.raises(OSError, match="No such file"):
        logs.configure("info", tmp_path / "missing" / "log")
    assert logging.getLogger().handlers == before
