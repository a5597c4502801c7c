"""What bots can ask for about their orders, by the client library, over real connections."""

from pathlib import Path

from cxgame.client import CxClient
from cxgame.server import CxServer
from cxgame.server.exchange import CxExchange
from tests.support.serving import served
from tests.support.waiting import until

SECRET = "a secret of the test"


def exchange(data_dir: Path) -> CxExchange:
    """An exchange on a free port of the loopback."""
    return CxExchange(port=0, bind="127.0.0.1", admin_secret=SECRET, data_dir=data_dir)


def client(server: CxExchange | CxServer, user: str, token: str | None = None) -> CxClient:
    """A player of it."""
    assert isinstance(server, CxExchange)
    return CxClient(user, token=token, uri=f"ws://127.0.0.1:{server.port}")


def open_orders(server: CxExchange | CxServer) -> list[int]:
    """The ids of the open orders."""
    assert isinstance(server, CxExchange)
    assert server.play is not None
    return sorted(server.play.game.engine.orders)


async def test_a_bot_s_ways_with_its_orders(tmp_path: Path) -> None:
    """Trying, placing for a while, amending by cid, in a batch, and cancelling."""
    async with served(exchange(tmp_path)) as running, client(running.server, "alice") as alice:
        await alice.register()
        tried = await alice.validate("buy", "limit", "900", 1, time_in_force="day")
        assert (tried.data["status"], tried.data["validated"]) == ("open", True)
        assert (await alice.orders()).data == []
        placed = await alice.order(
            "buy", "limit", "900", 1, time_in_force="gtd", expires="+1h", deadline_ms=2**52
        )
        assert placed.data["expires"] - placed.data["timestamp"] == 3600
        late = await alice.order("buy", "limit", "900", 1, deadline_ms=1)
        assert late.code == "STATE_DEADLINE"
        changed = await alice.amend(cid=placed.cid, price="901", size="0.5")
        assert (changed.data["price"], changed.data["size"]) == ("901.00", "0.5000000000")
        batch = await alice.batch(
            [("buy", {"price": 899, "size": 1}), ("cancel", {"cid": placed.cid}), ("time", {})]
        )
        assert [one.status for one in batch.data] == [True, True, False]
        assert batch.data[2].code == "PARAM_COMMAND"
        assert (await alice.cancel(cid=batch.data[0].cid)).status
        assert open_orders(running.server) == []


def tear_down(server: CxExchange) -> None:
    """Cut the one connection whose orders go with it, as a network does."""
    (session,) = server.play.host.safety._guarded  # type: ignore[union-attr]
    session.connection._socket.transport.abort()  # type: ignore[attr-defined]


async def test_the_end_of_a_connection_decides_about_its_orders(tmp_path: Path) -> None:
    """A goodbye leaves them; a torn connection and a server that stops take them along."""
    async with served(exchange(tmp_path)) as running:
        server = running.server
        async with client(server, "alice") as alice:
            await alice.register()
            assert (await alice.cancel_on_disconnect()).status
            await alice.buy("900", "1")
        await until(lambda: not server.play.host.safety._guarded)  # type: ignore[union-attr]
        assert open_orders(server) == [1]
        async with client(server, "alice", alice.token) as again:
            await again.cancel_on_disconnect()
            await again.buy("901", "1")
            tear_down(server)
            await until(lambda: open_orders(server) == [1])
            await again.buy("902", "1")  # over a new connection, guarded like the old one
            assert open_orders(server) == [1, 3]
            await running.stop()
    async with served(exchange(tmp_path)) as running:
        assert open_orders(running.server) == [1]


async def test_a_switch_does_not_outlive_its_server(tmp_path: Path) -> None:
    """The orders do."""
    async with served(exchange(tmp_path)) as running, client(running.server, "bob") as bob:
        await bob.register()
        await bob.buy("900", "1")
        assert (await bob.cancel_all_after(3_600_000)).data["cancel_at"] > 0
        await running.stop()
    async with served(exchange(tmp_path)) as running:
        assert open_orders(running.server) == [1]
        async with client(running.server, "bob", bob.token) as bob:
            await bob.cancel_all_after(1)
            await until(lambda: open_orders(running.server) == [])
