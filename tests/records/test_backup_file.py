"""The file of a backup: made whole or not at all, and refused when it is none of ours."""

import errno
import io
import json
import os
import shutil
import stat
import tarfile
from collections.abc import Mapping
from contextlib import nullcontext
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest

from cxgame.records.backup import make_backup
from cxgame.records.backup_file import new_file, open_backup
from cxgame.records.errors import Misuse, RecordsError
from cxgame.records.restore import restore_game
from tests.records.played import record


def seal(path: Path, files: Mapping[str, bytes], manifest: bytes) -> None:
    """A tar file of these files, and of a manifest that is what was written."""
    hash_ = sha256(manifest).hexdigest().encode()
    whole = {**files, "manifest.json": manifest, "manifest.sha256": hash_}
    with tarfile.open(path, "w") as tar:
        for name, data in whole.items():
            member = tarfile.TarInfo(name)
            member.size = len(data)
            tar.addfile(member, io.BytesIO(data))


def test_two_backups_to_one_place_do_not_mix(tmp_path: Path) -> None:
    """The one that is whole first stays, and the other is refused."""
    path = tmp_path / "backup"
    late, early = new_file(path), new_file(path)
    late.__enter__().write(b"late")
    with early as file:
        file.write(b"early")
    with pytest.raises(Misuse, match="backup is there already"):
        late.__exit__(None, None, None)
    assert path.read_bytes() == b"early"
    assert list(tmp_path.iterdir()) == [path]


def test_a_folder_that_there_is_not_is_named(tmp_path: Path) -> None:
    """As it was typed, be it a file or nothing."""
    (tmp_path / "file").touch()
    for folder in (tmp_path / "nowhere", tmp_path / "file"):
        with pytest.raises(Misuse, match=f"^there is no folder {folder}$"):
            new_file(folder / "backup").__enter__()


@pytest.mark.parametrize("refusal", [errno.EINVAL, errno.EIO])
def test_a_file_system_may_be_unable_to_sync_folders(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, refusal: int
) -> None:
    """As some on the network: the backup is whole. A disk that fails is told of."""
    sync = os.fsync

    def refuse(descriptor: int) -> None:
        if stat.S_ISDIR(os.fstat(descriptor).st_mode):
            raise OSError(refusal, os.strerror(refusal))
        sync(descriptor)

    monkeypatch.setattr(os, "fsync", refuse)
    told = pytest.raises(OSError, match="rror") if refusal == errno.EIO else nullcontext()
    with told, new_file(tmp_path / "backup") as file:
        file.write(b"whole")
    assert (tmp_path / "backup").read_bytes() == b"whole"


@pytest.mark.parametrize(
    ("manifest", "why"),
    [
        (b'{"format": 2}', "is of format 2; this program knows 1"),
        (b'{"format": 1}', "is no backup of cxgame"),
        (b"[]", "is no backup of cxgame"),
        (b"\xff", "is no backup of cxgame"),
    ],
)
def test_a_backup_of_another_time_or_program_is_refused(
    tmp_path: Path, manifest: bytes, why: str
) -> None:
    """Though its manifest is what was written."""
    seal(tmp_path / "x.tar", {}, manifest)
    with pytest.raises(RecordsError, match=why), open_backup(tmp_path / "x.tar", None):
        pass


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"game": "../../x"}, "cannot be restored: a game cannot be called '../../x'"),
        ({"number": 0}, "is no backup of cxgame"),
        ({"hash": "x"}, "is no backup of cxgame"),
        ({"members": {"journal/x": ""}}, "is no backup of cxgame"),
        ({"users.json": b"[]"}, "is damaged: users.json"),
        ({"users.json": b'{"alice": "!"}'}, "is damaged: users.json"),
        ({"bots.json": b""}, "is damaged: bots.json"),
    ],
)
async def test_a_backup_that_was_made_to_mislead_is_refused(
    tmp_path: Path, change: dict[str, Any], why: str
) -> None:
    """It comes from anybody: nothing is written, in the directory or beside it."""
    await make_backup(await record(count=20), tmp_path / "good")
    with tarfile.open(tmp_path / "good") as tar:
        files = {member.name: tar.extractfile(member).read() for member in tar}  # type: ignore[union-attr]
    manifest = json.loads(files["manifest.json"])
    for name, value in change.items():
        if isinstance(value, bytes):
            files[name] = value
            manifest["members"][name] = sha256(value).hexdigest()
        else:
            manifest[name] = value
    (tmp_path / "in").mkdir()
    bad = tmp_path / "in" / "bad"
    seal(bad, files, json.dumps(manifest).encode())
    with pytest.raises(RecordsError, match=why):
        await restore_game(bad, tmp_path / "in" / "new")
    assert list((tmp_path / "in").iterdir()) == [bad]
    assert len(list(tmp_path.iterdir())) == 2


def test_a_tar_file_of_something_else_is_refused(tmp_path: Path) -> None:
    """It has no manifest, or holds what no backup holds."""
    (tmp_path / "cat.jpg").write_bytes(b"meow")
    with tarfile.open(tmp_path / "x.tar", "w") as tar:
        tar.add(tmp_path / "cat.jpg", "cat.jpg")
    with pytest.raises(RecordsError, match="no whole backup: it has no manifest"):
        with open_backup(tmp_path / "x.tar", None):
            pass
    with tarfile.open(tmp_path / "x.tar", "w") as tar:
        tar.add(tmp_path, "folder", recursive=False)
    with pytest.raises(RecordsError, match="no backup of cxgame"):
        with open_backup(tmp_path / "x.tar", None):
            pass
    shutil.rmtree(tmp_path)
