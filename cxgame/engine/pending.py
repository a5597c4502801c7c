"""Orders that are accepted first and carried out afterwards, and those kept as rejected.

A limit order of this kind goes to the book at once. A market order waits with a hold on no level
until it is due, and then takes what book and house offer, now and at each tick until it is
complete. What the house offers one order at one time is a share of its volume, drawn outside and
stamped into the command that sets it off. See docs/matching.md.
"""

from hashlib import blake2b

from cxgame.engine import placing, settling
from cxgame.engine.checking import check, too_many_orders
from cxgame.engine.fees import need, share
from cxgame.engine.ledger import Account
from cxgame.engine.matching import Meeting, Plan, Quote, make_plan
from cxgame.engine.orders import Order
from cxgame.engine.state import NS_PER_MS, Applied, MarketState, State
from cxgame.engine.timers import Due, Task
from cxgame.model.commands import PlaceOrder, PlacePending
from cxgame.model.enums import OrderStatus, OrderType, Phase, Reason, SellFee, Side, Verb
from cxgame.model.errors import Rejection, reject
from cxgame.model.events import OrderRefused
from cxgame.model.market import Market
from cxgame.model.units import rounded_down, rounded_up

SHARE_ONE = 1_000_000  # shares of a volume are counted in millionths
_UNIFORMS = 12  # that many even 16-bit numbers sum to one of deviation 2**16, close to normal
_WORD = 1 << 16


def place(state: State, command: PlacePending, applied: Applied) -> None:
    """Accept an order, or keep it as rejected for lack of funds."""
    account = state.accounts[command.account]
    if command.cid in account.cids and settling.remembers(state, account, command.cid):
        placing.replay(state, account, command, applied)
        return
    if state.phase is not Phase.OPEN:
        applied.rejection = reject(placing.CLOSED_PHASES[state.phase])
        return
    market = state.markets[command.market]
    order = _new_order(state, market, command)
    applied.rejection = _refusal(state, market, account, order)
    if applied.rejection is not None:
        return
    amount, fee = _booked(state, market, order)
    comment = _shortage(market.market, account, order, amount, fee)
    if comment:
        _keep_refused(state, account, order, comment, applied)
    elif order.type is OrderType.LIMIT:
        _place_limit(state, market, account, order, (amount, fee), applied)
    else:
        placing.number(state, account, order, applied)
        placing.announce(account, order, applied)
        _hold(state, market.market, account, order, amount, fee)
        _wait(state, market, order, command.delay_ms)


def dry_run(state: State, command: PlacePending) -> Rejection | str:
    """Why `place` would refuse an order, or what its account would lack; "" if it would pass.

    Looks at filters, limits and funds only, and changes nothing.
    """
    market, account = state.markets[command.market], state.accounts[command.account]
    order = _new_order(state, market, command)
    refusal = _refusal(state, market, account, order)
    if refusal is not None:
        return refusal
    return _shortage(market.market, account, order, *_booked(state, market, order))


def carry_out(state: State, order_id: int, draw: int, applied: Applied) -> None:
    """A waiting order has fallen due."""
    order = state.orders.get(order_id)
    if order is not None and order.due_ns:  # else it was cancelled
        _execute(state, state.markets[order.market], order, draw, applied)


def go_on(state: State, market: MarketState, draw: int, applied: Applied) -> None:
    """After a tick: waiting orders that have fallen due take what is offered now, oldest first."""
    if state.phase is not Phase.OPEN:
        return
    for order in list(market.waiting.values()):
        if order.due_ns <= state.game_time_ns and order.id in market.waiting:
            _execute(state, market, order, draw, applied)


