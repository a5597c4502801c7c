"""Fixtures of the tests of records."""

import asyncio
import shutil
from pathlib import Path
from typing import NamedTuple

import pytest

from tests.records.played import keep


class Kept(NamedTuple):
    """A data directory with a game in it."""

    path: Path
    state_hash: bytes


@pytest.fixture(scope="session")
def _original(tmp_path_factory: pytest.TempPathFactory) -> Kept:
    path = tmp_path_factory.mktemp("record") / "data"
    return Kept(path, asyncio.run(keep(path)))


@pytest.fixture
def kept(_original: Kept, tmp_path: Path) -> Kept:
    """A copy of a data directory, made once, in which `main.1` was played and suspended."""
    shutil.copytree(_original.path, tmp_path / "data")
    return Kept(tmp_path / "data", _original.state_hash)
