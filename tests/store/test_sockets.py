"""Folders for sockets."""

import os
import socket
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from cxgame.store.sockets import is_listening, make_socket_path, remove_socket_folder


@pytest.fixture
def base(monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A temporary folder with a short name."""
    with tempfile.TemporaryDirectory(prefix="t-") as folder:
        monkeypatch.setattr(tempfile, "tempdir", folder)
        yield Path(folder)


def made(age_s: float) -> Path:
    """A folder of that age."""
    folder = Path(make_socket_path()).parent
    set_age(folder, age_s)
    return folder


def set_age(folder: Path, age_s: float) -> None:
    then = time.time() - age_s
    os.utime(folder, (then, then))


def listen(folder: Path) -> socket.socket:
    listener = socket.socket(socket.AF_UNIX)
    listener.bind(str(folder / "valkey.sock"))
    listener.listen()
    return listener


def test_a_folder_is_private_and_new(base: Path) -> None:
    """Nobody else may enter, and nobody has it already."""
    first, second = (Path(make_socket_path()) for _ in range(2))
    assert first.parent != second.parent
    assert first.parent.parent == base
    assert first.parent.stat().st_mode & 0o777 == 0o700


def test_what_the_dead_left_is_swept(base: Path) -> None:
    """With or without a socket, once it is old enough not to be just starting."""
    empty, dead, young = made(100), made(0), made(0)
    listen(dead).close()
    set_age(dead, 100)
    make_socket_path()
    assert not empty.exists()
    assert not dead.exists()
    assert young.exists()


def test_what_is_in_use_or_not_ours_stays(base: Path) -> None:
    """A Valkey that listens, a folder with other things in it, a link."""
    used, other = made(0), made(0)
    listener = listen(used)
    (other / "notes.txt").write_text("")
    (base / "elsewhere").mkdir()
    (base / "cxgame-link").symlink_to(base / "elsewhere")
    for folder in (used, other):
        set_age(folder, 100)
    make_socket_path()
    assert used.exists()
    assert other.exists()
    assert (base / "cxgame-link").exists()
    listener.close()


def test_whether_somebody_listens(base: Path) -> None:
    """A socket that is left in the file system is nobody."""
    folder = made(0)
    path = str(folder / "valkey.sock")
    assert not is_listening(path)
    listener = listen(folder)
    assert is_listening(path)
    listener.close()
    assert not is_listening(path)


def test_only_our_own_kind_of_folder_is_removed(tmp_path: Path, base: Path) -> None:
    """A path that came out of a file is not believed blindly."""
    folder = made(0)
    remove_socket_folder(str(folder / "valkey.sock"))
    remove_socket_folder(str(tmp_path / "valkey.sock"))
    assert not folder.exists()
    assert tmp_path.exists()
