"""The client against the exchange itself: what it keeps is what the exchange has."""

import asyncio
import random
from collections.abc import AsyncIterator
from contextlib import suppress
from decimal import Decimal
from typing import Any

import pytest

from cxgame.client import Account, Book, CxClient, LiveBook
from cxgame.faults.reading import read_fault
from cxgame.server import CxServer
from tests.client.proxy import Proxy
from tests.support.serving import WITHIN_S, served

FREE = {"exchange_port": 0, "feed_port": 0, "http_port": 0, "bind": "127.0.0.1"}


@pytest.fixture
async def server() -> AsyncIterator[CxServer]:
    """A game that lasts until the test is over, without limits of rate."""
    settings: dict[str, Any] = {**FREE, "memory": True, "rate_limit": 0}
    async with served(CxServer(**settings)) as running:
        assert isinstance(running.server, CxServer)
        yield running.server


def uri(server: CxServer, port: str = "exchange") -> str:
    return f"ws://127.0.0.1:{getattr(server, port).port}"


async def trade(cx: CxClient, draws: random.Random, rounds: int) -> None:
    """Orders around a price, some of which meet, some amended, some cancelled."""
    for _ in range(rounds):
        side: Any = draws.choice(["buy", "sell"])
        price = Decimal(draws.randrange(99_000, 101_000)) / 100
        placed = await cx.order(side, "limit", price, draws.randrange(5, 50) / 1000, stp="none")
        if placed and placed.data["status"] == "open" and draws.random() < 0.5:
            if draws.random() < 0.5:
                await cx.cancel(placed.data["id"])
            else:
                await cx.amend(placed.data["id"], size="0.06")


async def asked(cx: CxClient) -> list[Any]:
    """Book, orders and wallets as the exchange has them now."""
    book = (await cx.book(depth=1000)).data
    orders = {row["id"]: row for row in (await cx.orders()).data}
    assets = (await cx.wallets()).data["assets"]
    wallets = {name: {k: Decimal(v) for k, v in row.items()} for name, row in assets.items()}
    return [[book["bids"], book["asks"]], orders, wallets]


def kept(book: Book, account: Account) -> list[Any]:
    """The same as the client has it."""
    sides = [[[str(p), str(size)] for p, size in side] for side in (book.bids, book.asks)]
    held = {name: wallet._asdict() for name, wallet in account.wallets.items()}
    return [sides, account.orders, held]


async def assert_right(cx: CxClient, book: Book, account: Account) -> None:
    """What is kept comes to be what the exchange has: soon, for it may still be told something."""
    with suppress(TimeoutError):
        async with asyncio.timeout(WITHIN_S):
            while kept(book, account) != await asked(cx):
                await asyncio.sleep(0.02)
    assert kept(book, account) == await asked(cx)


async def test_what_is_kept_is_what_the_exchange_has(server: CxServer) -> None:
    """Over the order server and over the feed, after some hundred orders of two players."""
    draws = random.Random(3)
    async with CxClient("alice", uri=uri(server)) as alice, CxClient("bob", uri=uri(server)) as bob:
        await asyncio.gather(alice.register(), bob.register())
        async with (
            alice.live_book() as book,
            alice.live_account() as account,
            LiveBook.of_feed(uri(server, "feed")) as public,
        ):
            await asyncio.gather(trade(alice, draws, 100), trade(bob, draws, 100))
            await assert_right(alice, book, account)
            await assert_right(alice, public, account)
            assert book.symbol == public.symbol == "BTC/USD"


