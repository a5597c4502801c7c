"""A small disk that fills: a tmpfs where we may mount one, and why not where we may not."""

import contextlib
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

SIZE_MB = 6
_ASIDE = "ballast"


@contextlib.contextmanager
def small_disk(folder: Path) -> Iterator[Path]:
    """An empty file system of a few megabytes at `folder`; skips the test where that is refused."""
    folder.mkdir(parents=True)
    command = ["mount", "-t", "tmpfs", "-o", f"size={SIZE_MB}m", "tmpfs", str(folder)]
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=False)
    except FileNotFoundError:
        pytest.skip("NOT TESTED, a full tmpfs: there is no `mount` here")
    if done.returncode:
        pytest.skip(f"NOT TESTED, a full tmpfs: mounting is refused ({done.stderr.strip()})")
    try:
        yield folder
    finally:
        subprocess.run(["umount", "-l", str(folder)], check=True)


def fill(folder: Path) -> None:
    """Use up all the room there is."""
    with contextlib.suppress(OSError), (folder / _ASIDE).open("ab", buffering=0) as file:
        for size in (1 << 20, 1 << 12, 1):
            with contextlib.suppress(OSError):
                while True:
                    file.write(bytes(size))


def empty(folder: Path) -> None:
    """Give the room back."""
    (folder / _ASIDE).unlink()
