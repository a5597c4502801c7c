"""The channels of `/ws`: acknowledged, numbered without a hole for everybody, the same bytes."""

import random
from decimal import Decimal
from typing import Any

import pytest

from tests.server.simulator.clients import BTC, Client, Floor, Frame

CHANNELS = {
    "TICKER": "MARKET_DATA",
    "TRADES": "TRADE",
    "ORDERBOOK": "ORDERBOOK_UPDATE",
    "ORDERBOOK_L2": "ORDERBOOK_UPDATE",
}


async def follow(client: Client, channel: str, symbol: str = BTC) -> Frame:
    """Subscribe."""
    answer = await client.ask("SUBSCRIBE", channel=channel, symbol=symbol)
    assert answer["type"] == "SUBSCRIBED", answer
    return answer


async def stir(floor: Floor, trader: Client, times: int, seed: int = 1) -> None:
    """Ticks, orders, trades and cancels."""
    draw = random.Random(seed)
    for turn in range(times):
        bid = 4_999_000 + draw.randrange(1_000)
        floor.tick(bid, bid + 500)
        side, price = draw.choice(("BUY", "SELL")), 49_990 + draw.randrange(20)
        await trader.place(side, f"0.0{draw.randrange(1, 10)}", str(price))
        if turn % 3 == 0:
            await trader.ask("CANCEL_ORDER", order_id=draw.randrange(1, turn + 2))
    await floor.game.settled()


def numbers(client: Client, channel: str, since: int = 0) -> list[int]:
    """The numbers of a channel's frames, in the order in which they came."""
    kind = CHANNELS[channel]
    return [
        frame["sequence_id"]
        for frame in client.line.told[since:]
        if frame["type"] == kind and frame.get("channel", channel) == channel
    ]


@pytest.mark.parametrize("channel", CHANNELS)
async def test_numbers_have_no_hole(floor: Floor, channel: str) -> None:
    """From the acknowledgement on, for subscribers who came at different times."""
    trader, first, second = (floor.client(name) for name in ("trader", "first", "second"))
    begun = (await follow(first, channel))["sequence_id"]
    await stir(floor, trader, 20)
    joined = (await follow(second, channel))["sequence_id"]
    await stir(floor, trader, 20, seed=2)
    last = (await follow(floor.client("last"), channel))["sequence_id"]  # nothing waits any more
    mine, its = numbers(first, channel), numbers(second, channel)
    assert mine == list(range(begun + 1, mine[-1] + 1))
    assert its == list(range(joined + 1, its[-1] + 1))
    assert mine[-1] == its[-1] >= last
    assert begun < joined < last


async def test_followers_get_the_same_bytes(floor: Floor) -> None:
    """What is written is written once."""
    trader, first, second = (floor.client(name) for name in ("trader", "first", "second"))
    for channel in CHANNELS:
        await follow(first, channel)
        await follow(second, channel)
    since = len(first.line.raw), len(second.line.raw)
    await stir(floor, trader, 10)
    await follow(floor.client("last"), "TICKER")
    assert b"".join(first.line.raw[since[0] :]) == b"".join(second.line.raw[since[1] :]) != b""


async def test_a_ticker(floor: Floor, alice: Client) -> None:
    """A frame at each tick, with the house's prices and the last 24 hours."""
    await follow(alice, "TICKER")
    floor.tick(5_009_750, 5_010_250)
    tick = await alice.came("MARKET_DATA")
    assert tick == {
        "type": "MARKET_DATA",
        "request_id": None,
        "timestamp": tick["timestamp"],
        "symbol": BTC,
        "last_price": "50100",
        "bid": "50097.5",
        "ask": "50102.5",
        "high_24h": "50100",
        "low_24h": tick["low_24h"],
        "volume_24h": "0",
        "sequence_id": 1,
    }
    await alice.place("BUY", "50100", client_order_id="none")
    await alice.place("BUY", "0.5")
    floor.tick(4_999_750, 5_000_250)
    later = await alice.came("MARKET_DATA", 2)
    assert (later["volume_24h"], later["last_price"]) == ("0.5", "50000")


