"""Streams over the connection of the requests: what comes, what is lost, and how they end."""

import asyncio
import gc
from collections.abc import AsyncIterator, Iterator
from typing import Any

import pytest
from websockets.asyncio.client import connect

from cxgame.client import CxClient, Stream, subscriber
from tests.client.fake_streams import SYMBOL, Harm, StreamingExchange, order_row
from tests.client.fakes import BOUND_S, Fault


@pytest.fixture
def market() -> Iterator[StreamingExchange]:
    """A running exchange that pushes, with a user alice."""
    with StreamingExchange() as running:
        running.tokens["alice"] = "a" * 64
        yield running


@pytest.fixture
async def cx(market: StreamingExchange) -> AsyncIterator[CxClient]:
    """Alice's client."""
    async with CxClient("alice", token="a" * 64, uri=market.uri) as client:
        yield client


async def following(stream: Stream[Any], count: int) -> list[dict[str, Any]]:
    """The next events of a stream."""
    async with asyncio.timeout(BOUND_S):
        return [await anext(stream) for _ in range(count)]


async def to_thread(call: Any, *args: Any, **kwargs: Any) -> None:
    """Call the exchange, which waits for what it pushes to leave."""
    await asyncio.to_thread(call, *args, **kwargs)


def kinds(events: list[dict[str, Any]]) -> list[str]:
    return [event["type"] for event in events]


async def test_executions_begin_with_a_snapshot(market: StreamingExchange, cx: CxClient) -> None:
    """The client logs in by itself; then each thing comes as it happens."""
    market.rows.append(order_row("4"))
    async with cx.executions() as stream:
        await to_thread(market.execution, "accepted", order_row("5"))
        await to_thread(market.wallet, "USD", "9000.00", "1000.00", "10000.00")
        first, second, third = await following(stream, 3)
    assert kinds([first, second, third]) == ["executions_snapshot", "execution", "wallets"]
    assert [row["id"] for row in first["orders"]] == ["4"]
    assert (second["event"], second["order"]["id"]) == ("accepted", "5")
    assert third["wallets"]["USD"]["held"] == "1000.00"


async def test_requests_and_streams_share_one_connection(
    market: StreamingExchange, cx: CxClient
) -> None:
    """Replies go to their calls and frames to their streams, whatever lies between."""
    async with cx.stream("trades") as trades, cx.executions() as own:
        calls = [asyncio.create_task(cx.buy(f"9{number}", "1")) for number in range(20)]
        for number in range(5):
            await to_thread(market.trade, f"100{number}")
        answers = await asyncio.gather(*calls)
        events = await following(trades, 5)
        assert kinds(await following(own, 1)) == ["executions_snapshot"]
    assert all(answers)
    assert [event["message"]["price"] for event in events] == [f"100{n}" for n in range(5)]
    assert market.connections == 1


async def test_a_frame_is_never_taken_for_a_reply(market: StreamingExchange, cx: CxClient) -> None:
    """Also while a request waits whose reply may come without its number."""
    async with cx.stream("trades"):
        market.fail("price", Fault.SILENCE)
        waiting = asyncio.create_task(cx.price())
        while not market.asked("price"):
            await asyncio.sleep(0.01)
        await to_thread(market.trade, "1001")
        await asyncio.sleep(0.02)
        assert not waiting.done()
        waiting.cancel()


async def test_streams_pick_what_is_theirs(market: StreamingExchange, cx: CxClient) -> None:
    """Several symbols and channels on one subscription."""
    async with (
        cx.stream("trades", symbol="ETH/USD") as ether,
        cx.stream("trades", "depth", symbol=SYMBOL) as both,
    ):
        await to_thread(market.trade, "1001", SYMBOL)
        await to_thread(market.trade, "70", "ETH/USD")
        await to_thread(market.level, 0, "998.00", "1.0", "ETH/USD")
        await to_thread(market.level, 0, "997.00", "1.0", SYMBOL)
        of_ether = await following(ether, 1)
        of_both = await following(both, 3)
    assert [event["symbol"] for event in of_ether] == ["ETH/USD"]
    assert kinds(of_both) == ["depth_snapshot", "match", "depth"]
    assert {event["symbol"] for event in of_both} == {SYMBOL}
    assert market.connections == 1


