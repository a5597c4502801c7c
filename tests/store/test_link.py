"""Questions and answers over one connection."""

import asyncio
import socket
import ssl
import threading
from collections.abc import AsyncIterator

import pytest

from cxgame.store import link as link_module
from cxgame.store.endpoint import Endpoint
from cxgame.store.errors import StoreError, StoreUnavailable
from cxgame.store.link import Link
from cxgame.store.resp import command
from tests.store.batches import AWKWARD
from tests.store.embedded_fixture import ValkeyThread
from tests.store.proxy import Proxy
from tests.support.serving import PEM
from tests.support.waiting import until

LIMIT_S = 20


@pytest.fixture
async def proxy(shared_valkey: ValkeyThread) -> AsyncIterator[Proxy]:
    async with Proxy(shared_valkey.endpoint.name) as proxy:
        yield proxy


@pytest.fixture
async def far(proxy: Proxy) -> AsyncIterator[Link]:
    """A link through the proxy."""
    far = Link(proxy.endpoint)
    yield far
    await far.close()


async def test_bytes_arrive_as_they_were_sent(link: Link) -> None:
    """Whatever they contain."""
    assert await link.call("ECHO", AWKWARD) == AWKWARD
    assert await link.call("ECHO", "\u00e9\u20ac") == "\u00e9\u20ac".encode()
    assert await link.call("ECHO", 2**70) == b"%d" % 2**70


async def test_a_refused_command_does_not_spoil_the_others(link: Link, game_name: str) -> None:
    """In a row of calls each has its own reply, be it an error."""
    first, second, third = await link.calls(
        [command("SET", game_name, "x"), command("HGETALL", game_name), command("GET", game_name)]
    )
    assert (first, third) == (b"OK", b"x")
    assert isinstance(second, StoreError)
    with pytest.raises(StoreError, match="WRONGTYPE"):
        await link.call("HGETALL", game_name)


async def test_calls_do_not_mix(link: Link) -> None:
    """Whoever asks at the same time gets the answer to their own question."""
    answers = await asyncio.gather(*(link.call("ECHO", n) for n in range(50)))
    assert answers == [b"%d" % n for n in range(50)]


async def test_a_lost_reply_is_not_asked_for_again(far: Link, proxy: Proxy, game_name: str) -> None:
    """The caller must decide whether a second time does harm; the next call works."""
    proxy.lose_after = b"INCR"
    with pytest.raises(StoreUnavailable):
        await asyncio.wait_for(far.call("INCR", game_name), LIMIT_S)
    assert await far.call("GET", game_name) == b"1"


async def test_patience_asks_again(far: Link, proxy: Proxy, game_name: str) -> None:
    """For what may be repeated."""
    proxy.lose_after = b"INCR"
    assert await asyncio.wait_for(far.patient("INCR", game_name), LIMIT_S) == 2


async def test_silence_is_unavailability(
    far: Link, proxy: Proxy, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A Valkey that hangs is as good as none, and its late reply is never taken for another's."""
    monkeypatch.setattr(link_module, "_CONNECT_S", 0.1)
    assert await far.call("PING") == b"PONG"
    proxy.hold()
    with pytest.raises(StoreUnavailable):
        await asyncio.wait_for(far.call("ECHO", "late", timeout_s=0.1), LIMIT_S)
    proxy.let_pass()
    monkeypatch.setattr(link_module, "_CONNECT_S", 5.0)
    assert await far.call("ECHO", "next") == b"next"


async def test_a_cancelled_call_leaves_no_reply_behind(far: Link, proxy: Proxy) -> None:
    """The reply of a call that nobody waits for is not the reply of the next."""
    await far.call("PING")
    proxy.hold()
    call = asyncio.create_task(far.call("ECHO", "abandoned"))
    await asyncio.sleep(0.05)
    call.cancel()
    await asyncio.gather(call, return_exceptions=True)
    proxy.let_pass()
    assert await far.call("ECHO", "next") == b"next"


@pytest.mark.parametrize(
    "answer",
    [
        b"-LOADING Valkey is loading the dataset in memory\r\n",
        b"-MISCONF Errors writing to the AOF file\r\n",
        b"-OOM command not allowed\r\n",
        b"-READONLY You can't write against a read only replica.\r\n",
        b"-CLUSTERDOWN The cluster is down\r\n",
    ],
    ids=lambda answer: answer[1:8].decode(),
)
async def test_what_may_heal_is_unavailability(answer: bytes) -> None:
    """Such an error is no refusal: it says nothing about the command."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while await reader.read(1000):
            writer.write(answer)
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    link = Link(Endpoint.url(f"redis://127.0.0.1:{server.sockets[0].getsockname()[1]}"))
    with pytest.raises(StoreUnavailable):
        await asyncio.wait_for(link.call("GET", "x"), LIMIT_S)
    await link.close()
    server.close()


def answer_once(listening: socket.socket, ended: threading.Event) -> None:
    """A Valkey behind TLS that answers one question, and then hangs."""
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(PEM)
    accepted, _ = listening.accept()
    with context.wrap_socket(accepted, server_side=True) as connection:
        connection.recv(1000)
        connection.sendall(b"+PONG\r\n")
        ended.wait(LIMIT_S)


async def test_a_link_is_closed_though_nobody_says_goodbye() -> None:
    """A Valkey that hangs behind TLS must not keep a server from its orderly end."""
    ended = threading.Event()
    with socket.create_server(("127.0.0.1", 0)) as listening:
        hanging = threading.Thread(target=answer_once, args=(listening, ended))
        hanging.start()
        port = listening.getsockname()[1]
        link = Link(Endpoint.url(f"rediss://127.0.0.1:{port}?ssl_cert_reqs=none"))
        try:
            assert await link.call("PING") == b"PONG"
            assert link._connection is not None
            assert link._connection._writer is not None
            socket_ = link._connection._writer.get_extra_info("socket")
            link._connection.socket_connect_timeout = 0.05  # so long it waits
            await asyncio.wait_for(link.close(), LIMIT_S)
        finally:
            ended.set()
            hanging.join()
        await until(lambda: socket_.fileno() == -1)  # or the loop would end before it