async def test_the_best_price_may_be_a_players(floor: Floor, alice: Client, bob: Client) -> None:
    """The ticker shows what the book shows."""
    await follow(alice, "TICKER")
    await bob.place("BUY", "1", "49999")
    floor.tick(4_999_760, 5_000_240)
    tick = await alice.came("MARKET_DATA")
    assert (tick["bid"], tick["ask"]) == ("49999", "50002.4")


async def test_a_trade(floor: Floor, alice: Client, bob: Client) -> None:
    """For everybody, with the taker's side."""
    await follow(alice, "TRADES")
    await bob.place("BUY", "1", "50000")
    await alice.place("SELL", "0.25", "50000")
    trade = await alice.came("TRADE")
    assert trade == {
        "type": "TRADE",
        "request_id": None,
        "timestamp": trade["timestamp"],
        "trade_id": "1",
        "symbol": BTC,
        "price": "50000",
        "quantity": "0.25",
        "side": "SELL",
        "sequence_id": 1,
    }
    assert not bob.of("TRADE")


class Book:
    """A book as a client keeps it."""

    def __init__(self) -> None:
        self.sides: dict[str, dict[tuple[str, bool], str | None]] = {"bids": {}, "asks": {}}

    def take(self, frame: Frame) -> None:
        for side, levels in self.sides.items():
            if frame["snapshot"]:
                levels.clear()
            for level in frame[side]:
                key = level["price"], level.get("house", False)
                if level["quantity"] == "0":
                    del levels[key]  # what is not there is never said to be gone
                else:
                    levels[key] = level["quantity"]

    def rows(self, side: str) -> list[tuple[Decimal, str | None, bool]]:
        sign = -1 if side == "bids" else 1
        rows = [(Decimal(price), lots, house) for (price, house), lots in self.sides[side].items()]
        return sorted(rows, key=lambda row: (sign * row[0], row[2]))


def shown(frame: dict[str, Any], side: str) -> list[tuple[Decimal, str | None, bool]]:
    """A side of a whole book."""
    return [
        (Decimal(level["price"]), level["quantity"], level.get("house", False))
        for level in frame[side]
    ]


@pytest.mark.parametrize("volumes", [{}, {"bid_volume": 10**9, "ask_volume": 10**9}])
async def test_a_book_that_is_kept_is_the_book(floor: Floor, volumes: dict[str, int]) -> None:
    """ORDERBOOK_L2: changes upon a snapshot; the same as the REST face shows, the house in it."""
    trader, alice = floor.client("trader"), floor.client("alice")
    await follow(alice, "ORDERBOOK_L2")
    await follow(alice, "ORDERBOOK")
    await stir(floor, trader, 40)
    floor.tick(4_999_000, 5_000_000, **volumes)
    await trader.place("BUY", "0.01")
    await floor.game.settled()
    await follow(floor.client("last"), "TICKER")
    book, frames = Book(), alice.of("ORDERBOOK_UPDATE")
    for frame in frames:
        if frame["channel"] == "ORDERBOOK_L2":
            book.take(frame)
    rest = await floor.exchange.session("eve").do("GET", "/orderbook?symbol=BTC/USD&depth=1000")
    best = [frame for frame in frames if frame["channel"] == "ORDERBOOK"][-1]
    assert best["snapshot"]
    for side in ("bids", "asks"):
        assert book.rows(side) == shown(rest, side)
        assert shown(best, side) == shown(rest, side)[:20]
    assert any(level.get("house") for level in rest["asks"])


async def test_a_market_is_a_channel_of_its_own(floor: Floor, alice: Client) -> None:
    """With numbers of its own."""
    await follow(alice, "TICKER")
    await follow(alice, "TICKER", "ETH/USD")
    floor.tick(4_999_000, 4_999_500)
    floor.exchange.quote(299_000, 299_030, market=1)
    ticks = [await alice.came("MARKET_DATA", number) for number in (1, 2)]
    assert [(tick["symbol"], tick["sequence_id"]) for tick in ticks] == [
        (BTC, 1),
        ("ETH/USD", 1),
    ]