async def test_a_timeframe_of_its_own_is_a_connection_of_its_own(
    market: StreamingExchange, cx: CxClient
) -> None:
    """A subscription has one; the third stream finds that of the first."""
    async with (
        cx.stream("candles", timeframe="1m") as minutes,
        cx.stream("candles", timeframe="1h") as hours,
        cx.stream("candles", "trades", timeframe="1m", symbol=SYMBOL) as more,
    ):
        await to_thread(market.candle, "1m", "1001.00")
        await to_thread(market.candle, "1h", "1002.00")
        found = [(await following(stream, 1))[0]["close"] for stream in (minutes, hours, more)]
    assert found == ["1001.00", "1002.00", "1001.00"]
    assert market.connections == 2


async def test_phases_come_on_every_market_channel(market: StreamingExchange, cx: CxClient) -> None:
    """Heartbeats are the library's business, and phases no part of one's account."""
    async with cx.stream("trades") as trades, cx.executions() as own:
        for kind in ("heartbeat", "phase", "something_new", "pause"):
            await to_thread(market.say, {"type": kind})
        await to_thread(market.execution, "accepted", order_row("5"))
        assert kinds(await following(trades, 2)) == ["phase", "pause"]
        assert kinds(await following(own, 2)) == ["executions_snapshot", "execution"]


async def test_a_second_stream_has_a_snapshot_too(market: StreamingExchange, cx: CxClient) -> None:
    """Nothing comes to it before; to the first the new snapshot does no harm."""
    async with cx.stream("depth", symbol=SYMBOL) as first:
        assert kinds(await following(first, 1)) == ["depth_snapshot"]
        async with cx.stream("depth", symbol=SYMBOL) as second:
            await to_thread(market.level, 0, "997.00", "1.0")
            assert kinds(await following(second, 2)) == ["depth_snapshot", "depth"]
        assert kinds(await following(first, 2)) == ["depth_snapshot", "depth"]


async def test_after_a_break_there_is_a_gap_and_a_snapshot(
    market: StreamingExchange, cx: CxClient
) -> None:
    """The client connects, logs in and subscribes again by itself."""
    async with cx.executions() as own, cx.stream("trades") as trades:
        await following(own, 1)
        await to_thread(market.cut)
        assert kinds(await following(own, 2)) == ["gap", "executions_snapshot"]
        assert (await following(trades, 1))[0]["reason"] == "connection"
        await to_thread(market.execution, "accepted", order_row("6"))
        (after,) = await following(own, 1)
    assert after["seq"] == 1
    assert len(market.asked("auth")) == 2


async def test_a_stream_waits_for_an_exchange_that_restarts(
    market: StreamingExchange, cx: CxClient
) -> None:
    """However often it looks in vain; several breaks in a row are one gap."""
    async with cx.stream("trades") as trades:
        await asyncio.to_thread(market.stop)
        await asyncio.sleep(0.1)
        await asyncio.to_thread(market.start)
        while not [each for each in market.followers.values() if each.websocket.state == 1]:
            await asyncio.sleep(0.01)
        await to_thread(market.trade, "1001")
        assert kinds(await following(trades, 2)) == ["gap", "match"]


async def test_a_slow_consumer_is_told_and_begins_anew(
    market: StreamingExchange, cx: CxClient
) -> None:
    """What it missed is counted, nothing piles up, and a snapshot comes when it takes the gap."""
    async with cx.stream("depth", symbol=SYMBOL, buffer=3) as depth:
        for number in range(1, 9):
            await to_thread(market.level, 0, f"{number}.00", "1.0")
        await cx.price()  # all of it has come
        gap, snapshot = await following(depth, 2)
        await to_thread(market.level, 0, "9.00", "1.0")
        (change,) = await following(depth, 1)
    assert (gap["type"], gap["reason"], gap["missed"]) == ("gap", "slow", 9)
    assert len(snapshot["bids"]) == 10
    assert change["prev_seq"] == snapshot["seq"]


