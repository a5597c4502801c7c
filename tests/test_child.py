"""Programs that do not outlive us."""

import subprocess
import sys
from types import SimpleNamespace

import pytest

from cxgame import child


def test_a_bound_program_is_the_program() -> None:
    """With its arguments, output and exit status."""
    code = "import sys; print(sys.argv[1:]); sys.exit(7)"
    done = subprocess.run(
        child.bound([sys.executable, "-c", code, "a b", "--c"]),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert (done.returncode, done.stdout) == (7, "['a b', '--c']\n")


def test_elsewhere_the_command_is_left_as_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the kernel offers no help."""
    monkeypatch.setattr(child, "sys", SimpleNamespace(platform="darwin", executable="python"))
    assert child.bound(["program", "-x"]) == ["program", "-x"]
