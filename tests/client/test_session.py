"""Retries: what a client does when the connection breaks, stalls or talks nonsense."""

import asyncio
import logging

import pytest
from websockets.asyncio.client import connect
from websockets.asyncio.server import ServerConnection, serve

from cxgame.client import CxClient, Response
from cxgame.client.connection import Connection, ConnectionLost
from cxgame.client.protocol import Request
from tests.client.fakes import BOUND_S, FakeExchange, Fault


def client_of(exchange: FakeExchange, user: str = "alice", timeout_s: float = BOUND_S) -> CxClient:
    """A client that is registered as soon as it speaks."""
    token = exchange.tokens.setdefault(user, "a" * 64)
    return CxClient(user, token=token, uri=exchange.uri, timeout_s=timeout_s)


@pytest.mark.parametrize(
    "fault", [Fault.LOST_REQUEST, Fault.LOST_REPLY, Fault.GARBAGE, Fault.BINARY]
)
async def test_an_order_survives_a_broken_connection(exchange: FakeExchange, fault: Fault) -> None:
    """It is sent again with the same cid over a fresh connection, and exists once."""
    exchange.fail("buy", fault, fault)
    async with client_of(exchange) as cx:
        response = await cx.buy("999.99", "1.5")
    assert response.status
    assert len(exchange.orders) == 1
    first, second, third = exchange.asked("buy")
    assert first == second == third
    assert response.cid == first["cid"]
    assert response.data["cid"] == first["cid"]
    assert len(exchange.asked("auth")) == 3  # a fresh connection logs in first


async def test_two_orders_have_two_cids(exchange: FakeExchange) -> None:
    """The same order again is another order; with the same cid it is the same one."""
    async with client_of(exchange) as cx:
        first = await cx.buy("999", "1")
        await cx.buy("999", "1")
        again = await cx.buy("999", "1", cid=first.cid)
    assert len(exchange.orders) == 2
    assert again.data["id"] == first.data["id"]
    assert again.data["replayed"]


async def test_an_order_without_an_answer_is_unknown_at_the_deadline(
    exchange: FakeExchange,
) -> None:
    """It may have been carried out, and the answer says so, with the cid to ask again."""
    exchange.fail("buy", Fault.SILENCE)
    async with client_of(exchange, timeout_s=1) as cx:
        response = await cx.buy("999.99", "1.5")
        assert (response.status, response.code) == (False, "STATE_UNKNOWN")
        assert "did not answer" in response.msg
        again = await cx.buy("999.99", "1.5", cid=response.cid)
    assert again.data["replayed"]
    assert len(exchange.orders) == 1


async def test_a_connection_that_does_not_answer_is_replaced(exchange: FakeExchange) -> None:
    """The next call has a fresh one."""
    exchange.fail("wallets", Fault.SILENCE)
    async with client_of(exchange, timeout_s=1) as cx:
        assert (await cx.wallets()).code == "CLIENT_CONNECTION"
        assert (await cx.wallets()).status
    assert exchange.connections == 2


async def test_an_exchange_that_goes_away_leaves_an_order_unknown(exchange: FakeExchange) -> None:
    """Sent, lost, and nobody to ask until the deadline."""
    async with client_of(exchange, timeout_s=1) as cx:
        await cx.auth()
        exchange.fail("buy", Fault.SILENCE)
        call = asyncio.create_task(cx.buy("999.99", "1.5"))
        async with asyncio.timeout(BOUND_S):
            while not exchange.asked("buy"):
                await asyncio.sleep(0.01)
        await asyncio.to_thread(exchange.stop)
        response = await call
    assert response.code == "STATE_UNKNOWN"
    assert "Nothing listens" in response.msg


async def test_an_order_that_never_left_is_not_unknown(exchange: FakeExchange) -> None:
    """Nothing was sent, so nothing was done, and the code says that."""
    async with client_of(exchange, timeout_s=1) as cx:
        await cx.auth()
        await asyncio.to_thread(exchange.stop)
        response = await cx.buy("999.99", "1.5")
    assert response.code == "CLIENT_CONNECTION"
    assert not exchange.asked("buy")