async def test_the_game_over_ends_the_iteration(market: StreamingExchange, cx: CxClient) -> None:
    """After all that came before."""
    async with cx.stream("trades") as trades:
        await to_thread(market.trade, "1001")
        await to_thread(market.close_all, "The game is over.")
        async with asyncio.timeout(BOUND_S):
            assert kinds([dict(event) async for event in trades]) == ["match"]


async def test_a_given_websocket_carries_streams_too(market: StreamingExchange) -> None:
    """It is read as long as there are any, and its owner's again afterwards."""
    async with connect(market.uri) as websocket:
        cx = CxClient("alice", websocket=websocket, token="a" * 64)
        async with cx.stream("trades") as trades, cx.executions() as own:
            await to_thread(market.trade, "1001")
            assert kinds(await following(trades, 1)) == ["match"]
            assert kinds(await following(own, 1)) == ["executions_snapshot"]
            assert await cx.buy("999", "1")
        async with asyncio.timeout(BOUND_S):
            while any(follower.channels for follower in market.followers.values()):
                await asyncio.sleep(0.01)
            assert await cx.price()
            await websocket.send('{"cmd":"price","params":{},"id":0}')
            assert '"id": 0' in str(await websocket.recv())
    assert market.connections == 1


async def test_closing_the_client_ends_its_streams(market: StreamingExchange) -> None:
    """Whoever waits is woken."""
    async with CxClient("alice", token="a" * 64, uri=market.uri) as cx:
        stream = cx.stream("trades")
        await stream.__aenter__()
        waiting = asyncio.ensure_future(anext(stream))
    with pytest.raises(StopAsyncIteration):
        async with asyncio.timeout(BOUND_S):
            await waiting


async def test_a_stream_that_is_left_is_unsubscribed(
    market: StreamingExchange, cx: CxClient
) -> None:
    """On leaving its block, or when nobody holds it any more; the others go on."""
    async with cx.stream("ticker") as _:
        async with cx.stream("trades"):
            pass
        forgotten = cx.stream("depth")
        await following(forgotten, 1)
        del forgotten
        gc.collect()
        async with asyncio.timeout(BOUND_S):
            while {"trades", "depth"} & set(*[f.channels for f in market.followers.values()]):
                await asyncio.sleep(0.01)
        assert [f.channels for f in market.followers.values()] == [["ticker"]]
    async with asyncio.timeout(BOUND_S):
        while any(follower.channels for follower in market.followers.values()):
            await asyncio.sleep(0.01)
    assert (await cx.price()).status
    assert market.connections == 1


@pytest.mark.parametrize("others", [(), ("depth",)])
async def test_an_unknown_symbol_is_a_value_error(
    market: StreamingExchange, cx: CxClient, others: Any
) -> None:
    """Also where other streams want all markets; those are not disturbed."""
    known = [cx.stream(channel) for channel in others]
    for stream in known:
        await following(stream, 2)
    with pytest.raises(ValueError, match="Unknown symbol: DOGE/USD"):
        await anext(cx.stream("trades", symbol="DOGE/USD"))
    for stream in known:
        await to_thread(market.level, 0, "7.00", "1.0")
        assert kinds(await following(stream, 1)) == ["depth"]


async def test_one_of_several_newcomers_may_be_wrong(
    market: StreamingExchange, cx: CxClient
) -> None:
    """The exchange refuses them together; each is then tried alone."""
    good, bad = cx.stream("trades", symbol=SYMBOL), cx.stream("depth", symbol="DOGE/USD")
    results = await asyncio.gather(good.__aenter__(), bad.__aenter__(), return_exceptions=True)
    assert results[0] is good
    assert isinstance(results[1], ValueError)
    await to_thread(market.trade, "1001")
    assert kinds(await following(good, 1)) == ["match"]