@pytest.mark.parametrize("channel", CHANNELS)
async def test_who_unsubscribes_is_told_no_more(floor: Floor, alice: Client, channel: str) -> None:
    """It is acknowledged, also a second time; a later subscription begins anew."""
    trader = floor.client("trader")
    await follow(alice, channel)
    await stir(floor, trader, 5)
    for _ in range(2):
        answer = await alice.ask("UNSUBSCRIBE", channel=channel, symbol=BTC)
        assert (answer["type"], answer["channel"]) == ("UNSUBSCRIBED", channel)
    since = len(alice.line.told)
    await stir(floor, trader, 5, seed=2)
    await follow(floor.client("last"), channel)
    assert not numbers(alice, channel, since)
    begun = (await follow(alice, channel))["sequence_id"]
    await stir(floor, trader, 5, seed=3)
    await follow(floor.client("latest"), channel)
    again = numbers(alice, channel, since)
    assert again == list(range(begun + 1, again[-1] + 1))


async def test_who_is_gone_is_followed_by_nobody(floor: Floor, alice: Client, bob: Client) -> None:
    """The others are told as before."""
    await follow(alice, "TICKER")
    await follow(bob, "TICKER")
    alice.session.closed()
    floor.tick(4_999_000, 4_999_500)
    await bob.came("MARKET_DATA")
    assert not alice.of("MARKET_DATA")


async def test_who_goes_before_the_acknowledgement_follows_nothing(
    floor: Floor, alice: Client, bob: Client
) -> None:
    """Nobody would ever let it leave the channel again."""
    await follow(bob, "TICKER")
    alice.say("SUBSCRIBE", channel="TICKER", symbol=BTC)
    alice.session.closed()
    await floor.game.settled()
    await follow(bob, "TICKER")
    floor.tick(4_999_000, 4_999_500)
    await bob.came("MARKET_DATA")
    assert alice.line.raw == []


async def test_an_unknown_market_is_no_subscription(alice: Client) -> None:
    """SUBSCRIBE_FAILED, also for its end."""
    for kind in ("SUBSCRIBE", "UNSUBSCRIBE"):
        answer = await alice.ask(kind, channel="TICKER", symbol="X")
        assert (answer["type"], answer["code"]) == ("ERROR", "SUBSCRIBE_FAILED")


async def test_nothing_is_told_before_it_is_durable(floor: Floor, alice: Client) -> None:
    """A tick and a trade that wait for their commit are on no channel yet, nor in a new book."""
    await follow(alice, "TICKER")
    await follow(alice, "TRADES")
    gate = floor.rig.bench.journal.gate
    gate.clear()
    floor.tick(4_999_000, 4_999_500)
    alice.say("PLACE_ORDER", symbol=BTC, side="BUY", order_type="MARKET", quantity="1")
    bob = floor.client("bob")
    bob.say("SUBSCRIBE", channel="ORDERBOOK", symbol=BTC)
    while not floor.rig.bench.journal.under_way:
        await alice.session.host.run(_nothing())
    assert not alice.of("MARKET_DATA")
    assert not alice.of("TRADE")
    assert not bob.line.told
    gate.set()
    assert (await alice.came("MARKET_DATA"))["ask"] == "49995"
    await alice.came("TRADE")
    assert (await bob.came("ORDERBOOK_UPDATE"))["asks"][0]["price"] == "50002.5", "as it was"
    assert (await bob.came("ORDERBOOK_UPDATE", 2))["asks"][0]["price"] == "49995"


async def test_a_subscription_that_is_in_doubt(floor: Floor, alice: Client, bob: Client) -> None:
    """STATE_UNKNOWN, and nothing follows; who follows already goes on without a hole."""
    await follow(bob, "TICKER")
    floor.rig.bench.journal.gate.clear()
    floor.tick(4_999_000, 4_999_500)
    alice.say("SUBSCRIBE", channel="TICKER", symbol=BTC)
    await floor.rig.halt()
    assert (await alice.came("ERROR"))["code"] == "STATE_UNKNOWN"
    assert (await follow(alice, "TRADES"))["sequence_id"] == 0, "it is known what to show"
    await floor.rig.resume()
    await bob.came("MARKET_DATA", 2)
    assert [tick["sequence_id"] for tick in bob.of("MARKET_DATA")][:2] == [1, 2]
    assert not alice.of("MARKET_DATA")


async def _nothing() -> None:
    """Let the loop turn."""
