"""Market data over the order server: the feed's own frames, behind the reply that led to them."""

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Any

import pytest

from cxgame.model.commands import Close, EndRound
from cxgame.model.rules import MarketRules
from cxgame.server.broadcast.game import GameSource
from cxgame.server.broadcast.hub import FeedHub
from cxgame.server.sessions.market_data import SHOWN_AT_ONCE, Playing
from cxgame.wire.feed import CHANNELS, Subscription
from cxgame.wire.feed_requests import subscription_of
from tests.server.rig import WAIT_S, Player, Rig, Wire, text_messages

MARKETS = (MarketRules("BTC/USD", "BTC", "USD"), MarketRules("ETH/USD", "ETH", "USD"))
GRANTS = {"USD": "10000.00", "BTC": "10.0", "ETH": "10.0"}


@pytest.fixture
async def rig() -> AsyncIterator[Rig]:
    """An open game of two markets."""
    rig = await Rig(markets=MARKETS, grants=GRANTS).start()
    yield rig
    await rig.stop()


def types(player: Player) -> list[str]:
    """What was pushed."""
    return [frame["type"] for frame in player.wire.pushed]


async def until(player: Player, type: str, count: int = 1) -> dict[str, Any]:
    """Wait for so many frames of a type; the last of them."""
    async with asyncio.timeout(WAIT_S):
        while types(player).count(type) < count:
            player.wire.news.clear()
            await player.wire.news.wait()
    return [frame for frame in player.wire.pushed if frame["type"] == type][-1]


async def trade(seller: Player, buyer: Player, symbol: str = "BTC/USD") -> None:
    """One trade at 1000.00."""
    order = {"type": "limit", "price": "1000.00", "size": "0.1", "symbol": symbol}
    await seller.done("order", side="sell", **order)
    await buyer.done("order", side="buy", **order)


async def test_what_was_asked_for_comes_behind_the_reply(rig: Rig) -> None:
    """How things stand on the channels, then what happens there; no login is needed."""
    watcher, alice = rig.connect(), await rig.player("alice")
    await alice.done("buy", price="900", size="1")
    seen: list[str] = []
    write, push = watcher.wire.write, watcher.wire.push

    def writing(payloads: list[bytes], pushed: int = 0) -> None:
        seen.append("reply")
        write(payloads, pushed)

    def pushing(frames: bytes) -> bool:
        seen.append("frames")
        return push(frames)

    watcher.wire.write = writing  # type: ignore[method-assign]
    watcher.wire.push = pushing  # type: ignore[method-assign]
    data = await watcher.done("subscribe", channels=["depth", "trades"], symbol="BTC/USD")
    assert data == {"channels": ["trades", "depth"], "symbol": "BTC/USD"}
    assert seen == ["reply", "frames"]
    (snapshot,) = watcher.wire.pushed
    assert (snapshot["type"], snapshot["bids"]) == ("depth_snapshot", [["900.00", "1.0000000000"]])
    await trade(alice, await rig.player("bob"))
    await alice.done("sell", price="1100", size="1")
    match = await until(watcher, "match")
    assert (match["symbol"], match["trade_id"]) == ("BTC/USD", "1")
    assert (await until(watcher, "depth"))["prev_seq"] == snapshot["seq"]


async def test_frames_are_those_of_the_feed(rig: Rig) -> None:
    """Byte for byte, on every channel."""
    hub = FeedHub()
    tasks = [
        asyncio.ensure_future(each)
        for each in (GameSource(Playing(rig.game), hub).run(), hub.run())
    ]
    await hub.begun.wait()
    alice, bob, watcher = await rig.player("alice"), await rig.player("bob"), rig.connect()
    await watcher.done("subscribe", channels=["full", "orders"])
    spectator = Other()
    async with asyncio.timeout(WAIT_S):
        while hub.core.seq < rig.game.engine.event_seq:
            await asyncio.sleep(0.005)
    hub.subscribe(spectator, Subscription(("full", "orders")))
    await trade(alice, bob)
    await trade(alice, bob, "ETH/USD")
    rig.bench.submit(EndRound())
    await until(watcher, "csv")
    async with asyncio.timeout(WAIT_S):
        while not spectator.wire.pushed or spectator.wire.pushed[-1] != watcher.wire.pushed[-1]:
            await asyncio.sleep(0.005)
    seen, expected = (events_of(wire) for wire in (watcher.wire, spectator.wire))
    assert seen == expected
    assert len(seen) >= 8
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


def events_of(wire: Wire) -> list[bytes]:
    """The frames that tell an event; the others have the time of whoever looked."""
    return [payload for payload in text_messages(wire.raw_frames) if b'"prev_seq"' in payload]


