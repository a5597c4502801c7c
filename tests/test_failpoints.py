"""Failpoints: harmless until one is armed, and then final."""

import signal
import subprocess
import sys

import pytest

from cxgame import failpoints
from cxgame.config import ConfigError, failpoint

PROGRAM = """
import sys
from cxgame import failpoints
failpoints.arm(sys.argv[1], int(sys.argv[2]))
for turn in range(1, 6):
    print(turn, flush=True)
    failpoints.hit(failpoints.SENDING)
    failpoints.hit(failpoints.SENT)
"""


def passes(name: str, turn: int) -> tuple[int, str]:
    """The exit status of a process that is armed, and the last turn that it began."""
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, name, str(turn)],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    return done.returncode, done.stdout.split()[-1]


def test_the_process_ends_at_its_turn() -> None:
    """Passes before the turn, and of other places, do nothing."""
    assert passes(failpoints.SENT, 3) == (-signal.SIGKILL, "3")


def test_nothing_is_armed_by_itself() -> None:
    """Who arms nothing passes everywhere."""
    assert passes("", 1) == (0, "5")


@pytest.mark.parametrize(("name", "turn"), [("commit.snet", 1), (failpoints.SENT, 0)])
def test_a_place_that_is_not_there_is_refused(name: str, turn: int) -> None:
    """A misspelt place would be waited for in vain."""
    with pytest.raises(ValueError, match="no failpoint"):
        failpoints.arm(name, turn)


def test_every_place_has_one_name() -> None:
    """The list is what the tests of faults go through."""
    places = [
        value for name, value in vars(failpoints).items() if name.isupper() and name != "NAMES"
    ]
    assert sorted(places) == sorted(set(failpoints.NAMES))


def test_the_environment_names_a_place_and_a_turn() -> None:
    """No variable, no failpoint; half of one is a mistake."""
    assert failpoint({}) is None
    assert failpoint({"CXGAME_FAILPOINT": "commit.sent:3"}) == ("commit.sent", 3)
    for text in ("commit.sent", "commit.sent:", "commit.sent:x"):
        with pytest.raises(ConfigError, match=r"commit\.sent:3"):
            failpoint({"CXGAME_FAILPOINT": text})
