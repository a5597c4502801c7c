"""Orders that rest for a while, or until the round ends; and those that came too late."""

from typing import Any

import pytest

from cxgame.engine.orders import Order
from cxgame.engine.restoring import load
from cxgame.engine.snapshot import ORDER, dump
from cxgame.engine.timers import Task
from cxgame.model.commands import (
    Advance,
    AmendOrder,
    CancelOrder,
    EndRound,
    Pause,
    PlaceOrder,
    Start,
)
from cxgame.model.enums import Mid, OrderStatus, OrderType, Reason, Side, TimeInForce, Verb
from cxgame.model.events import OrderClosed
from tests.engine.desk import ALICE, BOB, Desk, kinds

GTD, DAY, IOC = TimeInForce.GTD, TimeInForce.DAY, TimeInForce.IOC


def brief(desk: Desk, quantity: int = 5, price: int = 90, lives_ms: int = 1_000) -> Order:
    """Alice bids for a while."""
    return desk.buy(ALICE, quantity, price, time_in_force=GTD, lives_ms=lives_ms)


def expiries(desk: Desk) -> list[int]:
    """The orders that have an entry among the timers."""
    return [due.order for due in desk.engine.timers.heap if due.task is Task.EXPIRE]


def test_it_is_closed_when_its_time_is_over() -> None:
    """In game time, with a reason of its own, and what it held is free."""
    desk = Desk()
    desk.do(Advance(), 500)
    order = brief(desk)
    assert desk.engine.next_due_ns == 1_500 * 10**6
    assert kinds(desk.do(Advance(), 1_499).events) == ["TimePassed"]
    (event,) = desk.do(Advance(), 1_500).events
    assert event == OrderClosed(0, order.id, ALICE, Reason.EXPIRED, 5)
    assert (order.status, order.reason) == (OrderStatus.CANCEL, Reason.EXPIRED)
    assert desk.owns(ALICE)["USD"] == (10_000, 0)
    assert desk.engine.next_due_ns is None
    assert desk.engine.violations() == []


def test_a_pause_takes_none_of_its_time() -> None:
    """The clock of the game stands still."""
    desk = Desk()
    brief(desk)
    desk.do(Pause(), 900)
    desk.wall_ms += 10_000
    desk.do(Start())
    assert expiries(desk) == [1]
    assert kinds(desk.do(Advance(), 1_000).events) == ["OrderClosed"]


@pytest.mark.parametrize("end", ["cancelled", "filled", "amended away", "round"])
def test_one_that_ends_early_takes_its_timer_along(end: str) -> None:
    """So that timers never pile up."""
    desk = Desk(mid=Mid.BOOK)
    other, order = brief(desk, 1, 80), brief(desk)
    if end == "cancelled":
        desk.do(CancelOrder(ALICE, order.id))
    elif end == "filled":
        desk.sell(BOB, 5, 90)
    elif end == "amended away":
        desk.sell(BOB, 5, 95)
        desk.do(AmendOrder(ALICE, order.id, 95))
    else:
        desk.do(EndRound())
    assert order.status is not OrderStatus.OPEN
    assert expiries(desk) == ([] if end == "round" else [other.id])
    assert desk.engine.violations() == []


def test_an_amended_order_keeps_its_time() -> None:
    """Wherever it stands."""
    desk = Desk()
    order = brief(desk)
    desk.do(AmendOrder(ALICE, order.id, 91), 300)
    assert desk.engine.next_due_ns == 1_000 * 10**6
    assert kinds(desk.do(Advance(), 1_000).events) == ["OrderClosed"]


@pytest.mark.parametrize(
    ("until", "lives_ms"), [(GTD, 0), (DAY, 0), (DAY, 50), (TimeInForce.GTC, 50)]
)
def test_without_a_time_to_live_it_just_rests(until: TimeInForce, lives_ms: int) -> None:
    """Until somebody meets it, or the round is over."""
    desk = Desk()
    order = desk.buy(ALICE, 5, 90, time_in_force=until, lives_ms=lives_ms)
    assert expiries(desk) == []
    desk.do(Advance(), 10**9)
    assert order.level is not None
    events = desk.do(EndRound()).events
    assert isinstance(events[0], OrderClosed)
    assert events[0].reason is Reason.CLOSED


