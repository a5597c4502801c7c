"""Faults of requests over HTTP: what is hit, what becomes of it, and what is spared."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, cast

import httpx
import pytest
from starlette.requests import Request

from cxgame.faults import Board, Face, read_fault
from cxgame.server.app import CxServer
from cxgame.server.http.faults import Visitors, face_of, kind_of, names_of
from cxgame.server.http.passage import SILENT_S
from tests.server.rig import Rig
from tests.support.serving import player, served

WITHIN_S = 30
SOON = httpx.Timeout(WITHIN_S, read=0.2)  # asked, and not answered
TOKEN = "0123456789abcdef" * 4
REST = {"faces": ["rest"]}


@asynccontextmanager
async def serving(**settings: Any) -> AsyncIterator[tuple[CxServer, Board]]:
    """A server in memory, and its board."""
    ports = {"exchange_port": 0, "feed_port": 0, "http_port": 0}
    server = CxServer(**ports, bind="127.0.0.1", memory=True, seed=7, **settings)
    async with served(server):
        play = server.exchange.play
        assert play is not None
        yield server, play.host.faults


class Asker:
    """A player who asks over HTTP."""

    def __init__(self, server: CxServer, token: str) -> None:
        base = f"http://127.0.0.1:{server.http_port}"
        headers = {"x-api-key": token}
        self.http = httpx.AsyncClient(base_url=base, headers=headers, timeout=WITHIN_S)

    async def ask(self, command: str, **params: Any) -> httpx.Response:
        """The answer to a command."""
        return await self.http.post(f"/api/{command}", json=params)


@asynccontextmanager
async def asking(server: CxServer, *names: str) -> AsyncIterator[list[Asker]]:
    """Registered players, one for each name."""
    askers = []
    for name in names:
        async with player(server.exchange.port, name) as one:
            assert one.token is not None
            askers.append(Asker(server, one.token))
    try:
        yield askers
    finally:
        for each in askers:
            await each.http.aclose()


async def until_refused(asker: Asker) -> httpx.Response:
    """The answer to one request too many."""
    async with asyncio.timeout(WITHIN_S):
        while True:
            replies = await asyncio.gather(*(asker.ask("price") for _ in range(10)))
            refused = [reply for reply in replies if reply.status_code == 429]
            if refused:
                return refused[-1]


def put(board: Board, fault: str, **table: Any) -> Any:
    """A fault of REST in force."""
    return board.set(read_fault({"fault": fault, **REST, **table}))


@pytest.mark.parametrize(
    ("path", "face"),
    [
        ("/api/v1/orders", Face.SIMULATOR),
        ("/api/price", Face.REST),
        ("/orders/7/cancel", Face.REST),
        ("/balance", Face.REST),
        ("/api/monitor", None),
        ("/api/faults", None),
        ("/healthz", None),
        ("/health", None),
        ("/metrics", None),
        ("/admin/commands/faults", None),
        ("/", None),
        ("/static/js/main.js", None),
    ],
)
def test_a_path_is_at_a_face(path: str, face: Face | None) -> None:
    """Pages, health checks and the organiser's page are at none."""
    assert face_of(path) is face


@pytest.mark.parametrize(
    ("method", "path", "kind"),
    [
        ("GET", "/api/v1/orders", "GET orders"),
        ("DELETE", "/api/v1/orders/0c6c0a3e-5a5f-4f3e-8f11-000000000001", "DELETE orders"),
        ("POST", "/api/buy", "POST buy"),
        ("POST", "/orders/7/cancel", "POST cancel"),
        ("GET", "/tickers/BTC/USDT", "GET tickers"),
        ("GET", "/balance/USDT", "GET balance"),
        ("POST", "/balance/USDT/deposit", "POST deposit"),
    ],
)
def test_a_request_is_called_by_its_last_word(method: str, path: str, kind: str) -> None:
    """Ids, symbols and assets are no words."""
    assert kind_of(method, path) == kind


