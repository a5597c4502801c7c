"""A ticker that another program writes opens its market, which then trades."""

import asyncio
import logging

import pytest

from cxgame.game import Game
from cxgame.model.commands import AddMarket, PlacePending, Tick
from cxgame.model.enums import OrderStatus, OrderType, Side
from cxgame.recovery import replay
from cxgame.server.play.prices import build_oracle
from cxgame.server.play.ticking import Ticking
from cxgame.store.tickers import Ticker, Tickers
from tests.server.play.fed import FOLLOWED, fed, own_valkey
from tests.store.embedded_fixture import ValkeyThread
from tests.support.serving import WITHIN_S

__all__ = ["own_valkey"]

MANY = 500


async def test_a_key_opens_its_market_and_trades(own_valkey: ValkeyThread) -> None:
    """Its steps follow from the price, its fees are the game's, and the house quotes it at once."""
    async with fed(own_valkey, discovers=True) as game:
        await game.write("DOGE/USD", price="0.12345678901", timestamp="1")
        await game.until(lambda: "DOGE/USD" in game.symbols and game.place("DOGE/USD").ask > 0)
        place = game.place("DOGE/USD")
        assert place.market.rules.taker_fee == FOLLOWED.taker_fee
        assert (place.market.rules.tick, place.market.rules.lot) == ("0.00000001", "0.0000000001")
        assert (place.bid, place.ask) == (12_345_678, 12_345_679)
        (added,), ticks = await game.journaled(AddMarket), await game.journaled(Tick)
        assert added.rules == place.market.rules
        assert [tick.draw > 0 for tick in ticks if tick.market == place.market.id] == [True]
        account = game.accounts[0]
        order = game.bench.submit(
            PlacePending(account, place.market.id, Side.BUY, OrderType.LIMIT, 12_400_000, 10**12, 0)
        ).order
        assert order is not None
        assert order.status is OrderStatus.FILLED


async def test_hundreds_of_markets_open_and_follow(own_valkey: ValkeyThread) -> None:
    """All of them by themselves, in both spellings, each once; later each change is a tick."""
    tickers = Tickers(own_valkey.endpoint)
    named = {f"C{number}/USD": f"{number + 1}.5" for number in range(MANY)}
    await tickers.write(Ticker(symbol, price, "1") for symbol, price in named.items())
    async with fed(own_valkey, discovers=True) as game:
        await game.write("OLD/USD", prefix="sym_", price="7", timestamp="1")
        await game.until(
            lambda: (
                len(game.symbols) == MANY + 2
                and all(game.place(symbol).ask for symbol in game.symbols - {"BTC/USD"})
            )
        )
        assert len(await game.journaled(AddMarket)) == MANY + 1
        await tickers.write(Ticker(symbol, price + "1", "2") for symbol, price in named.items())
        for symbol, price in named.items():
            carry = f'{{"price":"{price}1","timestamp":2.0}}'
            await game.until(lambda: game.place(symbol).carry == carry)  # noqa: B023
    await tickers.close()


async def test_without_being_asked_no_market_opens(own_valkey: ValkeyThread) -> None:
    """A key is a price for a market that is there, and no more."""
    async with fed(own_valkey) as game:
        await game.write("DOGE/USD", price="1", timestamp="1")
        await game.write("BTC/USD", price="1", timestamp="1")
        await game.until(lambda: game.place().bid > 0)
        assert game.symbols == {"BTC/USD"}


async def test_what_can_be_no_market_is_said_once(
    own_valkey: ValkeyThread, caplog: pytest.LogCaptureFixture
) -> None:
    """A bad key hides no good one, and may become good."""
    bad = {
        "btc/usdt": "1",
        "USD/USD": "1",
        "TOO/LOW": "1e-13",
        "NOT/ANUMBER": "NaN",
        "ABOVE/USD": "5",
    }
    with caplog.at_level(logging.WARNING, "cxgame"):
        async with fed(own_valkey, discovers=True) as game:
            for symbol, price in bad.items():
                await game.write(symbol, price=price, timestamp="1")
            await game.write("ABOVE/USD", bid="6")
            await game.write("GOOD/USD", price="1", timestamp="1")
            await game.until(lambda: "GOOD/USD" in game.symbols)
            await game.write("NOT/ANUMBER", price="3")
            await game.until(lambda: "NOT/ANUMBER" in game.symbols)
            assert game.symbols == {"BTC/USD", "GOOD/USD", "NOT/ANUMBER"}
    for symbol in bad:
        assert sum(symbol in message for message in caplog.messages) == 1, symbol


async def test_a_mirror_of_ours_opens_nothing(own_valkey: ValkeyThread) -> None:
    """Two games on one Valkey do not open each other's markets."""
    other = Tickers(own_valkey.endpoint)
    await other.mirror([Ticker("OTHER/USD", "5", "1", "5", "5")])
    async with fed(own_valkey, discovers=True) as game:
        await game.write("GOOD/USD", price="1", timestamp="1")
        await game.until(lambda: "GOOD/USD" in game.symbols)
        assert game.symbols == {"BTC/USD", "GOOD/USD"}
    await other.close()


async def test_markets_are_bounded(
    own_valkey: ValkeyThread, caplog: pytest.LogCaptureFixture
) -> None:
    """Beyond the most, no more open, and that is said once."""
    tickers = Tickers(own_valkey.endpoint)
    await tickers.write(Ticker(f"C{number}/USD", "5", "1") for number in range(60))
    with caplog.at_level(logging.WARNING, "cxgame"):
        async with fed(own_valkey, discovers=True, max_markets=8) as game:
            await game.until(lambda: "there are 8 markets; no more are opened" in caplog.messages)
            assert len(game.symbols) == 8
    assert len(caplog.messages) == 1
    await tickers.close()


async def test_markets_that_were_added_go_on_after_a_restart(own_valkey: ValkeyThread) -> None:
    """The journal alone knows them; they follow their tickers from where they stood."""
    async with fed(own_valkey, discovers=True) as game:
        await game.write("DOGE/USD", price="2", timestamp="1", bid="1", ask="3")
        await game.until(lambda: "DOGE/USD" in game.symbols and game.place("DOGE/USD").ask > 0)
        await game.bench.game.settled()
        bench = game.bench
    replayed = await replay(bench.journal)
    engine, clock = replayed.engine, bench.clock
    head = {"batch_seq": replayed.batch_seq, "batch_hash": replayed.batch_hash}
    again = Game(bench.journal, clock, engine, replayed.recent, **head)
    tickers = Tickers(own_valkey.endpoint)
    oracle = build_oracle(engine.known_rules, engine.markets, "main")
    task = Ticking(again, oracle, tickers).start()
    await tickers.write([Ticker("DOGE/USD", "5", "2")])
    place = engine.markets[engine.market_ids["DOGE/USD"]]
    async with asyncio.timeout(WITHIN_S):
        while place.bid != 5 * 10**8:
            await asyncio.sleep(0.005)
    assert place.tick_index > 0
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    await again.stop()
    await tickers.close()
