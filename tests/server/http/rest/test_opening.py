"""A game that comes up: which key it has, and where it may lie open."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import httpx
import pytest

from cxgame.config import ConfigError
from cxgame.server.app import CxServer
from tests.support.serving import Served, served

ELSEWHERE = "127.0.0.1,192.0.2.7"


@asynccontextmanager
async def up(**settings: Any) -> AsyncIterator[tuple[Served, httpx.AsyncClient]]:
    """A server on free ports of this computer, and a client of its HTTP port."""
    ports = {"exchange_port": 0, "feed_port": 0, "http_port": 0}
    server = CxServer(**{"bind": "127.0.0.1", "memory": True, **ports, **settings})
    async with served(server) as running:
        base = f"http://127.0.0.1:{server.http_port}"
        async with httpx.AsyncClient(base_url=base, timeout=20) as http:
            yield running, http


async def status(http: httpx.AsyncClient, key: str | None) -> int:
    """With which a key is answered."""
    headers = {} if key is None else {"x-api-key": key}
    return (await http.get("/orders", headers=headers)).status_code


async def test_a_key_that_is_given_is_the_only_one() -> None:
    """And nothing of it is said on the terminal."""
    async with up(api_key="my-secret") as (running, http):
        assert await status(http, "my-secret") == 200
        assert await status(http, "invalid-key") == 401
        assert await status(http, None) == 401
        assert "my-secret" not in "".join(running.said)


@pytest.mark.parametrize("settings", [{}, {"api_key": "invalid-key"}])
async def test_without_a_key_everybodys_will_do_on_this_computer(settings: Any) -> None:
    """As programs for one user send it."""
    async with up(**settings) as (running, http):
        assert await status(http, "invalid-key") == 200
        assert await status(http, "another") == 401
        assert "API key" not in "".join(running.said)


@pytest.mark.parametrize("settings", [{}, {"api_key": "invalid-key"}])
async def test_elsewhere_a_key_is_made_and_shown_once(tmp_path: Any, settings: Any) -> None:
    """It is kept as a hash, so that it holds after a restart."""
    place = {"memory": False, "data_dir": tmp_path, "http_bind": "0.0.0.0", "preset": "mockx"}
    place |= settings
    async with up(**place) as (running, http):
        (line,) = [line for line in "".join(running.said).splitlines() if "API key" in line]
        key = line.split()[-1]
        assert await status(http, key) == 200
        assert await status(http, "invalid-key") == 401
    async with up(**place) as (running, http):
        assert await status(http, key) == 200
        assert "API key" not in "".join(running.said)


async def test_elsewhere_a_game_of_many_has_no_key_of_its_own() -> None:
    """Nothing is shown, and nobody is the owner; players have their tokens."""
    async with up(http_bind="0.0.0.0") as (running, http):
        assert "API key" not in "".join(running.said)
        assert await status(http, "invalid-key") == 401
        assert await status(http, "") == 401


async def test_a_server_for_tests_asks_for_no_key() -> None:
    """Whoever asks is the owner."""
    async with up(test_env=True) as (_, http):
        assert await status(http, None) == 200


def test_a_server_for_tests_is_for_this_computer() -> None:
    """Elsewhere it does not start, unless somebody says that it may."""
    with pytest.raises(ConfigError, match="--insecure"):
        CxServer(test_env=True, http_bind=ELSEWHERE)
    CxServer(test_env=True, http_bind=ELSEWHERE, insecure=True)


async def test_a_game_for_one_has_its_account_at_once() -> None:
    """A plain game has it when somebody comes with its key."""
    async with up(preset="mockx") as (running, _):
        assert "mockx" in running.server.game.engine.account_ids  # type: ignore[union-attr]
    async with up() as (running, http):
        ids = running.server.game.engine.account_ids  # type: ignore[union-attr]
        assert "mockx" not in ids
        assert await status(http, "invalid-key") == 200
        assert "mockx" in ids


async def test_what_is_no_http_is_refused_in_the_same_form() -> None:
    """And the connection is closed."""
    async with up() as (running, _):
        port = running.server.http_port  # type: ignore[union-attr]
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(b"this is no http\r\n\r\n")
        answer = await asyncio.wait_for(reader.read(), 20)
        writer.close()
    assert answer.startswith(b"HTTP/1.1 400 ")
    assert b'"code":"PARAM_JSON"' in answer
