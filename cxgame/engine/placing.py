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
    market_state = state.markets[command.market]
    order = _new_order(state, market_state, command)
    refusal = _check(state, market_state, account, order)
    if refusal is None:
        half = market_state.half_against(order.side)
        quote = market_state.quote_against(order.side) if state.house_quotes else NO_QUOTE
        plan = make_plan(market_state.market, half, quote, order, state.accounts)
        refusal = _judge(state, market_state, account, command, order, plan)
    if refusal is not None:
        applied.rejection = refusal
        return
    _accept(state, account, order, applied)
    _carry_out(state, market_state, order, plan, applied)


def _replay(state: State, account: Account, command: PlaceOrder, applied: Applied) -> None:
    """Answer a repeated cid with the order it named, or refuse its second use."""
    order_id, fingerprint = account.cids[command.cid]
    if fingerprint != command.fingerprint:
        applied.rejection = reject(Code.ORDER_CID_REUSED, got=command.cid)
        return
    applied.replayed = True
    applied.order_id = order_id
    applied.order = state.orders.get(order_id)


def _new_order(state: State, market_state: MarketState, command: PlaceOrder) -> Order:
    is_limit = command.type is OrderType.LIMIT
    mode = command.self_trade
    return Order(
        state.last_order_id + 1,
        command.account,
        command.market,
        command.verb,
        command.side,
        command.type,
        command.price if is_limit else market_state.mid2 // 2,
        command.quantity,
        int(command.budget) if command.budget else 0,
        command.time_in_force,
        state.known_rules.self_trade if mode is None else mode,
        command.cid,
        command.fingerprint,
        state.wall_ms,
    )


def _check(
    state: State, market_state: MarketState, account: Account, order: Order
) -> Rejection | None:
    """What can be refused before looking at the book."""
    if state.phase is not Phase.OPEN:
        return reject(_CLOSED_PHASES[state.phase])
    refusal = _filters(market_state.market, order)
    if refusal is not None:
        return refusal
    limit = state.known_rules.max_open_orders
    if limit and len(account.orders) >= limit and _may_rest(order):
        return reject(Code.LIMIT_ORDERS, limit=str(limit), got=str(len(account.orders)))
    return _maker_rule(market_state, order) or _funds(market_state.market, account, order)


def _filters(market: Market, order: Order) -> Rejection | None:
    rules = market.rules
    if order.type is OrderType.LIMIT and not market.min_ticks <= order.price <= MAX_TICKS:
        if order.price > MAX_TICKS:
            return _too_large("Price", market.price_text(MAX_TICKS), market.price_text(order.price))
        got = market.price_text(order.price)
        return reject(Code.FILTER_MIN_PRICE, limit=rules.min_price, got=got)
    if order.budget:
        if order.budget < market.min_amount:
            got = format_decimal(order.budget, UNIT_PLACES, 2)
            return reject(Code.FILTER_MIN_AMOUNT, limit=rules.min_amount, got=got)
        return None
    if order.quantity < market.min_lots:
        got = market.size_text(order.quantity)
        return reject(Code.FILTER_MIN_SIZE, limit=rules.min_size, got=got)
    if order.quantity > MAX_LOTS:
        return _too_large("Size", market.size_text(MAX_LOTS), market.size_text(order.quantity))
    return None


def _too_large(name: str, limit: str, got: str) -> Rejection:
    return reject(Code.FILTER_MAX, name=name, limit=limit, got=got)


def _may_rest(order: Order) -> bool:
    return order.type is OrderType.LIMIT and order.time_in_force is TimeInForce.GTC


def _maker_rule(market_state: MarketState, order: Order) -> Rejection | None:
    """The seed verbs' rule: buy below the mid, sell at or above it."""
    if order.verb is Verb.BUY and 2 * order.price >= market_state.mid2:
        relation = "<"
    elif order.verb is Verb.SELL and 2 * order.price < market_state.mid2:
        relation = ">="
    else:
        return None
    market = market_state.market
    return reject(
        Code.ORDER_NOT_MAKER,
        relation=relation,
        limit=market.mid_text(market_state.mid2),
        got=market.price_text(order.price),
    )


