"""HEAD, as monitors of uptime and load balancers send it: what GET says, without its body."""

from collections.abc import AsyncIterator
from types import SimpleNamespace
from typing import Any

import httpx
import pytest

from cxgame.faults import read_fault
from cxgame.limits import Limits
from cxgame.server.app import CxServer
from cxgame.server.http.app import create_app
from cxgame.server.http.metrics import Metrics
from cxgame.server.http.rest.face import Face
from cxgame.server.http.rest.keys import Keys
from cxgame.server.http.vitals import Condition
from tests.server.rig import Rig
from tests.support.serving import player, served
from tests.support.waiting import WAIT_S

HTML = {"accept": "text/html"}


@pytest.fixture
async def server() -> AsyncIterator[CxServer]:
    """A server in memory."""
    ports = {"exchange_port": 0, "feed_port": 0, "http_port": 0}
    one = CxServer(**ports, bind="127.0.0.1", memory=True, seed=7)
    async with served(one):
        yield one


async def asking(server: CxServer) -> httpx.AsyncClient:
    """A client with a player's token."""
    async with player(server.exchange.port, "anna") as anna:
        assert anna.token is not None
        return httpx.AsyncClient(
            base_url=f"http://127.0.0.1:{server.http_port}",
            headers={"x-api-key": anna.token},
            timeout=WAIT_S,
        )


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/", 200),
        ("/healthz", 200),
        ("/readyz", 200),
        ("/health", 200),
        ("/metrics", 200),
        ("/openapi.json", 200),
        ("/asyncapi.json", 200),
        ("/balance", 200),
        ("/tickers", 200),
        ("/orders", 200),
        ("/api/monitor", 200),
        ("/api/v1/symbols", 200),
        ("/admin/session", 200),
        ("/static/config.json", 200),
        ("/orders/17", 404),
        ("/api/v1/orders/17", 404),
        ("/orders?include_history=perhaps", 422),
        ("/api/wallets", 405),
        ("/nowhere", 404),
    ],
)
async def test_a_head_is_answered_as_a_get(server: CxServer, path: str, status: int) -> None:
    """With its status and headers, and no body; the connection goes on."""
    async with await asking(server) as http:
        got, head = await http.get(path), await http.head(path)
        assert (got.status_code, head.status_code) == (status, status)
        assert got.content
        assert head.content == b""
        assert head.headers.keys() == got.headers.keys()
        for name in ("content-type", "cache-control", "allow"):
            assert head.headers.get(name) == got.headers.get(name)
        assert (await http.get("/healthz")).json() == {"status": "ok"}


async def test_a_head_of_a_browser_is_of_the_page(server: CxServer) -> None:
    """As its GET is."""
    async with await asking(server) as http:
        answer = await http.head("/", headers=HTML)
    assert answer.headers["content-type"].startswith("text/html")


async def test_a_head_says_how_long_the_body_is(server: CxServer) -> None:
    """Also where faults of the network look at every answer."""
    play = server.exchange.play
    assert play is not None
    async with await asking(server) as http:
        length = (await http.get("/balance")).headers["content-length"]
        assert int(length) > 1
        assert (await http.head("/balance")).headers["content-length"] == length
        play.host.faults.set(read_fault({"fault": "delay", "faces": ["rest"], "ms": 1}))
        assert (await http.head("/balance")).headers["content-length"] == length


async def test_a_head_counts_as_a_get() -> None:
    """One that comes too soon is refused as that is; by a clock that stands still."""
    rig = await Rig().start()
    try:
        bob = await rig.player("bob")
        vitals: Any = SimpleNamespace(play=SimpleNamespace(host=rig.host), connections=0)
        vitals.condition = Condition.READY
        keys = Keys(limits=Limits(rate_limit=1, rate_burst=2))
        app = create_app(vitals, Metrics(vitals), Face(vitals, keys=keys))
        transport = httpx.ASGITransport(app)
        shown = {"x-api-key": bob.token}
        async with httpx.AsyncClient(transport=transport, base_url="http://x") as http:
            statuses = [
                (await http.request(method, "/balance", headers=shown)).status_code
                for method in ("HEAD", "HEAD", "HEAD", "GET")
            ]
    finally:
        await rig.stop()
    assert statuses == [200, 200, 429, 429]


async def test_the_openapi_names_no_head(server: CxServer) -> None:
    """It goes without saying, and would only make the list longer."""
    async with await asking(server) as http:
        paths = (await http.get("/openapi.json")).json()["paths"]
    assert not any("head" in item for item in paths.values())