@pytest.mark.parametrize(
    ("face", "headers", "who", "names"),
    [
        (Face.REST, {"x-api-key": TOKEN}, "Anna", ["Anna"]),
        (Face.SIMULATOR, {"authorization": f"Bearer {TOKEN}"}, "Anna", ["Anna"]),
        (Face.SIMULATOR, {"x-session-id": "mine"}, "mine", ["mine", "mine"]),
        (Face.SIMULATOR, {}, "rest-session", ["rest-session", "rest-session"]),
        (Face.REST, {"x-api-key": "nobody's"}, "-", []),
        (Face.REST, {}, "-", []),
    ],
)
async def test_who_asks_is_known_by_his_key_or_session(
    rig: Rig, face: Face, headers: dict[str, str], who: str, names: list[str]
) -> None:
    """A user by his name, as he writes it; who shows nothing is nobody."""
    await rig.player("Anna", token=TOKEN)
    raw = [(name.encode(), value.encode()) for name, value in headers.items()]
    request = Request({"type": "http", "headers": raw})
    assert names_of(rig.host, face, request) == (who, names)


def test_a_session_whose_id_is_no_name_is_found_by_either() -> None:
    """By its id, and by the name of its account."""
    request = Request({"type": "http", "headers": [(b"x-session-id", "ein schöner Tag".encode())]})
    who, names = names_of(cast(Any, None), Face.SIMULATOR, request)
    assert who.startswith("s-")
    assert names[0] == who
    assert names[1] != who


def test_a_session_id_too_long_for_a_fault_to_name_is_not_kept() -> None:
    """Only the name of its account is: ten thousand such ids would fill the memory."""
    request = Request({"type": "http", "headers": [(b"x-session-id", b"x" * 60_000)]})
    who, names = names_of(cast(Any, None), Face.SIMULATOR, request)
    assert names == [who]
    assert len(who) < 32


def test_who_has_not_come_for_the_longest_time_is_forgotten() -> None:
    """The board's lines are bounded, and another game's board has none of them."""
    board, visitors = Board(), Visitors(most=2)
    found = [visitors.find(board, Face.REST, who, [who])[0] for who in ("a", "b", "a", "c")]
    assert found[0] is found[2]
    assert {line.who for line in board.lines} == {"a", "c"}
    other = Board()
    assert visitors.find(other, Face.REST, "a", ["a"])[0] is not found[0]
    assert [line.who for line in other.lines] == ["a"]


async def test_a_lost_request_changes_nothing_and_a_lost_answer_does() -> None:
    """Neither is answered; the order of the second is there. Others are answered as ever."""
    async with serving() as (server, board), asking(server, "anna", "boris") as (anna, boris):
        fault = put(board, "drop", probability=1, to=["anna"], messages=["POST sell"])
        with pytest.raises(httpx.ReadTimeout):
            await anna.http.post("/api/sell", json={"price": "1100", "size": "1"}, timeout=SOON)
        assert (await boris.ask("sell", price="1100", size="1")).json()["status"]
        assert (await anna.ask("orders")).json()["data"]["maker"] == []
        board.clear()
        put(board, "drop", probability=1, to=["anna"], messages=["POST sell"], direction="out")
        with pytest.raises(httpx.ReadTimeout):
            await anna.http.post("/api/sell", json={"price": "1100", "size": "1"}, timeout=SOON)
        await until_orders(anna, 1)
        assert fault.hits == 1


async def test_who_is_never_answered_is_cut_off(monkeypatch: pytest.MonkeyPatch) -> None:
    """After a while that is bounded, and the server goes on."""
    assert SILENT_S == 30
    monkeypatch.setattr("cxgame.server.http.passage.SILENT_S", 0.05)
    async with serving() as (server, board), asking(server, "anna") as (anna,):
        put(board, "silence", after_messages=1)
        assert (await anna.ask("price")).json()["status"]
        with pytest.raises(httpx.RemoteProtocolError):
            await anna.ask("price")
        board.clear()
        assert (await anna.ask("price")).json()["status"]