def share_of(lots: int | None, sigma: int, draw: int, order_id: int) -> int | None:
    """What of the house's volume one order gets: lots times min(1, max(0, N(1, sigma))).

    `sigma` in millionths. The same draw and order give the same share; None is without end.
    """
    if lots is None or not sigma:
        return lots
    words = blake2b(f"{draw}\0{order_id}".encode(), digest_size=2 * _UNIFORMS).digest()
    total = sum(int.from_bytes(words[i : i + 2], "big") for i in range(0, len(words), 2))
    deviation = total - _UNIFORMS * _WORD // 2
    return lots * min(max(SHARE_ONE + sigma * deviation // _WORD, 0), SHARE_ONE) // SHARE_ONE


def _new_order(state: State, market: MarketState, command: PlacePending) -> Order:
    body = PlaceOrder(
        command.account,
        command.market,
        Verb.ORDER,
        command.side,
        command.type,
        command.price,
        command.quantity,
        cid=command.cid,
        fingerprint=command.fingerprint,
    )
    price = command.price
    if command.type is OrderType.MARKET:
        price = market.mid2 // 2
        if command.side is Side.BUY:  # what it will meet is no better than the house's quote
            price = max(-(-market.mid2 // 2), market.ask if state.house_quotes else 0)
        price = max(price, 1)
    return Order(state.last_order_id + 1, body, price, 0, state.self_trade, state.wall_ms)


def _refusal(state: State, market: MarketState, account: Account, order: Order) -> Rejection | None:
    """What any order is refused for; lack of funds is no reason to refuse this kind."""
    limit = state.max_open_orders
    refusal = check(market, account, order, 0, limit)
    waits = order.type is OrderType.MARKET
    if refusal is None and waits and limit and len(account.orders) >= limit:
        return too_many_orders(account, limit)
    return refusal


def _booked(state: State, place: MarketState, order: Order) -> tuple[int, int]:
    """What an order sets aside: quote for a buy, base for a sell, and the seller's fee in quote."""
    market = place.market
    step = order.quantity * market.tick_lot_units
    if order.side is Side.BUY:
        return need(market, order.price * step), 0
    fee = 0
    if state.sell_fee is SellFee.HOLD:
        value = max(order.price, -(-place.mid2 // 2)) * step
        fee = need(market, value) - value
    return order.quantity * market.lot_units, fee


def _shortage(market: Market, account: Account, order: Order, amount: int, fee: int) -> str:
    """What the account lacks, in a sentence; empty when it has enough."""
    wanted = [(market.quote, market.quote_asset, amount, 2)]
    if order.side is Side.SELL:
        wanted = [
            (market.base, market.base_asset, amount, 8),
            (market.quote, market.quote_asset, fee, 2),
        ]
    lacks = [
        f"need {rounded_up(due, places)} {asset}, have {rounded_down(account.free[column], places)}"
        for asset, column, due, places in wanted
        if due > account.free[column]
    ]
    text = ", ".join(lacks)
    return text[:1].upper() + text[1:]


def _keep_refused(
    state: State, account: Account, order: Order, comment: str, applied: Applied
) -> None:
    placing.number(state, account, order, applied)
    applied.events.append(
        OrderRefused(
            order.market,
            order.id,
            order.account,
            order.side,
            order.type,
            order.price,
            order.quantity,
            order.cid,
            comment,
        )
    )
    settling.end(state, order, OrderStatus.REJECTED, applied, Reason.REJECTED, comment)


def _place_limit(
    state: State,
    place: MarketState,
    account: Account,
    order: Order,
    booked: tuple[int, int],
    applied: Applied,
) -> None:
    """To the book, as any other limit order."""
    plan = placing.plan_of(state, place, order)
    refusal = placing.judge_limit(place, order, plan)
    if refusal is not None:
        applied.rejection = refusal
        return
    placing.number(state, account, order, applied)
    placing.announce(account, order, applied)
    _hold(state, place.market, account, order, *booked)
    if plan is None:
        state.rest(order)
    else:
        placing.carry_out(state, place, order, plan, applied)
    if state.mid_by_book:
        state.update_mid(place)


def _hold(
    state: State, market: Market, account: Account, order: Order, amount: int, fee: int
) -> None:
    settling.hold(state, market, account, order, amount)
    if fee:
        state.ledger.transfer(account.free, account.held, market.quote_asset, fee)
        order.fee_hold = fee


def _wait(state: State, place: MarketState, order: Order, delay_ms: int) -> None:
    order.due_ns = max(1, state.game_time_ns + delay_ms * NS_PER_MS)
    place.waiting[order.id] = order
    state.keep_open(order)
    state.timers.add(Due(order.due_ns, state.command_seq + 1, Task.ORDER, order.id))


def _execute(state: State, place: MarketState, order: Order, draw: int, applied: Applied) -> None:
    """Take what is offered, with what the order holds or its account adds."""
    price, lots = place.quote_against(order.side) if state.house_quotes else (0, 0)
    quote = Quote(price, share_of(lots, state.fill_sigma, draw, order.id))
    half = place.half_against(order.side)
    plan = make_plan(place.market, half, quote, order, state.accounts)
    lack = _lack(state, place.market, order, plan)
    if lack:
        settling.reject_order(state, order, lack, applied)
        return
    for step in plan.steps:
        placing.take(state, place, order, step, applied)
    if plan.stopped:
        settling.close(state, order, Reason.SELF_TRADE, applied)
    elif not order.left and plan.steps[-1][0] is Meeting.TRADE:
        settling.fill_up(state, order, applied)
    elif not order.left:
        settling.close(state, order, Reason.SELF_TRADE, applied)
    elif plan.steps:
        settling.lower_hold(state, order)


def _lack(state: State, market: Market, order: Order, plan: Plan) -> str:
    """Why a plan cannot be paid for; empty when it can, with the hold raised where it must be.

    The price may have moved since the order was booked: then its account adds to the hold, unless
    an admin has cut it.
    """
    if not plan.lots:
        return ""
    if order.short:
        return settling.lack_of_hold(market, order)
    if order.side is Side.SELL:
        return ""
    # The fee is rounded once, on all that the order has taken: the plan knows only of this time.
    fee = share(market.taker_rate, order.taker_value + plan.value) - order.taker_fee
    more = plan.value + fee - order.hold
    account = state.accounts[order.account]
    if more > account.free[market.quote_asset]:
        return settling.lack_of_hold(market, order, plan.value + fee)
    if more > 0:
        settling.hold(state, market, account, order, more)
    return ""
