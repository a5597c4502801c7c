"""`r()`, `runcmd()` and the life of a client's connections."""

import asyncio
import gc
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from cxgame.client import CxClient
from tests.client.fakes import BOUND_S, FakeExchange, Fault


def wait_for_connections(exchange: FakeExchange, count: int) -> None:
    """Until the exchange has this many connections open."""
    deadline = time.monotonic() + BOUND_S
    while exchange.open_now != count:
        assert time.monotonic() < deadline, f"{exchange.open_now} connections instead of {count}"
        time.sleep(0.01)


def test_r_plays_in_a_script_over_one_connection(exchange: FakeExchange) -> None:
    """Register, trade, look, without a single await."""
    cx = CxClient(user="alice", uri=exchange.uri)
    assert cx.r("register").data == cx.token
    assert cx.r("buy", "999.99", "1.5").data["id"] == "1"
    assert cx.r("buy", price="999.99", size="1.5", symbol="BTC/USD").status
    assert [order["id"] for order in cx.r("orders").data] == ["1", "2"]
    assert exchange.connections == 1
    assert not exchange.asked("auth")


def test_r_logs_in_by_itself(exchange: FakeExchange) -> None:
    """A token is enough: the login comes before the first command that needs it."""
    exchange.tokens["alice"] = "a" * 64
    cx = CxClient("alice", token="a" * 64, uri=exchange.uri)
    assert cx.r("wallets").status
    assert cx.r("wallets").status
    assert [request["cmd"] for request in exchange.seen] == ["auth", "wallets", "wallets"]


def test_an_organiser_needs_no_user(exchange: FakeExchange) -> None:
    """The admin secret is enough for admin commands."""
    assert CxClient(uri=exchange.uri).r("pause", exchange.secret).status
    assert CxClient(uri=exchange.uri).r("pause", "guess").code == "AUTH_SECRET"
    assert not exchange.asked("auth")


def test_a_user_without_a_name_hears_it_from_the_exchange(exchange: FakeExchange) -> None:
    """The client leaves the rules to the exchange."""
    assert CxClient(uri=exchange.uri).r("register").code == "PARAM_MISSING"


async def test_r_works_inside_a_running_loop(exchange: FakeExchange) -> None:
    """As in a notebook: the caller's loop runs, r has its own; both may use one client."""
    async with CxClient("alice", uri=exchange.uri) as cx:
        assert cx.r("register").status
        assert cx.r("price").data == 1000
        assert (await cx.price()).data == 1000
        assert cx.r("wallets").status
    assert exchange.connections == 2


def test_r_works_in_many_threads_at_once(exchange: FakeExchange) -> None:
    """Threads share a client, and clients share the thread of the background loop."""
    shared = CxClient("alice", uri=exchange.uri)
    assert shared.r("register").status
    own = [CxClient(f"bot{number}", uri=exchange.uri) for number in range(10)]
    with ThreadPoolExecutor(10) as threads:
        assert all(threads.map(lambda cx: cx.r("register"), own))
        orders = list(threads.map(lambda price: shared.r("buy", price, "1"), range(1, 51)))
        assert all(threads.map(lambda cx: cx.r("buy", "1", "1"), own))
    assert [order.data["price"] for order in orders] == [str(price) for price in range(1, 51)]
    assert len(exchange.orders) == 60
    names = [thread.name for thread in threading.enumerate()]
    assert names.count("cxgame client") == 1


def test_r_survives_a_broken_connection(exchange: FakeExchange) -> None:
    """The kept connection reconnects by itself, and the order exists once."""
    cx = CxClient("alice", uri=exchange.uri)
    cx.r("register")
    exchange.fail("buy", Fault.LOST_REPLY)
    response = cx.r("buy", "999.99", "1.5")
    assert response.status
    assert response.data["replayed"]
    assert len(exchange.orders) == 1
    exchange.stop()
    exchange.start()
    assert cx.r("price").data == 1000


def test_r_never_hangs(exchange: FakeExchange) -> None:
    """Without a reply it answers at its deadline, with what is known."""
    cx = CxClient("alice", uri=exchange.uri, timeout_s=0.3)
    cx.r("register")
    exchange.fail("buy", Fault.SILENCE)
    assert cx.r("buy", "999.99", "1.5").code == "STATE_UNKNOWN"


