"""The port of a face that listens on several addresses."""

import socket

import pytest

from cxgame.server.feed import CxFeed
from cxgame.server.sockets import ports
from cxgame.server.sockets.listener import Listener
from cxgame.server.sockets.peer import SocketLimits

HOSTS = ["127.0.0.1", "127.0.0.2"]


@pytest.fixture(autouse=True)
def _two_addresses() -> None:
    """Some systems have one loopback address only."""
    try:
        with socket.socket() as one:
            one.bind((HOSTS[1], 0))
    except OSError:
        pytest.skip("there is no second loopback address")


async def test_players_find_all_addresses_at_one_port() -> None:
    """Also where the system has chosen it."""
    listener = Listener({}.get, SocketLimits())
    port = await listener.bind(HOSTS, 0)
    assert listener._server is not None
    assert {each.getsockname()[:2] for each in listener._server.sockets} == {
        (host, port) for host in HOSTS
    }
    await listener.close(1001, "Enough.")


async def test_spectators_find_all_addresses_at_one_port() -> None:
    """As players do."""
    feed = CxFeed(port=0, bind=",".join(HOSTS))
    await feed.open()
    assert feed._server is not None
    assert {each.getsockname()[:2] for each in feed._server.sockets} == {
        (host, feed.port) for host in HOSTS
    }
    await feed.close(1001, "Enough.")


def test_a_port_that_was_asked_for_stays() -> None:
    """And of a single address the system chooses it as it is taken."""
    assert ports.one_port(HOSTS, 9877) == 9877
    assert ports.one_port(HOSTS[:1], 0) == 0


def test_a_port_that_is_taken_on_one_address_is_none(monkeypatch: pytest.MonkeyPatch) -> None:
    """Another one is tried, and in the end it is said why there is none."""
    found: list[int] = [4711]

    def look(places: object) -> int:
        if len(found) < 3:
            found.append(0)
            raise OSError("taken")
        return found[0]

    monkeypatch.setattr(ports, "_free_on_all", look)
    assert ports.one_port(HOSTS, 0) == 4711
    del found[1:]
    monkeypatch.setattr(ports, "_TRIES", 2)
    with pytest.raises(OSError, match="taken"):
        ports.one_port(HOSTS, 0)
