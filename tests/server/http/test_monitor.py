"""`GET /api/monitor`: what is told to whom."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import httpx
import pytest

from cxgame.faults.reading import read_fault
from cxgame.server.app import CxServer
from cxgame.server.http.monitor import Glance
from cxgame.server.sessions.rates import YES
from tests.server.rig import Rig
from tests.support.serving import player, served

SECRET = "a secret of the test"
WITHIN_S = 30
PATH = "/api/monitor"
DROP = {"fault": "drop", "probability": 0.5, "faces": ["orders"]}


@asynccontextmanager
async def serving(**settings: Any) -> AsyncIterator[tuple[CxServer, httpx.AsyncClient]]:
    """A server in memory, and who asks it over HTTP."""
    ports = {"exchange_port": 0, "feed_port": 0, "http_port": 0, "bind": "127.0.0.1"}
    server = CxServer(**{**ports, "memory": True, "admin_secret": SECRET, **settings})
    async with served(server):
        url = f"http://127.0.0.1:{server.http_port}"
        async with httpx.AsyncClient(base_url=url, timeout=WITHIN_S) as http:
            yield server, http


async def report(http: httpx.AsyncClient, **headers: str) -> dict[str, Any]:
    """What is reported to whom shows these."""
    answer = await http.get(PATH, headers=headers)
    assert answer.status_code == 200, answer.text
    assert answer.headers["cache-control"] == "no-store"
    told: dict[str, Any] = answer.json()
    return told


def bearer(token: str | None) -> dict[str, str]:
    """A header that shows a token or the admin secret."""
    return {"Authorization": f"Bearer {token}"}


async def test_anybody_learns_how_the_server_is_and_no_names() -> None:
    """Counts, the condition, and that there are faults, but not for whom."""
    async with serving(seed=7) as (server, http), player(server.exchange.port, "alice") as alice:
        assert server.exchange.play is not None
        board = server.exchange.play.host.faults
        board.set(read_fault({**DROP, "to": ["bob"]}))
        await alice.ask("sell", price="2000", size="1")
        told = await report(http)
        assert "alice" not in str(told)
        assert "bob" not in str(told)
        assert (told["game"], told["condition"], told["phase"]) == ("main.1", "ready", "open")
        assert told["connections"] == {"orders": 1, "feed": 0, "simulator": 0}
        assert told["totals"]["requests"] == 0
        assert (await report(http))["totals"]["requests"] == 1
        assert (told["totals"]["orders"], told["open_orders"], told["accounts"]) == (1, 1, 1)
        assert (told["account"], told["sessions"], told["is_admin"]) == (None, [], False)
        (fault,) = told["faults"]
        assert (fault["fault"], fault["for"], fault["hits"]) == ("drop", "some", 0)
        assert "to" not in fault


async def test_a_secret_need_not_be_ascii() -> None:
    """As on the order server and the admin page, it is any text."""
    async with serving(admin_secret="Öffne dich!") as (_, http):
        for header, before in (("authorization", "Bearer "), ("x-api-key", "")):
            shown = {header: f"{before}Öffne dich!".encode()}
            assert (await http.get(PATH, headers=shown)).json()["is_admin"]


async def test_a_player_sees_what_is_his() -> None:
    """His balances, his connections with what has hit them, and which faults are for him."""
    async with (
        serving(seed=7) as (server, http),
        player(server.exchange.port, "alice") as alice,
        player(server.exchange.port, "bob"),
    ):
        assert server.exchange.play is not None
        board = server.exchange.play.host.faults
        board.set(read_fault({**DROP, "to": ["Alice"]}))
        board.set(read_fault({**DROP, "to": ["bob"]}))
        board.set(read_fault({"fault": "delay", "ms": 1, "faces": ["feed"]}))
        for headers in (bearer(alice.token), {"x-api-key": alice.token or ""}):
            told = await report(http, **headers)
            assert told["account"]["name"] == "alice"
            assert told["account"]["balances"]["USD"]["free"] == "10000.00"
            (session,) = [row for row in told["sessions"] if row["face"] == "orders"]
            assert (session["user"], session["connection"], session["hits"]) == ("alice", 1, {})
            assert [each["for"] for each in told["faults"]] == ["you", "some", "everybody"]
            assert "bob" not in str(told)


async def test_hits_and_reconnects_are_counted_by_session() -> None:
    """A message that was lost counts for whom it was, and so does who comes again."""
    async with serving(seed=7) as (server, http):
        assert server.exchange.play is not None
        board = server.exchange.play.host.faults
        async with player(server.exchange.port, "alice") as alice:
            token = alice.token
        async with player(server.exchange.port, "alice", token=token or "") as again:
            board.set(read_fault({**DROP, "probability": 1, "messages": ["price"]}))
            await again.connection.send('{"cmd":"price","params":{}}')
            async with asyncio.timeout(WITHIN_S):
                while True:
                    told = await report(http, **bearer(token))
                    (row,) = [each for each in told["sessions"] if each["face"] == "orders"]
                    if row["hits"]:
                        break
            assert (row["hits"], row["connection"]) == ({"drop": 1}, 2)
            assert told["faults"][0]["hits"] == 1


@pytest.mark.ci
async def test_an_organiser_sees_all() -> None:
    """With the admin secret, before and after it was verified once; or with the role."""
    async with (
        serving(seed=7) as (server, http),
        player(server.exchange.port, "alice") as alice,
        player(server.exchange.port, "bob"),
    ):
        assert server.exchange.play is not None
        server.exchange.play.host.faults.set(read_fault({**DROP, "to": ["bob"]}))
        for _ in range(2):
            told = await report(http, **bearer(SECRET))
            assert told["is_admin"] is True
            assert {"alice", "bob"} <= {row["user"] for row in told["sessions"]}
            assert told["faults"][0]["to"] == ["bob"]
        assert (await alice.ask("grant", username="alice", secret=SECRET))["status"]
        assert (await report(http, **bearer(alice.token)))["is_admin"] is True


@pytest.mark.ci
async def test_a_session_is_seen_and_not_opened() -> None:
    """By its id, where sandbox is on, once it has begun; never a registered user's."""
    async with serving(sandbox=True) as (server, http):
        missing = await http.get(PATH, headers={"X-Session-ID": "mine"})
        assert (missing.status_code, missing.json()["code"]) == (404, "AUTH_UNKNOWN_USER")
        assert server.exchange.play is not None
        server.exchange.play.host.faults.set(
            read_fault({**DROP, "faces": ["simulator"], "to": ["x"]})
        )
        await http.get("/api/v1/balance", headers={"X-Session-ID": "mine"})
        told = await report(http, **{"X-Session-ID": "mine"})
        assert (told["account"]["name"], told["accounts"]) == ("mine", 1)
        (row,) = told["sessions"]
        assert (row["face"], row["user"], row["connection"]) == ("simulator", "mine", 0)
        assert told["connections"]["simulator"] == 0, "it asks over HTTP"
        async with player(server.exchange.port, "alice"):
            for session in ("alice", "admin"):
                no = await http.get(PATH, headers={"X-Session-ID": session})
                assert no.status_code == 403
    async with serving() as (_, http):
        assert (await http.get(PATH, headers={"X-Session-ID": "mine"})).status_code == 403