async def test_the_life_of_a_stop_loss(server: CxServer) -> None:
    """Placed, armed, fired by a trade, carried out: `executions` tells it all."""
    async with CxClient("alice", uri=uri(server)) as alice, CxClient("bob", uri=uri(server)) as bob:
        await asyncio.gather(alice.register(), bob.register())
        await bob.order("buy", "limit", "950", "3")
        async with alice.executions() as own:
            stop = await alice.order(
                "sell", "market", size="1", trigger="stop", trigger_price="960"
            )
            assert stop.data["trigger"]["armed"]
            refused = await alice.order(
                "sell", "market", size="1", trigger="stop", trigger_price="1060"
            )
            assert refused.code == "ORDER_WOULD_TRIGGER"
            await bob.order("sell", "limit", "950", "0.5", stp="none")
            events: list[Any] = []
            async with asyncio.timeout(WITHIN_S):
                async for event in own:
                    events.append(event)
                    if event["type"] == "execution" and event["event"] == "filled":
                        break
    told = [event["event"] for event in events if event["type"] == "execution"]
    assert told == ["accepted", "triggered", "accepted", "filled"]
    assert events[-1]["order"]["cid"] == stop.cid


async def test_a_response_carries_times_and_limits(server: CxServer) -> None:
    """If the client asks for them."""
    async with CxClient("alice", uri=uri(server), ts=True, limits=True) as alice:
        await alice.register()
        placed = await alice.buy("900", "1")
        assert placed.ts_in is not None
        assert placed.ts_out is not None
        assert placed.ts_in <= placed.ts_out
        assert placed.limits is not None
        assert placed.limits["orders"] == {"open": 1, "most": 200}
        alice.ts = alice.limits = False
        plain = await alice.price()
        assert (plain.ts_in, plain.limits, plain.wait_ms) == (None, None, None)


@pytest.mark.parametrize(
    "seconds",
    [1, pytest.param(20, marks=pytest.mark.ci), pytest.param(300, marks=pytest.mark.deep)],
)
async def test_a_bad_line_harms_nothing(server: CxServer, seconds: int) -> None:
    """Cut, delayed and doubled connections: book, orders and wallets are right, no order is double.

    The client asks for each order once; the library sends it as often as it takes.
    """
    draws = random.Random(5)
    async with Proxy(server.exchange.port, seed=5) as line:
        async with (
            CxClient("alice", uri=line.uri) as alice,
            CxClient("bob", uri=uri(server)) as bob,
        ):
            await asyncio.gather(alice.register(), bob.register())
            async with alice.live_book() as book, alice.live_account() as account:
                playing = [asyncio.create_task(trade(one, draws, 10**9)) for one in (alice, bob)]
                for _ in range(seconds * 5):
                    await asyncio.sleep(0.2)
                    line.cut()
                for task in playing:
                    task.cancel()
                await asyncio.gather(*playing, return_exceptions=True)
                line.is_good = True
                line.cut()
                cids = [f"cid-{number}" for number in range(20)]
                assert await alice.cancel_all()
                buys = [alice.buy("500", "0.001", cid=cid) for cid in cids]
                assert all(await asyncio.gather(*buys))
                await assert_right(alice, book, account)
                placed = [*(await alice.completed()).data, *account.orders.values()]
    assert line.cuts >= seconds
    seen = [row["cid"] for row in placed]
    assert {*cids} <= {*seen}
    assert len(seen) == len(set(seen)), "no cid stands for two orders"


@pytest.mark.ci
async def test_a_line_that_falls_silent_is_left(
    server: CxServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Open, answering pings, and mute after some messages each: all comes right."""
    for module in ("connection", "feed"):
        monkeypatch.setattr(f"cxgame.client.{module}.SILENT_S", 0.5)
        monkeypatch.setattr(f"cxgame.client.{module}.LOOK_S", 0.1)
    monkeypatch.setattr("cxgame.client.subscriber.TICK_S", 0.1)
    assert server.exchange.play is not None
    board = server.exchange.play.host.faults
    async with CxClient("alice", uri=uri(server), timeout_s=WITHIN_S) as alice:
        await alice.register()
        board.set(read_fault({"fault": "silence", "direction": "out", "after_messages": 60}))
        feed = LiveBook.of_feed(uri(server, "feed"), timeout_s=WITHIN_S)
        async with alice.live_book() as book, alice.live_account() as account, feed:
            await trade(alice, random.Random(5), 100)
            (fault,) = board.in_force.values()
            assert fault.hits
            board.clear()
            await assert_right(alice, book, account)
            await assert_right(alice, feed, account)
