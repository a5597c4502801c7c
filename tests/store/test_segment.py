"""What the archive, the snapshots and the marks rely on: names that outlast a power cut."""

from pathlib import Path

import pytest

from cxgame.store import segment
from cxgame.store.segment import make_folder


def test_the_way_to_a_new_folder_is_on_the_disk(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each name on it stands in the folder above, which is synced; what was there is not."""
    synced: list[Path] = []
    monkeypatch.setattr(segment, "sync_folder", synced.append)
    folder = tmp_path / "archive" / "main.1"
    make_folder(folder)
    assert synced == [folder.parent, tmp_path]
    assert folder.stat().st_mode & 0o777 == 0o700
    make_folder(folder)
    assert len(synced) == 2
