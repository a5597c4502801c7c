"""Ticks, and the house as a level: what its quotes fill, and when they do nothing."""

import pytest

from cxgame.engine.orders import Order
from cxgame.model.commands import Pause, Start, Tick
from cxgame.model.enums import Liquidity, Mid, Side, TimeInForce
from cxgame.model.events import Ticker, Trade
from tests.engine.desk import ALICE, BOB, Desk, kinds


def house_desk(**rules: object) -> Desk:
    """A game in which the house quotes."""
    return Desk(liquidity=Liquidity.HOUSE, **rules)


def tick(desk: Desk, bid: int, ask: int, *volumes: int | None) -> list[str]:
    """New quotes; what follows from them."""
    index = desk.engine.markets[0].tick_index + 1
    return kinds(desk.do(Tick(0, index, bid, ask, *volumes)).events)


def test_a_tick_that_changes_nothing_is_no_event() -> None:
    """Neither quotes nor volumes nor the mid; so it is not journaled, and the index stays."""
    desk = Desk()
    assert tick(desk, 99, 101, 5, 5) == ["Ticker"]
    assert tick(desk, 99, 101, 5, 5) == []
    assert tick(desk, 99, 101, 5, 6) == ["Ticker"]
    place = desk.engine.markets[0]
    assert (place.bid, place.ask, place.ask_volume, place.tick_index, place.mid2) == (
        99, 101, 6, 2, 200
    )  # fmt: skip
    place.mid2 = 7
    assert tick(desk, 99, 101, 5, 6) == ["Ticker"], "it sets the mid again"


def test_the_oracle_may_carry_something_on() -> None:
    """For the next tick after a restart."""
    desk = Desk()
    (event,) = desk.do(Tick(0, 41, 99, 101, carry="0.5")).events
    assert event == Ticker(0, 41, 99, 101)
    assert (desk.engine.markets[0].carry, desk.engine.markets[0].tick_index) == ("0.5", 41)


def test_without_house_liquidity_a_tick_trades_with_nobody() -> None:
    """It moves the mid, or not even that."""
    desk = Desk(mid=Mid.BOOK)
    desk.buy(ALICE, 1, 90)
    assert tick(desk, 50, 60) == ["Ticker"]
    assert desk.engine.markets[0].mid2 == 200
    assert desk.engine.last_trade_id == 0


def test_a_tick_fills_what_it_crosses_on_both_sides() -> None:
    """At the house's quote, best price first; what goes on holds what it needs."""
    desk = house_desk()
    low, high = desk.buy(ALICE, 5, 90), desk.buy(ALICE, 2, 92)
    ask = desk.sell(BOB, 3, 110)
    assert tick(desk, 80, 89, None, 4) == [
        "Ticker", "Trade", "OrderFilled", "Trade",
    ]  # fmt: skip
    assert fills([high, low]) == [(2, 0), (2, 3)]
    assert desk.owns(ALICE)["USD"] == (10_000 - 4 * 89 - 3 * 90, 3 * 90)
    assert desk.engine.markets[0].ask_volume == 0
    assert tick(desk, 110, 120, 2, None) == ["Ticker", "Trade"]
    assert fills([ask]) == [(2, 1)]
    assert desk.engine.markets[0].bid_volume == 0
    assert tick(desk, 111, 120) == ["Ticker", "Trade", "OrderFilled"]
    assert desk.owns(BOB)["USD"] == (10_000 + 2 * 110 + 111, 0)
    assert desk.engine.violations() == []


def fills(orders: list[Order]) -> list[tuple[int, int]]:
    """What is filled and what is left of orders."""
    return [(order.filled, order.left) for order in orders]


def test_a_quote_without_volume_is_none() -> None:
    """And one at price 0 neither."""
    desk = house_desk()
    desk.buy(ALICE, 1, 90)
    assert tick(desk, 80, 85, None, 0) == ["Ticker"]
    desk.sell(BOB, 1, 200)
    assert tick(desk, 0, 0) == ["Ticker"]


def test_takers_share_the_volume_until_the_next_tick() -> None:
    """On either side."""
    desk = house_desk()
    tick(desk, 99, 101, 3, 3)
    desk.buy(ALICE, 2, 101)
    desk.sell(BOB, 2, 99)
    place = desk.engine.markets[0]
    assert (place.bid_volume, place.ask_volume) == (1, 1)
    ioc = TimeInForce.IOC
    assert fills([desk.buy(BOB, 2, 101, time_in_force=ioc)]) == [(1, 1)]
    assert fills([desk.sell(ALICE, 2, 99, time_in_force=ioc)]) == [(1, 1)]


@pytest.mark.parametrize("side", Side)
def test_quotes_wait_while_the_game_is_paused(side: Side) -> None:
    """The start fills what they have crossed meanwhile."""
    desk = house_desk()
    order = desk.order(ALICE, side, 1, 90 if side is Side.BUY else 110)
    desk.do(Pause())
    assert tick(desk, *((80, 85) if side is Side.BUY else (115, 120))) == ["Ticker"]
    events = desk.do(Start()).events
    assert kinds(events) == ["PhaseChanged", "Trade", "OrderFilled"]
    (trade,) = [event for event in events if isinstance(event, Trade)]
    assert trade.price == (85 if side is Side.BUY else 115)
    assert trade.taker_side is not side
    assert order.left == 0
