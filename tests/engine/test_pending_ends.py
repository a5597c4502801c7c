"""How orders that wait end: cancelled, expired, closed, rejected, or met by their own.

A tick of 1 and a lot of 1; alice and bob have 10,000 USD and 100 BTC each; the mid is 100.
"""

from typing import Any

import pytest

from cxgame.model.commands import (
    CancelAll,
    CancelOrder,
    Close,
    EndRound,
    Pause,
    SetBalance,
    Start,
)
from cxgame.model.enums import (
    Mid,
    OrderStatus,
    Phase,
    Reason,
    SelfTrade,
    SellFee,
)
from cxgame.model.events import OrderClosed
from cxgame.model.units import ONE
from tests.engine.desk import ALICE, BOB, Desk, kinds
from tests.engine.pending_desk import BUY, CHARGED, SELL, advance, house_desk, tick, waiting


@pytest.mark.parametrize("expired", [False, True])
def test_it_can_be_cancelled_while_it_waits(expired: bool) -> None:
    """Its hold comes back, and when its time comes nothing happens."""
    desk = house_desk(CHARGED, sell_fee=SellFee.HOLD)
    order = waiting(desk, SELL, 5, delay_ms=100)
    (event,) = desk.do(CancelOrder(ALICE, order.id, expired)).events
    assert isinstance(event, OrderClosed)
    assert event.reason is order.reason is (Reason.EXPIRED if expired else Reason.USER)
    assert desk.owns(ALICE) == {"BTC": (100, 0), "USD": (10_000, 0)}
    assert advance(desk, 100) == ["TimePassed"]


def test_cancel_all_reaches_what_waits() -> None:
    """By side, as other orders."""
    desk = house_desk()
    buy, sell = waiting(desk, BUY, 1, delay_ms=9), waiting(desk, SELL, 1, delay_ms=9)
    assert desk.do(CancelAll(ALICE, side=SELL)).cancelled == [sell.id]
    assert list(desk.engine.markets[0].waiting) == [buy.id]


@pytest.mark.parametrize("command", [Close("shutdown"), EndRound()])
def test_the_end_takes_what_waits_with_it(command: Any) -> None:
    """Its timer, too."""
    desk = house_desk()
    order = waiting(desk, BUY, 1, delay_ms=100)
    desk.do(command)
    assert (order.status, order.reason) == (OrderStatus.CANCEL, Reason.CLOSED)
    assert desk.engine.next_due_ns is None
    assert desk.owns(ALICE)["USD"] == (10_000, 0)


def test_a_time_limit_before_its_time_ends_it() -> None:
    """And one at the same time, as that was set before; what was due before is still filled."""
    desk = house_desk(time_limit_ms=100)
    early, late = waiting(desk, BUY, 1, delay_ms=99), waiting(desk, BUY, 1, delay_ms=100)
    assert advance(desk, 105)[:4] == ["Trade", "OrderFilled", "OrderClosed", "PhaseChanged"]
    assert (early.status, late.status) == (OrderStatus.FILLED, OrderStatus.CANCEL)
    assert desk.engine.phase is Phase.CLOSED
    assert desk.engine.next_due_ns is None


def test_a_pause_while_it_waits_is_no_waiting_time() -> None:
    """Game time stands still; a tick meanwhile sets nothing off, and the start does not either."""
    desk = house_desk()
    tick(desk, 99, 101, 1, 1)
    goes_on = waiting(desk, BUY, 2)
    advance(desk, 1)
    order = waiting(desk, BUY, 1, delay_ms=100)
    desk.do(Pause(), 50)
    assert tick(desk, 99, 101, 9, 9) == ["Ticker"]
    assert kinds(desk.do(Start()).events) == ["PhaseChanged"]
    assert (order.left, goes_on.left) == (1, 1)
    assert tick(desk, 99, 101, 9, 9) == ["Ticker", "Trade", "OrderFilled"]
    assert goes_on.status is OrderStatus.FILLED
    assert advance(desk, 101) == ["Trade", "OrderFilled"]


