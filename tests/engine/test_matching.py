"""Plans: whom an order would meet, at what price and for how much; nothing is changed."""

from typing import Any

import pytest
from msgspec.structs import replace

from cxgame.engine.matching import NO_QUOTE, Meeting, Plan, Quote, crossed, make_plan, other_side
from cxgame.engine.orders import Order
from cxgame.model.commands import PlaceOrder
from cxgame.model.enums import OrderType, SelfTrade, Side, Verb
from cxgame.model.units import ONE
from tests.engine.desk import ALICE, BOB, MARKET, Desk

TRADE, EXPIRE, REDUCE, FAIL = Meeting


def asks(fee: str = "0", own: tuple[int, ...] = ()) -> Desk:
    """Bob asks 2 at 100 (#1), 3 at 100 (#2), 4 at 102 (#3); alice asks instead where `own`."""
    desk = Desk(replace(MARKET, taker_fee=fee), self_trade=SelfTrade.NONE)
    for id, (quantity, price) in enumerate([(2, 100), (3, 100), (4, 102)], start=1):
        desk.sell(ALICE if id in own else BOB, quantity, price)
    return desk


def plan_of(
    desk: Desk,
    quantity: int = 0,
    price: int | None = None,
    *,
    budget: int = 0,
    mode: SelfTrade = SelfTrade.NONE,
    quote: Quote = NO_QUOTE,
) -> Plan:
    """Alice's plan to buy: up to a price, or at any."""
    engine = desk.engine
    kind = OrderType.MARKET if price is None else OrderType.LIMIT
    command = PlaceOrder(ALICE, 0, Verb.ORDER, Side.BUY, kind, price or 0, quantity)
    order = Order(9, command, price or 0, budget * ONE, mode, 0)
    place = engine.markets[0]
    before = engine.state_hash()
    plan = make_plan(place.market, place.book.asks, quote, order, engine.accounts)
    assert engine.state_hash() == before
    return plan


def steps(plan: Plan) -> list[tuple[Any, ...]]:
    """The steps with ids; 0 is the house."""
    return [
        (kind, maker.id if maker else 0, price, lots) for kind, maker, price, lots in plan.steps
    ]


def test_the_best_price_comes_first_and_then_the_first_order() -> None:
    """Until the order has all it wants."""
    plan = plan_of(asks(), 6, 102)
    assert steps(plan) == [(TRADE, 1, 100, 2), (TRADE, 2, 100, 3), (TRADE, 3, 102, 1)]
    assert (plan.lots, plan.left, plan.complete()) == (6, 0, True)


def test_a_limit_ends_the_walk() -> None:
    """What is beyond it is not met."""
    plan = plan_of(asks(), 6, 101)
    assert steps(plan) == [(TRADE, 1, 100, 2), (TRADE, 2, 100, 3)]
    assert (plan.lots, plan.left, plan.complete()) == (5, 1, False)


def test_a_market_order_adds_up_what_it_will_cost() -> None:
    """Value, and the taker's fee on it."""
    plan = plan_of(asks(fee="0.01"), 7)
    assert plan.value == 704 * ONE
    assert plan.fee == 704 * ONE // 100


@pytest.mark.parametrize(
    ("budget", "taken", "complete"),
    [
        (99, [], False),
        (100, [(TRADE, 1, 100, 1)], True),
        (399, [(TRADE, 1, 100, 2), (TRADE, 2, 100, 1)], True),
        (602, [(TRADE, 1, 100, 2), (TRADE, 2, 100, 3), (TRADE, 3, 102, 1)], True),
        (601, [(TRADE, 1, 100, 2), (TRADE, 2, 100, 3)], True),
        (908, [(TRADE, 1, 100, 2), (TRADE, 2, 100, 3), (TRADE, 3, 102, 4)], True),
        (1_010, [(TRADE, 1, 100, 2), (TRADE, 2, 100, 3), (TRADE, 3, 102, 4)], False),
    ],
)
def test_a_budget_buys_the_most_lots_that_fit(
    budget: int, taken: list[tuple[Any, ...]], complete: bool
) -> None:
    """It is filled when not one more lot fits at the last price."""
    plan = plan_of(asks(), budget=budget)
    assert steps(plan) == taken
    assert plan.complete() is complete


