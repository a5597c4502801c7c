"""Quotes become ticks: rounding, volumes, and a tape that a restart continues."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cxgame.model.events import Ticker
from cxgame.model.market import Market, build_market
from cxgame.model.rules import MarketRules
from cxgame.model.units import MAX_TICKS
from cxgame.oracle import Oracle, Quote, parse
from cxgame.pipeline import Released
from cxgame.server.exchange import CxExchange
from cxgame.server.play.prices import tick
from cxgame.server.play.ticking import Ticking
from cxgame.store.datadir import read_running
from cxgame.store.endpoint import Endpoint
from cxgame.store.link import Link
from tests.support.games import Bench
from tests.support.serving import WITHIN_S, player, served

SOURCE = "random_walk:volatility=0.01"


def market() -> Market:
    """Ticks of 0.05, lots of 0.001."""
    return build_market(0, MarketRules("BTC/USD", "BTC", "USD", tick="0.05", lot="0.001"), 0, 1)


def quote(bid: str, ask: str, volume: str | None = None) -> Quote:
    """A quote with these sides, and the volume on both."""
    lots = None if volume is None else Decimal(volume)
    return Quote(
        "BTC/USD", 3, Decimal(bid), Decimal(bid), Decimal(ask), lots, lots, '{"price":"1"}'
    )


@pytest.mark.parametrize(
    ("price", "ticks"),
    [
        ("1000", 20_000),
        ("1000.02", 20_000),
        ("1000.03", 20_001),
        ("1000.025", 20_000),
        ("1000.075", 20_002),
        ("0.000001", 1),
        ("1e12", 20 * 10**12),
    ],
)
def test_prices_round_to_the_nearest_tick(price: str, ticks: int) -> None:
    """To the even one in the middle, so that bid and ask stay equal; never to zero."""
    made = tick(quote(price, price), market(), 1)
    assert made.bid == made.ask == ticks
    assert (made.index, made.carry) == (3, '{"price":"1"}')


@pytest.mark.parametrize(
    ("bid", "ask", "ticks"),
    [
        ("1000", "1000", (20_000, 20_000)),
        ("1000.049", "1000.051", (20_000, 20_002)),
        ("1000.02", "1000.02", (20_000, 20_001)),
        ("0.000001", "0.000001", (1, 1)),
        ("1e12", "1e12", (20 * 10**12, 20 * 10**12)),
    ],
)
def test_fed_prices_round_outward(bid: str, ask: str, ticks: tuple[int, int]) -> None:
    """Nobody trades better than another program's ticker says; never below one tick."""
    made = tick(replace(quote(bid, ask), is_fed=True), market(), 1)
    assert (made.bid, made.ask) == ticks


@given(st.decimals("0.00000001", "100000000000", places=8, allow_nan=False))
def test_fed_prices_lie_within_a_tick(price: Decimal) -> None:
    """The sides enclose the price, and are no further from it than they must be."""
    made = tick(replace(quote(str(price), str(price)), is_fed=True), market(), 1)
    size = Decimal("0.05")
    assert price <= made.ask * size < price + size
    assert price - size < made.bid * size <= price or made.bid == 1


def test_prices_stay_within_what_the_engine_can_count() -> None:
    """A price beyond the most ticks is the most ticks."""
    fine = build_market(0, MarketRules("BTC/USD", "BTC", "USD", tick="0.00001"), 0, 1)
    assert tick(quote("1e12", "1e12"), fine, 1).ask == MAX_TICKS


@pytest.mark.parametrize(
    ("volume", "lots"), [(None, None), ("0", 0), ("0.0019", 1), ("2.5", 2500), ("1e30", 10**18)]
)
def test_volumes_round_down_to_the_lot(volume: str | None, lots: int | None) -> None:
    """Nobody is offered more than there is; None stays without end."""
    made = tick(quote("1", "1", volume), market(), 1)
    assert made.bid_volume == made.ask_volume == lots


def test_the_draw_of_a_tick_is_keyed() -> None:
    """By seed, market and index: the same tick draws the same, another seed another."""
    draws = {tick(quote("1", "1"), market(), seed).draw for seed in (1, 1, 2)}
    assert len(draws) == 2
    assert all(0 <= number < 2**64 for number in draws)


