"""What is kept of an engine that failed."""

import logging
from pathlib import Path

import pytest

from cxgame.failure import Failure, load
from cxgame.model.commands import Broadcast
from cxgame.server.play.evidence import keep_in

FAILURE = Failure("main.1", 7, b"\1" * 16, 5, 6, [Broadcast(1, "a")], Broadcast(2, "b"), "x\ny")


def test_a_failure_has_a_file_of_its_own(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """Named by game and batch; what it says leads back to the failure."""
    keep_in(tmp_path / "failures")(FAILURE)
    assert load((tmp_path / "failures" / "main.1-8.json").read_text()) == FAILURE
    assert "main.1-8.json" in caplog.text


def test_failures_in_the_same_batch_are_all_kept(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """Each has a file of its own, up to a bound; none takes the place of another."""
    keep = keep_in(tmp_path)
    failures = [FAILURE._replace(command=Broadcast(2, str(number))) for number in range(101)]
    for failure in failures:
        keep(failure)
    assert load((tmp_path / "main.1-8.json").read_text()) == failures[0]
    assert load((tmp_path / "main.1-8-2.json").read_text()) == failures[1]
    kept = [load(path.read_text()).command for path in tmp_path.iterdir()]
    assert sorted(map(str, kept)) == sorted(str(each.command) for each in failures[:100])
    assert caplog.text.count("please report it") == 100
    assert "cannot write" in caplog.text


def test_a_disk_that_refuses_is_told_of(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """The game goes on in any case."""
    (tmp_path / "file").touch()
    with caplog.at_level(logging.ERROR):
        keep_in(tmp_path / "file")(FAILURE)
    assert "cannot write" in caplog.text
