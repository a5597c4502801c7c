"""Linters of what is not Python, which the development environment brings."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest


def linted(tool: str, *words: str | Path) -> None:
    """The tool is content; without it, the test says loudly that it was not made."""
    beside = Path(sys.executable).with_name(tool)
    found = str(beside) if beside.exists() else shutil.which(tool)
    if found is None:
        pytest.skip(f"NOT TESTED: {tool} is not installed; make dev brings it")
    done = subprocess.run([found, *map(str, words)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout
