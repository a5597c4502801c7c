"""What an order with a trigger is refused for, what it holds, and how it ends before it fires."""

from typing import Any

import pytest

from cxgame.engine.trying import dry_run
from cxgame.model.commands import (
    Advance,
    AmendOrder,
    CancelAll,
    CancelOrder,
    Close,
    Continue,
    EndRound,
    Pause,
    ResetAccounts,
    SetBalance,
    Start,
    StartRound,
)
from cxgame.model.enums import OrderStatus, OrderType, Reason, Side, TimeInForce, TriggerKind
from cxgame.model.events import TriggerClosed, TriggerPlaced
from cxgame.model.units import MAX_TICKS, ONE
from tests.engine.desk import ALICE, BOB, MARKET, Desk, kinds
from tests.engine.pending_desk import CHARGED
from tests.engine.trigger_desk import (
    BUY,
    LAST,
    MID,
    SELL,
    STOP,
    TAKE_PROFIT,
    TRAILING,
    arm,
    code,
    command,
    go_on,
    move,
    trade,
)


def test_an_armed_order_is_open_and_on_no_level() -> None:
    """With an id, a cid, and an event for its owner alone."""
    desk = Desk()
    applied = desk.do(command(BUY, STOP, 110, price=112, cid="mine", by=LAST))
    (event,) = applied.events
    limit, gtc = OrderType.LIMIT, TimeInForce.GTC
    assert event == TriggerPlaced(
        0, 1, ALICE, BUY, limit, 112, 5, "", gtc, "mine", STOP, LAST, 220, 0, 0
    )
    assert not event.public
    assert desk.engine.event_seq == 4, "nobody else hears of it"
    order = applied.order
    assert order is not None
    assert (order.status, order.level) == (OrderStatus.OPEN, None)
    assert desk.engine.orders == desk.engine.accounts[ALICE].orders == {1: order}
    again = desk.do(command(BUY, STOP, 110, price=112, cid="mine", by=LAST))
    assert (again.replayed, again.order, again.events) == (True, order, [])
    other = desk.do(command(BUY, STOP, 110, price=112, cid="mine", fingerprint=9)).rejection
    assert other is not None
    assert other.code == "ORDER_CID_REUSED"
    assert desk.engine.violations() == []


@pytest.mark.parametrize(
    ("side", "body", "held"),
    [
        (BUY, {"price": 112}, ("USD", 5 * 112 * 11 // 10)),
        (BUY, {"max_price": 120}, ("USD", 5 * 120 * 11 // 10)),
        (BUY, {"budget": 333}, ("USD", 333)),
        (SELL, {"price": 90}, ("BTC", 5)),
        (SELL, {}, ("BTC", 5)),
        (SELL, {"max_price": 7}, ("BTC", 5)),
    ],
)
def test_all_that_it_will_need_is_held(side: Side, body: Any, held: tuple[str, int]) -> None:
    """With its fee, at the highest price that it may pay; and comes back when it is cancelled."""
    desk = Desk(CHARGED)
    order = arm(desk, side, STOP, 110 if side is BUY else 90, **body)
    assert desk.owns(ALICE)[held[0]][1] == held[1]
    (event,) = desk.do(CancelOrder(ALICE, order.id)).events
    at, left = (220 if side is BUY else 180), 0 if "budget" in body else 5
    assert event == TriggerClosed(0, order.id, ALICE, Reason.USER, left, at)
    assert desk.owns(ALICE) == {"USD": (10_000, 0), "BTC": (100, 0)}
    assert (order.status, order.reason) == (OrderStatus.CANCEL, Reason.USER)
    assert move(desk, 220 if side is BUY else 180) == []
    assert desk.engine.violations() == []


LATE = {"deadline_ms": 500}
REFUSALS: list[tuple[str, Side, TriggerKind, int, dict[str, Any]]] = [
    ("STATE_DEADLINE", BUY, STOP, 110, {"price": 10**16, **LATE}),
    ("FILTER_MAX", BUY, STOP, 110, {"price": 10**15 + 1}),
    ("FILTER_MIN_SIZE", BUY, STOP, 0, {"price": 110, "quantity": 0}),
    ("FILTER_MIN_AMOUNT", BUY, STOP, 110, {"budget": 1}),
    ("PARAM_MISSING", BUY, STOP, 110, {"quantity": 0}),
    ("FILTER_MAX", BUY, STOP, 110, {"max_price": 10**15 + 1, "quantity": 0}),
    ("FILTER_MIN_SIZE", BUY, STOP, 0, {"max_price": 110, "quantity": 0}),
    ("FILTER_MIN_PRICE", BUY, STOP, 0, {"price": 110}),
    ("FILTER_MIN_PRICE", SELL, TAKE_PROFIT, 0, {}),
    ("FILTER_MAX", BUY, STOP, MAX_TICKS + 1, {"price": 110}),
    ("", BUY, STOP, MAX_TICKS, {"price": 110}),
    ("", SELL, STOP, 1, {}),
    ("PARAM_MISSING", SELL, TRAILING, 0, {}),
    ("FILTER_MAX", SELL, TRAILING, 0, {"trail": 100}),
    ("", SELL, TRAILING, 0, {"trail": 99}),
    ("FILTER_MAX", SELL, TRAILING, 0, {"trail_rate": 10**6}),
    ("FILTER_MAX", SELL, TRAILING, 0, {"trail_rate": 995_001}),
    ("", SELL, TRAILING, 0, {"trail_rate": 995_000}),
    ("FILTER_MAX", BUY, TRAILING, 0, {"trail": MAX_TICKS - 99, "price": 110}),
    ("", BUY, TRAILING, 0, {"trail": MAX_TICKS - 100, "price": 110}),
    ("ORDER_WOULD_TRIGGER", BUY, STOP, 100, {"price": 10_000}),
    ("ORDER_WOULD_TRIGGER", BUY, STOP, 99, {"price": 110}),
    ("ORDER_WOULD_TRIGGER", BUY, TAKE_PROFIT, 100, {"price": 110}),
    ("ORDER_WOULD_TRIGGER", SELL, STOP, 100, {"quantity": 101}),
    ("ORDER_WOULD_TRIGGER", SELL, TAKE_PROFIT, 100, {}),
    ("", BUY, STOP, 101, {"price": 110}),
    ("", BUY, TAKE_PROFIT, 99, {"price": 110}),
    ("", SELL, STOP, 99, {}),
    ("", SELL, TAKE_PROFIT, 101, {}),
    ("FUNDS_QUOTE", BUY, STOP, 110, {"price": 2_001}),
    ("FUNDS_QUOTE", BUY, STOP, 110, {"max_price": 2_001}),
    ("FUNDS_QUOTE", BUY, STOP, 110, {"budget": 10_001}),
    ("FUNDS_BASE", SELL, STOP, 90, {"quantity": 101}),
    ("", BUY, STOP, 110, {"price": 2_000}),
]


@pytest.mark.parametrize(("refused", "side", "kind", "at", "body"), REFUSALS)
def test_what_it_is_refused_for(
    refused: str, side: Side, kind: TriggerKind, at: int, body: dict[str, Any]
) -> None:
    """In the order of the page, with nothing changed; a trial says the same."""
    desk = Desk()
    desk.wall_ms = 501
    told = dry_run(desk.engine, command(side, kind, at, **body), 501).rejection
    assert code(desk, side, kind, at, **body) == refused
    assert (told.code if told else "") == refused


def test_a_refusal_says_what_it_is_about() -> None:
    """Where it would fire, and where the price is."""
    desk = Desk()
    rejection = desk.do(command(SELL, STOP, 101)).rejection
    assert rejection is not None
    assert rejection.text == "The trigger 101 would fire at once: the price is 100."
    rejection = desk.do(command(SELL, TRAILING, trail=100)).rejection
    assert rejection is not None
    assert rejection.facts == {"name": "Trail", "limit": "99.5", "got": "100"}


def test_a_game_that_is_not_open_refuses_it() -> None:
    """As any order."""
    desk = Desk()
    desk.do(Pause())
    assert code(desk, BUY, STOP, 110, price=110) == "STATE_PAUSED"


@pytest.mark.parametrize("body", [{"price": 110}, {"budget": 20}])
def test_it_counts_as_open_whatever_its_type(body: Any) -> None:
    """Before it is known whether it would fire."""
    desk = Desk(max_open_orders=1)
    desk.buy(ALICE, 1, 90)
    assert code(desk, BUY, STOP, 90, **body) == "LIMIT_ORDERS"
    assert code(desk, BUY, STOP, 110, account=BOB, **body) == ""


def test_fifty_of_an_account_wait_in_a_market() -> None:
    """One that fires, or is cancelled, makes room; another account and market have their own."""
    desk = Desk(MARKET, MARKET.__class__("ETH/USD", "ETH", "USD", start_price="100"))
    for at in range(101, 151):
        arm(desk, BUY, STOP, at, price=1, quantity=1)
    one = {"price": 1, "quantity": 1}
    assert code(desk, BUY, STOP, 200, **one) == "LIMIT_TRIGGERS"
    assert code(desk, BUY, STOP, 200, account=BOB, **one) == ""
    assert code(desk, BUY, STOP, 10**5, market=1, price=10, quantity=10**9) == ""
    desk.do(CancelOrder(ALICE, 1))
    assert code(desk, BUY, STOP, 200, **one) == ""
    assert move(desk, 204) == [2]
    go_on(desk)
    assert code(desk, BUY, STOP, 200, **one) == ""
    assert code(desk, BUY, STOP, 200, **one) == "LIMIT_TRIGGERS"
    assert desk.engine.violations() == []


def test_a_trial_shows_the_order_as_it_would_be_armed() -> None:
    """Under no id, and without a trace; a known cid finds its order."""
    desk = Desk()
    before = desk.engine.state_hash()
    told = dry_run(desk.engine, command(SELL, TRAILING, trail=10)).order
    assert told is not None
    assert told.trigger is not None
    assert (told.id, told.status, told.trigger.trigger2) == (0, OrderStatus.OPEN, 180)
    assert desk.engine.state_hash() == before
    order = arm(desk, SELL, TRAILING, trail=10, cid="mine")
    again = dry_run(desk.engine, command(SELL, TRAILING, trail=10, cid="mine"))
    assert (again.replayed, again.order) == (True, order)


def test_it_cannot_be_amended_before_it_fires() -> None:
    """Afterwards it is an order as any other."""
    desk = Desk()
    order = arm(desk, BUY, STOP, 110, price=90)
    rejection = desk.do(AmendOrder(ALICE, order.id, 80)).rejection
    assert rejection is not None
    assert rejection.text == "This order cannot be amended: its trigger has not fired."
    move(desk, 220)
    go_on(desk)
    assert kinds(desk.do(AmendOrder(ALICE, order.id, 80)).events) == ["OrderAmended"]
    assert desk.engine.violations() == []


def test_its_owner_alone_can_cancel_it() -> None:
    """One by one, or all of a market and side; also in a pause."""
    desk = Desk()
    first, second = arm(desk, BUY, STOP, 110, price=90), arm(desk, SELL, TRAILING, trail=5)
    refused = desk.do(CancelOrder(BOB, first.id)).rejection
    assert refused is not None
    assert refused.code == "ORDER_NOT_FOUND"
    desk.do(Pause())
    assert desk.do(CancelAll(ALICE, side=BUY)).cancelled == [first.id]
    (event,) = desk.do(CancelAll(ALICE)).events
    assert event == TriggerClosed(0, second.id, ALICE, Reason.USER, 5, 190)
    assert desk.engine.violations() == []


@pytest.mark.parametrize(
    ("end", "reason"),
    [
        (EndRound(), Reason.CLOSED),
        (Close("enough"), Reason.CLOSED),
        (ResetAccounts((ALICE,)), Reason.RESET),
    ],
)
def test_it_ends_with_what_ends_all_orders(end: Any, reason: Reason) -> None:
    """In order of id among those that rest, and nothing of it stays."""
    desk = Desk()
    arm(desk, BUY, STOP, 110, price=90)
    desk.buy(ALICE, 1, 80)
    arm(desk, SELL, TRAILING, trail=5, by=LAST)
    events = desk.do(end).events
    assert kinds(events)[:3] == ["TriggerClosed", "OrderClosed", "TriggerClosed"]
    assert {event.reason for event in events if isinstance(event, TriggerClosed)} == {reason}
    assert desk.engine.orders == {}
    assert desk.engine.markets[0].armed.counts == {}
    assert desk.engine.violations() == []


def test_a_round_begins_without_any() -> None:
    """What was armed in the last one is closed."""
    desk = Desk()
    arm(desk, BUY, STOP, 110, price=90)
    desk.do(Pause())
    assert kinds(desk.do(StartRound(1)).events) == ["TriggerClosed", "RoundStarted"]
    desk.do(Start())
    assert move(desk, 240) == []
    assert desk.engine.violations() == []


def test_it_lives_for_its_time_armed_or_not() -> None:
    """A `gtd` order's time begins when it is placed, whatever its type; no other has one."""
    desk = Desk()
    gtd = {"time_in_force": TimeInForce.GTD, "lives_ms": 1_000}
    armed = arm(desk, BUY, STOP, 110, price=90, **gtd)
    market = arm(desk, SELL, STOP, 50, **gtd)
    rests = arm(desk, BUY, STOP, 105, price=90, **gtd)
    stays = arm(desk, BUY, STOP, 120, price=90, lives_ms=1_000)
    desk.do(Advance(), 500)
    assert move(desk, 210) == [rests.id]
    go_on(desk)
    assert rests.level is not None
    events = desk.do(Advance(), 1_000).events
    assert kinds(events) == ["TriggerClosed", "TriggerClosed", "OrderClosed"]
    assert [order.reason for order in (armed, market, rests)] == [Reason.EXPIRED] * 3
    assert list(desk.engine.orders) == [stays.id]
    assert desk.engine.timers.heap == []
    assert desk.engine.violations() == []


def test_one_that_fires_and_falls_due_at_once_comes_to_the_market_first() -> None:
    """`Continue` may come before what is due, and then what is due."""
    desk = Desk()
    gtd = {"time_in_force": TimeInForce.GTD, "lives_ms": 1_000}
    order = arm(desk, BUY, STOP, 110, price=90, **gtd)
    desk.do(Advance(), 999)
    assert move(desk, 220) == [order.id]
    assert kinds(desk.do(Continue(), 1_000).events) == ["OrderPlaced"]
    assert kinds(desk.do(Advance(), 1_000).events) == ["OrderClosed"]
    assert desk.engine.violations() == []


def test_an_admin_can_cut_what_it_holds() -> None:
    """It stays armed, and is rejected when its trigger has fired, with a sentence that says why."""
    desk = Desk()
    desk.sell(BOB, 5, 100)
    limit = arm(desk, BUY, STOP, 104, price=100)
    capped = arm(desk, BUY, STOP, 105, max_price=120)
    budget = arm(desk, BUY, STOP, 106, budget=400)
    sell = arm(desk, SELL, STOP, 95)
    desk.do(SetBalance(ALICE, "USD", "0", str(50 * ONE)))
    desk.do(SetBalance(ALICE, "BTC", "0", str(4 * ONE)))
    assert [order.short for order in (limit, capped, budget, sell)] == [True] * 4
    assert desk.engine.violations() == []
    move(desk, 212)
    assert go_on(desk) == ["OrderPlaced", "OrderRejected"] * 3
    move(desk, 190)
    assert go_on(desk) == ["OrderPlaced", "OrderRejected"]
    assert [order.comment for order in (limit, capped, budget, sell)] == [
        "Insufficient USD reserved to buy (need 500.00, have 50.00)",
        "Insufficient USD reserved to buy (need 600.00, have 0.00)",
        "Insufficient USD reserved to buy (need 400.00, have 0.00)",
        "Insufficient BTC reserved for sell (need 5.00000000, have 4.00000000)",
    ]
    assert desk.owns(ALICE) == {"USD": (50, 0), "BTC": (4, 0)}


def test_games_without_a_trigger_are_dumped_as_they_were() -> None:
    """So that their hashes stay; the last price is not theirs to know."""
    desk = Desk()
    trade(desk, 100)
    assert desk.engine.markets[0].last == 0
    assert desk.engine.followed == []
    assert MID is not LAST
