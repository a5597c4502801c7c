"""The HTTP face: what it says about the server, to whom, and that it lives on our loop."""

import asyncio
import logging
import signal
import socket
from typing import Any

import httpx
import pytest

from cxgame import __version__
from cxgame.server.errors import StartError
from cxgame.server.exchange import CxExchange
from cxgame.server.http.app import create_app
from cxgame.server.http.metrics import Metrics
from cxgame.server.http.serving import HttpServer
from cxgame.server.http.vitals import Condition
from cxgame.server.play.play import Play
from tests.support.serving import player, served

SECRET = "a secret of the test"
LOOPBACK, ELSEWHERE = ("127.0.0.1", 1), ("192.0.2.7", 1)


class Patient:
    """Vitals as a test wishes them."""

    def __init__(self, condition: Condition = Condition.READY, play: Play | None = None) -> None:
        self.condition = condition
        self.play = play
        self.connections = 3


def asking(vitals: Any, client: tuple[str, int] = LOOPBACK) -> httpx.AsyncClient:
    """A client of the application, at an address."""
    app = create_app(vitals, Metrics(vitals))
    transport = httpx.ASGITransport(app, client=client)
    return httpx.AsyncClient(transport=transport, base_url="http://server")


async def test_the_root_says_what_this_is() -> None:
    """GET / names the service and its version."""
    async with asking(Patient()) as client:
        assert (await client.get("/")).json() == {"service": "cxgame", "version": __version__}


@pytest.mark.parametrize("condition", list(Condition))
async def test_alive_in_every_condition(condition: Condition) -> None:
    """/healthz is 200 whatever the game does, /readyz only while orders are taken."""
    async with asking(Patient(condition)) as client:
        assert (await client.get("/healthz")).status_code == 200
        ready = await client.get("/readyz")
        assert ready.status_code == (200 if condition is Condition.READY else 503)
        assert ready.json()["status"] == condition.value


async def test_ready_names_game_and_durability() -> None:
    """/readyz of a server in play says which game, and what an answer is worth."""
    async with served(exchange()) as running, asking(running.server) as client:
        answer = (await client.get("/readyz")).json()
        assert (answer["status"], answer["game"]) == ("ready", "main.1")
        assert "nothing is kept" in answer["durability"]


async def test_metrics_count_what_happened() -> None:
    """An order, a trade and their commits show in /metrics, as Prometheus reads it."""
    server = exchange()
    metrics = Metrics(server)
    server.observe = metrics.commit_seconds.observe
    async with served(server), player(server.port, "alice") as alice:
        await alice.ask("buy", price="999", size="1")
        async with player(server.port, "bob") as bob:
            assert (await bob.ask("sell_market", amount="0.5"))["status"]
            lines = metrics.text().decode().splitlines()
    assert "cxgame_connections 2.0" in lines
    assert "cxgame_halted 0.0" in lines
    assert not any("cxgame_keeper_up" in line for line in lines), "a game in memory has none"
    assert "cxgame_trades_total 1.0" in lines
    assert "cxgame_orders_total 2.0" in lines
    assert "cxgame_open_orders 1.0" in lines
    assert "cxgame_accounts 2.0" in lines
    (info,) = [line for line in lines if line.startswith("cxgame_game_info")]
    assert 'game="main.1"' in info
    assert "nothing is kept" in info
    (commits,) = [line for line in lines if line.startswith("cxgame_commit_seconds_count")]
    (batches,) = [line for line in lines if line.startswith("cxgame_batches_total")]
    assert float(commits.split()[1]) == float(batches.split()[1]) > 3


async def test_metrics_are_not_for_everybody() -> None:
    """From another machine /metrics takes the admin secret, and nothing else."""
    async with served(exchange()) as running, asking(running.server, ELSEWHERE) as client:
        assert (await client.get("/metrics")).status_code == 403
        for wrong in ("Bearer wrong", SECRET, "Bearer"):
            refused = await client.get("/metrics", headers={"authorization": wrong})
            assert refused.status_code == 403
        for _ in range(2):  # by the slow hash, then by the quick one
            allowed = await client.get("/metrics", headers={"authorization": f"Bearer {SECRET}"})
            assert allowed.status_code == 200
    async with asking(Patient(), LOOPBACK) as client:
        assert "cxgame_connections 3.0" in (await client.get("/metrics")).text


async def test_a_secret_that_is_not_ascii_opens_the_metrics() -> None:
    """Prometheus sends it as it stands in its file, in UTF-8."""
    server = CxExchange(port=0, bind="127.0.0.1", memory=True, admin_secret="Öffne dich!")
    async with served(server) as running, asking(running.server, ELSEWHERE) as client:
        shown = {"authorization": "Bearer Öffne dich!".encode()}
        assert (await client.get("/metrics", headers=shown)).status_code == 200


async def test_uvicorn_serves_on_our_loop_and_leaves_signals_alone(
    caplog: pytest.LogCaptureFixture,
) -> None:
    """The server answers on a free port, touches no signal handler, ends, and frees the port."""
    handlers = [signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)]
    vitals = Patient()
    server = HttpServer(create_app(vitals, Metrics(vitals)), None)
    port = server.bind(["127.0.0.1"], 0)
    await server.start()
    try:
        assert [signal.getsignal(n) for n in (signal.SIGINT, signal.SIGTERM)] == handlers
        async with httpx.AsyncClient() as client, asyncio.timeout(10):
            answer = await client.get(f"http://127.0.0.1:{port}/healthz")
        assert answer.json() == {"status": "ok"}
        assert "server" not in answer.headers
    finally:
        await asyncio.wait_for(server.close(), 10)
    with pytest.raises(ConnectionRefusedError):
        await asyncio.open_connection("127.0.0.1", port)
    assert [record for record in caplog.records if record.levelno >= logging.WARNING] == []


async def test_a_taken_http_port_is_one_sentence() -> None:
    """The sentence names the port and its flag; what was bound before is given back."""
    vitals = Patient()
    server = HttpServer(create_app(vitals, Metrics(vitals)), None)
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(StartError, match=f"port {port} is taken .* --http-port"):
            server.bind(["127.0.0.1"], port)
    await server.close()


def exchange() -> CxExchange:
    """An exchange in memory on a free port."""
    return CxExchange(port=0, bind="127.0.0.1", memory=True, admin_secret=SECRET)
