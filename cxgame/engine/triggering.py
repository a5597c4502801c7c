"""Orders with a trigger: accepted and armed, fired by a price, and carried out from a queue.

See docs/matching.md. `watch` runs after each command of a game that has had a trigger; what it
fires stands in the state's queue, from which `carry_out` takes it before anything else may come.
"""

from collections.abc import Iterator, Sequence

from cxgame.engine import expiring, placing, settling
from cxgame.engine.checking import check, check_price, check_trade, enough, too_many_orders
from cxgame.engine.fees import hold_before_market
from cxgame.engine.ledger import Account
from cxgame.engine.matching import NO_QUOTE, Plan, make_plan
from cxgame.engine.orders import Order
from cxgame.engine.state import Applied, MarketState, State
from cxgame.engine.triggers import FALLING, Trigger, waits_for
from cxgame.model.commands import Continue, PlaceTrigger
from cxgame.model.enums import OrderType, Phase, Reason, Side, TimeInForce, TriggerBy, TriggerKind
from cxgame.model.errors import Code, Rejection, reject
from cxgame.model.events import Trade, TriggerFired, TriggerPlaced
from cxgame.model.market import Market
from cxgame.model.units import MAX_TICKS

MAX_ARMED = 50  # per account and market: so many can follow a price, and fire at once
MAX_CARRIED_OUT = 100  # by one `Continue`, so that a batch stays within its size
_OPEN = Phase.OPEN  # a global is found faster than an enum's member
_BY_LAST, _BY_MID, _BY_BOTH = (TriggerBy.LAST,), (TriggerBy.MID,), tuple(TriggerBy)


def place(state: State, command: PlaceTrigger, applied: Applied) -> None:
    """Arm an order, or refuse it."""
    if placing.answered_early(state, command.order, state.wall_ms, applied):
        return
    place = state.markets[command.order.market]
    account = state.accounts[command.order.account]
    order = armed_order(state, place, command)
    applied.rejection = refusal(state, place, account, order)
    if applied.rejection is not None:
        return
    placing.number(state, account, order, applied)
    settling.hold(state, place.market, account, order, hold_before_market(place.market, order))
    state.arm(order)
    expiring.begin(state, order, command.order.lives_ms)
    applied.events.append(_placed(order))


def armed_order(state: State, place: MarketState, command: PlaceTrigger) -> Order:
    """The order that a command describes. Until it fires, a market order's price is its highest."""
    order = placing.new_order(state, place, command.order)
    order.trigger = trigger = Trigger(command, place.watched(command.by))
    if order.type is OrderType.MARKET:
        order.price = trigger.max_price = command.max_price if _is_capped(order) else 0
    return order


def refusal(state: State, place: MarketState, account: Account, order: Order) -> Rejection | None:
    """The first check that fails, in the order of docs/matching.md."""
    market = place.market
    return (
        _check_body(place, account, order)
        or _check_trigger(market, order)
        or _check_counts(state, place, account, order)
        or _check_reached(place, order)
        or enough(market, account, order.side, hold_before_market(market, order))
    )


def watch(state: State, applied: Applied) -> None:
    """After a command: fire what its trades, and then the mids, have reached."""
    if state.phase is not _OPEN:
        return
    trades = [(event.market, event.price) for event in applied.events if type(event) is Trade]
    for place, price in _turns(state, trades):
        place.last = price
        _move(state, place, 2 * price, _BY_LAST, applied)
    for place in state.followed:
        _move(state, place, place.mid2, _BY_MID if place.last else _BY_BOTH, applied)


def carry_out(state: State, _: Continue, applied: Applied) -> None:
    """Take orders from the head of the queue to the market."""
    queue, places = state.triggered, set[int]()
    for _count in range(min(len(queue), MAX_CARRIED_OUT)):
        order = queue.popleft()
        places.add(order.market)
        _arrive(state, state.markets[order.market], order, applied)
    for id in places:
        state.update_mid(state.markets[id])


def _check_body(place: MarketState, account: Account, order: Order) -> Rejection | None:
    """Filters, as for any order; the highest price of a market buy in the place of its limit."""
    refused = None
    if _is_capped(order):
        if not order.price:
            return reject(Code.PARAM_MISSING, name="max_price")
        refused = check_price(place.market, order.price)
    return refused or check(place, account, order, 0, 0)


def _is_capped(order: Order) -> bool:
    """Whether it is a market buy by quantity, which names the highest price that it pays."""
    return order.type is OrderType.MARKET and order.side is Side.BUY and not order.budget


