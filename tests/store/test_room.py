"""The room on a disk, as a write finds it."""

import os
from pathlib import Path

import pytest

from cxgame.store.room import has_room


def test_a_disk_with_room_is_left_as_it_was(tmp_path: Path) -> None:
    """The probe leaves nothing behind."""
    assert has_room(tmp_path)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="only Linux has a full device")
def test_a_full_disk_has_none(tmp_path: Path) -> None:
    """What counts is whether a write succeeds."""
    (tmp_path / "room.probe").symlink_to("/dev/full")
    assert not has_room(tmp_path)


def test_another_trouble_is_not_called_full(tmp_path: Path) -> None:
    """A folder that is not there is told by who needs it."""
    assert has_room(tmp_path / "nowhere")
