"""Placing an order: check, plan, judge the plan, carry it out. See docs/matching.md.

`place` refuses before anything is changed, or carries the whole order through.
"""

from typing import NamedTuple

from cxgame.engine import expiring, settling
from cxgame.engine.checking import (
    RESTING,
    amount_needed,
    check,
    check_trade,
    enough,
    may_rest,
    too_late,
)
from cxgame.engine.ledger import Account
from cxgame.engine.matching import NO_QUOTE, Meeting, Plan, Step, make_plan
from cxgame.engine.orders import Order
from cxgame.engine.state import Applied, MarketState, State
from cxgame.model.commands import PlaceOrder, PlacePending
from cxgame.model.enums import OrderStatus, OrderType, Phase, Reason, Side, TimeInForce
from cxgame.model.errors import Code, Rejection, reject
from cxgame.model.events import OrderPlaced
from cxgame.model.market import Market

# Globals are found faster than an enum's members.
_OPEN = Phase.OPEN
_BUY = Side.BUY
_LIMIT = OrderType.LIMIT
_FOK = TimeInForce.FOK
_TRADE = Meeting.TRADE
CLOSED_PHASES = {
    Phase.REGISTRATION: Code.STATE_NOT_OPEN,
    Phase.PAUSED: Code.STATE_PAUSED,
    Phase.CLOSED: Code.STATE_CLOSED,
}


class Fate(NamedTuple):
    """What becomes of an order: its status, and why, if it is closed with something left."""

    status: OrderStatus
    reason: Reason | None = None


_RESTS, _FILLED = Fate(OrderStatus.OPEN), Fate(OrderStatus.FILLED)
_OWN_MET = Fate(OrderStatus.CANCEL, Reason.SELF_TRADE)
_UNFILLED = Fate(OrderStatus.CANCEL, Reason.UNFILLED)


def place(state: State, command: PlaceOrder, applied: Applied) -> None:
    """Place an order; `applied` says what came of it."""
    account = state.accounts[command.account]
    if (
        command.cid
        and command.cid in account.cids
        and settling.remembers(state, account, command.cid)
    ):
        replay(state, account, command, applied)
        return
    if command.deadline_ms and state.wall_ms > command.deadline_ms:
        applied.rejection = too_late(command.deadline_ms, state.wall_ms)
        return
    if state.phase is not _OPEN:
        applied.rejection = reject(CLOSED_PHASES[state.phase])
        return
    place = state.markets[command.market]
    order = new_order(state, place, command)
    amount = amount_needed(place.market, order)
    refusal = check(place, account, order, amount, state.max_open_orders)
    if refusal is None:
        plan = plan_of(state, place, order)
        if plan is None:
            refusal = judge_alone(place, order)
        else:
            refusal = judge(place, account, command, order, plan)
    if refusal is not None:
        applied.rejection = refusal
        return
    number(state, account, order, applied)
    announce(account, order, applied)
    if plan is None:
        settling.hold(state, place.market, account, order, amount)
        _leave(state, order, applied)
    else:
        amount = amount or plan.value + plan.fee
        settling.hold(state, place.market, account, order, amount)
        carry_out(state, place, order, plan, applied)
    if command.lives_ms:
        expiring.begin(state, order, command.lives_ms)
    if state.mid_by_book:
        state.update_mid(place)


def answered_early(state: State, command: PlaceOrder, now_ms: int, applied: Applied) -> bool:
    """Whether an order is answered before it is looked at: a repeat, late, or in no open game."""
    account = state.accounts[command.account]
    if command.cid in account.cids and settling.remembers(state, account, command.cid):
        replay(state, account, command, applied)
    elif 0 < command.deadline_ms < now_ms:
        applied.rejection = too_late(command.deadline_ms, now_ms)
    elif state.phase is not _OPEN:
        applied.rejection = reject(CLOSED_PHASES[state.phase])
    else:
        return False
    return True


def replay(
    state: State, account: Account, command: PlaceOrder | PlacePending, applied: Applied
) -> None:
    """Answer a repeated cid with the order it named, or refuse its second use."""
    order_id, fingerprint = account.cids[command.cid]
    if fingerprint != command.fingerprint:
        applied.rejection = reject(Code.ORDER_CID_REUSED, got=command.cid)
        return
    applied.replayed = True
    applied.order_id = order_id
    applied.order = state.orders.get(order_id)


def new_order(state: State, place: MarketState, command: PlaceOrder) -> Order:
    """The order that a command describes, under the next id."""
    price = command.price if command.type is _LIMIT else place.mid2 // 2
    budget = int(command.budget) if command.budget else 0
    mode = state.self_trade if command.self_trade is None else command.self_trade
    return Order(state.last_order_id + 1, command, price, budget, mode, state.wall_ms)


def plan_of(state: State, place: MarketState, order: Order) -> Plan | None:
    """Whom the order would meet; None for nobody, which most orders do."""
    half = place.book.asks if order.side is _BUY else place.book.bids
    quote = place.quote_against(order.side) if state.house_quotes else NO_QUOTE
    keys = half.keys
    if quote is NO_QUOTE:
        if not keys or (order.type is _LIMIT and keys[-1] < half.sign * order.price):
            return None
    return make_plan(place.market, half, quote, order, state.accounts)


