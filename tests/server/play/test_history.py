"""A game in play knows where its history lies."""

from pathlib import Path

from cxgame.history.schema import history_file
from cxgame.server.exchange import CxExchange
from tests.support.serving import served


async def test_the_history_lies_in_the_data_directory(tmp_path: Path) -> None:
    """Under the game's name and number, so that the next game has another."""
    settings = {"port": 0, "bind": "127.0.0.1", "data_dir": tmp_path}
    async with served(CxExchange(**settings)) as running:
        play = running.server.play
        assert play is not None
        assert play.host.past.path == history_file(tmp_path, "main.1")
        assert play.host.past.path == tmp_path / "history" / "main.1.sqlite"


async def test_a_game_in_memory_has_none() -> None:
    """Memory is all there is."""
    async with served(CxExchange(port=0, bind="127.0.0.1", memory=True)) as running:
        assert running.server.play is not None
        assert running.server.play.host.past.path is None
