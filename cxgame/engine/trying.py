"""What placing an order would be answered, without placing it."""

from copy import copy

from cxgame.engine import placing, triggering
from cxgame.engine.checking import amount_needed, check
from cxgame.engine.fees import hold_before_market, hold_for_rest, share
from cxgame.engine.matching import Meeting, Plan
from cxgame.engine.orders import Order
from cxgame.engine.state import Applied, State
from cxgame.model.commands import PlaceOrder, PlaceTrigger
from cxgame.model.enums import OrderStatus


def dry_run(state: State, command: PlaceOrder | PlaceTrigger, wall_ms: int = 0) -> Applied:
    """What placing would do with an order at a time, and changes nothing.

    A refusal; or the order that a known `cid` names; or the order as it would be afterwards, with
    what it would fill, or armed, under no id: nobody has seen it.
    """
    applied = Applied()
    body = command.order if isinstance(command, PlaceTrigger) else command
    if placing.answered_early(state, body, max(wall_ms, state.wall_ms), applied):
        return applied
    if isinstance(command, PlaceTrigger):
        _try_trigger(state, command, applied)
    else:
        _try(state, command, applied)
    return applied


def _try(state: State, command: PlaceOrder, applied: Applied) -> None:
    """The steps of `place` up to its first change."""
    place, account = state.markets[command.market], state.accounts[command.account]
    order = placing.new_order(state, place, command)
    amount = amount_needed(place.market, order)
    plan = None
    refusal = check(place, account, order, amount, state.max_open_orders)
    if refusal is None:
        plan = placing.plan_of(state, place, order)
        if plan is None:
            refusal = placing.judge_alone(place, order)
        else:
            refusal = placing.judge(place, account, command, order, plan)
    applied.rejection = refusal
    if refusal is None:
        applied.order = _as_it_would_be(order, plan or Plan(place.market, order))


def _try_trigger(state: State, command: PlaceTrigger, applied: Applied) -> None:
    """The steps of `triggering.place` up to its first change."""
    place, account = state.markets[command.order.market], state.accounts[command.order.account]
    order = triggering.armed_order(state, place, command)
    applied.rejection = triggering.refusal(state, place, account, order)
    if applied.rejection is None:
        order.id = 0
        order.hold = hold_before_market(place.market, order)
        applied.order = order


def _as_it_would_be(order: Order, plan: Plan) -> Order:
    tried, market = copy(order), plan.market
    tried.id = 0
    steps = [step for step in plan.steps if step[0] is Meeting.TRADE]
    tried.filled = plan.lots
    tried.taker_value = sum(price * lots for _, _, price, lots in steps) * market.tick_lot_units
    tried.taker_fee = share(market.taker_rate, tried.taker_value)
    if not order.budget:
        tried.left = plan.left
    tried.status, tried.reason = placing.fate_of(order, plan)
    if tried.status is OrderStatus.OPEN:
        tried.hold = hold_for_rest(market, tried)
    return tried