async def test_a_cut_connection_has_no_answer(caplog: pytest.LogCaptureFixture) -> None:
    """The next one has; the log calls it no error of the server."""
    async with serving() as (server, board), asking(server, "anna") as (anna,):
        put(board, "disconnect", after_messages=1, direction="in")
        assert (await anna.ask("price")).json()["status"]
        with pytest.raises(httpx.TransportError):
            await anna.ask("price")
        board.clear()
        assert (await anna.ask("price")).json()["status"]
    assert "without starting response" not in caplog.text


async def test_a_duplicated_request_is_handled_twice_and_answered_once() -> None:
    """The order is there twice; one that has a `cid` is not."""
    async with serving() as (server, board), asking(server, "anna") as (anna,):
        put(board, "duplicate", probability=1, max_duplicates=1, direction="in")
        order = {"price": "1100", "size": "1"}
        assert (await anna.ask("sell", **order)).json()["status"]
        assert (await anna.ask("sell", **order, cid="once")).json()["status"]
        board.clear()
        assert len((await anna.ask("orders")).json()["data"]["maker"]) == 3


async def test_what_is_corrupted_differs_and_is_answered_for() -> None:
    """A request that is no JSON any more is refused; an answer keeps its form of HTTP."""
    async with serving() as (server, board), asking(server, "anna") as (anna,):
        plain = (await anna.ask("markets")).content
        put(board, "corrupt", probability=1, corruption_level=1, direction="in")
        reply = await anna.ask("sell", price="1100", size="1")
        assert (reply.status_code, reply.json()["code"]) == (400, "PARAM_JSON")
        board.clear()
        put(board, "corrupt", probability=1, corruption_level=0.5)
        changed = (await anna.ask("markets")).content
        assert len(changed) == len(plain)
        assert changed != plain
        board.clear()
        assert (await anna.ask("markets")).content == plain


async def test_a_delayed_request_holds_up_nobody_else() -> None:
    """Another player's is answered while it waits, and when the fault ends it goes on at once."""
    async with serving() as (server, board), asking(server, "anna", "boris") as (anna, boris):
        put(board, "delay", ms=60_000, to=["anna"])
        late = asyncio.create_task(anna.ask("price"))
        for _ in range(5):
            assert (await boris.ask("price")).json()["status"]
        assert not late.done()
        put(board, "silence", to=["boris"])
        assert not late.done()
        board.clear()
        assert (await late).json()["status"]


@pytest.mark.ci
async def test_requests_that_are_reordered_are_all_answered() -> None:
    """Each once, when there are enough of them or none comes any more."""
    async with serving() as (server, board), asking(server, "anna") as (anna,):
        fault = put(board, "reorder", window_size=3)
        asked = [anna.ask("sell", price=str(1100 + i), size="1") for i in range(4)]
        replies = await asyncio.gather(*asked)
        assert all(reply.json()["status"] for reply in replies)
        board.clear()
        rows = (await anna.ask("orders")).json()["data"]["maker"]
        assert sorted(float(row["price"]) for row in rows) == [1100, 1101, 1102, 1103]
        assert fault.hits == 4


async def test_nothing_is_held_for_who_has_gone() -> None:
    """What he has asked is done at once, what he was to be told is told to nobody."""
    async with serving() as (server, board), asking(server, "anna") as (anna,):
        fault = put(board, "delay", ms=3_600_000, messages=["POST sell"])
        sell: Any = {"url": "/api/sell", "json": {"price": "1100", "size": "1"}}
        with pytest.raises(httpx.ReadTimeout):
            await anna.http.post(**sell, timeout=SOON)
        await until_orders(anna, 1)
        board.clear([fault.id])
        put(board, "delay", ms=3_600_000, direction="out", messages=["POST sell"])
        with pytest.raises(httpx.ReadTimeout):
            await anna.http.post(**sell, timeout=SOON)
        await until_orders(anna, 2)
        async with asyncio.timeout(WITHIN_S):
            while any("Rooms.wait" in repr(task.get_coro()) for task in asyncio.all_tasks()):
                await asyncio.sleep(0.01)


async def until_orders(asker: Asker, count: int) -> None:
    """Return once so many orders are open."""
    async with asyncio.timeout(WITHIN_S):
        while len((await asker.ask("orders")).json()["data"]["maker"]) != count:
            await asyncio.sleep(0.01)


