"""`/ws` on the HTTP port: who comes in, what a bad client costs, and how connections end."""

import asyncio
import json
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import httpx
import pytest
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidStatus

from cxgame.server.app import CxServer
from cxgame.server.http import serving
from tests.support.serving import PEM, Served, player, served
from tests.support.sockets import frame, request, sent_frames

WITHIN_S = 30.0
ORDER = {
    "type": "PLACE_ORDER",
    "symbol": "BTC/USD",
    "side": "BUY",
    "order_type": "LIMIT",
    "price": "300",
    "quantity": "1",
}


def server(**settings: Any) -> CxServer:
    """A server in memory."""
    given = {
        "memory": True,
        "bind": "127.0.0.1",
        "exchange_port": 0,
        "feed_port": 0,
        "http_port": 0,
        "sandbox": True,
        **settings,
    }
    return CxServer(**given)


@asynccontextmanager
async def simulator(**settings: Any) -> AsyncIterator[Served]:
    """The same, up."""
    async with served(server(**settings)) as running:
        yield running


def port_of(running: Served) -> int:
    assert isinstance(running.server, CxServer)
    return running.server.http_port


def socket_to(running: Served, path: str = "/ws", **headers: str) -> connect:
    """A client of `/ws`."""
    sent = {name.replace("_", "-"): value for name, value in headers.items()}
    return connect(f"ws://127.0.0.1:{port_of(running)}{path}", additional_headers=sent)


async def ask(client: ClientConnection, **members: Any) -> dict[str, Any]:
    """Send a frame; the next that comes."""
    await client.send(json.dumps(members))
    return await heard(client)


async def heard(client: ClientConnection) -> dict[str, Any]:
    """The next frame."""
    found: dict[str, Any] = json.loads(await asyncio.wait_for(client.recv(), WITHIN_S))
    return found


async def refused(running: Served, **headers: str) -> tuple[int, Any]:
    """Status and body with which the upgrade is refused."""
    with pytest.raises(InvalidStatus) as refusal:
        async with socket_to(running, **headers):
            pass
    response = refusal.value.response
    assert response.body is not None
    return response.status_code, json.loads(response.body)


# Who comes in


async def test_every_connection_is_a_session_of_its_own() -> None:
    """With an account of its own; what one does, the other does not see."""
    async with simulator() as running, socket_to(running) as one, socket_to(running) as other:
        assert (await ask(one, **ORDER))["status"] == "OPEN"
        assert len((await ask(one, type="GET_ORDERS"))["orders"]) == 1
        assert not (await ask(other, type="GET_ORDERS"))["orders"]


async def test_an_empty_session_id_names_no_session() -> None:
    """As if the header were not there: each connection has its own."""
    empty = {"X_Session_ID": ""}
    async with (
        simulator() as running,
        socket_to(running, **empty) as one,
        socket_to(running, **empty) as other,
    ):
        assert (await ask(one, **ORDER))["status"] == "OPEN"
        assert not (await ask(other, type="GET_ORDERS"))["orders"]


async def test_a_session_id_joins_rest_and_socket() -> None:
    """The header names the account that REST uses under the same name."""
    async with simulator() as running, socket_to(running, X_Session_ID="mine") as client:
        uri = f"http://127.0.0.1:{port_of(running)}/api/v1/orders"
        async with httpx.AsyncClient(headers={"X-Session-ID": "mine"}) as rest:
            body = {**ORDER, "type": "LIMIT"}
            assert (await rest.post(uri, json=body)).status_code == 201
        assert len((await ask(client, type="GET_ORDERS"))["orders"]) == 1


@pytest.mark.parametrize("header", ["x_api_key", "Authorization"])
@pytest.mark.parametrize("sandbox", [True, False])
async def test_a_token_opens_its_users_account(header: str, sandbox: bool) -> None:
    """In a sandbox and outside; the order is that of the user."""
    async with simulator(sandbox=sandbox) as running:
        async with player(running.server.exchange.port, "alice") as alice:  # type: ignore[union-attr]
            token = alice.token or ""
            shown = token if header == "x_api_key" else f"bearer {token}"
            async with socket_to(running, **{header: shown}) as client:
                await ask(client, **ORDER)
            assert (await alice.ask("orders"))["data"]["maker"][0]["price"] == "300.00"