def test_what_is_left_after_a_trade_lives_on() -> None:
    """And one that was filled at once leaves no timer; nor does one that never rests."""
    desk = Desk()
    desk.sell(BOB, 7, 100)
    brief(desk, 5, 100)
    assert expiries(desk) == []
    part = brief(desk, 5, 100)
    assert (part.left, expiries(desk)) == (3, [part.id])
    desk.buy(ALICE, 1, 90, time_in_force=IOC, lives_ms=50)
    assert expiries(desk) == [part.id]


@pytest.mark.parametrize("until", [GTD, DAY])
def test_a_market_order_is_over_at_once(until: TimeInForce) -> None:
    """What it does not get is cancelled."""
    desk = Desk()
    desk.sell(BOB, 2, 100)
    kind = OrderType.MARKET
    applied = desk.do(
        PlaceOrder(ALICE, 0, Verb.ORDER, Side.BUY, kind, 0, 5, time_in_force=until, lives_ms=9)
    )
    assert kinds(applied.events)[-1] == "OrderClosed"
    assert expiries(desk) == []


def test_it_counts_as_open_and_needs_a_level() -> None:
    """As any other order that may rest."""
    desk = Desk(max_open_orders=1)
    brief(desk)
    for until in (GTD, DAY):
        rejection = desk.place(ALICE, Side.BUY, 1, 80, time_in_force=until).rejection
        assert rejection is not None
        assert rejection.code == "LIMIT_ORDERS"


def test_the_mid_by_book_follows_an_expiry() -> None:
    """The next best bid counts."""
    desk = Desk(mid=Mid.BOOK)
    brief(desk, 1, 98)
    desk.buy(BOB, 1, 90)
    desk.sell(BOB, 1, 110)
    assert desk.engine.markets[0].mid2 == 208
    desk.do(Advance(), 1_000)
    assert desk.engine.markets[0].mid2 == 200


def test_its_time_survives_a_snapshot() -> None:
    """A plain order's row is as it was before orders could expire."""
    desk = Desk()
    brief(desk)
    desk.buy(ALICE, 1, 80)
    shown = dump(desk.engine)
    rows = shown["markets"][0][-1]
    assert [len(row) - len(ORDER) for row in rows] == [1, 0]
    assert rows[0][-1] == [0, 0, False, 1_000 * 10**6]
    loaded = load(shown)
    assert loaded.state_hash() == desk.engine.state_hash()
    assert loaded.orders[1].expires_ns == 1_000 * 10**6
    assert loaded.violations() == []


def late(desk: Desk, **fields: Any) -> str:
    """The code with which an order is refused."""
    rejection = desk.place(ALICE, Side.BUY, 5, 90, **fields).rejection
    return rejection.code if rejection else ""


def test_an_order_that_comes_after_its_deadline_is_refused() -> None:
    """Before anything else is looked at; with both times, and without a trace."""
    desk = Desk()
    desk.wall_ms = 1_000
    assert late(desk, deadline_ms=1_000) == ""
    before = desk.engine.state_hash()
    rejection = desk.place(ALICE, Side.BUY, 10**6, 90, deadline_ms=999).rejection
    assert rejection is not None
    assert rejection.code == "STATE_DEADLINE"
    assert rejection.text == "Too late: it is 1000, the deadline was 999."
    assert desk.engine.state_hash() == before


def test_a_repeat_finds_its_order_after_the_deadline() -> None:
    """What was done in time is not undone by asking again."""
    desk = Desk()
    first = desk.buy(ALICE, 5, 90, cid="mine", deadline_ms=500)
    desk.wall_ms = 1_000
    again = desk.place(ALICE, Side.BUY, 5, 90, cid="mine", deadline_ms=500)
    assert (again.replayed, again.order) == (True, first)
