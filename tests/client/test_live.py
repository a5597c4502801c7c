"""The live book and account: whatever happens on the way, they end up as the exchange's."""

import asyncio
import random
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pytest

from cxgame.client import CxClient, LiveAccount, LiveBook, live
from tests.client.fake_streams import SYMBOL, Harm, StreamingExchange, order_row
from tests.client.fakes import BOUND_S

Live = LiveBook | LiveAccount


@pytest.fixture
def market() -> Iterator[StreamingExchange]:
    """A running exchange that pushes, with a user alice."""
    with StreamingExchange() as running:
        running.tokens["alice"] = "a" * 64
        yield running


def client(market: StreamingExchange) -> CxClient:
    return CxClient("alice", token="a" * 64, uri=market.uri)


async def until(live: Live, condition: Any) -> None:
    """Return as soon as a condition holds; only changes are waited for."""
    async with asyncio.timeout(BOUND_S):
        while not condition():
            assert await live.wait()


async def change(market: StreamingExchange, side: int, price: str, size: str) -> None:
    await asyncio.to_thread(market.level, side, price, size)


def assert_same(book: LiveBook, market: StreamingExchange) -> None:
    """The client's book is the exchange's, to the last digit."""
    bids, asks = market._sides(SYMBOL)
    assert [[str(price), str(size)] for price, size in book.bids] == bids
    assert [[str(price), str(size)] for price, size in book.asks] == asks


async def test_a_live_book_follows(market: StreamingExchange) -> None:
    """It is there on entering, and `wait` returns with each change."""
    async with client(market) as cx, cx.live_book(SYMBOL) as book:
        assert_same(book, market)
        assert await book.wait(), "the first one is new"
        waiting = asyncio.ensure_future(book.wait())
        await asyncio.sleep(0)
        assert not waiting.done()
        await change(market, 0, "999.50", "3.0")
        async with asyncio.timeout(BOUND_S):
            assert await waiting
        assert book.best_bid == (Decimal("999.50"), Decimal("3.0"))
        assert market.asked("resync") == []


@pytest.mark.parametrize(
    ("harm", "asks_again"),
    [(Harm.DROP, True), (Harm.LATE, True), (Harm.CORRUPT, True), (Harm.TWICE, False)],
)
async def test_a_live_book_heals(
    market: StreamingExchange, harm: Harm, asks_again: bool, caplog: pytest.LogCaptureFixture
) -> None:
    """A lost, late or damaged frame is noticed and a snapshot asked for; a duplicate is nothing."""
    async with client(market) as cx, cx.live_book(SYMBOL) as book:
        market.harms.append(harm)
        await change(market, 0, "999.50", "3.0")
        await change(market, 1, "1000.50", "2.0")
        await until(book, lambda: book.seq == market.seq)
        assert_same(book, market)
        assert bool(market.asked("resync")) is asks_again
        assert ("something is missing" in caplog.text) is asks_again


async def test_a_live_book_survives_a_hundred_mishaps(market: StreamingExchange) -> None:
    """Frames lost, doubled, late and corrupt, and connections cut, in any order."""
    draws = random.Random(7)
    async with client(market) as cx, cx.live_book(SYMBOL) as book:
        for _ in range(100):
            market.harms.append(draws.choice([Harm.NONE, *Harm]))
            side = draws.randrange(2)
            price = f"{(990 if side == 0 else 1000) + draws.randrange(10)}.25"
            known = price in market.books[SYMBOL][side]
            await change(market, side, price, "0" if known else f"{draws.randrange(1, 9)}.0")
            if draws.random() < 0.05:
                await asyncio.to_thread(market.cut)
        market.harms.clear()
        await asyncio.to_thread(market.cut)
        await until(book, lambda: book.seq == market.seq)
        assert_same(book, market)


async def test_a_snapshot_that_does_not_come_is_asked_for_again(
    market: StreamingExchange, monkeypatch: pytest.MonkeyPatch
) -> None:
    """After a while, also if nothing else comes any more."""
    monkeypatch.setattr(live, "AGAIN_S", 0.05)
    async with client(market) as cx, cx.live_book(SYMBOL) as book:
        market.deaf_to_resyncs = 1
        market.harms.append(Harm.DROP)
        await change(market, 0, "999.50", "3.0")
        await change(market, 0, "999.25", "3.0")
        await until(book, lambda: book.seq == market.seq)
        assert_same(book, market)
    assert len(market.asked("resync")) >= 2


