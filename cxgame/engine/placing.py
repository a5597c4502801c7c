"""Placing an order: check, plan, judge the plan, carry it out. See docs/matching.md.

`place` refuses before anything is changed, or carries the whole order through.
"""

from cxgame.engine import settling
from cxgame.engine.fees import need
from cxgame.engine.ledger import Account
from cxgame.engine.matching import NO_QUOTE, Meeting, Plan, Step, make_plan
from cxgame.engine.orders import Order
from cxgame.engine.state import Applied, MarketState, State
from cxgame.model.commands import PlaceOrder
from cxgame.model.enums import OrderType, Phase, Reason, Side, TimeInForce, Verb
from cxgame.model.errors import Code, Rejection, reject
from cxgame.model.events import OrderPlaced
from cxgame.model.market import Market
from cxgame.model.units import MAX_LOTS, MAX_TICKS, UNIT_PLACES, format_decimal

# Globals are found faster than an enum's members.
_OPEN = Phase.OPEN
_BUY = Side.BUY
_LIMIT = OrderType.LIMIT
_GTC = TimeInForce.GTC
_ORDER = Verb.ORDER
_TRADE = Meeting.TRADE
_CLOSED_PHASES = {
    Phase.REGISTRATION: Code.STATE_NOT_OPEN,
    Phase.PAUSED: Code.STATE_PAUSED,
    Phase.CLOSED: Code.STATE_CLOSED,
}


def place(state: State, command: PlaceOrder, applied: Applied) -> None:
    """Place an order; `applied` says what came of it."""
    account = state.accounts[command.account]
    if command.cid and command.cid in account.cids:
        _replay(state, account, command, applied)
        return
    if state.phase is not _OPEN:
        applied.rejection = reject(_CLOSED_PHASES[state.phase])
        return
    place = state.markets[command.market]
    order = _new_order(state, place, command)
    refusal = _check(state, place, account, order)
    if refusal is not None:
        applied.rejection = refusal
        return
    quote = place.quote_against(order.side) if state.house_quotes else NO_QUOTE
    plan = make_plan(place.market, place.half_against(order.side), quote, order, state.accounts)
    refusal = _judge(place, account, command, order, plan)
    if refusal is not None:
        applied.rejection = refusal
        return
    _accept(state, account, order, applied)
    _carry_out(state, place, order, plan, applied)


def _replay(state: State, account: Account, command: PlaceOrder, applied: Applied) -> None:
    """Answer a repeated cid with the order it named, or refuse its second use."""
    order_id, fingerprint = account.cids[command.cid]
    if fingerprint != command.fingerprint:
        applied.rejection = reject(Code.ORDER_CID_REUSED, got=command.cid)
        return
    applied.replayed = True
    applied.order_id = order_id
    applied.order = state.orders.get(order_id)


def _new_order(state: State, place: MarketState, command: PlaceOrder) -> Order:
    price = command.price if command.type is _LIMIT else place.mid2 // 2
    budget = int(command.budget) if command.budget else 0
    mode = state.self_trade if command.self_trade is None else command.self_trade
    return Order(state.last_order_id + 1, command, price, budget, mode, state.wall_ms)


def _check(state: State, place: MarketState, account: Account, order: Order) -> Rejection | None:
    """What can be refused before looking at the book."""
    market = place.market
    refusal = _filters(market, order)
    if refusal is not None:
        return refusal
    limit = state.max_open_orders
    if limit and len(account.orders) >= limit and _may_rest(order):
        return reject(Code.LIMIT_ORDERS, limit=str(limit), got=str(len(account.orders)))
    if order.verb is not _ORDER:
        refusal = _maker_rule(place, order)
        if refusal is not None:
            return refusal
    return _funds(market, account, order)


def _filters(market: Market, order: Order) -> Rejection | None:
    rules = market.rules
    if order.type is _LIMIT and not market.min_ticks <= order.price <= MAX_TICKS:
        got = market.price_text(order.price)
        if order.price > MAX_TICKS:
            return _too_large("Price", market.price_text(MAX_TICKS), got)
        return reject(Code.FILTER_MIN_PRICE, limit=rules.min_price, got=got)
    if order.budget:
        if order.budget >= market.min_amount:
            return None
        got = format_decimal(order.budget, UNIT_PLACES, 2)
        return reject(Code.FILTER_MIN_AMOUNT, limit=rules.min_amount, got=got)
    if market.min_lots <= order.quantity <= MAX_LOTS:
        return None
    got = market.size_text(order.quantity)
    if order.quantity > MAX_LOTS:
        return _too_large("Size", market.size_text(MAX_LOTS), got)
    return reject(Code.FILTER_MIN_SIZE, limit=rules.min_size, got=got)


def _too_large(name: str, limit: str, got: str) -> Rejection:
    return reject(Code.FILTER_MAX, name=name, limit=limit, got=got)


def _may_rest(order: Order) -> bool:
    return order.type is _LIMIT and order.time_in_force is _GTC


def _maker_rule(place: MarketState, order: Order) -> Rejection | None:
    """The seed verbs' rule: buy below the mid, sell at or above it."""
    if order.verb is Verb.BUY and 2 * order.price >= place.mid2:
        relation = "<"
    elif order.verb is Verb.SELL and 2 * order.price < place.mid2:
        relation = ">="
    else:
        return None
    market = place.market
    return reject(
        Code.ORDER_NOT_MAKER,
        relation=relation,
        limit=market.mid_text(place.mid2),
        got=market.price_text(order.price),
    )


def _funds(market: Market, account: Account, order: Order) -> Rejection | None:
    """What the order needs whomever it meets."""
    if order.side is not _BUY:
        amount = order.quantity * market.lot_units
    elif order.budget:
        amount = order.budget
    elif order.type is _LIMIT:
        amount = need(market, order.price * order.quantity * market.tick_lot_units)
    else:
        return None  # the plan will tell
    return _enough(market, account, order.side, amount)


def _enough(market: Market, account: Account, side: Side, amount: int) -> Rejection | None:
    free = account.free[market.quote_asset if side is _BUY else market.base_asset]
    if amount <= free:
        return None
    return reject(
        Code.FUNDS_QUOTE if side is _BUY else Code.FUNDS_BASE,
        asset=market.quote if side is _BUY else market.base,
        limit=format_decimal(free, UNIT_PLACES, 1),
        got=format_decimal(amount, UNIT_PLACES, 1),
    )


def _judge(
    place: MarketState, account: Account, command: PlaceOrder, order: Order, plan: Plan
) -> Rejection | None:
    """What can be refused once it is known whom the order would meet."""
    market = place.market
    if command.post_only and plan.steps:
        return reject(Code.ORDER_POST_ONLY)
    if order.time_in_force is TimeInForce.FOK and not plan.complete():
        return reject(Code.ORDER_FOK, limit=market.size_text(plan.lots))
    if order.type is not _LIMIT:
        if not plan.lots:
            return reject(Code.ORDER_NO_MATCH)
        if order.side is _BUY and not order.budget:
            return _enough(market, account, _BUY, plan.value + plan.fee)
        return None
    if not plan.left or plan.stopped or order.time_in_force is not _GTC:
        return None
    half = place.book.side(order.side)
    if len(half.keys) >= market.max_levels and order.price not in half.levels:
        return reject(Code.LIMIT_LEVELS, limit=str(market.max_levels), got=str(len(half.keys)))
    return None


def _accept(state: State, account: Account, order: Order, applied: Applied) -> None:
    """Give the order its id and announce it."""
    state.last_order_id = order.id
    if order.cid:
        account.cids[order.cid] = (order.id, order.fingerprint)
    applied.order = order
    applied.order_id = order.id
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


def _carry_out(
    state: State, place: MarketState, order: Order, plan: Plan, applied: Applied
) -> None:
    """Hold, take the plan's steps, and settle the order's own fate."""
    settling.hold(state, order, _hold_for(place.market, order, plan))
    for step in plan.steps:
        _take(state, place, order, step, applied)
    _settle_fate(state, order, plan, applied)
    if state.mid_by_book:
        state.update_mid(place)


def _hold_for(market: Market, order: Order, plan: Plan) -> int:
    if order.side is not _BUY:
        return order.quantity * market.lot_units
    if order.budget:
        return order.budget
    if order.type is _LIMIT:
        return need(market, order.price * order.quantity * market.tick_lot_units)
    return plan.value + plan.fee


def _take(state: State, place: MarketState, order: Order, step: Step, applied: Applied) -> None:
    """One step of a plan."""
    meeting, maker, price, lots = step
    if maker is None:
        _draw_on_quote(place, order.side, lots)
        settling.trade(state, place, order.side, order, None, price, lots, applied)
    elif meeting is _TRADE:
        settling.trade(state, place, order.side, order, maker, price, lots, applied)
        if not maker.left:
            settling.fill_up(state, maker, applied)
    elif meeting is Meeting.EXPIRE:
        settling.close(state, maker, Reason.SELF_TRADE, applied)
    else:
        _reduce_both(state, place.market, order, maker, step, applied)


def _draw_on_quote(place: MarketState, side: Side, lots: int) -> None:
    """Take from the volume that the house quotes until its next tick."""
    if side is Side.BUY:
        if place.ask_volume is not None:
            place.ask_volume -= lots
    elif place.bid_volume is not None:
        place.bid_volume -= lots


def _reduce_both(
    state: State, market: Market, order: Order, maker: Order, step: Step, applied: Applied
) -> None:
    settling.reduce(state, maker, step.lots, applied)
    settling.reduce(state, order, step.lots, applied)
    if maker.left:
        settling.lower_hold(state, maker)
    else:
        settling.close(state, maker, Reason.SELF_TRADE, applied)
    if order.budget:
        settling.release(state, order, step.price * step.lots * market.tick_lot_units)


def _settle_fate(state: State, order: Order, plan: Plan, applied: Applied) -> None:
    """Filled, closed or resting."""
    if plan.left and _may_rest(order) and not plan.stopped:
        if plan.steps:
            settling.lower_hold(state, order)
        state.rest(order)
    elif not order.budget and not plan.left:
        if plan.steps[-1].meeting is _TRADE:
            settling.fill_up(state, order, applied)
        else:
            settling.close(state, order, Reason.SELF_TRADE, applied)
    elif plan.stopped:
        settling.close(state, order, Reason.SELF_TRADE, applied)
    elif order.budget and plan.complete():
        settling.fill_up(state, order, applied)
    else:
        settling.close(state, order, Reason.UNFILLED, applied)