async def test_who_asks_too_fast_is_banned_for_longer_each_time() -> None:
    """429 with Retry-After, then for good; nobody else is."""
    async with serving() as (server, board), asking(server, "anna", "boris") as (anna, boris):
        put(board, "rate_limit", per_second=2, bans_s=[])
        reply = await until_refused(anna)
        assert "retry-after" not in reply.headers
        assert reply.json() == {
            "error": "Rate limit exceeded: banned for good",
            "code": "LIMIT_RATE",
            "violation_count": 1,
        }
        assert (await boris.ask("price")).status_code == 200
        board.clear()
        put(board, "rate_limit", per_second=1, bans_s=[60])
        reply = await until_refused(boris)
        assert reply.headers["retry-after"] in ("59", "60")
        assert reply.json()["retry_after"] == int(reply.headers["retry-after"])
        assert (await boris.ask("price")).status_code == 429


async def test_sessions_of_the_simulator_are_hit_by_their_ids() -> None:
    """Also one whose id is no name; the others of the same server are not."""
    async with serving(sandbox=True) as (server, board):
        ids = ["mine", "ein ganz anderer Tag", "other"]
        board.set(read_fault({"fault": "rate_limit", "per_second": 1, "bans_s": [], "to": ids[:2]}))
        async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{server.http_port}") as http:
            for id in ids:
                headers = {"x-session-id": id}
                asked = [http.get("/api/v1/balance", headers=headers) for _ in range(10)]
                statuses = {reply.status_code for reply in await asyncio.gather(*asked)}
                assert statuses == ({200, 429} if id in ids[:2] else {200})


async def test_the_deck_of_the_settings_holds_from_the_start(tmp_path: Path) -> None:
    """A file, or its tables; the metrics count what was hit, also of faults that are over."""
    deck = tmp_path / "deck.toml"
    deck.write_text('[[deal]]\nfault = "duplicate"\nprobability = 1\nfaces = ["rest"]\n')
    async with serving(faults=deck, fault_seed=5) as (server, board), asking(server, "a") as (one,):
        assert board.seed == 5
        (fault,) = board.in_force.values()
        assert (fault.by, fault.since, fault.until) == ("setting", 0, None)
        await one.ask("price")
        assert 'cxgame_fault_hits_total{fault="duplicate"} 1.0' in (await measured(one))
        board.clear()
        await one.ask("price")
        lines = await measured(one)
        assert 'cxgame_fault_hits_total{fault="duplicate"} 1.0' in lines
        assert "cxgame_faults 0.0" in lines
    tables = [{"fault": "silence", "at": 3600}, {"fault": "half_open", "probability": 0}]
    async with serving(faults=tables) as (server, board):
        assert board.seed == 7
        assert [each.fault.mode for each in board.in_force.values()] == ["half_open"]


async def measured(asker: Asker) -> list[str]:
    """What the metrics say."""
    return (await asker.http.get("/metrics")).text.splitlines()


async def test_what_players_do_not_ask_is_spared() -> None:
    """Health checks, metrics and the organiser's page work whatever the network does."""
    async with serving() as (server, board), asking(server, "anna") as (anna,):
        board.set(read_fault({"fault": "drop", "probability": 1}))
        for path in ("/healthz", "/readyz", "/metrics", "/admin/session"):
            assert (await anna.http.get(path)).status_code == 200


@pytest.mark.ci
async def test_the_same_seed_hits_the_same_requests() -> None:
    """Those of one player, however many others ask."""
    hits = []
    for others in (0, 3):
        async with serving() as (server, board), asking(server, "anna", "boris") as (anna, boris):
            put(board, "disconnect", probability=0.3, direction="in", messages=["POST price"])
            hit = []
            for _ in range(20):
                for _ in range(others):
                    await asyncio.gather(boris.ask("price"), return_exceptions=True)
                (reply,) = await asyncio.gather(anna.ask("price"), return_exceptions=True)
                hit.append(isinstance(reply, httpx.TransportError))
            hits.append(hit)
    assert hits[0] == hits[1]
    assert 0 < sum(hits[0]) < 20
