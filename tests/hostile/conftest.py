"""Whatever a hostile client does, nothing may be left unhandled: watched in every test here."""

import asyncio
import logging
from collections.abc import AsyncIterator
from typing import Any

import pytest

from cxgame.server.broadcast import spectator
from tests.hostile.faces import CLOSE_S


@pytest.fixture(autouse=True)
def short_farewells(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody here answers a close frame: the feed waits for it as briefly as `faces.LIMITS`."""
    monkeypatch.setattr(spectator, "CLOSE_S", CLOSE_S)


@pytest.fixture(autouse=True)
async def nothing_unhandled(caplog: pytest.LogCaptureFixture) -> AsyncIterator[None]:
    """Fails a test that led to a logged error, or to one that only the event loop heard of."""
    unheard: list[dict[str, Any]] = []
    loop = asyncio.get_running_loop()
    loop.set_exception_handler(lambda _, context: unheard.append(context))
    yield
    await asyncio.sleep(0)  # what the last connection left behind
    loop.set_exception_handler(None)
    assert unheard == []
    logged = [*caplog.get_records("setup"), *caplog.get_records("call")]
    errors = [record for record in logged if record.levelno >= logging.ERROR or record.exc_info]
    assert [record.getMessage() for record in errors] == []