def _check_trigger(market: Market, order: Order) -> Rejection | None:
    """Where it would fire is a price, and stays one."""
    trigger = order.trigger
    assert trigger is not None
    if trigger.kind is TriggerKind.TRAILING:
        return _check_trail(market, order, trigger)
    return check_price(market, trigger.trigger2 // 2, "Trigger price")


def _check_trail(market: Market, order: Order, trigger: Trigger) -> Rejection | None:
    if trigger.trail <= 0 and trigger.trail_rate <= 0:
        return reject(Code.PARAM_MISSING, name="trail")
    falling = waits_for(order.side, trigger.kind) == FALLING
    if trigger.trigger2 <= 0 if falling else trigger.trigger2 > 2 * MAX_TICKS:
        most = trigger.best2 - 1 if falling else 2 * MAX_TICKS - trigger.best2
        got = abs(trigger.trigger2 - trigger.best2)
        limit = market.mid_text(most)
        return reject(Code.FILTER_MAX, name="Trail", limit=limit, got=market.mid_text(got))
    return None


def _check_counts(
    state: State, place: MarketState, account: Account, order: Order
) -> Rejection | None:
    limit = state.max_open_orders
    if limit and len(account.orders) >= limit:
        return too_many_orders(account, limit)
    armed = place.armed.counts.get(order.account, 0)
    if armed >= MAX_ARMED:
        return reject(Code.LIMIT_TRIGGERS, limit=str(MAX_ARMED), got=str(armed))
    return None


def _check_reached(place: MarketState, order: Order) -> Rejection | None:
    """Whether it would fire at once."""
    trigger = order.trigger
    assert trigger is not None
    sign, price2 = waits_for(order.side, trigger.kind), place.watched(trigger.by)
    if sign * price2 < sign * trigger.trigger2:
        return None
    text = place.market.mid_text
    return reject(Code.ORDER_WOULD_TRIGGER, got=text(trigger.trigger2), limit=text(price2))


def _placed(order: Order) -> TriggerPlaced:
    trigger = order.trigger
    assert trigger is not None
    return TriggerPlaced(
        order.market,
        order.id,
        order.account,
        order.side,
        order.type,
        order.price,
        order.quantity,
        str(order.budget) if order.budget else "",
        order.time_in_force,
        order.cid,
        trigger.kind,
        trigger.by,
        trigger.trigger2,
        trigger.trail,
        trigger.trail_rate,
    )


def _turns(state: State, trades: Sequence[tuple[int, int]]) -> Iterator[tuple[MarketState, int]]:
    """The trades at which a market's price turns, or stays: to look at those comes to the same.

    What a rising price reaches, it reaches at its end too, and in the same order; trails below
    follow it there. Without this a sweep would cost levels times trails.
    """
    for index, (id, price) in enumerate(trades):
        place = state.markets[id]
        if not place.follows:
            continue
        then_id, then = trades[index + 1] if index + 1 < len(trades) else (-1, 0)
        last = place.last  # that was looked at
        goes_on = last < price <= then or last > price >= then
        if then_id != id or not last or not goes_on:
            yield place, price


def _move(
    state: State, place: MarketState, price2: int, prices: Sequence[TriggerBy], applied: Applied
) -> None:
    """A price has moved, or may have: what it reaches joins the queue."""
    for order in place.armed.fire(price2, prices):
        assert order.trigger is not None
        state.triggered.append(order)
        applied.events.append(
            TriggerFired(order.market, order.id, order.account, order.trigger.trigger2)
        )


def _arrive(state: State, place: MarketState, order: Order, applied: Applied) -> None:
    """Announce an order whose trigger has fired, and let it meet whom the plan says."""
    trigger, market = order.trigger, place.market
    assert trigger is not None
    lack = ""
    if order.short:
        lack = settling.lack_of_hold(market, order, hold_before_market(market, order))
    if order.type is OrderType.MARKET:
        order.price = place.mid2 // 2
    placing.announce(state.accounts[order.account], order, applied)
    if lack:
        settling.reject_order(state, order, lack, applied)
        return
    quote = place.quote_against(order.side) if state.house_quotes else NO_QUOTE
    half = place.half_against(order.side)
    plan = make_plan(market, half, quote, order, state.accounts, trigger.max_price)
    reason = _why_closed(order, trigger, plan)
    refused = None if reason is not None else _judge(place, order, plan)
    if reason is not None:
        settling.close(state, order, reason, applied)
    elif refused is not None:
        settling.reject_order(state, order, refused.text, applied)
    else:
        placing.carry_out(state, place, order, plan, applied)


def _judge(place: MarketState, order: Order, plan: Plan) -> Rejection | None:
    """What a new order like it would be refused for, by what it would do."""
    if order.budget:
        return check_trade(place.market, plan.largest())
    return placing.judge_limit(place, order, plan)


def _why_closed(order: Order, trigger: Trigger, plan: Plan) -> Reason | None:
    """Why an order cannot be what it wants to be; None if it can."""
    if trigger.post_only and plan.steps:
        return Reason.POST_ONLY
    if order.time_in_force is TimeInForce.FOK and not plan.complete():
        return Reason.UNFILLED
    if order.type is OrderType.MARKET and not plan.lots:
        return Reason.UNFILLED
    return None
