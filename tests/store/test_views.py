"""Views outside commits."""

import logging

import pytest

from cxgame.ports import View
from cxgame.store import views as store_views
from cxgame.store.keys import GameKeys
from cxgame.store.link import Link
from cxgame.store.memory import MemoryLog, MemoryViews
from cxgame.store.views import ValkeyViews
from tests.store.embedded_fixture import ValkeyThread
from tests.store.proxy import Proxy

VIEWS = [View("standings", "ann", b"1"), View("standings", "bob", b"2")]


async def test_fields_are_set_and_deleted(
    shared_valkey: ValkeyThread, game_name: str, link: Link
) -> None:
    """The hash shows what was written last."""
    keys = GameKeys(game_name, 1)
    views = ValkeyViews(shared_valkey.endpoint, keys)
    await views.write(VIEWS)
    await views.write([View("standings", "ann", None)])
    assert await link.call("HGETALL", keys.view("standings")) == [b"bob", b"2"]
    await views.close()


async def test_memory_shows_the_same() -> None:
    """Tests may look at views without a Valkey."""
    log = MemoryLog()
    await MemoryViews(log).write([*VIEWS, View("standings", "ann", None)])
    assert log.views == {"standings": {"bob": b"2"}}


def rows(count: int) -> list[View]:
    """Open orders."""
    return [View("orders", str(number), b"{}") for number in range(count)]


async def test_replacing_forgets_what_commits_have_shown(
    shared_valkey: ValkeyThread, game_name: str, link: Link, monkeypatch: pytest.MonkeyPatch
) -> None:
    """However many rows there are; what no commit carries stays."""
    monkeypatch.setattr(store_views, "_AT_ONCE", 3)
    keys = GameKeys(game_name, 1)
    views = ValkeyViews(shared_valkey.endpoint, keys)
    await views.write([*VIEWS, View("wallets", "gone", b"1"), View("orders", "99", b"1")])
    await views.replace(rows(7))
    assert await link.call("HLEN", keys.view("orders")) == 7
    assert await link.call("HEXISTS", keys.view("orders"), "99") == 0
    assert await link.call("EXISTS", keys.view("wallets")) == 0
    assert await link.call("HLEN", keys.view("standings")) == 2
    await views.replace([])
    assert await link.call("EXISTS", keys.view("orders")) == 0
    await views.close()


async def test_memory_replaces_the_same() -> None:
    """And leaves what no commit carries."""
    log = MemoryLog()
    views = MemoryViews(log)
    await views.write([*VIEWS, View("wallets", "gone", b"1"), View("orders", "99", b"1")])
    await views.replace(rows(1))
    assert log.views == {"standings": {"ann": b"1", "bob": b"2"}, "orders": {"0": b"{}"}}


async def test_trouble_is_logged_once_and_raised_never(
    shared_valkey: ValkeyThread, game_name: str, link: Link, caplog: pytest.LogCaptureFixture
) -> None:
    """A view is not worth a game."""
    keys = GameKeys(game_name, 1)
    async with Proxy(shared_valkey.endpoint.name) as proxy:
        views = ValkeyViews(proxy.endpoint, keys)
        proxy.refusing = True
        with caplog.at_level(logging.WARNING, logger="cxgame.store"):
            await views.write(VIEWS)
            await views.write(VIEWS)
            await link.call("SET", keys.view("standings"), "not a hash")
            proxy.refusing = False
            await views.write(VIEWS)
        assert len(caplog.messages) == 1
        await link.call("DEL", keys.view("standings"))
        await views.write(VIEWS)
        assert await link.call("HLEN", keys.view("standings")) == 2
        await views.close()
