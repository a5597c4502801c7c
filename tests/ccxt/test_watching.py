"""What the class of `ccxt.pro` shows, live; also after its connection was cut."""

import asyncio
from decimal import Decimal
from typing import Any

import ccxt
import pytest

D = Decimal
SYMBOL, OTHER = "BTC/USDT", "ETH/USDT"
WITHIN_S = 20  # a bound, not an expectation


async def soon(waiting: Any) -> Any:
    """What is waited for, within bounds."""
    return await asyncio.wait_for(waiting, WITHIN_S)


async def until(watch: Any, condition: Any) -> Any:
    """Watch until a condition holds of what is shown."""
    async with asyncio.timeout(WITHIN_S):
        while True:
            shown = await watch()
            if condition(shown):
                return shown


@pytest.fixture
def other(venue: Any) -> Any:
    """Somebody to trade with, who is there already."""
    player = venue.player()
    player.load_markets()
    return player


async def test_books_follow(watcher: Any, other: Any) -> None:
    """Of one market, and of several at once."""
    other.create_order(SYMBOL, "limit", "buy", D("0.1"), D(900))
    book = await until(lambda: watcher.watch_order_book(SYMBOL), lambda book: book["bids"])
    assert book["bids"][0] == [900, D("0.1")]
    other.create_order(SYMBOL, "limit", "buy", D("0.2"), D(901))
    book = await until(
        lambda: watcher.watch_order_book(SYMBOL), lambda book: book["bids"][0][0] == 901
    )
    assert (book["symbol"], len(book["bids"])) == (SYMBOL, 2)
    other.create_order(OTHER, "limit", "sell", D("0.2"), D(99))
    both = watcher.watch_order_book_for_symbols
    book = await until(
        lambda: both([SYMBOL, OTHER]), lambda book: book["symbol"] == OTHER and book["asks"]
    )
    assert book["asks"][0] == [99, D("0.2")]


async def test_no_trade_is_lost_with_the_connection(watcher: Any, other: Any, venue: Any) -> None:
    """What happened while it was cut comes after, once and in order."""
    maker = venue.player()
    maker.create_order(SYMBOL, "limit", "sell", D(1), D(1000))

    def trade(size: str) -> None:
        other.create_order(SYMBOL, "market", "buy", D(size))

    watching = asyncio.ensure_future(watcher.watch_trades(SYMBOL))
    await _subscribed(watcher, watching)
    trade("0.01")
    assert [row["amount"] for row in await soon(watching)] == [D("0.01")]
    watching = asyncio.ensure_future(watcher.watch_trades(SYMBOL))
    await asyncio.sleep(0)
    for client in list(watcher.clients.values()):
        await client.connection.close()
    with pytest.raises(ccxt.NetworkError):
        await soon(watching)
    trade("0.02")
    trade("0.03")
    seen: list[Any] = []
    while len(seen) < 3:
        seen += await soon(watcher.watch_trades(SYMBOL))
        if len(seen) == 2:
            trade("0.04")
    assert [row["amount"] for row in seen] == [D("0.02"), D("0.03"), D("0.04")]
    assert len({row["id"] for row in seen}) == 3


async def test_what_comes_at_once_is_told_once(watcher: Any, other: Any, venue: Any) -> None:
    """Two trades of one order, in one piece of the feed: the next call waits for the next trade."""
    maker = venue.player()
    for price in (1000, 1001):
        maker.create_order(SYMBOL, "limit", "sell", D("0.1"), D(price))
    watching = asyncio.ensure_future(watcher.watch_trades(SYMBOL))
    await _subscribed(watcher, watching)
    other.create_order(SYMBOL, "market", "buy", D("0.15"))
    seen = [row["amount"] for row in await soon(watching)]
    while len(seen) < 2:
        seen += [row["amount"] for row in await soon(watcher.watch_trades(SYMBOL))]
    assert seen == [D("0.1"), D("0.05")]
    watching = asyncio.ensure_future(watcher.watch_trades(SYMBOL))
    await asyncio.sleep(0.1)
    other.create_order(SYMBOL, "market", "buy", D("0.01"))
    assert [row["amount"] for row in await soon(watching)] == [D("0.01")]


