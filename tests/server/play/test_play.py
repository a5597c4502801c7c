"""A game is brought up, or is not: one line for whoever starts the server."""

from pathlib import Path

import pytest

from cxgame.config import from_keywords
from cxgame.server.errors import CANNOT_START, StartError
from cxgame.server.play.play import open_play
from cxgame.store.archive import archive_folder


def ignore(seconds: float) -> None:
    """Nobody measures."""


async def test_a_file_that_cannot_be_read_is_one_clear_line(tmp_path: Path) -> None:
    """Of the archive, say, after another user has run the server; it can be put right."""
    segment = archive_folder(tmp_path, "main.1") / "000000000001.cxa"
    segment.mkdir(parents=True)
    loaded = from_keywords(data_dir=tmp_path, accept_loss=True, admin_secret="of the test")
    with pytest.raises(StartError, match=r"cannot use .*\.cxa: Is a directory") as caught:
        await open_play(loaded, ignore)
    assert caught.value.status == CANNOT_START
    segment.rmdir()
    play = await open_play(loaded, ignore)
    await play.close()
