"""Players beside the owner: each by a token, over HTTP and the WebSocket, on one book."""

import asyncio
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from cxgame.client import CxClient
from tests.rest.conftest import KEY, SETTINGS, Desk
from tests.support.processes import ServerProcess


class Place:
    """A game with its owner and players who bring their tokens."""

    def __init__(self, server: ServerProcess) -> None:
        self.server = server
        self._clients: list[httpx.Client] = []

    def desk(self, key: str) -> Desk:
        """The REST face for whoever holds a key."""
        headers = {"x-api-key": key}
        self._clients.append(httpx.Client(base_url=self.server.http_url, headers=headers))
        return Desk(self._clients[-1])

    def player(self, name: str, **funds: float) -> tuple[CxClient, Desk]:
        """A bot on the WebSocket, and the same account over HTTP; the owner funds it."""
        client = CxClient(user=name, uri=self.server.uri)
        token = str(client.r("register").data)
        for asset, amount in funds.items():
            body = {"asset": asset, "amount": amount, "user": name}
            self.desk(KEY).do("POST", "/admin/fund", json=body)
        return client, self.desk(token)

    def close(self) -> None:
        """Leave."""
        for client in self._clients:
            client.close()


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Place]:
    """One of the tests' own."""
    server = ServerProcess(
        tmp_path, "--preset", "mockx", "--memory", "--oracle", "constant:price=60000"
    )
    server.variables = SETTINGS
    with asyncio.Runner() as runner:
        runner.run(server.start())
        place = Place(server)
        yield place
        place.close()
        assert runner.run(server.terminate()) == 0


def test_players_meet_on_one_book(place: Place) -> None:
    """A bot's order on the WebSocket fills one that came over HTTP, at the resting price."""
    alice, alice_http = place.player("alice", BTC=1)
    bob, bob_http = place.player("bob", USDT=100_000)
    resting = alice_http.order("sell", 0.5, 61_000.0)
    assert resting["status"] == "rejected", "a sell holds its fee in quote, which alice has none of"
    place.desk(KEY).do(
        "POST", "/admin/fund", json={"asset": "USDT", "amount": 100, "user": "alice"}
    )
    resting = alice_http.order("sell", 0.5, 61_000.0)
    assert bob.r("book").data["asks"][-1] == ["61000.00000000", "0.5000000000"]
    bought = bob.r("order", "buy", "limit", "61000", "0.75")
    assert bought.status, bought.msg
    assert {fill["price"] for fill in bought.data["fills"]} == {"60000.00000000"}, "the house first"
    cross = bob_http.order("sell", 0.1, 1.0)
    assert bob_http.closed(cross["id"])["price"] == 60_000.0
    assert alice_http.get(resting["id"])["status"] == "new"
    assert alice.r("orders").data["maker"][0]["id"] == resting["id"]


def test_nobody_touches_anothers(place: Place) -> None:
    """Neither sees the other's orders or balance, nor cancels them; the owner's are his own."""
    _, alice = place.player("alice", USDT=1_000)
    _, bob = place.player("bob", USDT=2_000)
    order = alice.order("buy", 0.01, 50_000.0)
    assert bob.do("GET", "/orders") == place.desk(KEY).do("GET", "/orders") == []
    assert bob.refused("GET", f"/orders/{order['id']}")[0] == 404
    assert bob.refused("POST", f"/orders/{order['id']}/cancel")[0] == 404
    assert (alice.balance("USDT")[1], bob.balance("USDT")) == (500.5, (2_000.0, 0.0))
    assert bob.refused("POST", "/admin/fund", json={"asset": "USDT"})[0] == 403
    body = {"asset": "USDT", "amount": 1, "user": "house"}
    assert place.desk(KEY).refused("POST", "/admin/fund", json=body)[0] == 404


def test_a_reset_asks_before_it_takes_the_players_all(place: Place) -> None:
    """409 until the game is named."""
    _, alice = place.player("alice", USDT=1_000)
    owner = place.desk(KEY)
    assert owner.refused("DELETE", "/admin/data")[0] == 409
    assert alice.balance("USDT") == (1_000.0, 0.0)
    owner.do("DELETE", "/admin/data", params={"confirm": "main"})
    assert alice.balance("USDT") == (0.0, 0.0)
