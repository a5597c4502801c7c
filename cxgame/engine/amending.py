"""Amending: another price or quantity for an order that rests. See docs/matching.md.

What a change would come to is judged on a copy of the order; the order itself is touched only
when the change is accepted.
"""

from copy import copy

from cxgame.engine import placing, settling
from cxgame.engine.checking import check, not_found, too_late
from cxgame.engine.fees import hold_for_rest
from cxgame.engine.matching import Plan
from cxgame.engine.orders import Order
from cxgame.engine.state import Applied, MarketState, State
from cxgame.model.commands import AmendOrder
from cxgame.model.enums import Phase, Reason, Verb
from cxgame.model.errors import Code, Rejection, reject
from cxgame.model.events import OrderAmended


def amend(state: State, command: AmendOrder, applied: Applied) -> None:
    """Change an order; one that would be as it is stays so, without an event."""
    refusal = _not_amendable(state, command)
    if refusal is not None:
        applied.rejection = refusal
        return
    order = state.orders[command.order]
    place = state.markets[order.market]
    changed = _changed(order, command)
    if (changed.price, changed.quantity) != (order.price, order.quantity):
        if changed.left <= 0:
            settling.close(state, order, Reason.USER, applied)
        elif changed.price == order.price and changed.left < order.left:
            applied.rejection = _check(state, place, order, changed)
            if applied.rejection is None:
                _shrink(state, order, changed, applied)
        else:
            applied.rejection = _requeue(state, place, order, changed, command, applied)
    if applied.rejection is None:
        state.update_mid(place)
        applied.order = order
        applied.order_id = order.id


def _not_amendable(state: State, command: AmendOrder) -> Rejection | None:
    """What can be refused before it is known what would change."""
    if command.deadline_ms and state.wall_ms > command.deadline_ms:
        return too_late(command.deadline_ms, state.wall_ms)
    if state.phase is not Phase.OPEN:
        return reject(placing.CLOSED_PHASES[state.phase])
    order = state.orders.get(command.order)
    refusal = not_found(order, command.account, command.order)
    if order is None or refusal is not None:
        return refusal
    why = ""
    if order.due_ns:
        why = "it is not in the book"
    elif order.trigger is not None and order.trigger.armed:
        why = "its trigger has not fired"
    elif order.short:
        why = "an admin has cut what it holds"
    elif order.fee_hold:
        why = "it holds its fee"
    return reject(Code.ORDER_NOT_AMENDABLE, got=why) if why else None


def _changed(order: Order, command: AmendOrder) -> Order:
    """The order as it would be, for looking at it only. What was filled or cut stays so."""
    changed = copy(order)
    changed.price = command.price or order.price
    changed.quantity = command.quantity or order.quantity
    changed.left = order.left + changed.quantity - order.quantity
    return changed


def _check(state: State, place: MarketState, order: Order, changed: Order) -> Rejection | None:
    """What a new order like it would be refused for, and the funds that it needs more."""
    looked_at = copy(changed)
    if changed.price == order.price:  # then it stays as much a maker as it is
        looked_at.verb = Verb.ORDER
    more = hold_for_rest(place.market, changed) - order.hold
    return check(place, state.accounts[order.account], looked_at, more, 0)


def _shrink(state: State, order: Order, changed: Order, applied: Applied) -> None:
    """Less at the same price: it keeps its place."""
    level = order.level
    assert level is not None
    level.lots -= order.left - changed.left
    _take_over(order, changed, applied, in_place=True)
    settling.lower_hold(state, order)


def _requeue(
    state: State,
    place: MarketState,
    order: Order,
    changed: Order,
    command: AmendOrder,
    applied: Applied,
) -> Rejection | None:
    """Out of its level; then it is matched as if it came now, and what is left rests."""
    refusal = _check(state, place, order, changed)
    if refusal is not None:
        return refusal
    plan = placing.plan_of(state, place, changed)
    if command.post_only and plan is not None and plan.steps:
        return reject(Code.ORDER_POST_ONLY)
    if not _stands_alone(order):  # else it leaves a level for the one that it opens
        refusal = placing.judge_limit(place, changed, plan)
        if refusal is not None:
            return refusal
    _leave_level(order)
    _take_over(order, changed, applied, in_place=False)
    _adjust_hold(state, place, order)
    _arrive(state, place, order, plan, applied)
    return None


def _stands_alone(order: Order) -> bool:
    level = order.level
    return level is not None and level.first is level.last


def _leave_level(order: Order) -> None:
    """Give up the place in the queue; the look-ups go on to know the order."""
    level = order.level
    assert level is not None
    level.half.remove(order)


def _take_over(order: Order, changed: Order, applied: Applied, *, in_place: bool) -> None:
    """The order becomes what was judged."""
    order.price, order.quantity, order.left = changed.price, changed.quantity, changed.left
    applied.events.append(
        OrderAmended(
            order.market,
            order.id,
            order.account,
            order.price,
            order.quantity,
            order.left,
            in_place,
        )
    )


def _adjust_hold(state: State, place: MarketState, order: Order) -> None:
    more = hold_for_rest(place.market, order) - order.hold
    if more > 0:
        settling.hold(state, place.market, state.accounts[order.account], order, more)
    else:
        settling.release(state, order, -more)


def _arrive(
    state: State, place: MarketState, order: Order, plan: Plan | None, applied: Applied
) -> None:
    """Meet whom the plan says, as a taker."""
    if plan is None:
        state.rest(order)
    else:
        plan.order = order
        placing.carry_out(state, place, order, plan, applied)
