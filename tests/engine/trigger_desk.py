"""Orders with a trigger, in short words for unit tests.

A tick of 1 and a lot of 1; alice and bob have 10,000 USD and 100 BTC each; the mid is 100.
"""

from typing import Any

from cxgame.engine.orders import Order
from cxgame.engine.state import Applied
from cxgame.model.commands import Continue, PlaceOrder, PlaceTrigger, Tick
from cxgame.model.enums import OrderType, SelfTrade, Side, TriggerBy, TriggerKind, Verb
from cxgame.model.events import TriggerFired
from cxgame.model.units import ONE
from tests.engine.desk import ALICE, BOB, Desk, kinds

BUY, SELL = Side
LAST, MID = TriggerBy
STOP, TAKE_PROFIT, TRAILING = TriggerKind
TERMS = ("trail", "trail_rate", "max_price")


def command(
    side: Side, kind: TriggerKind, at: int = 0, *, account: int = ALICE, market: int = 0,
    quantity: int = 5, price: int = 0, budget: int = 0, by: TriggerBy = MID, **rest: Any,
) -> PlaceTrigger:  # fmt: skip
    """A limit order if it has a price, else one at the market; it watches the mid."""
    terms = {name: rest.pop(name) for name in TERMS if name in rest}
    kind_of_order = OrderType.LIMIT if price else OrderType.MARKET
    money = str(budget * ONE) if budget else ""
    body = PlaceOrder(
        account, market, Verb.ORDER, side, kind_of_order, price,
        0 if budget else quantity, money, **rest,
    )  # fmt: skip
    return PlaceTrigger(body, kind, by, at, **terms)


def arm(desk: Desk, side: Side, kind: TriggerKind, at: int = 0, **rest: Any) -> Order:
    """An order that must be accepted, and waits."""
    applied = desk.do(command(side, kind, at, **rest))
    assert applied.order is not None, applied.rejection
    assert kinds(applied.events) == ["TriggerPlaced"]
    assert desk.engine.violations() == []
    return applied.order


def code(desk: Desk, side: Side, kind: TriggerKind, at: int = 0, **rest: Any) -> str:
    """Why an order is refused, which leaves no trace; "" if it is not."""
    before = desk.engine.state_hash()
    rejection = desk.do(command(side, kind, at, **rest)).rejection
    assert rejection is None or desk.engine.state_hash() == before
    return "" if rejection is None else str(rejection.code)


def move(desk: Desk, mid2: int, market: int = 0) -> list[int]:
    """The mid goes to so many half ticks; the orders that fire, in order."""
    return fired(desk.do(Tick(market, 1, mid2 // 2, -(-mid2 // 2))))


def trade(desk: Desk, *prices: int) -> list[int]:
    """Bob trades with himself at prices, as one command; the orders that fire, in order."""
    for price in prices:
        desk.sell(BOB, 1, price, self_trade=SelfTrade.NONE)
    count = len(prices)
    return fired(desk.place(BOB, BUY, count, max(prices), self_trade=SelfTrade.NONE))


def fired(applied: Applied) -> list[int]:
    """The orders that a command has fired."""
    return [event.order for event in applied.events if isinstance(event, TriggerFired)]


def go_on(desk: Desk) -> list[str]:
    """Carry out what has fired, to the end of the queue; what happened."""
    happened: list[str] = []
    while desk.engine.triggered:
        happened += kinds(desk.do(Continue()).events)
        assert desk.engine.violations() == []
    return happened


def trigger2(order: Order) -> int:
    """Where it would fire now, in half ticks."""
    assert order.trigger is not None
    return order.trigger.trigger2