async def test_of_several_books_none_is_kept_back(watcher: Any, other: Any) -> None:
    """What changes while nobody waits is there at the next call, of whichever market."""
    both = [SYMBOL, OTHER]
    for symbol in both:
        other.create_order(symbol, "limit", "buy", D("0.1"), D(10))
    seen: set[str] = set()
    while len(seen) < len(both):
        seen.add((await soon(watcher.watch_order_book_for_symbols(both)))["symbol"])
    for symbol in both:
        other.create_order(symbol, "limit", "buy", D("0.1"), D(11))
    await asyncio.sleep(0.3)
    best: dict[str, Any] = {}
    while best != dict.fromkeys(both, 11):
        book = await soon(watcher.watch_order_book_for_symbols(both))
        best[book["symbol"]] = book["bids"][0][0]


async def test_a_book_can_be_asked_for_in_part(watcher: Any, other: Any) -> None:
    """The best levels; all without a limit."""
    for price in range(900, 930):
        other.create_order(SYMBOL, "limit", "buy", D("0.1"), D(price))
    book = await until(
        lambda: watcher.watch_order_book(SYMBOL), lambda book: len(book["bids"]) == 30
    )
    other.create_order(SYMBOL, "limit", "buy", D("0.1"), D(930))
    best = await until(
        lambda: watcher.watch_order_book(SYMBOL, 5), lambda book: book["bids"][0][0] == 930
    )
    assert [price for price, _ in best["bids"]] == [930, 929, 928, 927, 926]
    assert len(book["bids"]) == 31


async def test_tickers_and_candles_follow_trades(watcher: Any, other: Any, venue: Any) -> None:
    """The last price is that of the last trade; the candle's close, too."""
    maker = venue.player()
    maker.create_order(SYMBOL, "limit", "sell", D(1), D("1000.5"))
    maker.create_order(SYMBOL, "limit", "buy", D(1), D("999.5"))
    other.create_order(SYMBOL, "market", "buy", D("0.01"))
    for watch in (
        lambda: watcher.watch_ticker(SYMBOL),
        lambda: _of(watcher.watch_tickers([SYMBOL])),
        lambda: _of(watcher.watch_bids_asks([SYMBOL])),
    ):
        ticker = await until(watch, lambda ticker: ticker["ask"] == D("1000.5"))
        assert (ticker["last"], ticker["bid"]) == (D("1000.5"), D("999.5"))
    candles = await soon(watcher.watch_ohlcv(SYMBOL, "1m"))
    assert candles[-1][4] == D("1000.5")
    shown = await soon(watcher.watch_ohlcv_for_symbols([[SYMBOL, "1h"]]))
    assert shown[SYMBOL]["1h"][-1][4] == D("1000.5")
    assert watcher.ohlcvs[SYMBOL].keys() == {"1m", "1h"}
    other.create_order(SYMBOL, "market", "sell", D("0.01"))
    await until(lambda: watcher.watch_ohlcv(SYMBOL, "1m"), lambda rows: rows[-1][4] == D("999.5"))
    await until(lambda: watcher.watch_ticker(SYMBOL), lambda row: row["last"] == D("999.5"))


async def test_ones_own_affairs_are_told(watcher: Any, other: Any) -> None:
    """Orders from placing to their end, trades with fee and role, and what one owns."""
    balance = await soon(watcher.watch_balance())
    assert balance["BTC"]["total"] == 10
    orders = asyncio.ensure_future(watcher.watch_orders(SYMBOL))
    trades = asyncio.ensure_future(watcher.watch_my_trades(SYMBOL))
    order = await watcher.create_order(SYMBOL, "limit", "sell", D("0.3"), D(1000))
    (shown,) = await soon(orders)
    assert (shown["id"], shown["status"]) == (order["id"], "open")
    balance = await until(watcher.watch_balance, lambda balance: balance["BTC"]["used"])
    assert balance["BTC"] == {"free": D("9.7"), "used": D("0.3"), "total": 10}
    other.create_order(SYMBOL, "market", "buy", D("0.1"))
    (trade,) = await soon(trades)
    assert (trade["order"], trade["takerOrMaker"]) == (order["id"], "maker")
    assert (trade["amount"], trade["fee"]["cost"]) == (D("0.1"), D("0.05"))
    shown = await until(
        lambda: watcher.watch_orders(SYMBOL), lambda rows: rows[-1]["filled"] == D("0.1")
    )
    await watcher.cancel_order(order["id"], SYMBOL)
    shown = await until(
        lambda: watcher.watch_orders(SYMBOL), lambda rows: rows[-1]["status"] == "canceled"
    )
    assert shown[-1]["filled"] == D("0.1")


