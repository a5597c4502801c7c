"""The simulator as its users have it: over HTTP, from a process that is killed and comes back."""

import asyncio
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.support.processes import ServerProcess

EXAMPLES = 40
OPERATIONS = 11


@pytest.fixture(scope="module")
def running() -> Iterator[asyncio.Runner]:
    """A loop for what is started and stopped."""
    with asyncio.Runner() as runner:
        yield runner


@pytest.fixture(scope="module")
def server(
    running: asyncio.Runner, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[ServerProcess]:
    """`cxgame --preset simulator`."""
    one = ServerProcess(Path(tmp_path_factory.mktemp("simulator")), "--preset", "simulator")
    running.run(one.start())
    yield one
    assert running.run(one.terminate()) == 0


def asked(server: ServerProcess, method: str, path: str, **more: Any) -> Any:
    """The body of a good answer."""
    answer = httpx.request(method, f"{server.http_url}/api/v1{path}", timeout=20, **more)
    assert answer.status_code in (200, 201), answer.text
    return answer.json()


@pytest.mark.ci
def test_orders_survive_a_kill(running: asyncio.Runner, server: ServerProcess) -> None:
    """What was answered is there after `kill -9`: orders, balances, the day's volume."""
    mine = {"X-Session-ID": "mine"}
    order = {"symbol": "BTC/USD", "side": "BUY", "type": "LIMIT", "quantity": "0.5"}
    resting = {**order, "price": "1000", "client_order_id": "rests"}
    placed = asked(server, "POST", "/orders", json=resting, headers=mine)
    filled = asked(server, "POST", "/orders", json={**order, "price": "90000"}, headers=mine)
    assert (placed["status"], filled["status"]) == ("OPEN", "FILLED")
    before = asked(server, "GET", "/balance", headers=mine)
    running.run(server.kill())
    running.run(server.start())
    assert asked(server, "GET", "/balance", headers=mine) == before
    assert asked(server, "POST", "/orders", json=resting, headers=mine) == placed
    listed = asked(server, "GET", "/orders", headers=mine)["orders"]
    assert [row["status"] for row in listed] == ["OPEN", "FILLED"]
    ticker = asked(server, "GET", "/ticker", params={"symbol": "BTC/USD"})
    assert float(ticker["volume_24h"]) >= 0.5
    cancelled = asked(server, "DELETE", f"/orders/{placed['order_id']}", headers=mine)
    assert cancelled["status"] == "cancelled"


@pytest.mark.ci
def test_the_house_stands_at_the_price(server: ServerProcess) -> None:
    """1 bp around it, and the price moves every 25 ms."""
    ticker = asked(server, "GET", "/ticker", params={"symbol": "ETH/USD"})
    bid, ask = float(ticker["bid"]), float(ticker["ask"])
    assert (ask - bid) / float(ticker["last_price"]) == pytest.approx(1e-4, rel=0.05)
    found = asked(server, "GET", "/prices", params={"symbol": "BTC/USD", "limit": 20})["prices"]
    assert len({point["price"] for point in found}) > 5


@pytest.mark.ci
def test_no_operation_of_the_simulator_fails(server: ServerProcess, tmp_path: Path) -> None:
    """Generated requests below `/api/v1`: no server error, no answer outside of the schema."""
    command = [
        *(sys.executable, "-m", "schemathesis.cli", "run", f"{server.http_url}/openapi.json"),
        *("--include-path-regex", "^/api/v1", "--header", "X-Session-ID:generated"),
        *("--max-examples", str(EXAMPLES), "--seed", "1"),
        *("--checks", "not_a_server_error,status_code_conformance,content_type_conformance"),
        *("--checks", "response_schema_conformance,response_headers_conformance"),
        *("--suppress-health-check", "all", "--no-color"),
    ]
    done = subprocess.run(
        command,
        env={**os.environ, "SCHEMATHESIS_HOOKS": ""},
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=900,
        check=False,
    )
    assert done.returncode == 0, done.stdout[-6_000:] + done.stderr[-2_000:]
    assert f"Tested: {OPERATIONS}\n" in done.stdout