def judge_alone(place: MarketState, order: Order) -> Rejection | None:
    """What can be refused of an order that meets nobody."""
    if order.time_in_force is _FOK:
        return reject(Code.ORDER_FOK, limit=place.market.size_text(0))
    if order.type is not _LIMIT:
        return reject(Code.ORDER_NO_MATCH)
    return _level_limit(place, order)


def judge(
    place: MarketState, account: Account, command: PlaceOrder, order: Order, plan: Plan
) -> Rejection | None:
    """What can be refused once it is known whom the order would meet."""
    market = place.market
    if command.post_only and plan.steps:
        return reject(Code.ORDER_POST_ONLY)
    if order.time_in_force is _FOK and not plan.complete():
        return reject(Code.ORDER_FOK, limit=market.size_text(plan.lots))
    if order.type is not _LIMIT:
        if not plan.lots:
            return reject(Code.ORDER_NO_MATCH)
        if order.budget:
            return check_trade(market, plan.largest())
        if order.side is _BUY:
            return enough(market, account, _BUY, plan.value + plan.fee)
        return None
    return _level_limit(place, order) if plan.left and not plan.stopped else None


def judge_limit(place: MarketState, order: Order, plan: Plan | None) -> Rejection | None:
    """What can be refused of a plain limit order once it is known whom it would meet."""
    if plan is None or (plan.left and not plan.stopped):
        return _level_limit(place, order)
    return None


def _level_limit(place: MarketState, order: Order) -> Rejection | None:
    """Refuse an order that would rest on one level too many."""
    half, limit = place.book.side(order.side), place.market.max_levels
    if len(half.keys) < limit or order.price in half.levels or not may_rest(order):
        return None
    return reject(Code.LIMIT_LEVELS, limit=str(limit), got=str(len(half.keys)))


def number(state: State, account: Account, order: Order, applied: Applied) -> None:
    """Take the order's id into use, and its cid."""
    state.last_order_id = order.id
    if order.cid:
        if order.cid in account.cids:  # of an order that is over for a day
            settling.forget_old_cids(account, state.game_time_ns)
        account.cids[order.cid] = (order.id, order.fingerprint)
    applied.order = order
    applied.order_id = order.id


def announce(account: Account, order: Order, applied: Applied) -> None:
    """Tell everybody of an order that comes to the market."""
    applied.events.append(
        OrderPlaced(
            order.market,
            order.id,
            order.account,
            account.name,
            order.verb,
            order.side,
            order.type,
            order.price,
            order.quantity,
            str(order.budget) if order.budget else "",
            order.time_in_force,
            order.cid,
        )
    )


def _leave(state: State, order: Order, applied: Applied) -> None:
    """An order that meets nobody rests, or is over."""
    if order.time_in_force in RESTING:
        state.rest(order)
    else:
        settling.close(state, order, Reason.UNFILLED, applied)


def carry_out(state: State, place: MarketState, order: Order, plan: Plan, applied: Applied) -> None:
    """Take the plan's steps, and settle the order's own fate."""
    for step in plan.steps:
        take(state, place, order, step, applied)
    _settle_fate(state, order, plan, applied)


def take(state: State, place: MarketState, order: Order, step: Step, applied: Applied) -> None:
    """One step of a plan."""
    meeting, maker, price, lots = step
    if maker is None:
        _draw_on_quote(place, order.side, lots)
        settling.trade(state, place, order.side, order, None, price, lots, applied)
    elif meeting is _TRADE:
        settling.trade(state, place, order.side, order, maker, price, lots, applied)
        if not maker.left:
            settling.fill_up(state, maker, applied)
    elif meeting is Meeting.FAIL:
        settling.reject_order(state, maker, settling.lack_of_hold(place.market, maker), applied)
    elif meeting is Meeting.EXPIRE:
        settling.close(state, maker, Reason.SELF_TRADE, applied)
    else:
        _reduce_both(state, place.market, order, maker, lots, applied)


def _draw_on_quote(place: MarketState, side: Side, lots: int) -> None:
    """Take from the volume that the house quotes until its next tick."""
    if side is Side.BUY:
        if place.ask_volume is not None:
            place.ask_volume -= lots
    elif place.bid_volume is not None:
        place.bid_volume -= lots


def _reduce_both(
    state: State, market: Market, order: Order, maker: Order, lots: int, applied: Applied
) -> None:
    settling.reduce(state, maker, lots, applied)
    settling.reduce(state, order, lots, applied)
    if maker.left:
        settling.lower_hold(state, maker)
    else:
        settling.close(state, maker, Reason.SELF_TRADE, applied)
    if order.budget:
        settling.release(state, order, maker.price * lots * market.tick_lot_units)


def _settle_fate(state: State, order: Order, plan: Plan, applied: Applied) -> None:
    """Filled, closed or resting."""
    fate = fate_of(order, plan)
    if fate is _FILLED:
        settling.fill_up(state, order, applied)
    elif fate is _RESTS:
        if plan.steps:
            settling.lower_hold(state, order)
        state.rest(order)
    else:
        assert fate.reason is not None
        settling.close(state, order, fate.reason, applied)


def fate_of(order: Order, plan: Plan) -> Fate:
    """What becomes of an order after the steps of its plan."""
    if not order.budget and not plan.left:
        return _FILLED if plan.steps[-1][0] is _TRADE else _OWN_MET
    if plan.stopped:
        return _OWN_MET
    if may_rest(order):
        return _RESTS
    return _FILLED if order.budget and plan.complete() else _UNFILLED