async def test_an_order_that_comes_and_goes_at_once_is_told(watcher: Any, other: Any) -> None:
    """Though it never rests."""
    other.create_order(SYMBOL, "limit", "sell", D(1), D(1000))
    orders = asyncio.ensure_future(watcher.watch_orders())
    await _subscribed(watcher, orders)
    placed = await watcher.create_order(SYMBOL, "market", "buy", D("0.01"))
    (shown,) = await soon(orders)
    assert (shown["id"], shown["status"], shown["filled"]) == (placed["id"], "closed", D("0.01"))


async def test_a_trigger_that_fires_is_told(watcher: Any, other: Any, venue: Any) -> None:
    """From its arming to its trade."""
    strangers = venue.player(), venue.player()
    for price in ("55", "50"):
        strangers[0].create_order(OTHER, "limit", "sell", D("0.01"), D(price))
        strangers[1].create_order(OTHER, "limit", "buy", D("0.01"), D(price))
        if price == "55":
            await soon(watcher.watch_balance())
            stop = {"triggerPrice": D(52)}
            order = await watcher.create_order(OTHER, "market", "sell", D("0.1"), None, stop)
            (shown,) = await soon(watcher.watch_orders(OTHER))
            assert (shown["id"], shown["status"], shown["triggerPrice"]) == (
                order["id"],
                "open",
                52,
            )
            trades = asyncio.ensure_future(watcher.watch_my_trades(OTHER))
            other.create_order(OTHER, "limit", "buy", D("0.5"), D(49))
    shown = await until(
        lambda: watcher.watch_orders(OTHER), lambda rows: rows[-1]["status"] == "closed"
    )
    assert (shown[-1]["filled"], shown[-1]["average"]) == (D("0.1"), 49)
    assert [(row["order"], row["takerOrMaker"]) for row in await soon(trades)] == [
        (order["id"], "taker")
    ]


async def test_what_happened_to_ones_orders_meanwhile_is_told(watcher: Any, other: Any) -> None:
    """A connection that was cut hides no fill."""
    watching = [
        asyncio.ensure_future(watcher.watch_orders(SYMBOL)),
        asyncio.ensure_future(watcher.watch_my_trades(SYMBOL)),
    ]
    await _subscribed(watcher, watching[0])
    order = await watcher.create_order(SYMBOL, "limit", "sell", D("0.3"), D(1000))
    await soon(watching[0])
    for client in list(watcher.clients.values()):
        await client.connection.close()
    with pytest.raises(ccxt.NetworkError):
        await soon(watching[1])
    other.create_order(SYMBOL, "market", "buy", D("0.3"))
    (trade,) = await soon(watcher.watch_my_trades(SYMBOL))
    (shown,) = await soon(watcher.watch_orders(SYMBOL))
    assert (trade["order"], trade["amount"]) == (order["id"], D("0.3"))
    assert (shown["id"], shown["status"]) == (order["id"], "closed")


async def test_two_players_of_one_program_each_see_their_own(watcher: Any, venue: Any) -> None:
    """Though both watch the same things at the same address."""
    second = venue.watcher()
    try:
        for player, size in ((watcher, "0.3"), (second, "0.4")):
            await player.create_order(SYMBOL, "limit", "sell", D(size), D(1000))
        for player, size in ((watcher, "0.3"), (second, "0.4")):
            assert (await soon(player.watch_balance()))["BTC"]["used"] == D(size)
            (order,) = await soon(player.watch_orders(SYMBOL))
            assert order["amount"] == D(size)
    finally:
        await second.cancel_all_orders()
        await second.close()


async def test_a_wrong_key_is_said_to_who_waits(venue: Any) -> None:
    """As the exception that it is by HTTP."""
    exchange = venue.watcher("0" * 64)
    try:
        with pytest.raises(ccxt.AuthenticationError):
            await soon(exchange.watch_balance())
    finally:
        await exchange.close()


_BEGUN = "begun"


async def _subscribed(exchange: Any, watching: asyncio.Future[Any]) -> None:
    """Return once a subscription has begun, and what is there was looked at."""
    async with asyncio.timeout(WITHIN_S):
        while not any(_BEGUN in client.subscriptions for client in exchange.clients.values()):
            await asyncio.sleep(0.01)
    await asyncio.sleep(0.3)  # the confirmation and the first look; nothing depends on its length
    assert not watching.done()


async def _of(tickers: Any) -> Any:
    return (await tickers)[SYMBOL]
