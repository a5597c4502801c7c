"""Short runs over every face of a server with a sandbox, as sessions and with a token."""

import asyncio
from collections.abc import AsyncIterator

import pytest

from cxgame.load.dialect import CannotLoad, Target
from cxgame.load.dialects import build, dialect_of
from cxgame.load.profiles import PROFILES, Plan
from cxgame.load.running import Run
from cxgame.server.app import CxServer
from tests.support.serving import PEM, player, served

# A cancel may come too late for an order that has just traded.
TOO_LATE = {"ORDER_NOT_FOUND", "CANCEL_FAILED", "HTTP 404"}
FACES = ("ws://127.0.0.1:{http}/ws", "http://127.0.0.1:{http}", "ws://127.0.0.1:{orders}")


@pytest.fixture
async def server() -> AsyncIterator[CxServer]:
    """A server with all its faces."""
    ports = {"exchange_port": 0, "feed_port": 0, "http_port": 0}
    server = CxServer(**ports, bind="127.0.0.1", memory=True, sandbox=True)
    async with served(server):
        yield server


def url_of(server: CxServer, face: str) -> str:
    """The address of a face."""
    return face.format(http=server.http_port, orders=server.exchange.port)


async def play(target: Target, profile: str = "orders", clients: int = 3) -> Run:
    """A short run."""
    dialect = build(dialect_of(target.url), target)
    run = Run(dialect, Plan(PROFILES[profile], clients, 0.3, 100), lambda stage, share: None)
    await asyncio.wait_for(run.play(), 60)
    return run


@pytest.mark.parametrize("face", FACES, ids=["ws", "rest", "orders"])
async def test_a_sandbox_is_driven_over_each_face(server: CxServer, face: str) -> None:
    """Each client has an account of its own; every message is answered, and no order stays."""
    run = await play(Target(url_of(server, face)))
    assert run.tally.errors == {}
    assert (run.tally.sent, run.tally.answered) == (30, 30)
    assert set(run.tally.refused) <= TOO_LATE
    engine = server.exchange.play.host.game.engine
    assert {order.account for order in engine.orders.values()} == set()
    assert len(engine.accounts) > 3


@pytest.mark.ci
@pytest.mark.parametrize("face", FACES, ids=["ws", "rest", "orders"])
async def test_one_user_may_send_it_all(server: CxServer, face: str) -> None:
    """Whoever has the token."""
    async with player(server.exchange.port, "alice") as alice:
        assert alice.token is not None
        run = await play(Target(url_of(server, face), user="alice", token=alice.token))
    assert run.tally.errors == {}
    assert run.tally.answered == 30
    engine = server.exchange.play.host.game.engine
    assert [account.name for account in engine.accounts[1:]] == ["alice"]


@pytest.mark.ci
async def test_a_wrong_token_opens_nothing(server: CxServer) -> None:
    """Nobody gets in, or all is refused."""
    for face in FACES:
        target = Target(url_of(server, face), user="alice", token="ab" * 32)
        if target.url.startswith("ws"):
            with pytest.raises(CannotLoad, match=r"not registered|HTTP 401"):
                await play(target)
        else:
            run = await play(target)
            assert run.tally.refused == {"HTTP 401": 30}


@pytest.mark.ci
async def test_tls_is_spoken_if_asked_for() -> None:
    """With a certificate that nobody has signed, which must be allowed."""
    ports = {"exchange_port": 0, "feed_port": 0, "http_port": 0}
    async with served(CxServer(**ports, bind="127.0.0.1", memory=True, pem_file=PEM)) as running:
        assert isinstance(running.server, CxServer)
        url = f"wss://127.0.0.1:{running.server.exchange.port}"
        run = await play(Target(url, ssl_verify=False))
        assert (run.tally.answered, run.tally.errors) == (30, {})
        with pytest.raises(CannotLoad, match="certificate"):
            await play(Target(url))