async def test_without_sandbox_a_token_is_needed() -> None:
    """401 at the handshake, for a wrong one too."""
    async with simulator(sandbox=False) as running:
        for headers in ({}, {"X_Session_ID": "mine"}, {"x_api_key": "0" * 64}):
            status, body = await refused(running, **headers)
            assert (status, body.keys()) == (401, {"error", "code"})


async def test_a_session_id_opens_no_users_account() -> None:
    """403: a user's name, and a reserved one."""
    async with simulator() as running:
        async with player(running.server.exchange.port, "alice"):  # type: ignore[union-attr]
            for name in ("alice", "ALICE", "house", "admin"):
                status, body = await refused(running, X_Session_ID=name)
                assert (status, body["code"]) == (403, "AUTH_USER_TAKEN")


async def test_an_address_has_so_many_connections() -> None:
    """429 for one more; there is room again when one is gone."""
    async with simulator(max_connections_per_address=1) as running:
        async with socket_to(running) as client:
            with pytest.raises(InvalidStatus, match="429"):
                async with socket_to(running):
                    pass
            await ask(client, type="PING")
        async with asyncio.timeout(WITHIN_S):
            while True:
                try:
                    async with socket_to(running) as again:
                        assert (await ask(again, type="PING"))["type"] == "PONG"
                        return
                except InvalidStatus:
                    await asyncio.sleep(0.01)


# Other requests to upgrade


@pytest.mark.parametrize("path", ["/", "/wss", "/ws/", "/api/v1/symbols", "/nothing"])
async def test_an_upgrade_elsewhere_is_answered_as_if_it_had_not_asked(path: str) -> None:
    """As without the header."""
    headers = {"Upgrade": "websocket", "Connection": "Upgrade"}
    async with simulator() as running, httpx.AsyncClient() as client:
        uri = f"http://127.0.0.1:{port_of(running)}{path}"
        plain, upgrading = await client.get(uri), await client.get(uri, headers=headers)
        assert (upgrading.status_code, upgrading.content) == (plain.status_code, plain.content)


async def test_what_does_not_ask_for_an_upgrade_is_told_to() -> None:
    """426 at `/ws`, in a sentence; nothing is there for other methods."""
    async with simulator() as running, httpx.AsyncClient() as client:
        uri = f"http://127.0.0.1:{port_of(running)}/ws"
        plain = await client.get(uri)
        assert (plain.status_code, plain.headers["upgrade"]) == (426, "websocket")
        assert "ws://" in plain.json()["error"]
        assert (await client.post(uri, headers={"Upgrade": "websocket"})).status_code == 405


# Bad clients