@pytest.mark.parametrize("name", ["live_book", "live_account"])
async def test_a_first_snapshot_that_is_lost_is_asked_for_again(
    market: StreamingExchange, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    """Else nothing that comes can be understood, and beginning would never end."""
    monkeypatch.setattr(live, "AGAIN_S", 0.05)
    market.lost_snapshots = 1
    async with client(market) as cx, asyncio.timeout(BOUND_S):
        async with getattr(cx, name)() as followed:
            assert followed.synced


async def test_a_frame_that_makes_no_sense_is_a_loss(market: StreamingExchange) -> None:
    """What the way here has made of it ends nothing: a snapshot heals it."""
    async with client(market) as cx, cx.live_book(SYMBOL) as book, cx.live_account() as account:
        assert await book.wait()
        nonsense = {"symbol": SYMBOL, "seq": 101, "prev_seq": 100, "bids": [["9x9.50", "1.0"]]}
        frame = {"type": "depth", **nonsense, "asks": [], "checksum": 1}
        await asyncio.to_thread(market.say, frame)
        await asyncio.to_thread(market.say, {"type": "execution", "seq": "one"})
        async with asyncio.timeout(BOUND_S):
            while not (market.asked("resync") and market.asked("subscribe")[2:]):
                await asyncio.sleep(0.01)
        await until(book, lambda: book.synced)
        await until(account, lambda: account.synced)
        assert_same(book, market)


async def test_while_it_heals_a_live_book_shows_nothing(market: StreamingExchange) -> None:
    """An exchange that is away for long leaves an empty book, not an old one."""
    async with client(market) as cx, cx.live_book(SYMBOL) as book:
        await asyncio.to_thread(market.stop)
        async with asyncio.timeout(BOUND_S):
            while book.synced:
                await asyncio.sleep(0.01)
        assert (book.bids, book.best_ask, book.mid) == ([], None, None)
        await asyncio.to_thread(market.start)
        await until(book, lambda: book.synced)
        assert_same(book, market)


async def test_a_live_book_of_the_first_market(market: StreamingExchange) -> None:
    """Without a symbol."""
    async with client(market) as cx, cx.live_book() as book:
        assert book.symbol == SYMBOL
        assert_same(book, market)


async def test_a_live_account_follows(market: StreamingExchange) -> None:
    """Orders and wallets, over a lost frame and a lost connection."""
    market.rows.append(order_row("1"))
    async with client(market) as cx, cx.live_account() as account:
        assert list(account.orders) == ["1"]
        assert account.free("USD") == 10_000
        market.harms.append(Harm.DROP)
        await asyncio.to_thread(market.execution, "accepted", order_row("2"))
        await asyncio.to_thread(market.wallet, "USD", "9000.00", "1000.00", "10000.00")
        await until(account, lambda: account.free("USD") == 9_000)
        assert list(account.orders) == ["1", "2"]
        await asyncio.to_thread(market.cut)
        await asyncio.to_thread(market.execution, "filled", order_row("1", "filled"))
        await until(account, lambda: list(account.orders) == ["2"])
        assert account.order(cid="cid-2") is not None


async def test_live_things_end_with_the_game(market: StreamingExchange) -> None:
    """`wait` says so, at once and ever after."""
    async with client(market) as cx, cx.live_book(SYMBOL) as book:
        assert await book.wait()
        await asyncio.to_thread(market.close_all, "The game is over.")
        async with asyncio.timeout(BOUND_S):
            assert not await book.wait()
            assert not await book.wait()
    async with client(market) as cx:
        account = await cx.live_account().open()
        await account.close()
        async with asyncio.timeout(BOUND_S):
            assert await account.wait(), "the last state was not seen yet"
            assert not await account.wait()


async def test_what_was_closed_can_be_opened_again(market: StreamingExchange) -> None:
    """It begins anew, with what is true then."""
    async with client(market) as cx:
        book = cx.live_book(SYMBOL)
        for size in ("3.0", "4.0"):
            await change(market, 0, "999.50", size)
            async with asyncio.timeout(BOUND_S), book:
                assert_same(book, market)
        async with asyncio.timeout(BOUND_S):
            assert await book.wait()
            assert not await book.wait()


async def test_a_live_book_that_cannot_begin_says_why(market: StreamingExchange) -> None:
    """On entering, as the stream it is made of."""
    async with client(market) as cx:
        with pytest.raises(ValueError, match="DOGE/USD"):
            await cx.live_book("DOGE/USD").__aenter__()
    async with CxClient(uri=market.uri) as nobody:
        with pytest.raises(PermissionError):
            await nobody.live_account().open()
    async with CxClient(uri="ws://127.0.0.1:1", timeout_s=0.1) as cx:
        with pytest.raises(ConnectionError):
            await cx.live_book().open()
