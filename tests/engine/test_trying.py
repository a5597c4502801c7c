"""A trial says what placing would be answered, and changes nothing."""

from typing import Any

import pytest

from cxgame.engine.state import Applied
from cxgame.engine.trying import dry_run
from cxgame.model.commands import Pause, PlaceOrder
from cxgame.model.enums import OrderStatus, OrderType, Reason, SelfTrade, Side, TimeInForce, Verb
from cxgame.model.units import ONE
from tests.engine.desk import ALICE, BOB, Desk
from tests.engine.pending_desk import CHARGED


def buy(quantity: int, price: int = 0, budget: int = 0, **rest: Any) -> PlaceOrder:
    """Alice buys: up to a price, else at any, for a budget if there is one."""
    kind = OrderType.LIMIT if price else OrderType.MARKET
    money = str(budget * ONE) if budget else ""
    return PlaceOrder(ALICE, 0, Verb.ORDER, Side.BUY, kind, price, quantity, money, **rest)


def tried(desk: Desk, command: PlaceOrder, **rest: Any) -> Applied:
    """What a trial says; it leaves the game as it is."""
    before = desk.engine.state_hash()
    applied = dry_run(desk.engine, command, **rest)
    assert desk.engine.state_hash() == before
    assert desk.engine.violations() == []
    assert applied.events == applied.ended == []
    return applied


def offered() -> Desk:
    """Bob asks 3 at 100 and 2 at 101, for a tenth of the value as a fee; alice asks at 105."""
    desk = Desk(CHARGED)
    desk.sell(BOB, 3, 100)
    desk.sell(BOB, 2, 101)
    desk.sell(ALICE, 1, 105)
    return desk


@pytest.mark.parametrize(
    ("command", "status", "reason"),
    [
        (buy(2, 99), OrderStatus.OPEN, None),
        (buy(4, 100), OrderStatus.OPEN, None),
        (buy(4, 101), OrderStatus.FILLED, None),
        (buy(5), OrderStatus.FILLED, None),
        (buy(6, self_trade=SelfTrade.SKIP), OrderStatus.CANCEL, Reason.UNFILLED),
        (buy(6, 105), OrderStatus.CANCEL, Reason.SELF_TRADE),
        (buy(6, 105, self_trade=SelfTrade.DECREMENT), OrderStatus.CANCEL, Reason.SELF_TRADE),
        (buy(0, budget=400), OrderStatus.FILLED, None),
        (buy(0, budget=900, self_trade=SelfTrade.SKIP), OrderStatus.CANCEL, Reason.UNFILLED),
        (buy(4, 100, time_in_force=TimeInForce.IOC), OrderStatus.CANCEL, Reason.UNFILLED),
    ],
)
def test_it_says_what_the_order_would_come_to(
    command: PlaceOrder, status: OrderStatus, reason: Reason | None
) -> None:
    """Filled and left, value and fee, and its end: as the order itself then has it."""
    desk = offered()
    told = tried(desk, command).order
    assert told is not None
    assert (told.id, told.status, told.reason) == (0, status, reason)
    order = desk.do(command).order
    assert order is not None
    for name in ("price", "quantity", "filled", "left", "value", "fees", "status", "reason"):
        assert getattr(told, name) == getattr(order, name), name


@pytest.mark.parametrize(
    "command",
    [
        buy(1, 100, post_only=True),
        buy(9, 101, time_in_force=TimeInForce.FOK),
        buy(9, 99, time_in_force=TimeInForce.FOK),
        buy(200, 90),
        buy(0, budget=1),
        buy(1, 10**16),
    ],
)
def test_it_says_why_an_order_would_be_refused(command: PlaceOrder) -> None:
    """In the same words."""
    desk = offered()
    said = tried(desk, command)
    assert said.order is None
    assert said.rejection is not None
    assert said.rejection == desk.do(command).rejection


def test_a_paused_game_refuses_a_trial_too() -> None:
    """As it does the order."""
    desk = offered()
    desk.do(Pause())
    assert tried(desk, buy(1, 90)).rejection == desk.do(buy(1, 90)).rejection


def test_a_trial_knows_the_time_that_it_is_told() -> None:
    """The state's own clock is that of the last command."""
    desk = offered()
    command = buy(1, 90, deadline_ms=500)
    assert tried(desk, command, wall_ms=500).rejection is None
    rejection = tried(desk, command, wall_ms=501).rejection
    assert rejection is not None
    assert rejection.facts == {"limit": "500", "got": "501"}


def test_a_known_cid_is_answered_with_its_order() -> None:
    """Or with the refusal of its second use."""
    desk = offered()
    command = buy(1, 90, cid="mine", fingerprint=1)
    order = desk.do(command).order
    again = tried(desk, command)
    assert (again.replayed, again.order) == (True, order)
    other = tried(desk, buy(2, 90, cid="mine", fingerprint=2))
    assert other.rejection is not None
    assert other.rejection.code == "ORDER_CID_REUSED"
