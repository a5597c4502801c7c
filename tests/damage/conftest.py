"""Two games, played once per session, and a Valkey for journals."""

import asyncio
from pathlib import Path

import pytest

from tests.damage.campaign import Campaign
from tests.damage.kept import Kept, make_kept
from tests.store.embedded_fixture import ValkeyThread, shared_valkey

__all__ = ["shared_valkey"]


@pytest.fixture(scope="session")
def games(tmp_path_factory: pytest.TempPathFactory) -> tuple[Kept, Kept]:
    """A game, and another one of the same course with a seed of its own."""
    folder = tmp_path_factory.mktemp("damage")
    return asyncio.run(make_kept(folder / "kept")), asyncio.run(make_kept(folder / "foreign"))


@pytest.fixture
def campaign(
    games: tuple[Kept, Kept],
    shared_valkey: ValkeyThread,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> Campaign:
    return Campaign(*games, shared_valkey, tmp_path, monkeypatch)