class Other:
    """A spectator of the feed proper."""

    def __init__(self) -> None:
        self.wire = Wire()
        self.owed = b""
        self.subscription = Subscription()
        self.gone = False
        self.unread_bytes = 0

    def pay(self) -> bool:
        owed, self.owed = self.owed, b""
        return self.wire.push(owed)

    def send(self, data: bytes) -> bool:
        owed, self.owed = self.owed, b""
        return self.wire.push(owed + data)


async def test_channels_are_added_to_those_there_are(rig: Rig) -> None:
    """The symbol is that of the last request, the timeframe too, if it names one."""
    watcher = rig.connect()
    ask = watcher.done
    assert await ask("subscribe", channels=["trades"], symbol="ETH/USD") == {
        "channels": ["trades"],
        "symbol": "ETH/USD",
    }
    assert await ask("subscribe", channels=["candles"], symbol="BTC/USD", timeframe="5m") == {
        "channels": ["trades", "candles"],
        "symbol": "BTC/USD",
        "timeframe": "5m",
    }
    assert await ask("subscribe", channels=["ticker"]) == {
        "channels": ["trades", "ticker", "candles"],
        "symbol": None,
        "timeframe": "5m",
    }
    assert await ask("unsubscribe", channels=["candles", "executions"]) == {
        "channels": ["trades", "ticker"],
        "symbol": None,
    }
    assert await ask("unsubscribe") == {"channels": [], "symbol": None}


async def test_both_kinds_of_channels_in_one_request(rig: Rig) -> None:
    """The snapshot of the account comes, and the market data."""
    alice = await rig.player("alice")
    data = await alice.done("subscribe", channels=["executions", "ticker"], symbol="BTC/USD")
    assert data == {"channels": ["ticker", "executions"], "symbol": "BTC/USD"}
    await until(alice, "ticker")
    assert types(alice) == ["executions_snapshot", "ticker"]
    data = await alice.done("subscribe", channels=["executions"])
    assert data == {"channels": ["ticker", "executions"], "symbol": "BTC/USD"}
    assert types(alice).count("ticker") == 1
    data = await alice.done("unsubscribe", channels=["executions"])
    assert data == {"channels": ["ticker"], "symbol": "BTC/USD"}


async def test_unsubscribing_ends_it(rig: Rig) -> None:
    """At once, and also a subscription whose reply has not left yet."""
    watcher, alice, bob = rig.connect(), await rig.player("alice"), await rig.player("bob")
    other = rig.connect()
    await watcher.done("subscribe", channels=["trades", "ticker"])
    await other.done("subscribe", channels=["trades"])
    await until(watcher, "ticker")
    await watcher.done("unsubscribe", channels=["trades"])
    for command in ("subscribe", "unsubscribe"):
        message = {"cmd": command, "params": {"channels": ["trades", "ticker"]}}
        other.session.receive(json.dumps(message).encode())
    await trade(alice, bob)
    rig.tick(100_500)
    await until(watcher, "ticker", 2)
    assert "match" not in types(watcher)
    assert types(other) == []


async def test_a_login_and_a_logout_change_nothing(rig: Rig) -> None:
    """Market data are the connection's, executions the account's."""
    alice = await rig.player("alice")
    await alice.done("subscribe", channels=["executions", "trades"])
    bob = await rig.player("bob")
    await alice.done("auth", username="bob", token=bob.token)
    data = await alice.done("subscribe", channels=["trades"])
    assert data == {"channels": ["trades"], "symbol": None}


async def test_a_connection_that_is_gone_is_forgotten(rig: Rig) -> None:
    """Nothing is written to it, and the hub has one member less."""
    watcher = rig.connect()
    await watcher.done("subscribe", channels=["trades"])
    hub = rig.host.market_data.hub
    assert hub is not None
    assert len(hub.core.lanes) == 1
    watcher.session.closed()
    assert len(hub.core.lanes) == 0
    before = len(watcher.wire.pushed)
    await trade(await rig.player("alice"), await rig.player("bob"))
    await asyncio.sleep(0.05)
    assert len(watcher.wire.pushed) == before


async def test_resync_sends_whole_books_again(rig: Rig) -> None:
    """Of those that are followed; of another one there is none to send."""
    watcher = rig.connect()
    assert await watcher.refused("resync") == "PARAM_TYPE"
    await watcher.done("subscribe", channels=["depth", "orders"])
    assert types(watcher) == ["depth_snapshot", "orders_snapshot"] * 2
    assert await watcher.done("resync", symbol="ETH/USD") is None
    again = watcher.wire.pushed[4:]
    assert [(frame["type"], frame["symbol"]) for frame in again] == [
        ("depth_snapshot", "ETH/USD"),
        ("orders_snapshot", "ETH/USD"),
    ]
    await watcher.done("resync")
    assert len(watcher.wire.pushed) == 10
    assert await watcher.refused("resync", symbol="XRP/USD") == "FILTER_SYMBOL"
    await watcher.done("unsubscribe")
    await watcher.done("subscribe", channels=["depth"], symbol="BTC/USD")
    assert await watcher.refused("resync", symbol="ETH/USD") == "PARAM_TYPE"


