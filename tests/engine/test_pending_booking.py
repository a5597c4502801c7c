"""What an order that waits sets aside, and what happens when the price has moved.

A tick of 1 and a lot of 1; alice and bob have 10,000 USD and 100 BTC each; the mid is 100.
"""

import pytest

from cxgame.model.commands import (
    Advance,
    CancelOrder,
    Tick,
)
from cxgame.model.enums import (
    OrderStatus,
    Reason,
    SellFee,
    Side,
)
from cxgame.model.events import OrderRejected
from cxgame.model.rules import MarketRules
from cxgame.model.units import ONE
from tests.engine.desk import ALICE, USD, Desk
from tests.engine.pending_desk import BUY, CHARGED, SELL, advance, house_desk, place, tick, waiting


@pytest.mark.parametrize(
    ("bid", "ask", "side", "price"),
    [(99, 101, BUY, 101), (99, 101, SELL, 100), (99, 102, BUY, 102), (99, 102, SELL, 100),
     (0, 0, BUY, 1), (0, 0, SELL, 1), (0, 1, SELL, 1)],
)  # fmt: skip
def test_a_market_buy_is_booked_at_the_ask_and_a_sell_at_the_mid(
    bid: int, ask: int, side: Side, price: int
) -> None:
    """In whole ticks, and one at least."""
    desk = house_desk()
    tick(desk, bid, ask)
    order = waiting(desk, side, 5)
    assert order.price == price
    assert order.hold == (5 * price if side is BUY else 5) * ONE


def test_without_the_house_a_buy_is_booked_at_the_mid_rounded_up() -> None:
    """There is no ask to be met but that of players."""
    desk = Desk()
    desk.do(Tick(0, 1, 98, 101))
    assert waiting(desk, BUY, 1).price == 100
    assert waiting(desk, SELL, 1).price == 99


def test_a_buy_sets_its_fee_aside_and_a_sell_too_where_the_rules_say_so() -> None:
    """The seller's fee in quote, at the mid or a better limit; only for this kind of order."""
    desk = house_desk(CHARGED, sell_fee=SellFee.HOLD)
    assert waiting(desk, BUY, 5).hold == (505 * ONE * 11) // 10
    sell = waiting(desk, SELL, 5)
    assert (sell.hold, sell.fee_hold) == (5 * ONE, 50 * ONE)
    low, high = place(desk, SELL, 5, 102).order, place(desk, SELL, 5, 200).order
    assert low is not None
    assert high is not None
    assert (low.fee_hold, high.fee_hold) == (51 * ONE, 100 * ONE)
    assert desk.sell(ALICE, 5, 200).fee_hold == 0
    assert desk.engine.violations() == []


def test_a_sellers_fee_comes_out_of_what_is_held_for_it() -> None:
    """Each fee lowers that; the rest comes back at the end."""
    desk = house_desk(CHARGED, sell_fee=SellFee.HOLD)
    tick(desk, 90, 101, 2, None)
    order = waiting(desk, SELL, 5)
    assert order.fee_hold == 5 * 10 * ONE - 2 * ONE, "at the mid of 95.5, rounded up"
    advance(desk, 1)
    assert order.fee_hold == 48 * ONE - 18 * ONE
    assert desk.owns(ALICE)["USD"] == (10_000 - 30 + 180 - 18, 30)
    desk.do(CancelOrder(ALICE, order.id))
    assert desk.owns(ALICE) == {"BTC": (98, 0), "USD": (10_000 + 180 - 18, 0)}
    assert desk.engine.violations() == []


def test_a_sellers_fee_beyond_what_is_held_is_paid_out_of_the_proceeds() -> None:
    """The price has moved up; nothing is left to release."""
    desk = house_desk(CHARGED, sell_fee=SellFee.HOLD)
    order = waiting(desk, SELL, 5)
    tick(desk, 200, 201)
    assert advance(desk, 1) == ["Trade", "OrderFilled"]
    assert (order.fee_hold, order.fees) == (0, 100 * ONE)
    assert desk.owns(ALICE)["USD"] == (10_000 + 900, 0)


# A price that has moved


def test_an_account_adds_to_the_hold_when_the_price_has_moved_up() -> None:
    """Out of what it has free."""
    desk = house_desk()
    order = waiting(desk, BUY, 10)
    tick(desk, 119, 121)
    assert advance(desk, 1) == ["Trade", "OrderFilled"]
    assert order.value == 1_210 * ONE
    assert desk.owns(ALICE)["USD"] == (10_000 - 1_210, 0)


def test_without_the_funds_for_that_the_order_is_rejected_and_all_is_released() -> None:
    """With a sentence for its owner; other orders' holds are not touched."""
    desk = house_desk()
    rests = desk.buy(ALICE, 10, 90)
    order = waiting(desk, BUY, 90)
    assert desk.owns(ALICE)["USD"] == (10, 900 + 9_090)
    tick(desk, 119, 121)
    events = desk.do(Advance(), 1).events
    text = "Insufficient USD reserved to buy (need 10890.00, have 9090.00)"
    assert events == [OrderRejected(0, order.id, ALICE, 90, text)]
    assert (order.status, order.reason) == (OrderStatus.REJECTED, Reason.REJECTED)
    assert order.comment == text
    assert desk.owns(ALICE)["USD"] == (9_100, 900)
    assert rests.hold == 900 * ONE
    assert desk.engine.violations() == []


def test_a_rejected_order_keeps_what_it_had_bought() -> None:
    """Its earlier fills stand."""
    desk = house_desk()
    tick(desk, 99, 101, None, 40)
    order = waiting(desk, BUY, 99)
    advance(desk, 1)
    assert tick(desk, 199, 201) == ["Ticker", "OrderRejected"]
    assert (order.filled, order.left) == (40, 59)
    assert desk.owns(ALICE) == {"BTC": (140, 0), "USD": (10_000 - 4_040, 0)}


def test_the_whole_balance_can_be_spent_in_parts() -> None:
    """The fee is rounded once on all of it, so the last part is not short of a unit."""
    unit = "0." + "0" * 23 + "1"
    odd = MarketRules(
        "BTC/USD", "BTC", "USD", tick="1", lot=unit, min_size=unit,
        min_price="1", start_price="100", taker_fee="0.007",
    )  # fmt: skip
    desk = house_desk(odd, grants={"USD": "0." + "0" * 21 + "509", "BTC": "1"})
    tick(desk, 99, 101, None, 3)
    order = waiting(desk, BUY, 5)
    assert (order.hold, desk.engine.accounts[ALICE].free[USD]) == (509, 0)
    advance(desk, 1)
    assert (order.value, order.fees, order.hold) == (303, 3, 203)
    tick(desk, 99, 101, None, 3)
    assert order.status is OrderStatus.FILLED
    assert (order.value, order.fees) == (505, 4)
    assert desk.engine.accounts[ALICE].free[USD] == 0


def test_what_is_left_free_by_a_better_price_comes_back() -> None:
    """While the order goes on, too."""
    desk = house_desk()
    order = waiting(desk, BUY, 10)
    tick(desk, 79, 81, None, 4)
    advance(desk, 1)
    assert (order.left, order.hold) == (6, 606 * ONE)
    assert desk.owns(ALICE)["USD"] == (10_000 - 4 * 81 - 606, 606)
