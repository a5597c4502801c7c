"""Amending: another price or quantity, the place in the queue, the hold, and what is refused."""

from typing import Any

import pytest
from msgspec.structs import replace

from cxgame.engine.orders import Order
from cxgame.engine.state import Applied
from cxgame.model.commands import AmendOrder, Close, Pause, PlaceOrder, SetBalance, Tick
from cxgame.model.enums import Mid, OrderStatus, OrderType, Reason, SelfTrade, SellFee, Side, Verb
from cxgame.model.events import OrderAmended, Trade
from cxgame.model.units import ONE
from tests.engine.desk import ALICE, BOB, MARKET, Desk, kinds
from tests.engine.pending_desk import CHARGED, house_desk, place, waiting

BUY, SELL = Side


def amend(desk: Desk, order: Order, **fields: Any) -> Applied:
    """Its owner changes an order."""
    applied = desk.do(AmendOrder(order.account, order.id, **fields))
    assert desk.engine.violations() == []
    return applied


def amended(desk: Desk, order: Order, **fields: Any) -> list[str]:
    """What follows from a change that must be accepted."""
    applied = amend(desk, order, **fields)
    assert applied.rejection is None
    assert (applied.order, applied.order_id) == (order, order.id)
    return kinds(applied.events)


def queue(desk: Desk, side: Side, price: int) -> list[int]:
    """The ids of the orders at a price, first come first."""
    return [order.id for order in desk.engine.markets[0].book.side(side).levels[price]]


def test_less_at_the_same_price_keeps_the_place() -> None:
    """The level sums to less, and what is needed no more is free."""
    desk = Desk()
    first, second = desk.buy(ALICE, 5, 90), desk.buy(BOB, 5, 90)
    (event,) = amend(desk, first, quantity=3).events
    assert event == OrderAmended(0, first.id, ALICE, 90, 3, 3, in_place=True)
    assert queue(desk, BUY, 90) == [first.id, second.id]
    assert desk.engine.markets[0].book.depth(BUY, 1) == [(90, 8)]
    assert desk.owns(ALICE)["USD"] == (10_000 - 270, 270)


@pytest.mark.parametrize(
    ("fields", "price", "ids"),
    [({"quantity": 6}, 90, [2, 1]), ({"price": 91}, 91, [3, 1]), ({"price": 89}, 89, [4, 1])],
)
def test_anything_else_gives_the_place_up(
    fields: dict[str, Any], price: int, ids: list[int]
) -> None:
    """More of it, or another price: the order stands behind those that are there."""
    desk = Desk()
    first = desk.buy(ALICE, 5, 90)
    for bid in (90, 91, 89):
        desk.buy(BOB, 5, bid)
    (event,) = amend(desk, first, **fields).events
    assert isinstance(event, OrderAmended)
    assert not event.in_place
    assert queue(desk, BUY, price) == ids
    due = first.price * first.left
    assert desk.owns(ALICE)["USD"] == (10_000 - due, due)


def test_both_at_once() -> None:
    """Less at another price loses the place as well."""
    desk = Desk()
    order = desk.sell(ALICE, 5, 110)
    (event,) = amend(desk, order, price=111, quantity=2).events
    assert event == OrderAmended(0, order.id, ALICE, 111, 2, 2, in_place=False)
    assert desk.owns(ALICE)["BTC"] == (98, 2)


def test_the_quantity_counts_what_was_filled() -> None:
    """4 of which 3 are filled leave 1."""
    desk = Desk()
    order = desk.sell(ALICE, 10, 100)
    desk.buy(BOB, 3, 100)
    (event,) = amend(desk, order, quantity=4).events
    assert event == OrderAmended(0, order.id, ALICE, 100, 4, 1, in_place=True)
    assert (order.quantity, order.filled, order.left) == (4, 3, 1)
    assert desk.owns(ALICE)["BTC"] == (96, 1)


@pytest.mark.parametrize("quantity", [3, 2, 1])
def test_no_more_than_what_was_filled_cancels_the_rest(quantity: int) -> None:
    """Whatever the price says."""
    desk = Desk()
    order = desk.sell(ALICE, 10, 100)
    desk.buy(BOB, 3, 100)
    assert amended(desk, order, quantity=quantity, price=1) == ["OrderClosed"]
    assert (order.status, order.reason) == (OrderStatus.CANCEL, Reason.USER)
    assert (order.price, order.quantity) == (100, 10)
    assert desk.owns(ALICE)["BTC"] == (97, 0)


def test_what_self_trade_prevention_cut_stays_cut() -> None:
    """Of 10, 4 were cut: to ask for 8 leaves 4, and for 4 nothing."""
    desk = Desk()
    order = desk.sell(ALICE, 10, 100)
    desk.buy(ALICE, 4, 100, self_trade=SelfTrade.DECREMENT)
    assert amended(desk, order, quantity=8) == ["OrderAmended"]
    assert order.left == 4
    assert amended(desk, order, quantity=4) == ["OrderClosed"]