@pytest.mark.ci
async def test_guesses_are_refused_and_counted() -> None:
    """A wrong token is 401; who goes on guessing waits, as on the admin page."""
    async with serving() as (_, http):
        codes = [
            (await http.get(PATH, headers=bearer(f"guess {number}"))).status_code
            for number in range(8)
        ]
    assert codes[0] == 401
    assert codes[-1] == 429
    assert set(codes) == {401, 429}


@pytest.mark.ci
async def test_who_asks_without_end_waits() -> None:
    """Those without a key share the limit of their address."""
    async with serving(rate_limit=1, rate_burst=2) as (_, http):
        answers = [await http.get(PATH) for _ in range(4)]
    assert [answer.status_code for answer in answers[:2]] == [200, 200]
    assert answers[3].status_code == 429
    assert int(answers[3].headers["retry-after"]) >= 1


@pytest.mark.ci
async def test_the_page_is_there_and_framed_by_nobody() -> None:
    """Whatever may frame the other pages: a token can be typed on it."""
    async with serving(frame_ancestors=("self",)) as (_, http):
        answer = await http.get("/monitor")
        assert answer.status_code == 200
        assert "frame-ancestors 'none'" in answer.headers["content-security-policy"]
        assert "Faults in force" in answer.text


async def test_many_looks_are_one_count() -> None:
    """Who looks within the same half second sees the same rates."""
    rig = await Rig().start()
    glance = Glance()
    before = glance.rates(rig.host)
    rig.host.rates.of(1)[YES] += 5
    assert glance.rates(rig.host) is before
    rig.bench.clock.pass_s(1)
    assert glance.rates(rig.host)[1].messages_per_s == 5.0
    await rig.stop()