def test_r_answers_even_if_the_background_loop_is_stuck(
    exchange: FakeExchange, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The caller has a limit of its own beside the loop's."""
    cx = CxClient("alice", uri=exchange.uri, timeout_s=BOUND_S)
    cx.r("register")
    exchange.fail("buy", Fault.SILENCE)
    monkeypatch.setattr("cxgame.client.client._GRACE_S", -BOUND_S)  # the caller's limit is 0
    response = cx.r("buy", "1", "1")
    assert (response.status, response.code) == (False, "STATE_UNKNOWN")
    assert "no time was left" in response.msg
    monkeypatch.undo()
    again = cx.r("buy", "1", "1", cid=response.cid)
    assert again.status
    assert [params["cid"] for params in exchange.asked("buy")] == [response.cid] * 2
    assert len(exchange.orders) == 1


def test_reset_drops_the_connection(exchange: FakeExchange) -> None:
    """The next command opens another and logs in again."""
    cx = CxClient("alice", uri=exchange.uri)
    cx.r("register")
    assert cx.r("reset").status
    wait_for_connections(exchange, 0)
    assert cx.r("wallets").status
    assert exchange.connections == 2


@pytest.mark.parametrize(
    ("call", "code", "words"),
    [
        (("bye",), "PARAM_COMMAND", "did you mean buy?"),
        (("zzz",), "PARAM_COMMAND", "There is no command 'zzz'."),
        (("_call", "buy"), "PARAM_COMMAND", "There is no command '_call'"),
        (("buy", "1"), "PARAM_MISSING", "'size'"),
        (("wallets", "1"), "PARAM_UNKNOWN", "too many"),
    ],
)
def test_a_wrong_call_is_a_sentence(call: tuple[str, ...], code: str, words: str) -> None:
    """Names and arguments are checked before anything is sent."""
    response = CxClient("alice", uri="ws://127.0.0.1:1").r(*call)
    assert (response.status, response.code) == (False, code)
    assert words in response.msg


async def test_runcmd_has_a_connection_of_its_own(exchange: FakeExchange) -> None:
    """One shot: open, log in, run, close; the client learns its token all the same."""
    cx = CxClient("alice", uri=exchange.uri)
    assert (await cx.runcmd("register")).status
    assert (await cx.runcmd("buy", "999.99", "1.5")).status
    assert (await cx.runcmd("bye")).code == "PARAM_COMMAND"
    assert exchange.connections == 2
    await asyncio.to_thread(wait_for_connections, exchange, 0)


def test_a_forgotten_client_closes_its_connection(exchange: FakeExchange) -> None:
    """A thousand clients made in a loop don't leave a thousand connections."""
    for number in range(5):
        assert CxClient(f"bot{number}", uri=exchange.uri).r("register").status
    gc.collect()
    wait_for_connections(exchange, 0)


def test_one_client_serves_several_loops(exchange: FakeExchange) -> None:
    """`asyncio.run` twice with one client: each loop gets a connection, none is left open."""
    cx = CxClient("alice", uri=exchange.uri)
    assert asyncio.run(cx.register()).status
    assert asyncio.run(cx.wallets()).status
    assert exchange.connections == 2
    wait_for_connections(exchange, 0)


async def test_a_call_under_way_outlives_a_reset_and_leaves_no_connection(
    exchange: FakeExchange,
) -> None:
    """It goes on over the connection of the calls after it, which is closed in the end."""
    async with CxClient("alice", uri=exchange.uri) as cx:
        await cx.register()
        exchange.fail("buy", Fault.SILENCE)
        buying = asyncio.create_task(cx.buy("1", "1"))
        async with asyncio.timeout(BOUND_S):
            while not exchange.asked("buy"):
                await asyncio.sleep(0.01)
        await cx.reset()
        assert (await buying).data["replayed"]
        assert (await cx.wallets()).status
        assert exchange.connections == 2
    await asyncio.to_thread(wait_for_connections, exchange, 0)


async def test_a_client_can_be_closed(exchange: FakeExchange) -> None:
    """By `close`, or by leaving `async with`; afterwards it opens a connection again."""
    async with CxClient("alice", uri=exchange.uri) as cx:
        assert (await cx.markets()).status
        await cx.close()
        await asyncio.to_thread(wait_for_connections, exchange, 0)
        assert (await cx.markets()).status
    await asyncio.to_thread(wait_for_connections, exchange, 0)
