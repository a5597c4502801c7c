"""Candles for who draws a chart and was not there: of the store and the tape, each trade once."""

from typing import cast

import pytest
from msgspec import UNSET

from cxgame.history.candles import KnownCandles, Window
from cxgame.model.candles import Candle
from cxgame.server.broadcast.hub import FeedHub
from cxgame.server.broadcast.writing import Spectator
from cxgame.wire.feed import DEFAULT, PastCandles, Subscription
from cxgame.wire.feed_state import Now
from cxgame.wire.feed_tape import Stretch
from tests.wire.feed_samples import ONE, frames, snapshot, trade

MINUTE = 60
START = 1_795_218_000  # of a minute
TENTH = ONE // 10


class Reader:
    """A spectator that keeps what it is sent."""

    def __init__(self) -> None:
        self.subscription: Subscription = DEFAULT
        self.owed = b""
        self.gone = False
        self.unread_bytes = 0
        self.told: list[dict[str, object]] = []

    def pay(self) -> bool:
        return True

    def send(self, data: bytes) -> bool:
        self.told += frames(data)
        return True


@pytest.fixture
async def hub(monkeypatch: pytest.MonkeyPatch) -> FeedHub:
    """A feed that began 30 s into the second minute, after trade 2; it is the third minute now."""
    clock = Now(1_000.0, (START + 130) * 1000)
    monkeypatch.setattr("cxgame.server.broadcast.hub.now", lambda: clock)
    hub = FeedHub()
    hub.begin(snapshot(wall_ms=(START + 90) * 1000, last_trade=2))
    for number, second, price in ((3, 95, 90_100), (4, 121, 90_200), (5, 125, 90_300)):
        hub.release(
            Stretch(8 + number, (START + second) * 1000, [trade(number, 1, 2, price=price)])
        )
    hub.finish()
    return hub


async def asked(hub: FeedHub, market: int = 0) -> list[dict[str, object]]:
    reader = Reader()
    await hub.request(cast(Spectator, reader), PastCandles("1m", market, UNSET))
    return reader.told


async def test_what_is_stored_is_joined_with_the_tape(hub: FeedHub) -> None:
    """A trade that both know counts once, one that only the tape knows counts too."""
    windows = []

    async def stored(market: int, window: Window) -> KnownCandles:
        windows.append((market, window))
        candles = [
            Candle(START, 89_000, 89_000, 89_000, 89_000, TENTH, 1),
            Candle(START + MINUTE, 89_500, 89_500, 89_500, 89_500, TENTH, 1),
        ]
        return KnownCandles(candles, None, 2)

    hub.stored = stored
    (frame,) = await asked(hub)
    assert (frame["type"], frame["symbol"], frame["timeframe"]) == ("past_candles", "BTC/USD", "1m")
    assert frame["last_trade"] == "5"
    one, two, three = "0.1000000000", "0.2000000000", "0.2000000000"
    assert frame["candles"] == [
        [START, "890.00", "890.00", "890.00", "890.00", one],
        [START + MINUTE, "895.00", "901.00", "895.00", "901.00", two],
        [START + 2 * MINUTE, "902.00", "903.00", "902.00", "903.00", three],
    ]
    ((market, window),) = windows
    assert market == 0
    assert window.end == START + 2 * MINUTE  # not the one that runs


async def test_half_a_candle_is_not_shown(hub: FeedHub) -> None:
    """Without a store there is no knowing what happened before the feed."""
    (frame,) = await asked(hub)
    assert [row[0] for row in frame["candles"]] == [START + 2 * MINUTE]  # type: ignore[attr-defined]


async def test_every_market_comes_without_a_symbol(hub: FeedHub) -> None:
    """Also one that nobody traded."""
    told = await asked(hub, -1)
    assert [frame["symbol"] for frame in told] == ["BTC/USD", "ETH/USD"]
    assert told[1]["candles"] == []


async def test_it_is_made_once_for_all_who_ask_in_a_moment(hub: FeedHub) -> None:
    """A room of browsers that come together costs one look."""
    looked = 0

    async def stored(market: int, window: Window) -> KnownCandles:
        nonlocal looked
        looked += 1
        return KnownCandles([], None, 2)

    hub.stored = stored
    first = await asked(hub)
    assert await asked(hub) == first
    assert looked == 1