async def test_a_restarted_exchange_is_found_again(exchange: FakeExchange) -> None:
    """A client that once was connected waits for the exchange to come back."""
    async with client_of(exchange) as cx:
        await cx.auth()
        await asyncio.to_thread(exchange.stop)
        call = asyncio.create_task(cx.buy("999.99", "1.5"))
        await asyncio.sleep(0.1)
        await asyncio.to_thread(exchange.start)
        assert (await call).status
    assert len(exchange.orders) == 1


async def test_a_message_on_the_feed_is_never_sent_twice(exchange: FakeExchange) -> None:
    """A lost reply to bcast leaves the outcome open rather than say it twice."""
    exchange.fail("bcast", Fault.LOST_REPLY)
    async with client_of(exchange) as cx:
        response = await cx.bcast("Hello, World!")
    assert response.code == "STATE_UNKNOWN"
    assert exchange.said == ["Hello, World!"]
    assert len(exchange.asked("bcast")) == 1


async def test_a_message_goes_out_over_a_connection_that_broke_idle(
    exchange: FakeExchange,
) -> None:
    """Closed before it was sent is no doubt: a fresh connection carries it."""
    async with client_of(exchange) as cx:
        await cx.auth()
        await asyncio.to_thread(exchange.stop)
        await asyncio.to_thread(exchange.start)
        assert (await cx.bcast("back")).status
    assert exchange.said == ["back"]


