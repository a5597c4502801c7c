"""Who wrote a game, and whether that process is dead for certain."""

import os
import subprocess
import sys

import pytest

from cxgame.store.writer import is_dead, this_writer

PROGRAM = "from cxgame.store.writer import this_writer; print(this_writer())"

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="elsewhere nothing is certain")


def writer_that_ended() -> str:
    """The name of a process of this machine that is no more."""
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM], capture_output=True, text=True, timeout=60, check=True
    )
    return done.stdout.strip()


def test_a_process_that_lives_is_not_dead() -> None:
    """Ours, for instance; the name says where to look for it."""
    assert f":{os.getpid()}:" in this_writer()
    assert not is_dead(this_writer())


def test_a_process_that_ended_here_is_dead() -> None:
    """Nobody has to wait until its lease runs out."""
    assert is_dead(writer_that_ended())


@pytest.mark.parametrize("place", ["", "0123456789ab"])
def test_what_is_elsewhere_is_not_known(place: str) -> None:
    """Another machine, another boot, another container: a process id means nothing there."""
    writer, _, _ = writer_that_ended().rpartition(":")
    assert not is_dead(f"{writer}:{place}")


@pytest.mark.parametrize("pid", ["x", "-1", str(10**30), ""])
def test_another_kind_of_name_is_not_known(pid: str) -> None:
    """Whatever somebody wrote there."""
    place = this_writer().rpartition(":")[2]
    assert not is_dead(f"host:{pid}:abcd:{place}")
    assert not is_dead(pid)