@pytest.mark.parametrize(
    "fields", [{}, {"price": 90}, {"quantity": 5}, {"price": 90, "quantity": 5}]
)
def test_what_changes_nothing_is_no_event(fields: dict[str, Any]) -> None:
    """The answer is the order as it is."""
    desk = Desk()
    order = desk.buy(ALICE, 5, 90)
    before = desk.engine.state_hash()
    assert amended(desk, order, **fields) == []
    assert desk.engine.state_hash() == before


def test_at_its_new_price_it_meets_others_as_a_taker() -> None:
    """At their prices; what is left rests, and holds what that needs."""
    desk = Desk()
    order = desk.buy(ALICE, 5, 90)
    desk.sell(BOB, 2, 100)
    applied = amend(desk, order, price=101)
    assert kinds(applied.events) == ["OrderAmended", "Trade", "OrderFilled"]
    trade = applied.events[1]
    assert isinstance(trade, Trade)
    assert (trade.price, trade.taker_side, trade.buy_left) == (100, BUY, 3)
    assert queue(desk, BUY, 101) == [order.id]
    assert desk.owns(ALICE)["USD"] == (10_000 - 200 - 303, 303)


def test_it_may_be_filled_by_that() -> None:
    """And is known no more."""
    desk = Desk()
    order = desk.buy(ALICE, 2, 90)
    desk.sell(BOB, 2, 100)
    assert amended(desk, order, price=100) == [
        "OrderAmended",
        "Trade",
        "OrderFilled",
        "OrderFilled",
    ]
    assert order.status is OrderStatus.FILLED
    assert order.id not in desk.engine.orders
    assert order.id not in desk.engine.accounts[ALICE].orders
    assert desk.owns(ALICE)["USD"] == (9_800, 0)


def test_its_self_trade_mode_is_the_one_it_was_placed_with() -> None:
    """To expire the taker ends the order that was amended."""
    desk = Desk(self_trade=SelfTrade.NONE)
    order = desk.buy(ALICE, 2, 90, self_trade=SelfTrade.EXPIRE_TAKER)
    desk.sell(ALICE, 2, 100)
    assert amended(desk, order, price=100) == ["OrderAmended", "OrderClosed"]
    assert order.reason is Reason.SELF_TRADE
    assert desk.owns(ALICE)["USD"] == (10_000, 0)


def test_the_house_is_met_too() -> None:
    """It asks 101."""
    desk = house_desk()
    order = desk.buy(ALICE, 2, 90)
    assert amended(desk, order, price=105) == ["OrderAmended", "Trade", "OrderFilled"]
    assert desk.owns(ALICE)["USD"] == (10_000 - 202, 0)


def test_fees_go_on_from_what_was_traded() -> None:
    """A tenth in either role, rounded once in each; what is held covers the rest, to the unit."""
    desk = Desk(CHARGED)
    order = desk.buy(ALICE, 10, 100)
    desk.sell(BOB, 3, 100)
    desk.sell(BOB, 2, 110)
    assert amended(desk, order, price=110) == ["OrderAmended", "Trade", "OrderFilled"]
    assert (order.maker_fee, order.taker_fee) == (30 * ONE, 22 * ONE)
    assert order.hold == 5 * 110 * 11 * ONE // 10
    assert amended(desk, order, quantity=6) == ["OrderAmended"]
    assert order.hold == 110 * 11 * ONE // 10


def test_a_makers_verb_binds_a_new_price_only() -> None:
    """The mid is 100, and goes to 80: the price that the order has may stay."""
    desk = Desk()
    order = desk.do(PlaceOrder(ALICE, 0, Verb.BUY, BUY, OrderType.LIMIT, 90, 5)).order
    assert order is not None
    desk.do(Tick(0, 1, 80, 80))
    assert amended(desk, order, quantity=7) == ["OrderAmended"]
    rejection = amend(desk, order, price=80).rejection
    assert rejection is not None
    assert (rejection.code, rejection.facts["got"]) == ("ORDER_NOT_MAKER", "80")
    assert amended(desk, order, price=79) == ["OrderAmended"]


def test_the_mid_by_book_follows() -> None:
    """Best bid and ask of the players."""
    desk = Desk(mid=Mid.BOOK)
    order = desk.buy(ALICE, 1, 90)
    desk.sell(BOB, 1, 110)
    amended(desk, order, price=100)
    assert desk.engine.markets[0].mid2 == 210


