"""The client on a good line: what it answers, and what it believes."""

import asyncio

import pytest

from cxgame.simulator import ExchangeClient, ExchangeServer
from cxgame.simulator.errors import Refused, Unreachable
from cxgame.simulator.terms import Terms
from tests.simulator.rig import SYMBOL, WITHIN_S, Auditor

pytestmark = pytest.mark.asyncio(loop_scope="module")


async def test_prices_orders_and_balance_by_rest(server: ExchangeServer) -> None:
    """A session is an account from its first request on, and needs no socket."""
    async with ExchangeClient(server.url) as client:
        assert await client.get_symbols() == [SYMBOL, "ETH/USD"]
        ticker = await client.get_ticker(SYMBOL)
        assert float(ticker["bid"]) < float(ticker["last_price"]) < float(ticker["ask"])
        order = await client.place_order(SYMBOL, "BUY", "LIMIT", "0.5", "49000")
        assert (order["status"], order["type"], order["price"]) == ("OPEN", "LIMIT", "49000")
        assert await client.get_balance() == {"USD": "100000", "BTC": "10", "ETH": "100"}
        assert (await client.get_order(order["order_id"]))["quantity"] == "0.5"
        assert [row["order_id"] for row in await client.get_orders(status="OPEN")] == [
            order["order_id"]
        ]
        gone = await client.cancel_order(order["order_id"])
        assert gone == {"order_id": order["order_id"], "status": "cancelled"}
        filled = await client.place_order(SYMBOL, "BUY", "MARKET", 0.1)
        assert filled["status"] == "FILLED"
        assert (await client.get_position(SYMBOL))["quantity"] == "10.1"
        assert (await client.get_trades(SYMBOL))[-1]["quantity"] == "0.1"
        assert (await client.get_orderbook(SYMBOL, depth=1))["bids"]
        assert len(await client.get_prices(SYMBOL, limit=3)) == 3


async def test_prices_by_the_socket(server: ExchangeServer) -> None:
    """What is subscribed to comes, each frame once and in order."""
    async with ExchangeClient(server.url) as client:
        with pytest.raises(RuntimeError, match="connect_ws"):
            await client.subscribe("TICKER", SYMBOL)
        await client.connect_ws()
        await client.subscribe("TICKER", SYMBOL)
        numbers = []
        for _ in range(10):
            message = await client.receive_ws_message(WITHIN_S)
            assert message is not None
            assert message["type"] == "MARKET_DATA"
            numbers.append(message["sequence_id"])
        assert numbers == list(range(numbers[0], numbers[0] + 10))
        await client.unsubscribe("TICKER", SYMBOL)
        while await client.receive_ws_message(0.3) is not None:
            pass


async def test_a_client_is_one_session_on_both_ways(server: ExchangeServer) -> None:
    """Two clients of one session see the same; the view of each follows what the other does."""
    async with (
        ExchangeClient(server.url, "shared") as one,
        ExchangeClient(server.url, "shared") as two,
    ):
        await one.connect_ws()
        await one.subscribe("ORDERBOOK_L2", SYMBOL)
        order = await two.place_order(SYMBOL, "SELL", "LIMIT", "1", "60000")
        await two.place_order(SYMBOL, "BUY", "MARKET", "0.2")
        auditor = Auditor(two)
        await auditor.comes_right(one)
        assert one.open_orders.keys() == {order["order_id"]}
        assert one.balances["BTC"] == "10.2"
        assert one.available["BTC"] == "9.2"
        await two.cancel_order(order["order_id"])
        await auditor.comes_right(one)
        assert one.open_orders == {}
        assert one.health.is_well


@pytest.mark.parametrize("by_socket", [False, True])
async def test_a_no_is_an_exception_with_its_words(server: ExchangeServer, by_socket: bool) -> None:
    """By either way; nothing is tried again that was understood."""
    async with ExchangeClient(server.url) as client:
        if by_socket:
            await client.connect_ws()
        with pytest.raises(Refused, match="Insufficient balance"):
            await client.place_order(SYMBOL, "SELL", "LIMIT", "1000", "60000")
        with pytest.raises(Refused, match="Unknown symbol"):
            await client.place_order("DOGE/USD", "SELL", "LIMIT", "1", "1")
        with pytest.raises(Refused):
            await client.cancel_order("999999")
        with pytest.raises(Refused):
            await client.place_order(SYMBOL, "UP", "LIMIT", "1", "60000")
        assert client.open_orders == {}


async def test_channels_that_there_are_not(server: ExchangeServer) -> None:
    """A word that no simulator knows, and a symbol that this one does not."""
    async with ExchangeClient(server.url) as client:
        await client.connect_ws()
        with pytest.raises(ValueError, match="TICKER, TRADES"):
            await client.subscribe("CANDLES", SYMBOL)
        with pytest.raises(Refused):
            await client.subscribe("ORDERBOOK", "DOGE/USD")
        assert client.book("DOGE/USD") is None


async def test_the_best_levels_are_a_book_too(server: ExchangeServer) -> None:
    """Of a market of which the whole book is not followed."""
    async with ExchangeClient(server.url) as client:
        await client.connect_ws()
        await client.subscribe("ORDERBOOK", "ETH/USD")
        async with asyncio.timeout(WITHIN_S):
            while not (book := client.book("ETH/USD")) or not book.synced:
                await asyncio.sleep(0.01)
        assert float(book.bids[0]["price"]) < float(book.asks[0]["price"])


async def test_nobody_there_is_told_in_time() -> None:
    """By REST and by the socket, after the time that was given."""
    terms = Terms(timeout_s=0.3)
    async with ExchangeClient("http://127.0.0.1:1", terms=terms) as client:
        with pytest.raises(Unreachable):
            await client.get_symbols()
        with pytest.raises(Unreachable, match="Nothing listens"):
            await client.connect_ws()
        with pytest.raises(Unreachable):
            await client.place_order(SYMBOL, "BUY", "LIMIT", "1", "1")
        assert client.is_kept
        assert not client.is_connected
        assert not client.health.is_well


async def test_a_socket_that_is_refused_is_not_tried_again(server: ExchangeServer) -> None:
    """A token that is nobody's heals with no patience."""
    async with ExchangeClient(server.url, token="0" * 64) as client:
        with pytest.raises(Refused, match="HTTP 40"):
            await client.connect_ws()
        assert not client.is_kept
        with pytest.raises(Refused):
            await client.get_balance()


async def test_a_refused_socket_is_tried_when_it_is_wanted_again() -> None:
    """What was refused once may be granted later."""
    asked = 0

    async def refuse(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal asked
        asked += 1
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 401 No\r\nContent-Length: 0\r\n\r\n")
        writer.close()

    async with await asyncio.start_server(refuse, "127.0.0.1", 0) as server:
        port = server.sockets[0].getsockname()[1]
        async with ExchangeClient(f"http://127.0.0.1:{port}") as client:
            for tries in (1, 2):
                with pytest.raises(Refused, match="HTTP 401"):
                    await client.connect_ws()
                assert asked == tries


async def test_frames_that_nobody_takes_make_room(server: ExchangeServer) -> None:
    """The newest are kept, and the report says how many went."""
    async with ExchangeClient(server.url, terms=Terms(queue=3)) as client:
        await client.connect_ws()
        await client.subscribe("TICKER", SYMBOL)
        async with asyncio.timeout(WITHIN_S):
            while client.health.report()["counts"].get("overflow", 0) < 3:
                await asyncio.sleep(0.01)
        first = await client.receive_ws_message()
    assert first is not None
    assert first["sequence_id"] > 3
