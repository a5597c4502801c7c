"""What becomes of an order whose trigger has fired."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from cxgame.engine.engine import Engine
from cxgame.engine.orders import Order
from cxgame.engine.restoring import load
from cxgame.engine.snapshot import MARKET as MARKET_FIELDS
from cxgame.engine.snapshot import dump
from cxgame.model.commands import CancelOrder, Continue, OpenAccount, Tick
from cxgame.model.enums import (
    Liquidity,
    Mid,
    OrderStatus,
    OrderType,
    Reason,
    SelfTrade,
    Side,
    TimeInForce,
    Verb,
)
from cxgame.model.events import OrderClosed, OrderPlaced, OrderRejected, Trade
from cxgame.model.rules import MarketRules
from tests.engine.desk import ALICE, BOB, Desk, kinds
from tests.engine.pending_desk import CHARGED
from tests.engine.trigger_desk import (
    BUY,
    LAST,
    SELL,
    STOP,
    TAKE_PROFIT,
    TRAILING,
    arm,
    go_on,
    move,
    trade,
)

PLACED, TRADED, FILLED = ["OrderPlaced"], ["Trade"], ["OrderFilled"]
CLOSED = ["OrderClosed"]


def come(side: Side = BUY, *, desk: Desk | None = None, **body: Any) -> tuple[Order, list[str]]:
    """A stop of alice at 105 (a sell's at 95) comes to a market of bob's; what happens.

    He asks 3 at 104 and 3 at 106, and bids 3 at 96 and 3 at 94.
    """
    desk = desk or Desk()
    for price in (104, 106):
        desk.sell(BOB, 3, price)
    for price in (96, 94):
        desk.buy(BOB, 3, price)
    order = arm(desk, side, STOP, 105 if side is BUY else 95, **body)
    move(desk, 211 if side is BUY else 189)
    happened = go_on(desk)
    holds = sum(each.hold for each in desk.engine.accounts[ALICE].orders.values())
    assert sum(desk.engine.accounts[ALICE].held) == holds
    return order, happened


FOK, IOC = TimeInForce.FOK, TimeInForce.IOC
FATES: list[tuple[Side, dict[str, Any], list[str], OrderStatus, Reason | None, int]] = [
    (BUY, {"price": 103}, PLACED, OrderStatus.OPEN, None, 0),
    (BUY, {"price": 103, "post_only": True}, PLACED, OrderStatus.OPEN, None, 0),
    (BUY, {"price": 104}, PLACED + TRADED + FILLED, OrderStatus.OPEN, None, 3),
    (BUY, {"price": 104, "post_only": True}, PLACED + CLOSED, OrderStatus.CANCEL,
     Reason.POST_ONLY, 0),
    (BUY, {"price": 106}, PLACED + TRADED + FILLED + TRADED + FILLED, OrderStatus.FILLED, None, 5),
    (BUY, {"price": 105, "time_in_force": IOC}, PLACED + TRADED + FILLED + CLOSED,
     OrderStatus.CANCEL, Reason.UNFILLED, 3),
    (BUY, {"price": 103, "time_in_force": IOC}, PLACED + CLOSED, OrderStatus.CANCEL,
     Reason.UNFILLED, 0),
    (BUY, {"price": 105, "time_in_force": FOK}, PLACED + CLOSED, OrderStatus.CANCEL,
     Reason.UNFILLED, 0),
    (BUY, {"price": 106, "time_in_force": FOK}, PLACED + TRADED + FILLED + TRADED + FILLED,
     OrderStatus.FILLED, None, 5),
    (BUY, {"max_price": 103}, PLACED + CLOSED, OrderStatus.CANCEL, Reason.UNFILLED, 0),
    (BUY, {"max_price": 105}, PLACED + TRADED + FILLED + CLOSED, OrderStatus.CANCEL,
     Reason.UNFILLED, 3),
    (BUY, {"max_price": 106}, PLACED + TRADED + FILLED + TRADED + FILLED, OrderStatus.FILLED,
     None, 5),
    (BUY, {"max_price": 105, "time_in_force": FOK}, PLACED + CLOSED, OrderStatus.CANCEL,
     Reason.UNFILLED, 0),
    (BUY, {"budget": 420}, PLACED + TRADED + FILLED + TRADED + FILLED, OrderStatus.FILLED, None, 4),
    (BUY, {"budget": 900}, PLACED + TRADED + FILLED + TRADED + ["OrderFilled"] + CLOSED,
     OrderStatus.CANCEL, Reason.UNFILLED, 6),
    (BUY, {"budget": 100}, PLACED + CLOSED, OrderStatus.CANCEL, Reason.UNFILLED, 0),
    (SELL, {}, PLACED + TRADED + FILLED + TRADED + FILLED, OrderStatus.FILLED, None, 5),
    (SELL, {"quantity": 7}, PLACED + (TRADED + FILLED) * 2 + CLOSED, OrderStatus.CANCEL,
     Reason.UNFILLED, 6),
    (SELL, {"price": 95}, PLACED + TRADED + FILLED, OrderStatus.OPEN, None, 3),
]  # fmt: skip


@pytest.mark.parametrize(("side", "body", "happens", "status", "reason", "filled"), FATES)
def test_it_comes_to_what_its_kind_of_order_comes_to(
    side: Side,
    body: dict[str, Any],
    happens: list[str],
    status: OrderStatus,
    reason: Reason | None,
    filled: int,
) -> None:
    """Announced, then carried out; and nothing stays held for one that is over."""
    order, happened = come(side, **body)
    assert (order.status, order.reason, order.filled) == (status, reason, filled)
    assert happened == happens
    assert (order.level is not None) == (status is OrderStatus.OPEN)


def test_a_market_order_shows_the_mid_when_it_comes() -> None:
    """Rounded down; until then what its owner sees is the highest price that it pays."""
    desk = Desk()
    order = arm(desk, BUY, STOP, 105, max_price=120)
    assert order.price == 120
    move(desk, 211)
    (placed, closed) = desk.do(Continue()).events
    assert placed == OrderPlaced(
        0, order.id, ALICE, "alice", Verb.ORDER, BUY, OrderType.MARKET, 105, 5, "",
        TimeInForce.GTC, "",
    )  # fmt: skip
    assert closed == OrderClosed(0, order.id, ALICE, Reason.UNFILLED, 5)


def test_it_pays_what_any_taker_pays() -> None:
    """To the unit, and the rest of what was held comes back."""
    desk = Desk(CHARGED)
    order, _ = come(desk=desk, max_price=120)
    assert (order.filled, order.hold) == (5, 0)
    twin = Desk(CHARGED)
    for price in (104, 106):
        twin.sell(BOB, 3, price)
    twin.buy(ALICE, 5, 106)
    mine, his = desk.engine.accounts[ALICE], twin.engine.accounts[ALICE]
    assert (mine.free, mine.held) == (his.free, his.held)


@pytest.mark.parametrize(
    ("mode", "happens"),
    [
        (SelfTrade.EXPIRE_TAKER, ["OrderPlaced", "OrderClosed"]),
        (SelfTrade.EXPIRE_MAKER, ["OrderPlaced", "OrderClosed"]),
        (SelfTrade.EXPIRE_BOTH, ["OrderPlaced", "OrderClosed", "OrderClosed"]),
        (SelfTrade.NONE, ["OrderPlaced", "Trade", "OrderFilled"]),
        (SelfTrade.SKIP, ["OrderPlaced"]),
        (SelfTrade.DECREMENT, ["OrderPlaced", "OrderReduced", "OrderReduced", "OrderClosed"]),
    ],
)
def test_it_meets_its_own_in_the_mode_that_it_was_placed_with(
    mode: SelfTrade, happens: list[str]
) -> None:
    """Whatever the game's is."""
    desk = Desk()
    desk.sell(ALICE, 2, 100)
    arm(desk, BUY, STOP, 105, price=100, self_trade=mode)
    move(desk, 210)
    assert go_on(desk) == happens


def test_a_remainder_on_one_level_too_many_is_rejected() -> None:
    """With the sentence of the limit; where there is the level already, it rests."""
    market = MarketRules(
        "BTC/USD", "BTC", "USD", tick="1", lot="1", min_size="1", min_price="1",
        start_price="100", max_levels=1,
    )  # fmt: skip
    desk = Desk(market)
    desk.buy(BOB, 1, 90)
    refused = arm(desk, BUY, STOP, 105, price=91)
    rests = arm(desk, BUY, STOP, 105, price=90)
    taken = arm(desk, BUY, STOP, 105, price=92, time_in_force=IOC)
    move(desk, 210)
    events = desk.do(Continue()).events
    assert kinds(events) == ["OrderPlaced", "OrderRejected", *PLACED, *PLACED, "OrderClosed"]
    assert events[1] == OrderRejected(0, refused.id, ALICE, 5, refused.comment)
    assert refused.comment == "Too many price levels: at most 1."
    assert (rests.status, taken.reason) == (OrderStatus.OPEN, Reason.UNFILLED)
    assert desk.engine.violations() == []


def test_a_hundred_come_at_a_time() -> None:
    """In the order in which they fired; the rest with the next command."""
    desk = Desk(max_open_orders=0)
    desk.do(OpenAccount("carol"))
    for account in (ALICE, BOB, 3):
        for _ in range(40):
            arm(desk, BUY, STOP, 105, price=1, quantity=1, account=account)
    assert move(desk, 210) == list(range(1, 121))
    for count in (100, 20):
        events = desk.do(Continue()).events
        placed = [event.order for event in events if isinstance(event, OrderPlaced)]
        assert placed == list(range(1, 121))[-20 if count == 20 else 0 :][:count]
    assert not desk.engine.triggered


def test_the_mid_of_a_book_moves_after_the_command() -> None:
    """What it then reaches fires in turn; orders of one command are shown the same mid."""
    desk = Desk(mid=Mid.BOOK)
    desk.buy(BOB, 1, 98)
    desk.sell(BOB, 1, 102)
    first = arm(desk, BUY, STOP, 101, price=101, by=LAST)
    second = arm(desk, SELL, TAKE_PROFIT, 101, quantity=1, price=102, by=LAST)
    by_mid = arm(desk, BUY, STOP, 101, price=90, quantity=1)
    assert trade(desk, 101) == [first.id, second.id]
    applied = desk.do(Continue())
    assert kinds(applied.events) == ["OrderPlaced", "OrderPlaced", "TriggerFired"]
    assert list(desk.engine.triggered) == [by_mid]


def test_a_cascade_over_more_than_one_command_comes_to_its_end() -> None:
    """Each stop takes the bid that the next one waits for; fires join the end of the queue."""
    desk = Desk(max_open_orders=0)
    for price in range(51, 101):
        desk.buy(BOB, 1, price)
    for account in (ALICE, BOB):
        for price in range(99, 50, -1):
            arm(
                desk,
                SELL,
                STOP,
                price,
                quantity=1,
                by=LAST,
                account=account,
                self_trade=SelfTrade.NONE,
            )
    applied = desk.place(ALICE, SELL, 2, 99)
    trades, commands = 2, 0
    while desk.engine.triggered:
        assert "TriggerFired" in kinds(applied.events) or commands
        applied = desk.do(Continue())
        trades += sum(isinstance(event, Trade) for event in applied.events)
        commands += 1
        assert desk.engine.violations() == []
    assert trades == 50
    assert commands > 3


def test_the_house_is_met_as_by_any_other() -> None:
    """At its quote, within its volume."""
    desk = Desk(liquidity=Liquidity.HOUSE)
    order = arm(desk, BUY, STOP, 105, max_price=110)
    desk.do(Tick(0, 1, 104, 108, 2, 2))
    assert go_on(desk) == ["OrderPlaced", "Trade", "OrderClosed"]
    assert (order.filled, desk.engine.markets[0].ask_volume) == (2, 0)


def reloaded(engine: Engine) -> Engine:
    """What is left of an engine after a way through text."""
    return load(json.loads(json.dumps(dump(engine))))


def full_desk() -> Desk:
    """Two that are armed, one of them trailing; two in the queue; one that has come."""
    desk = Desk()
    came = arm(desk, BUY, STOP, 101, price=90)
    move(desk, 202)
    go_on(desk)
    assert came.level is not None
    trade(desk, 103)
    arm(desk, SELL, TRAILING, trail_rate=12_345, by=LAST, post_only=True, price=200)
    gtd = {"time_in_force": TimeInForce.GTD, "lives_ms": 900}
    arm(desk, BUY, STOP, 120, max_price=130, quantity=1, **gtd)
    for at in (110, 109):
        arm(desk, BUY, STOP, at, price=80, quantity=1, cid=f"c{at}")
    assert len(move(desk, 230)) == 2
    return desk


def test_a_loaded_game_goes_on_where_it_was() -> None:
    """With its queue, its last price, what is armed, and where trails have come to."""
    desk = full_desk()
    loaded = reloaded(desk.engine)
    assert loaded.state_hash() == desk.engine.state_hash()
    assert loaded.violations() == desk.engine.violations() == []
    assert [order.id for order in loaded.triggered] == [order.id for order in desk.engine.triggered]
    twin, desk.engine = desk.engine, loaded
    for command in (Continue(), Tick(0, 2, 121, 121), Continue(), CancelOrder(ALICE, 2)):
        told = twin.apply(command, 0, 0)
        assert kinds(told.events) == kinds(desk.do(command).events)
        assert twin.state_hash() == desk.engine.state_hash()
    assert not desk.engine.triggered


@pytest.mark.parametrize("name", ["best2", "trigger2", "trail", "max_price", "post_only", "armed"])
def test_whatever_a_trigger_knows_changes_the_hash(name: str) -> None:
    """Armed or not."""
    desk = full_desk()
    before = desk.engine.state_hash()
    for order in desk.engine.orders.values():
        if order.trigger is not None:
            value = getattr(order.trigger, name)
            setattr(order.trigger, name, value + 1)
            assert desk.engine.state_hash() != before
            setattr(order.trigger, name, value)
    assert desk.engine.state_hash() == before


@pytest.mark.parametrize(
    "change",
    [
        lambda engine: setattr(engine.markets[0], "last", 104),
        lambda engine: engine.triggered.reverse(),
        lambda engine: engine.triggered.pop(),
    ],
)
def test_the_queue_and_the_last_price_change_the_hash(change: Callable[[Engine], None]) -> None:
    """Each part of the state counts."""
    desk = full_desk()
    before = desk.engine.state_hash()
    change(desk.engine)
    assert desk.engine.state_hash() != before


def test_a_game_without_a_trigger_is_dumped_as_ever() -> None:
    """No more elements, so that the hashes of old games stay."""
    desk = Desk()
    trade(desk, 100)
    desk.buy(ALICE, 1, 90)
    shown = dump(desk.engine)
    assert "triggered" not in shown
    assert len(shown["markets"][0]) == len(MARKET_FIELDS) + 1
    assert len(dump(full_desk().engine)["markets"][0]) == len(MARKET_FIELDS) + 3