def _funds(market: Market, account: Account, order: Order) -> Rejection | None:
    """What the order needs whomever it meets."""
    if order.side is Side.SELL:
        amount = order.quantity * market.lot_units
    elif order.budget:
        amount = order.budget
    elif order.type is OrderType.LIMIT:
        amount = need(market, order.price * order.quantity * market.tick_lot_units)
    else:
        return None  # the plan will tell
    return _enough(market, account, order.side, amount)


def _enough(market: Market, account: Account, side: Side, amount: int) -> Rejection | None:
    asset = market.quote_asset if side is Side.BUY else market.base_asset
    free = account.free[asset]
    if amount <= free:
        return None
    return reject(
        Code.FUNDS_QUOTE if side is Side.BUY else Code.FUNDS_BASE,
        asset=market.quote if side is Side.BUY else market.base,
        limit=format_decimal(free, UNIT_PLACES, 1),
        got=format_decimal(amount, UNIT_PLACES, 1),
    )


def _judge(
    state: State,
    market_state: MarketState,
    account: Account,
    command: PlaceOrder,
    order: Order,
    plan: Plan,
) -> Rejection | None:
    """What can be refused once it is known whom the order would meet."""
    market = market_state.market
    if command.post_only and plan.steps:
        return reject(Code.ORDER_POST_ONLY)
    if order.time_in_force is TimeInForce.FOK and not plan.complete():
        return reject(Code.ORDER_FOK, limit=market.size_text(plan.lots))
    if order.type is OrderType.MARKET:
        if not plan.lots:
            return reject(Code.ORDER_NO_MATCH)
        if order.side is Side.BUY and not order.budget:
            return _enough(market, account, Side.BUY, plan.value + plan.fee)
        return None
    half = market_state.book.side(order.side)
    rests = _may_rest(order) and plan.left and not plan.stopped
    if rests and order.price not in half.levels and len(half.keys) >= market.max_levels:
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
    state: State, market_state: MarketState, order: Order, plan: Plan, applied: Applied
) -> None:
    """Hold, take the plan's steps, and settle the order's own fate."""
    settling.hold(state, order, _hold_for(market_state.market, order, plan))
    for step in plan.steps:
        _take(state, market_state, order, step, applied)
    _settle_fate(state, order, plan, applied)
    state.update_mid(market_state)


def _hold_for(market: Market, order: Order, plan: Plan) -> int:
    if order.side is Side.SELL:
        return order.quantity * market.lot_units
    if order.budget:
        return order.budget
    if order.type is OrderType.LIMIT:
        return need(market, order.price * order.quantity * market.tick_lot_units)
    return plan.value + plan.fee


def _take(
    state: State, market_state: MarketState, order: Order, step: Step, applied: Applied
) -> None:
    """One step of a plan."""
    maker = step.maker
    if maker is None:
        _draw_on_quote(market_state, order.side, step.lots)
        settling.trade(state, market_state, order.side, order, None, step.price, step.lots, applied)
    elif step.meeting is Meeting.TRADE:
        settling.trade(
            state, market_state, order.side, order, maker, step.price, step.lots, applied
        )
        if not maker.left:
            settling.fill_up(state, maker, applied)
    elif step.meeting is Meeting.EXPIRE:
        settling.close(state, maker, Reason.SELF_TRADE, applied)
    else:
        _reduce_both(state, market_state.market, order, maker, step, applied)


def _draw_on_quote(market_state: MarketState, side: Side, lots: int) -> None:
    """Take from the volume that the house quotes until its next tick."""
    if side is Side.BUY:
        if market_state.ask_volume is not None:
            market_state.ask_volume -= lots
    elif market_state.bid_volume is not None:
        market_state.bid_volume -= lots


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
    last_traded = bool(plan.steps) and plan.steps[-1].meeting is Meeting.TRADE
    if not order.budget and not plan.left:
        if last_traded:
            settling.fill_up(state, order, applied)
        else:
            settling.close(state, order, Reason.SELF_TRADE, applied)
    elif plan.stopped:
        settling.close(state, order, Reason.SELF_TRADE, applied)
    elif order.budget and plan.complete():
        settling.fill_up(state, order, applied)
    elif not _may_rest(order):
        settling.close(state, order, Reason.UNFILLED, applied)
    else:
        if plan.steps:
            settling.lower_hold(state, order)
        state.rest(order)