def test_an_order_cut_by_an_admin_is_rejected_when_it_would_be_filled() -> None:
    """Though its account has the money; not before, and not while nothing is offered."""
    desk = house_desk()
    tick(desk, 99, 101, 0, 0)
    order = waiting(desk, BUY, 5)
    desk.do(SetBalance(ALICE, "USD", str(10_000 * ONE), str(500 * ONE)))
    assert (order.hold, order.short) == (500 * ONE, True)
    assert advance(desk, 1) == ["TimePassed"]
    assert tick(desk, 99, 101, 3, 3) == ["Ticker", "OrderRejected"]
    assert order.comment == "Insufficient USD reserved to buy (need 505.00, have 500.00)"
    assert desk.owns(ALICE)["USD"] == (10_500, 0)
    assert desk.engine.violations() == []


@pytest.mark.parametrize(
    ("asset", "held", "comment"),
    [("BTC", 4, "Insufficient BTC reserved for sell (need 5.00000000, have 4.00000000)"),
     ("USD", 49, "Insufficient USD reserved for sell to pay fee (need 50.00, have 49.00)")],
)  # fmt: skip
def test_a_sell_is_cut_in_its_base_or_in_its_fee(asset: str, held: int, comment: str) -> None:
    """Either makes it end rejected."""
    desk = house_desk(CHARGED, sell_fee=SellFee.HOLD)
    order = waiting(desk, SELL, 5)
    desk.do(SetBalance(ALICE, asset, "0", str(held * ONE)))
    assert advance(desk, 1) == ["OrderRejected"]
    assert order.comment == comment
    assert desk.engine.violations() == []


@pytest.mark.parametrize(
    ("mode", "events", "status"),
    [
        (SelfTrade.SKIP, ["Trade", "OrderFilled"], OrderStatus.FILLED),
        (SelfTrade.EXPIRE_TAKER, ["OrderClosed"], OrderStatus.CANCEL),
        (SelfTrade.EXPIRE_BOTH, ["OrderClosed", "OrderClosed"], OrderStatus.CANCEL),
        (SelfTrade.EXPIRE_MAKER, ["OrderClosed", "Trade", "OrderFilled"], OrderStatus.FILLED),
        (SelfTrade.DECREMENT, ["OrderReduced", "OrderReduced", "OrderClosed"], OrderStatus.CANCEL),
    ],
)
def test_an_own_order_is_met_as_the_game_says(
    mode: SelfTrade, events: list[str], status: OrderStatus
) -> None:
    """A decrement that leaves nothing ends it, as the self-trade modes say of any order."""
    desk = house_desk(self_trade=mode)
    desk.sell(ALICE, 2 if mode is SelfTrade.DECREMENT else 1, 100)
    order = waiting(desk, BUY, 2)
    if mode is SelfTrade.DECREMENT:
        events = [*events[:2], "OrderClosed", "OrderClosed"]
    assert advance(desk, 1) == events
    assert order.status is status


def test_the_mid_follows_the_book_that_all_that_was_due_has_left() -> None:
    """Not what it was between two orders: a side that is gone in the end moves nothing."""
    desk = Desk(mid=Mid.BOOK)
    desk.buy(BOB, 1, 90)
    for price in (96, 100):
        desk.sell(BOB, 1, price)
    orders = [waiting(desk, BUY, 1), waiting(desk, BUY, 1)]
    assert desk.engine.markets[0].mid2 == 186
    advance(desk, 1)
    assert [order.status for order in orders] == [OrderStatus.FILLED] * 2
    assert desk.engine.markets[0].mid2 == 186
    for price in (96, 100):
        desk.sell(BOB, 1, price)
    waiting(desk, BUY, 1)
    advance(desk, 2)
    assert desk.engine.markets[0].mid2 == 190