def test_an_order_alone_at_its_price_takes_its_level_along() -> None:
    """One that leaves others behind would open one level too many."""
    desk = Desk(replace(MARKET, max_levels=2))
    alone, order = desk.buy(ALICE, 1, 90), desk.buy(ALICE, 1, 80)
    assert amended(desk, alone, price=91) == ["OrderAmended"]
    other = desk.buy(BOB, 1, 80)
    rejection = amend(desk, order, price=81).rejection
    assert rejection is not None
    assert rejection.code == "LIMIT_LEVELS"
    assert queue(desk, BUY, 80) == [order.id, other.id]


REFUSALS: list[tuple[dict[str, Any], str]] = [
    ({"price": 100, "post_only": True}, "ORDER_POST_ONLY"),
    ({"price": 10**15 + 1}, "FILTER_MAX"),
    ({"price": 1}, "FILTER_MIN_PRICE"),
    ({"quantity": 10**18 + 1}, "FILTER_MAX"),
    ({"quantity": 1}, "FILTER_MIN_SIZE"),
    ({"quantity": 200}, "FUNDS_QUOTE"),
    ({"price": 99, "quantity": 200}, "FUNDS_QUOTE"),
    ({"price": 80, "deadline_ms": 999}, "STATE_DEADLINE"),
]


@pytest.mark.parametrize(("fields", "code"), REFUSALS)
def test_a_refused_change_leaves_no_trace(fields: dict[str, Any], code: str) -> None:
    """Alice bids for 5 at 90, bob asks for 5 at 100; it is 1,000 by the wall clock."""
    desk = Desk(replace(MARKET, min_size="2", min_price="2"))
    desk.wall_ms = 1_000
    order = desk.buy(ALICE, 5, 90)
    desk.sell(BOB, 5, 100)
    before = desk.engine.state_hash()
    applied = amend(desk, order, **fields)
    assert applied.rejection is not None
    assert applied.rejection.code == code
    assert (applied.order, applied.order_id, applied.events) == (None, 0, [])
    assert desk.engine.state_hash() == before


def test_funds_are_needed_for_what_is_more() -> None:
    """To the last coin, of a sell as of a buy."""
    desk = Desk()
    order, sell = desk.buy(ALICE, 50, 100), desk.sell(ALICE, 60, 200)
    rejection = amend(desk, order, price=201).rejection
    assert rejection is not None
    assert rejection.facts == {"asset": "USD", "limit": "5000.00", "got": "5050.00"}
    assert amended(desk, order, price=199) == ["OrderAmended"]
    assert amended(desk, sell, quantity=100) == ["OrderAmended"]
    rejection = amend(desk, sell, quantity=101).rejection
    assert rejection is not None
    assert rejection.code == "FUNDS_BASE"


def test_a_deadline_that_is_not_over_is_kept() -> None:
    """At its millisecond it is in time."""
    desk = Desk()
    desk.wall_ms = 1_000
    assert amended(desk, desk.buy(ALICE, 5, 90), price=91, deadline_ms=1_000) == ["OrderAmended"]


def test_only_ones_own_open_order_can_be_amended() -> None:
    """Others' and unknown ones are not found."""
    desk = Desk()
    order = desk.buy(ALICE, 5, 90)
    for account, id, facts in ((BOB, order.id, {}), (ALICE, 9, {"got": "9"})):
        rejection = desk.do(AmendOrder(account, id, 91)).rejection
        assert rejection is not None
        assert (rejection.code, rejection.facts) == ("ORDER_NOT_FOUND", facts)


@pytest.mark.parametrize(
    ("command", "code"), [(Pause(), "STATE_PAUSED"), (Close("over"), "STATE_CLOSED")]
)
def test_a_game_that_is_not_open_changes_no_order(command: Any, code: str) -> None:
    """Not even to less."""
    desk = Desk()
    order = desk.buy(ALICE, 5, 90)
    desk.do(command)
    rejection = amend(desk, order, quantity=1).rejection
    assert rejection is not None
    assert rejection.code == code


def test_an_order_that_waits_or_was_cut_or_holds_its_fee_cannot_be_amended() -> None:
    """It can be cancelled."""
    desk = house_desk(CHARGED, sell_fee=SellFee.HOLD)
    waits = waiting(desk, BUY, 1, delay_ms=50)
    holds_fee = place(desk, SELL, 1, 110).order
    cut = desk.buy(BOB, 1, 90)
    desk.do(SetBalance(BOB, "USD", "0", "0"))
    assert holds_fee is not None
    assert cut.short
    reasons = []
    for order in (waits, holds_fee, cut):
        rejection = amend(desk, order, price=95).rejection
        assert rejection is not None
        assert rejection.code == "ORDER_NOT_AMENDABLE"
        reasons.append(rejection.facts["got"])
    assert reasons == [
        "it is not in the book",
        "it holds its fee",
        "an admin has cut what it holds",
    ]