@asynccontextmanager
async def raw(running: Served, sent: bytes) -> AsyncIterator[asyncio.StreamReader]:
    """A connection that has sent some bytes."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port_of(running))
    writer.write(sent)
    try:
        yield reader
    finally:
        writer.close()
        await asyncio.wait({asyncio.ensure_future(_closed(writer))}, timeout=WITHIN_S)


async def _closed(writer: asyncio.StreamWriter) -> None:
    try:
        await writer.wait_closed()
    except OSError:
        return


async def test_half_a_handshake_is_cut_off(monkeypatch: pytest.MonkeyPatch) -> None:
    """As half of any request; a connection that came in has no such deadline."""
    monkeypatch.setattr(serving, "REQUEST_S", 0.3)
    async with simulator() as running, socket_to(running) as client:
        async with raw(running, request("/ws")[:-10]) as reader:
            assert await asyncio.wait_for(reader.read(), WITHIN_S) == b""
        await asyncio.sleep(0.3)
        assert (await ask(client, type="PING"))["type"] == "PONG"


async def test_frames_may_come_with_the_handshake() -> None:
    """A client that has not waited for the answer is answered all the same."""
    sent = request("/ws") + frame(b'{"type":"PING","request_id":1}')
    async with simulator() as running, raw(running, sent) as reader:
        await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), WITHIN_S)
        head = await asyncio.wait_for(reader.readexactly(2), WITHIN_S)
        body = await asyncio.wait_for(reader.readexactly(head[1]), WITHIN_S)
        assert b'{"type":"PONG","request_id":1' in sent_frames(head + body)[0][1]


@pytest.mark.parametrize(
    "sent",
    [
        request("/ws").replace(b"Sec-WebSocket-Key", b"Sec-Nothing"),
        request("/ws").replace(b"Version: 13", b"Version: 3"),
        request("/ws").replace(b"Host: cxgame", b"Host: cxgame\r\nX: " + b"x" * 20_000),
        request("/ws").replace(b"Host: cxgame", b"Host: cxgame\r\n" + b"X: 1\r\n" * 200),
        request("/ws").replace(b"Host: cxgame", b"Host: cxgame\r\nContent-Length: 5") + b"hello",
        request("/ws").replace(b"Host: cxgame", b"Host: cxgame\r\nX-Session-ID: \xff\xfe"),
    ],
    ids=["no key", "version", "long header", "many headers", "body", "bytes"],
)
async def test_a_bad_handshake_disturbs_nobody(sent: bytes) -> None:
    """It is refused or granted, soon; the others play on."""
    async with simulator() as running, socket_to(running) as client:
        async with raw(running, sent) as reader:
            line = await asyncio.wait_for(reader.readline(), WITHIN_S)
            assert line.startswith((b"HTTP/1.1 4", b"HTTP/1.1 101")) or line == b""
        assert (await ask(client, **ORDER))["type"] == "ORDER_ACK"


async def test_a_message_may_have_four_mebibytes() -> None:
    """One of as many is read."""
    filler = '{"type":"PING","request_id":"long","x":"'
    async with simulator() as running, socket_to(running) as client:
        await client.send(filler + "x" * (4_194_304 - len(filler) - 2) + '"}')
        assert (await heard(client))["request_id"] == "long"
        assert (await ask(client, type="PING"))["type"] == "PONG"


async def test_a_longer_message_ends_its_connection() -> None:
    """With an ERROR and 1009, as soon as its length is known; nobody else's."""
    begun = b"\x81\xff" + (4_194_305).to_bytes(8) + b"mask" + b"some of it"
    async with simulator() as running, socket_to(running) as other:
        async with raw(running, request("/ws")) as reader:
            await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), WITHIN_S)
            reader._transport.write(begun)  # type: ignore[attr-defined]
            told = sent_frames(await asyncio.wait_for(reader.read(), WITHIN_S))
        assert b'"code":"LIMIT_MESSAGE"' in told[0][1]
        assert told[1][1].startswith((1009).to_bytes(2))
        assert (await ask(other, type="PING"))["type"] == "PONG"


@pytest.mark.parametrize(
    "bad", ["null", "1E+400", "[]", "[" * 50_000, b"\x00\xff", '{"type":"PING","request_id":[]}']
)
async def test_a_bad_message_disturbs_nobody(bad: str | bytes) -> None:
    """An ERROR for its sender, whose connection stays; nothing for anybody else."""
    async with simulator() as running, socket_to(running) as client, socket_to(running) as other:
        await client.send(bad)
        assert (await heard(client))["code"] == "INVALID_MESSAGE"
        assert (await ask(client, **ORDER))["type"] == "ORDER_ACK"
        assert (await ask(other, type="PING"))["type"] == "PONG"


def test_a_slow_reader_is_bounded_as_on_the_order_server() -> None:
    """By the same setting; what a socket does about it is the transport's matter."""
    upgrades = server(feed_buffer=131_072, max_outstanding=5)._http._upgrades
    assert upgrades is not None
    limits = upgrades._limits
    assert (limits.push_max, limits.max_outstanding, limits.max_message) == (131_072, 5, 4_194_304)


# The end


async def test_the_server_says_why_it_closes() -> None:
    """1001 and the reason, and soon; what was asked before is answered before."""
    async with simulator() as running:
        async with socket_to(running) as client, socket_to(running) as idle:
            await client.send(json.dumps(ORDER))
            await heard(client)
            loop = asyncio.get_running_loop()
            begun_s = loop.time()
            await running.stop()
            assert loop.time() - begun_s < WITHIN_S
            for one in (client, idle):
                with pytest.raises(ConnectionClosed) as closed:
                    await one.recv()
                assert closed.value.rcvd is not None
                assert closed.value.rcvd.code == 1001
                assert "the game goes on" in closed.value.rcvd.reason


async def test_tls_serves_the_socket_too() -> None:
    """By the same file."""
    trusting = ssl.create_default_context(cafile=PEM)
    async with simulator(pem_file=PEM) as running:
        uri = f"wss://localhost:{port_of(running)}/ws"
        async with connect(uri, ssl=trusting, host="127.0.0.1") as client:
            assert (await ask(client, **ORDER))["type"] == "ORDER_ACK"