async def test_a_message_that_was_not_sent_is_sent(
    exchange: FakeExchange, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A connection that ends between login and request has carried nothing."""
    carry = Connection.request
    lost: list[Request] = []

    async def lose_first(self: Connection, request: Request) -> Response:
        if request.cmd == "bcast" and not lost:
            lost.append(request)
            raise ConnectionLost("The connection is closed.", sent=False)
        return await carry(self, request)

    monkeypatch.setattr(Connection, "request", lose_first)
    async with client_of(exchange) as cx:
        assert (await cx.bcast("once")).status
    assert lost
    assert exchange.said == ["once"]


async def test_a_cancel_with_a_lost_reply_finds_the_order_gone(exchange: FakeExchange) -> None:
    """The second try answers ORDER_NOT_FOUND and says what may have happened."""
    async with client_of(exchange) as cx:
        order = (await cx.buy("999.99", "1.5")).data
        exchange.fail("cancel", Fault.LOST_REPLY)
        response = await cx.cancel(order["id"])
    assert exchange.orders[order["id"]]["status"] == "cancel"
    assert response.code == "ORDER_NOT_FOUND"
    assert "may have cancelled it" in response.msg


async def test_a_halt_after_a_lost_reply_leaves_the_order_unknown(exchange: FakeExchange) -> None:
    """STATE_HALTED speaks of the second delivery only."""
    exchange.fail("buy", Fault.LOST_REPLY, Fault.HALTED)
    async with client_of(exchange) as cx:
        response = await cx.buy("999.99", "1.5")
    assert response.code == "STATE_UNKNOWN"


async def test_a_refusal_is_handed_on_without_a_retry(exchange: FakeExchange) -> None:
    """What the exchange says to the only delivery is the caller's to deal with."""
    exchange.fail("buy", Fault.RATE)
    async with client_of(exchange) as cx:
        response = await cx.buy("999.99", "1.5")
    assert response.code == "LIMIT_RATE"
    assert len(exchange.asked("buy")) == 1


async def test_a_message_too_long_is_not_sent_again(exchange: FakeExchange) -> None:
    """Closed with 1009: the longest request in flight is at fault, the others are repeated."""
    async with client_of(exchange) as cx:
        await cx.auth()
        exchange.fail("wallets", Fault.SILENCE)
        exchange.fail("bcast", Fault.TOO_LONG)
        small, long = await asyncio.gather(cx.wallets(), cx.bcast("x" * 5_000))
    assert small.status
    assert long.code == "LIMIT_MESSAGE"
    assert len(exchange.asked("bcast")) == 1


async def test_a_reply_without_id_answers_the_oldest_request(exchange: FakeExchange) -> None:
    """A message that could not be read is answered in order, without its number."""
    exchange.fail("wallets", Fault.UNNUMBERED)
    async with client_of(exchange) as cx:
        await cx.auth()
        wallets, price = await asyncio.gather(cx.wallets(), cx.price())
    assert wallets.code == "LIMIT_MESSAGE"
    assert price.data == 1000


async def test_concurrent_calls_share_one_connection(exchange: FakeExchange) -> None:
    """Calls in flight are told apart by their ids, whatever order the replies come in."""
    exchange.fail("wallets", Fault.LATE)
    async with client_of(exchange) as cx:
        await cx.auth()
        wallets, *bought = await asyncio.gather(
            cx.wallets(), *(cx.buy(price, "1") for price in range(100, 200))
        )
    assert wallets.data["usd"] == "10000.00"
    assert [response.data["price"] for response in bought] == [str(p) for p in range(100, 200)]
    assert exchange.connections == 1
    assert len(exchange.asked("auth")) == 1


async def test_a_break_among_concurrent_calls_doubles_nothing(exchange: FakeExchange) -> None:
    """All that were in flight are repeated, each under its cid."""
    exchange.fail("sell", Fault.LOST_REPLY)
    async with client_of(exchange) as cx:
        calls = [cx.buy("10", "1") for _ in range(30)] + [cx.sell("2000", "1")]
        responses = await asyncio.gather(*calls, *(cx.buy("11", "1") for _ in range(30)))
    assert all(responses)
    assert len(exchange.orders) == 61
    assert len({response.data["id"] for response in responses}) == 61


async def test_a_cancelled_call_leaves_the_connection_in_use(exchange: FakeExchange) -> None:
    """The late reply of a call nobody waits for is not taken for another's."""
    exchange.fail("wallets", Fault.LATE)
    async with client_of(exchange) as cx:
        await cx.auth()
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(cx.wallets(), 0.1)
        assert (await cx.price()).data == 1000
        assert (await cx.price()).data == 1000
    assert exchange.connections == 1


async def test_a_wrong_token_is_named(exchange: FakeExchange) -> None:
    """The automatic login's refusal is the answer, and the command was not sent."""
    exchange.tokens["alice"] = "a" * 64
    async with CxClient("alice", token="b" * 64, uri=exchange.uri) as cx:
        response = await cx.buy("999.99", "1")
    assert response.code == "AUTH_TOKEN"
    assert not exchange.asked("buy")


async def test_without_a_token_the_exchange_says_what_is_missing(exchange: FakeExchange) -> None:
    """A client that can't log in does not try to."""
    async with CxClient("alice", uri=exchange.uri) as cx:
        assert (await cx.wallets()).code == "AUTH_REQUIRED"
    assert not exchange.asked("auth")


@pytest.mark.parametrize(
    ("uri", "words"),
    [
        ("127.0.0.1:9877", "an address looks like"),
        ("ws://127.0.0.1:99999", "can't be opened"),
        ("ws://no-such-host.invalid:1", "not known"),
    ],
)
async def test_a_bad_address_is_a_sentence(uri: str, words: str) -> None:
    """What waiting can't heal is answered at once."""
    response = await CxClient("alice", uri=uri).price()
    assert response.code == "CLIENT_CONNECTION"
    assert words in response.msg


async def test_nobody_there_is_a_sentence(
    exchange: FakeExchange, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An exchange that was never reached is given up before the deadline."""
    monkeypatch.setattr("cxgame.client.session.FIRST_CONTACT_S", 0.0)
    await asyncio.to_thread(exchange.stop)
    response = await CxClient("alice", uri=exchange.uri, timeout_s=3600).price()
    assert response.code == "CLIENT_CONNECTION"
    assert response.msg == f"Nothing listens at {exchange.uri}."


async def test_an_exchange_that_starts_late_is_waited_for(exchange: FakeExchange) -> None:
    """Server and bot may be started by the same script, in any order."""
    await asyncio.to_thread(exchange.stop)
    cx = client_of(exchange)
    call = asyncio.create_task(cx.price())
    await asyncio.sleep(0.1)
    await asyncio.to_thread(exchange.start)
    assert (await call).status
    await cx.close()


async def test_something_else_than_an_exchange_is_a_sentence() -> None:
    """A server that answers HTTP only is named as that."""

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n")
        writer.close()

    async with await asyncio.start_server(answer, "127.0.0.1", 0) as server:
        port = server.sockets[0].getsockname()[1]
        response = await CxClient("alice", uri=f"ws://127.0.0.1:{port}").price()
    assert response.code == "CLIENT_CONNECTION"
    assert "HTTP 404" in response.msg


async def test_a_self_signed_certificate_needs_ssl_verify_false() -> None:
    """TLS works with and refuses without it, in words that say how."""
    with FakeExchange(tls=True) as exchange:
        refused = await CxClient("alice", uri=exchange.uri).markets()
        async with CxClient("alice", uri=exchange.uri, ssl_verify=False) as cx:
            accepted = await cx.register()
    assert refused.code == "CLIENT_CONNECTION"
    assert "ssl_verify=False" in refused.msg
    assert accepted.status


async def test_a_given_websocket_is_used_and_stays_open(exchange: FakeExchange) -> None:
    """As the first clients did: open a websocket, hand it over, go on with it afterwards."""
    async with connect(exchange.uri) as websocket:
        async with CxClient(user="alice", websocket=websocket) as cx:
            assert (await cx.register()).status
            wallets, order = await asyncio.gather(cx.wallets(), cx.buy("999.99", "1"))
            assert wallets.data["crypto"] == "10.0"
            assert order.status
        second = CxClient(user="alice", websocket=websocket, token=cx.token)
        assert (await second.price()).data == 1000
        await websocket.send('{"cmd":"markets","params":{},"id":"mine"}')
        assert '"mine"' in await asyncio.wait_for(websocket.recv(), BOUND_S)
    assert exchange.connections == 1


async def test_a_given_websocket_that_breaks_is_not_replaced(exchange: FakeExchange) -> None:
    """An order in flight is unknown then; later calls say that the websocket is closed."""
    exchange.fail("buy", Fault.LOST_REPLY)
    async with connect(exchange.uri) as websocket:
        cx = CxClient(user="alice", websocket=websocket)
        await cx.register()
        assert (await cx.buy("999.99", "1")).code == "STATE_UNKNOWN"
        later = await cx.buy("999.99", "1")
    assert later.code == "CLIENT_CONNECTION"
    assert "given websocket is closed" in later.msg
    assert exchange.connections == 1


@pytest.mark.parametrize("command", ["markets", "shutdown"])
async def test_a_feed_is_told_from_an_exchange(command: str) -> None:
    """At once and once: nothing was carried out there, and nothing would be at a second try."""
    visits = 0

    async def greet(spectator: ServerConnection) -> None:
        nonlocal visits
        visits += 1
        await spectator.send('{"type":"hello","game":"main"}')
        await spectator.wait_closed()

    async with serve(greet, "127.0.0.1", 0) as feed:
        uri = f"ws://127.0.0.1:{next(iter(feed.sockets)).getsockname()[1]}"
        async with CxClient(uri=uri, timeout_s=BOUND_S) as cx:
            arguments = ["a secret"] if command == "shutdown" else []
            response = await getattr(cx, command)(*arguments)
    assert (response.status, response.code) == (False, "CLIENT_CONNECTION")
    assert response.msg == "This is a feed; the order server listens on another port."
    assert visits == 1


async def test_no_token_is_ever_logged(
    exchange: FakeExchange, caplog: pytest.LogCaptureFixture
) -> None:
    """Not even with every logger at its most talkative."""
    caplog.set_level(logging.DEBUG)
    caplog.set_level(logging.DEBUG, "cxgame.client")
    exchange.fail("buy", Fault.LOST_REPLY)
    async with CxClient("alice", uri=exchange.uri) as cx:
        await cx.register()
        await cx.buy("999.99", "1")
        token = cx.token
    assert token is not None
    ours = "\n".join(
        record.getMessage() for record in caplog.records if record.name.startswith("cxgame")
    )
    assert "Trying buy again" in ours
    assert token[:6] not in ours  # `websockets` cuts long messages in the middle
    assert token[-6:] not in ours
    assert token not in repr(cx)


async def test_a_mute_connection_is_replaced_within_the_call(
    exchange: FakeExchange, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is open, takes the order and says nothing: asked again elsewhere, and no order twice."""
    monkeypatch.setattr("cxgame.client.connection.SILENT_S", 0.1)
    monkeypatch.setattr("cxgame.client.connection.LOOK_S", 0.02)
    exchange.fail("buy", Fault.SILENCE)
    async with client_of(exchange) as cx:
        response = await cx.buy("999.99", "1.5")
    assert response.status
    assert response.data["replayed"]
    assert (len(exchange.orders), exchange.connections) == (1, 2)