async def test_a_restart_goes_on_with_the_same_tape(tmp_path: Path) -> None:
    """Before and after a restart every tick has the price that the seed gives it."""
    seen: dict[int, int] = {}
    highest = []
    for _ in range(2):
        server = CxExchange(
            port=0,
            bind="127.0.0.1",
            data_dir=tmp_path,
            oracle=[SOURCE],
            seed=11,
            tick_interval=0.001,
        )
        async with served(server):
            assert server.game is not None
            until = len(seen) + 100
            server.game.subscribe(lambda released: _collect(released, seen))
            async with asyncio.timeout(WITHIN_S):
                while len(seen) < until:
                    await asyncio.sleep(0.01)
        highest.append(max(seen))
    assert highest[1] > highest[0]
    tape = Oracle.from_specs({"BTC/USD": parse(SOURCE)}, 11, 0.001)
    expected: dict[int, int] = {}
    now_s = 0.0
    while max(seen) not in expected:
        for made in tape.quotes_due(now_s):
            expected[made.index] = round(made.bid * 100)
        now_s += 0.05
    assert {index: expected[index] for index in seen} == seen


async def test_ticks_of_a_halt_come_late_and_in_order() -> None:
    """While the journal does not answer no tick is lost: they follow when play resumes."""
    bench = Bench(timeout=0.05)
    await bench.open_with("alice")
    models = Oracle.from_specs({"BTC/USD": parse(SOURCE)}, 11, 0.001)
    seen: dict[int, int] = {}
    bench.game.subscribe(lambda released: _collect(released, seen))
    ticking = Ticking(bench.game, models, None).start()
    async with asyncio.timeout(WITHIN_S):
        while len(seen) < 10:
            await asyncio.sleep(0.01)
        bench.journal.gate.clear()
        while not bench.game.halted:
            await asyncio.sleep(0.01)
            bench.clock.pass_s(0.01)
        await asyncio.sleep(0.1)
        before = max(seen)
        bench.journal.gate.set()
        while max(seen) < before + 50:
            await asyncio.sleep(0.01)
    ticking.cancel()
    await asyncio.gather(ticking, return_exceptions=True)
    assert list(seen) == list(range(max(seen) + 1))
    await bench.game.stop()


async def test_another_program_sets_the_price(tmp_path: Path) -> None:
    """With the source `valkey` a ticker that a feeder writes is the market's price."""
    server = CxExchange(
        port=0, bind="127.0.0.1", data_dir=tmp_path, oracle=["valkey"], tick_interval=0.01
    )
    async with served(server), valkey(tmp_path) as link:
        await link.call("HSET", "tickers:BTC/USD", "price", "1234.5", "timestamp", "1")
        async with asyncio.timeout(WITHIN_S), player(server.port, "alice") as alice:
            while (await alice.ask("price"))["data"] != "1234.50":
                await asyncio.sleep(0.05)


async def test_our_own_prices_are_shown_to_other_programs(tmp_path: Path) -> None:
    """The oracle mirrors to `tickers:<SYMBOL>`, signed, and does not take its mirror for news."""
    server = CxExchange(port=0, bind="127.0.0.1", data_dir=tmp_path, tick_interval=0.01)
    async with served(server), valkey(tmp_path) as link:
        async with asyncio.timeout(WITHIN_S):
            while not (flat := await link.call("HGETALL", "tickers:BTC/USD")):
                await asyncio.sleep(0.02)
        fields = dict(zip(flat[::2], flat[1::2], strict=True))
        assert Decimal(fields[b"price"].decode()) == 1000
        assert b"writer" in fields
        assert server.game is not None
        await asyncio.sleep(0.1)
        assert server.game.engine.markets[0].tick_index == 0


@asynccontextmanager
async def valkey(data_dir: Path) -> AsyncIterator[Link]:
    """The embedded Valkey of a server that runs, as another program on this machine sees it."""
    running = read_running(data_dir)
    assert running is not None
    link = Link(Endpoint.unix(running.socket, running.username, running.password))
    yield link
    await link.close()


def _collect(released: Released, seen: dict[int, int]) -> None:
    for event in released.events:
        if isinstance(event, Ticker):
            seen[event.index] = event.bid
