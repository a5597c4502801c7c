"""Placing: refused without a trace, or carried through to the order's own fate."""

from typing import Any

import pytest

from cxgame.engine.orders import Order
from cxgame.engine.state import Applied
from cxgame.model.commands import Pause, PlaceOrder
from cxgame.model.enums import OrderStatus, OrderType, Side, TimeInForce, Verb
from cxgame.model.events import OrderPlaced
from cxgame.model.units import ONE
from tests.engine.desk import ALICE, BOB, Desk, kinds

GTC, IOC, FOK, GTD, DAY = TimeInForce


def place(desk: Desk, quantity: int, price: int = 0, budget: int = 0, **rest: Any) -> Applied:
    """Alice buys: up to a price, else at any, for a budget if there is one."""
    kind = OrderType.LIMIT if price else OrderType.MARKET
    money = str(budget * ONE) if budget else ""
    return desk.do(PlaceOrder(ALICE, 0, Verb.ORDER, Side.BUY, kind, price, quantity, money, **rest))


def offered(quantity: int = 5) -> Desk:
    """Bob asks so many at 100."""
    desk = Desk()
    desk.sell(BOB, quantity, 100)
    return desk


def accepted(applied: Applied) -> Order:
    """The order."""
    assert applied.order is not None, applied.rejection
    assert applied.order_id == applied.order.id
    return applied.order


FATES: list[tuple[dict[str, Any], OrderStatus, int, list[str]]] = [
    ({"quantity": 5, "price": 100}, OrderStatus.FILLED, 0, ["Trade", "OrderFilled", "OrderFilled"]),
    ({"quantity": 7, "price": 100}, OrderStatus.OPEN, 2, ["Trade", "OrderFilled"]),
    ({"quantity": 7, "price": 99}, OrderStatus.OPEN, 7, []),
    ({"quantity": 7, "price": 100, "time_in_force": IOC}, OrderStatus.CANCEL, 2,
     ["Trade", "OrderFilled", "OrderClosed"]),
    ({"quantity": 7, "price": 99, "time_in_force": IOC}, OrderStatus.CANCEL, 7, ["OrderClosed"]),
    ({"quantity": 5, "price": 100, "time_in_force": FOK}, OrderStatus.FILLED, 0,
     ["Trade", "OrderFilled", "OrderFilled"]),
    ({"quantity": 7}, OrderStatus.CANCEL, 2, ["Trade", "OrderFilled", "OrderClosed"]),
    ({"quantity": 3}, OrderStatus.FILLED, 0, ["Trade", "OrderFilled"]),
    ({"quantity": 0, "budget": 350}, OrderStatus.FILLED, 0, ["Trade", "OrderFilled"]),
    ({"quantity": 0, "budget": 600}, OrderStatus.CANCEL, 0,
     ["Trade", "OrderFilled", "OrderClosed"]),
]  # fmt: skip


@pytest.mark.parametrize(("fields", "status", "left", "events"), FATES)
def test_an_orders_fate(
    fields: dict[str, Any], status: OrderStatus, left: int, events: list[str]
) -> None:
    """Alice buys where bob asks 5 at 100: filled, resting or closed, and what is told of it."""
    desk = offered()
    applied = place(desk, **fields)
    order = accepted(applied)
    assert (order.status, order.left) == (status, left)
    assert kinds(applied.events) == ["OrderPlaced", *events]
    assert (order.id in desk.engine.orders) is (status is OrderStatus.OPEN)
    spent = order.value // ONE
    held = left * fields.get("price", 0) if status is OrderStatus.OPEN else 0
    assert desk.owns(ALICE)["USD"] == (10_000 - spent - held, held)
    assert desk.engine.violations() == []


REFUSALS: list[tuple[dict[str, Any], str]] = [
    ({"quantity": 6, "price": 100, "time_in_force": FOK}, "ORDER_FOK"),
    ({"quantity": 6, "price": 99, "time_in_force": FOK}, "ORDER_FOK"),
    ({"quantity": 1, "price": 100, "post_only": True}, "ORDER_POST_ONLY"),
    ({"quantity": 6, "time_in_force": FOK}, "ORDER_FOK"),
    ({"quantity": 0, "budget": 99}, "ORDER_NO_MATCH"),
    ({"quantity": 101, "price": 100}, "FUNDS_QUOTE"),
]


@pytest.mark.parametrize(("fields", "code"), REFUSALS)
def test_a_refused_order_leaves_no_trace(fields: dict[str, Any], code: str) -> None:
    """No id, no event, no hold, and its cid is free."""
    desk = offered()
    before = desk.engine.state_hash()
    applied = place(desk, **fields, cid="mine")
    assert applied.rejection is not None
    assert applied.rejection.code == code
    assert (applied.order, applied.order_id, applied.events) == (None, 0, [])
    assert desk.engine.state_hash() == before


def test_nobody_there_is_a_refusal_of_its_own() -> None:
    """For what can only trade; a limit order just rests."""
    desk = Desk()
    for fields, code in (
        ({"quantity": 1}, "ORDER_NO_MATCH"),
        ({"quantity": 1, "price": 90, "time_in_force": FOK}, "ORDER_FOK"),
    ):
        rejection = place(desk, **fields).rejection  # type: ignore[arg-type]
        assert rejection is not None
        assert rejection.code == code
    assert accepted(place(desk, 1, 90)).level is not None


def test_a_market_buy_by_quantity_must_be_able_to_pay_the_plan() -> None:
    """To the last cent."""
    desk = offered(100)
    assert accepted(place(desk, 100)).status is OrderStatus.FILLED
    assert desk.owns(ALICE)["USD"] == (0, 0)
    desk = Desk()
    desk.sell(BOB, 100, 101)
    rejection = place(desk, 100).rejection
    assert rejection is not None
    assert (rejection.code, rejection.facts["got"]) == ("FUNDS_QUOTE", "10100.00")


def test_a_repeated_cid_is_the_same_order() -> None:
    """Also while the game is paused, and after the order has ended; another body is refused."""
    desk = offered()
    first = accepted(place(desk, 7, 100, cid="mine", fingerprint=1))
    desk.do(Pause())
    again = place(desk, 7, 100, cid="mine", fingerprint=1)
    assert (again.replayed, again.order, again.order_id) == (True, first, first.id)
    assert again.events == []
    other = place(desk, 8, 100, cid="mine", fingerprint=2)
    assert other.rejection is not None
    assert (other.rejection.code, other.rejection.facts) == ("ORDER_CID_REUSED", {"got": "mine"})


def test_the_announcement_says_what_was_placed() -> None:
    """Quantities as placed; a budget in units."""
    desk = offered()
    event = place(desk, 0, budget=300).events[0]
    assert isinstance(event, OrderPlaced)
    assert (event.user, event.side, event.budget) == ("alice", Side.BUY, str(300 * ONE))
    assert event.price == 100, "a market order shows the mid"
