"""TLS as a user meets it: a session over wss, and a refusal while certificates are verified."""

import json
import ssl
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest
import websockets

from cxgame.client import CxClient
from cxgame.server.app import CxServer
from tests.support.serving import PEM, Served, player, served


@pytest.fixture
async def secure() -> AsyncIterator[Served]:
    """A server whose faces all speak TLS, with a certificate that nobody vouches for."""
    server = CxServer(
        exchange_port=0, feed_port=0, http_port=0, bind="127.0.0.1", memory=True, pem_file=PEM
    )
    async with served(server) as running:
        yield running


def trusting() -> ssl.SSLContext:
    """Trust in the certificate of the tests."""
    return ssl.create_default_context(cafile=PEM)


async def test_a_session_is_played_over_wss(secure: Served) -> None:
    """With trust in the certificate, a whole session works as it does without TLS."""
    port = secure.server.exchange.port
    async with player(port, "alice", tls=trusting()) as alice:
        assert (await alice.ask("buy", price="999.99", size="1"))["status"]
        assert (await alice.ask("wallets"))["data"]["usd"] == "9000.01"
    assert f"wss://127.0.0.1:{port}" in secure.said[0]


@pytest.mark.parametrize("face", ["exchange", "feed"])
async def test_verification_refuses_an_unknown_certificate(secure: Served, face: str) -> None:
    """A client that verifies refuses the self-signed certificate of either socket."""
    port = getattr(secure.server, face).port
    with pytest.raises(ssl.SSLCertVerificationError):
        await websockets.connect(f"wss://127.0.0.1:{port}")


async def test_the_client_library_takes_ssl_verify_false(secure: Served) -> None:
    """`CxClient` plays with `ssl_verify=False`, and is refused in words without."""
    uri = f"wss://127.0.0.1:{secure.server.exchange.port}"
    bob = CxClient(user="bob", uri=uri, ssl_verify=False)
    registered = await bob.runcmd("register")
    assert registered.status, registered.msg
    eve = CxClient(user="eve", uri=uri)
    refused = await eve.runcmd("register")
    assert not refused.status
    assert "certificate" in refused.msg.lower()


async def test_the_feed_and_http_speak_tls_too(secure: Served) -> None:
    """One PEM file serves all faces."""
    feed = f"wss://127.0.0.1:{secure.server.feed.port}"
    async with websockets.connect(feed, ssl=trusting()) as spectator:
        hello: dict[str, Any] = json.loads(await spectator.recv())
        assert hello["type"] == "hello"
    async with httpx.AsyncClient(verify=trusting()) as client:
        answer = await client.get(f"https://127.0.0.1:{secure.server.http_port}/readyz")
        assert answer.json()["status"] == "ready"


async def test_plain_text_to_a_tls_port_is_hung_up_on(secure: Served) -> None:
    """Whoever forgets the s gets no session, and nobody else notices."""
    port = secure.server.exchange.port
    with pytest.raises((websockets.InvalidMessage, websockets.InvalidHandshake, OSError)):
        await websockets.connect(f"ws://127.0.0.1:{port}")
    async with player(port, "carol", tls=trusting()) as carol:
        assert (await carol.ask("price"))["status"]