async def test_whole_books_are_rationed(rig: Rig) -> None:
    """As on the feed; also for who unsubscribes in between."""
    watcher = rig.connect()
    for _ in range(SHOWN_AT_ONCE // 2):
        await watcher.done("subscribe", channels=["depth"])
        await watcher.done("resync")
        await watcher.done("unsubscribe")
    reply = await watcher("subscribe", channels=["depth"])
    assert (reply["code"], reply["data"]) == ("LIMIT_RATE", {"wait_ms": 200})
    rig.bench.clock.pass_s(0.2)
    await watcher.done("subscribe", channels=["depth"])
    assert await watcher.refused("resync") == "LIMIT_RATE"


@pytest.mark.parametrize(
    ("params", "code"),
    [
        ({"channels": ["trades"], "symbol": "XRP/USD"}, "FILTER_SYMBOL"),
        ({"channels": ["candles"], "timeframe": "2m"}, "PARAM_TYPE"),
        ({"channels": ["trades", "everything"]}, "PARAM_TYPE"),
        ({"channels": ["trades", "executions"]}, "AUTH_REQUIRED"),
        ({}, "PARAM_MISSING"),
    ],
)
async def test_what_can_not_be_followed_is_refused(
    rig: Rig, params: dict[str, Any], code: str
) -> None:
    """And what was followed is followed still."""
    watcher = rig.connect()
    await watcher.done("subscribe", channels=["ticker"], symbol="BTC/USD")
    assert await watcher.refused("subscribe", **params) == code
    data = await watcher.done("unsubscribe", channels=["book"])
    assert data == {"channels": ["ticker"], "symbol": "BTC/USD"}


async def test_a_doubt_leaves_what_was_followed() -> None:
    """Market data come on; what was asked for meanwhile can be asked for again."""
    rig = await Rig(timeout=1.0).start()
    alice = await rig.player("alice")
    await alice.done("subscribe", channels=["trades"])
    rig.bench.journal.gate.clear()
    rig.tick(100_100)
    alice.session.receive(b'{"cmd":"subscribe","params":{"channels":["ticker"]}}')
    await asyncio.sleep(0)
    rig.bench.clock.pass_s(2.0)
    async with asyncio.timeout(WAIT_S):
        while alice.wire.received[-1].get("code") != "STATE_UNKNOWN":
            await asyncio.sleep(0.005)
    await rig.resume()
    data = await alice.done("unsubscribe", channels=["book"])
    assert data == {"channels": ["trades"], "symbol": None}
    assert "ticker" not in types(alice)
    await rig.stop()


async def test_the_end_of_the_game_is_told(rig: Rig) -> None:
    """With the server's last breath."""
    watcher = rig.connect()
    await watcher.done("subscribe", channels=["trades"])
    rig.bench.submit(Close("test"))
    await rig.game.settled()
    rig.host.market_data.finish()
    assert types(watcher)[-1] == "shutdown"


async def test_notices_reach_those_who_follow_the_activity(rig: Rig) -> None:
    """As they do on the feed."""
    watcher = rig.connect()
    rig.host.market_data.notice("Nobody is there yet.")
    await watcher.done("subscribe", channels=["activity"])
    rig.host.market_data.notice("New connection")
    assert (await until(watcher, "info"))["message"] == "New connection"


async def test_a_hub_that_fails_closes_those_who_follow(
    rig: Rig, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """With a reason; the next one begins anew."""
    watcher = rig.connect()
    await watcher.done("subscribe", channels=["trades"])
    hub = rig.host.market_data.hub
    assert hub is not None
    monkeypatch.setattr(hub.core, "show", lambda now: 1 / 0)
    async with asyncio.timeout(WAIT_S):
        while watcher.wire.closing is None:
            await asyncio.sleep(0.01)
    assert watcher.wire.closing == (1011, "The market data failed.")
    assert "market data of the order server failed" in caplog.text
    another = rig.connect()
    await another.done("subscribe", channels=["ticker"])
    assert rig.host.market_data.hub is not hub
    watcher.session.closed()


def test_channels_are_the_feeds() -> None:
    """All of them can be followed here."""
    subscription = subscription_of(list(CHANNELS), None, None, {})
    assert isinstance(subscription, Subscription)
