"""Prices of other programs, and prices set by hand, become ticks of the game."""

import asyncio
import json
from decimal import Decimal

import pytest

from cxgame.model.commands import PlaceOrder, Tick
from cxgame.model.enums import OrderStatus, OrderType, Side, Verb
from cxgame.model.errors import Code
from cxgame.model.rules import MarketRules
from cxgame.oracle import draw_u64
from tests.server.play.fed import Fed, fed, own_valkey
from tests.store.embedded_fixture import ValkeyThread

__all__ = ["own_valkey"]

MODEL = MarketRules("BTC/USD", "BTC", "USD", oracle="constant:price=1000")
SLOW_MS = 3_600_000  # an interval in which nothing ticks by itself


def buy(game: Fed, lots: int, price: int) -> PlaceOrder:
    """A limit order of the one player."""
    account = game.accounts[0]
    return PlaceOrder(account, 0, Verb.ORDER, Side.BUY, OrderType.LIMIT, price, lots)


async def test_a_ticker_trades(own_valkey: ValkeyThread) -> None:
    """What another program writes is what the house quotes, its volumes in lots."""
    async with fed(own_valkey) as game:
        await game.write(
            "BTC/USD", price="60000.125", timestamp="1", bid="59999.991", ask="60000.001",
            bidVolume="2", askVolume="0.5",
        )  # fmt: skip
        await game.until(lambda: game.place().bid > 0)
        place = game.place()
        assert (place.bid, place.ask) == (5_999_999, 6_000_001)
        assert (place.bid_volume, place.ask_volume) == (2 * 10**10, 10**10 // 2)
        assert json.loads(place.carry) == {"price": "60000.125", "timestamp": 1.0}
        order = game.bench.submit(buy(game, 10**9, 6_000_001)).order
        assert order is not None
        assert order.status is OrderStatus.FILLED


async def test_a_ticker_that_stands_fills_an_order_bit_by_bit(own_valkey: ValkeyThread) -> None:
    """At each interval its volume is there anew, until the order is complete."""
    async with fed(own_valkey) as game:
        await game.write("BTC/USD", price="100", timestamp="1", bidVolume="0", askVolume="1")
        await game.until(lambda: game.place().ask > 0)
        order = game.bench.submit(buy(game, 35 * 10**9, 10_000)).order
        assert order is not None
        await game.until(lambda: order.status is OrderStatus.FILLED)
        assert order.left == 0
        await game.until(lambda: game.place().ask_volume == 10**10)


async def test_a_volume_of_zero_never_fills(own_valkey: ValkeyThread) -> None:
    """Such a ticker is a price without an offer."""
    async with fed(own_valkey) as game:
        await game.write("BTC/USD", price="100", timestamp="1", bidVolume="0", askVolume="0")
        await game.until(lambda: game.place().ask > 0)
        order = game.bench.submit(buy(game, 10**9, 10_000)).order
        await game.write("BTC/USD", price="90", timestamp="2")
        await game.until(lambda: game.place().ask == 9_000)
        assert order is not None
        assert order.left == 10**9


async def test_an_old_ticker_stops_trading(own_valkey: ValkeyThread) -> None:
    """Past the highest age the house offers nothing, until there is news."""
    async with fed(own_valkey, max_age_s=0.2) as game:
        await game.write("BTC/USD", price="100", timestamp="1")
        await game.until(lambda: game.place().ask > 0)
        assert game.place().ask_volume is None
        await game.until(lambda: game.place().ask_volume == 0)
        assert (game.place().ask, game.place().bid_volume) == (10_000, 0)
        await game.write("BTC/USD", timestamp="2")
        await game.until(lambda: game.place().ask_volume is None)


async def test_a_price_set_by_hand_counts_at_once(own_valkey: ValkeyThread) -> None:
    """Orders it reaches are filled, it is shown to others, and what was there does not undo it."""
    async with fed(own_valkey) as game:
        await game.write("BTC/USD", price="100", timestamp="1", bid="99", ask="101")
        await game.until(lambda: game.place().ask == 10_100)
        order = game.bench.submit(buy(game, 10**9, 9_000)).order
        applied = await game.ticking.set_price("BTC/USD", Decimal(90), None, Decimal(7))
        assert applied.rejection is None
        assert order is not None
        assert applied.ended == [order]
        place = game.place()
        assert (place.bid, place.ask, place.bid_volume) == (9_000, 9_000, None)
        assert place.carry == '{"price":"90"}'
        shown = await game.read("BTC/USD")
        assert (shown["price"], shown["bid"], shown["ask"]) == ("90", "90", "90")
        assert (shown["askVolume"], "bidVolume" in shown) == ("7", False)
        await game.write("ETH/USD", price="1", timestamp="1")
        await game.until(lambda: game.place().ask_volume == 7 * 10**10)  # taken from, and anew
        assert (place.bid, place.ask) == (9_000, 9_000)
        await game.write("BTC/USD", price="95", timestamp="9")
        await game.until(lambda: game.place().ask == 9_500)


async def test_a_model_goes_on_from_a_price_set_by_hand() -> None:
    """Bid and ask are that price, whatever the model's spread, until its next tick."""
    spread = MarketRules("BTC/USD", "BTC", "USD", oracle="constant:price=1000,spread=2")
    async with fed(None, spread, interval_ms=200) as game:
        await game.until(lambda: game.place().bid == 99_900)
        await game.ticking.set_price("BTC/USD", Decimal("70.004"))
        assert (game.place().bid, game.place().ask) == (7_000, 7_000)
        await game.until(lambda: game.place().bid == 6_900)
        assert game.place().ask == 7_100


async def test_each_price_set_by_hand_draws_anew() -> None:
    """Twice between two ticks of the model is twice the same index, and another draw."""
    async with fed(None, MODEL, interval_ms=SLOW_MS) as game:
        await game.until(lambda: game.place().bid > 0)
        for price in (90, 91):
            await game.ticking.set_price("BTC/USD", Decimal(price))
        first, second, third = await game.journaled(Tick)
        assert first.draw == draw_u64(1, "market/BTC/USD#tick", 0)
        assert (second.index, third.index) == (0, 0)
        assert len({first.draw, second.draw, third.draw}) == 3
        assert all(0 < tick.draw < 2**64 for tick in (second, third))


@pytest.mark.parametrize(
    ("symbol", "price", "volume", "code"),
    [
        ("NO/NE", "1", None, Code.FILTER_SYMBOL),
        ("BTC/USD", "0", None, Code.FILTER_MIN_PRICE),
        ("BTC/USD", "0.009", None, Code.FILTER_MIN_PRICE),
        ("BTC/USD", "-1", None, Code.FILTER_MIN_PRICE),
        ("BTC/USD", "1000000000001", None, Code.FILTER_MAX),
        ("BTC/USD", "NaN", None, Code.PARAM_NUMBER),
        ("BTC/USD", "Infinity", None, Code.PARAM_NUMBER),
        ("BTC/USD", "1", "-1", Code.PARAM_NUMBER),
        ("BTC/USD", "1", "NaN", Code.PARAM_NUMBER),
    ],
)
async def test_what_cannot_be_a_price_is_refused(
    symbol: str, price: str, volume: str | None, code: Code
) -> None:
    """With the code that says why, and nothing has moved."""
    async with fed(None, MODEL, interval_ms=SLOW_MS) as game:
        await game.until(lambda: game.place().bid > 0)
        amount = None if volume is None else Decimal(volume)
        applied = await game.ticking.set_price(symbol, Decimal(price), amount)
        assert applied.rejection is not None
        assert applied.rejection.code is code
        assert game.place().bid == 100_000


async def test_a_halted_game_takes_no_price() -> None:
    """What cannot be journaled is refused, and the model has not moved either."""
    async with fed(None, MODEL, interval_ms=20) as game:
        await game.until(lambda: game.place().bid > 0)
        game.bench.game.halted = True
        applied = await game.ticking.set_price("BTC/USD", Decimal(5))
        game.bench.game.halted = False
        assert applied.rejection is not None
        assert applied.rejection.code is Code.STATE_HALTED
        await asyncio.sleep(0.1)  # some ticks, which would tell
        assert game.place().bid == 100_000


async def test_a_price_waits_its_turn_behind_late_ticks() -> None:
    """A batch that is full is sent first; then the price counts, and its outcome is known."""
    async with fed(None, MODEL, interval_ms=SLOW_MS) as game:
        await game.until(lambda: game.place().bid > 0)
        game.bench.game.full = True
        loop = asyncio.get_running_loop()
        loop.call_later(0.02, setattr, game.bench.game, "full", False)
        applied = await game.ticking.set_price("BTC/USD", Decimal(5))
        assert applied.rejection is None
        assert game.place().bid == 500