OWN_FIRST: list[tuple[SelfTrade, list[tuple[Any, ...]], bool, int]] = [
    (SelfTrade.NONE, [(TRADE, 1, 100, 2), (TRADE, 2, 100, 2)], False, 4),
    (SelfTrade.SKIP, [(TRADE, 2, 100, 3), (TRADE, 3, 102, 1)], False, 4),
    (SelfTrade.EXPIRE_TAKER, [], True, 0),
    (
        SelfTrade.EXPIRE_MAKER,
        [(EXPIRE, 1, 100, 2), (TRADE, 2, 100, 3), (TRADE, 3, 102, 1)],
        False,
        4,
    ),
    (SelfTrade.EXPIRE_BOTH, [(EXPIRE, 1, 100, 2)], True, 0),
    (SelfTrade.DECREMENT, [(REDUCE, 1, 100, 2), (TRADE, 2, 100, 2)], False, 2),
]


@pytest.mark.parametrize(("mode", "expected", "stopped", "traded"), OWN_FIRST)
def test_the_mode_decides_about_own_orders(
    mode: SelfTrade, expected: list[tuple[Any, ...]], stopped: bool, traded: int
) -> None:
    """Alice buys 4 and meets her own 2 first."""
    plan = plan_of(asks(own=(1,)), 4, 102, mode=mode)
    assert steps(plan) == expected
    assert (plan.stopped, plan.lots) == (stopped, traded)
    assert plan.complete() is (traded == 4)


@pytest.mark.parametrize(
    ("quote", "expected"),
    [
        (Quote(99, 2), [(TRADE, 0, 99, 2), (TRADE, 1, 100, 2), (TRADE, 2, 100, 2)]),
        (Quote(100, 9), [(TRADE, 1, 100, 2), (TRADE, 2, 100, 3), (TRADE, 0, 100, 1)]),
        (Quote(101, None), [(TRADE, 1, 100, 2), (TRADE, 2, 100, 3), (TRADE, 0, 101, 1)]),
        (Quote(101, 0), [(TRADE, 1, 100, 2), (TRADE, 2, 100, 3), (TRADE, 3, 102, 1)]),
        (Quote(103, None), [(TRADE, 1, 100, 2), (TRADE, 2, 100, 3), (TRADE, 3, 102, 1)]),
        (NO_QUOTE, [(TRADE, 1, 100, 2), (TRADE, 2, 100, 3), (TRADE, 3, 102, 1)]),
    ],
)
def test_the_house_comes_last_at_its_price(quote: Quote, expected: list[tuple[Any, ...]]) -> None:
    """With its volume, without end when it has none; and an empty quote is no level."""
    assert steps(plan_of(asks(), 6, 102, quote=quote)) == expected


def test_the_house_keeps_to_the_limit_too() -> None:
    """Before, between and behind the players' levels."""
    assert steps(plan_of(asks(), 6, 99, quote=Quote(100, None))) == []
    assert steps(plan_of(asks(), 6, 100, quote=Quote(101, None)))[-1] == (TRADE, 2, 100, 3)
    assert steps(plan_of(asks(), 20, 102, quote=Quote(103, None)))[-1] == (TRADE, 3, 102, 4)
    assert steps(plan_of(asks(), 20, 103, quote=Quote(103, None)))[-1] == (TRADE, 0, 103, 11)


def test_a_quote_crosses_what_it_reaches() -> None:
    """Best price first, first come first."""
    book = asks().engine.markets[0].book
    assert [order.id for order in crossed(book.asks, 99)] == []
    assert [order.id for order in crossed(book.asks, 100)] == [1, 2]
    assert [order.id for order in crossed(book.asks, 102)] == [1, 2, 3]
    assert other_side(Side.BUY) is Side.SELL
    assert other_side(Side.SELL) is Side.BUY