async def test_what_the_client_knows_to_be_wrong_is_not_asked(
    market: StreamingExchange, cx: CxClient
) -> None:
    """A channel that there is not; candles without a timeframe."""
    wrong: Any = "gossip"
    with pytest.raises(ValueError, match="no channel 'gossip'"):
        cx.stream(wrong)
    with pytest.raises(ValueError, match="needs a timeframe"):
        cx.stream("candles", "trades")
    assert market.seen == []


async def test_without_a_login_there_are_no_executions(market: StreamingExchange) -> None:
    """Nor with one that is refused; market data needs none."""
    async with CxClient(uri=market.uri) as nobody:
        with pytest.raises(PermissionError, match="must be authenticated"):
            await anext(nobody.executions())
        async with nobody.stream("trades"):
            pass
    async with CxClient("alice", token="b" * 64, uri=market.uri) as thief:
        with pytest.raises(PermissionError, match="Invalid token"):
            await anext(thief.executions())


async def test_where_nobody_listens_beginning_fails(market: StreamingExchange) -> None:
    """Within the client's time, and in words."""
    market.stop()
    async with CxClient(uri=market.uri, timeout_s=0.2) as cx:
        with pytest.raises(ConnectionError, match="Nothing listens"):
            await anext(cx.stream("trades"))
    async with CxClient(uri="127.0.0.1:1") as cx:
        with pytest.raises(ConnectionError, match="an address looks like"):
            await anext(cx.stream("trades"))
    market.start()


async def test_a_refusal_for_the_moment_is_waited_out(
    market: StreamingExchange, cx: CxClient
) -> None:
    """A subscription that came too fast is asked for again."""
    market.fail("subscribe", Fault.RATE, Fault.HALTED)
    async with cx.stream("trades"):
        assert len(market.asked("subscribe")) == 3


async def test_a_look_at_the_markets_that_comes_too_fast_is_waited_out(
    market: StreamingExchange, cx: CxClient
) -> None:
    """It is no word about a symbol, and no end of the streams that are there."""
    async with cx.stream("trades") as all_trades:
        market.fail("markets", Fault.RATE)
        async with cx.stream("depth", symbol=SYMBOL) as depth:
            assert kinds(await following(depth, 1)) == ["depth_snapshot"]
        await to_thread(market.trade, "1001")
        assert kinds(await following(all_trades, 1)) == ["match"]
    assert len(market.asked("markets")) == 2


async def test_a_connection_that_falls_silent_is_given_up(
    market: StreamingExchange, cx: CxClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Heartbeats have come, and then nothing does: another connection is opened."""
    monkeypatch.setattr(subscriber, "TICK_S", 0.01)
    async with cx.stream("trades") as trades:
        await asyncio.sleep(0.15)
        assert market.connections == 1, "without heartbeats silence says nothing"
        await to_thread(market.say, {"type": "heartbeat"})
        assert kinds(await following(trades, 1)) == ["gap"]
        async with asyncio.timeout(BOUND_S):
            while market.connections < 2:
                await asyncio.sleep(0.01)


async def test_a_cancelled_read_loses_nothing(market: StreamingExchange, cx: CxClient) -> None:
    """`asyncio.wait_for` around `anext` is safe."""
    async with cx.stream("trades") as trades:
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(anext(trades), 0.01)
        await to_thread(market.trade, "1001")
        assert kinds(await following(trades, 1)) == ["match"]


async def test_a_dropped_frame_is_seen_by_who_counts(
    market: StreamingExchange, cx: CxClient
) -> None:
    """A raw stream hands on what comes; `resync` brings a snapshot."""
    async with cx.stream("depth", symbol=SYMBOL) as depth:
        await following(depth, 1)
        market.harms.append(Harm.DROP)
        await to_thread(market.level, 0, "7.00", "1.0")
        await to_thread(market.level, 0, "8.00", "1.0")
        (change,) = await following(depth, 1)
        assert change["prev_seq"] == change["seq"] - 1 == 101
        depth.resync()
        (snapshot,) = await following(depth, 1)
    assert (snapshot["type"], len(snapshot["bids"])) == ("depth_snapshot", 4)
