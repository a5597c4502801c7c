"""Callbacks for those who write no coroutines: a thread of their own, beside `r`."""

import asyncio
import queue
import threading
from collections.abc import Iterator
from typing import Any

import pytest

from cxgame.client import Book, CxClient, Listener
from tests.client.fake_streams import SYMBOL, Harm, StreamingExchange, order_row
from tests.client.fakes import BOUND_S
from tests.client.test_background import run_script


@pytest.fixture
def market() -> Iterator[StreamingExchange]:
    """A running exchange that pushes, with a user alice."""
    with StreamingExchange() as running:
        running.tokens["alice"] = "a" * 64
        yield running


def client(market: StreamingExchange) -> CxClient:
    return CxClient("alice", token="a" * 64, uri=market.uri)


Events = queue.Queue[Any]


def test_a_callback_is_called_for_each_event(market: StreamingExchange) -> None:
    """In order, in one thread that is not ours, over the connection of `r`."""
    cx, events = client(market), Events()
    listener = cx.on("executions", lambda event: events.put((event, threading.current_thread())))
    market.execution("accepted", order_row("5"))
    market.wallet("USD", "1.00", "0.00", "1.00")
    assert cx.r("buy", "999", "1")
    came = [events.get(timeout=BOUND_S) for _ in range(3)]
    assert [event["type"] for event, _ in came] == ["executions_snapshot", "execution", "wallets"]
    (thread,) = {thread for _, thread in came}
    assert thread.name == "cxgame executions"
    assert thread is not threading.current_thread()
    assert market.connections == 1
    listener.stop()
    assert not listener.is_listening


def test_a_callback_may_use_r(market: StreamingExchange) -> None:
    """It does not run in the thread that carries the replies."""
    cx, answers = client(market), Events()
    listener = cx.on("trades", lambda event: answers.put(cx.r("buy", "999", "1")))
    market.trade("1001")
    assert answers.get(timeout=BOUND_S)
    listener.stop()


def test_a_stopped_listener_is_silent(market: StreamingExchange) -> None:
    """And unsubscribed; a callback may stop its own listener."""
    cx, events = client(market), Events()
    listeners: list[Listener[Any]] = []

    def once(event: Any) -> None:
        listeners[0].stop()
        events.put(event)

    listeners.append(cx.on("trades", once))
    market.trade("1001")
    assert events.get(timeout=BOUND_S)["type"] == "match"
    assert listeners[0].wait(BOUND_S)
    market.trade("1002")
    assert cx.r("price")
    assert events.empty()
    assert listeners[0].error is None


def test_an_exception_in_a_callback_ends_the_listener(
    market: StreamingExchange, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is shown as any thread's is, and kept."""
    shown: list[Any] = []
    monkeypatch.setattr(threading, "excepthook", shown.append)
    cx = client(market)

    def careless(event: Any) -> None:
        raise KeyError(event["type"])

    listener = cx.on("trades", careless)
    market.trade("1001")
    assert listener.wait(BOUND_S)
    assert repr(listener.error) == "KeyError('match')"
    assert [args.exc_type for args in shown] == [KeyError]


def test_a_listener_that_cannot_begin_says_why(market: StreamingExchange) -> None:
    """At once, in the thread that wanted it."""
    cx = client(market)
    with pytest.raises(ValueError, match="DOGE/USD"):
        cx.on("trades", print, symbol="DOGE/USD")
    with pytest.raises(ValueError, match="timeframe"):
        cx.on("candles", print)
    with pytest.raises(PermissionError):
        CxClient(uri=market.uri).on("executions", print)

    async def coroutine(event: Any) -> None:
        """What `on` does not call."""

    with pytest.raises(TypeError, match="iterate"):
        cx.on("trades", coroutine)


def test_the_end_of_the_game_ends_the_listener(market: StreamingExchange) -> None:
    """`wait` is how a script waits for it."""
    listener = client(market).on("trades", lambda event: None)
    assert not listener.wait(0)
    market.close_all("The game is over.")
    assert listener.wait(BOUND_S)
    assert listener.error is None


def test_a_book_is_kept_by_callbacks(market: StreamingExchange) -> None:
    """The recipe of the docs, with a frame lost on the way."""
    cx, book, right = client(market), Book(SYMBOL), threading.Event()
    ready: Events = Events()

    def keep(event: Any) -> None:
        if not book.apply(event):
            listener.resync()
        if book.seq == 103:
            right.set()
        ready.put(event)

    listener = cx.on("depth", keep, symbol=SYMBOL)
    ready.get(timeout=BOUND_S)
    market.level(0, "998.75", "1.0")
    market.harms.append(Harm.DROP)
    market.level(0, "999.50", "3.0")
    market.level(1, "1000.50", "2.0")
    assert right.wait(BOUND_S)
    assert [str(price) for price, _ in book.bids] == ["999.50", "999.00", "998.75", "998.50"]
    listener.stop()


async def test_on_works_where_a_loop_runs(market: StreamingExchange) -> None:
    """As in a notebook: events come while that loop is free, and while it is not."""
    cx, events = client(market), Events()
    listener = await asyncio.to_thread(cx.on, "trades", events.put)
    other = cx.on("trades", events.put)
    await asyncio.to_thread(market.trade, "1001")
    assert {events.get(timeout=BOUND_S)["type"] for _ in range(2)} == {"match"}
    listener.stop()
    other.stop()


SCRIPT = """
from cxgame.client import CxClient
cx = CxClient("alice", token="a" * 64, uri={uri!r})
cx.on("executions", lambda event: None)
assert cx.r("price").status
"""


def test_a_script_with_a_listener_ends_without_a_word(market: StreamingExchange) -> None:
    """At its last line, though the listener still listens."""
    assert run_script(SCRIPT.format(uri=market.uri)) == ""
    assert market.close_codes == [1000]
