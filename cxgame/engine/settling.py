"""Carrying out what the matcher decided: hold → trade → settle → release, by transfers alone."""

from cxgame.engine.fees import hold_for_rest, need, share
from cxgame.engine.ledger import HOUSE, Account, Total
from cxgame.engine.orders import Order
from cxgame.engine.state import Applied, MarketState, State
from cxgame.model.enums import OrderStatus, Reason, Role, Side
from cxgame.model.events import (
    OrderClosed,
    OrderFilled,
    OrderReduced,
    OrderRejected,
    Trade,
    TriggerClosed,
)
from cxgame.model.market import Market
from cxgame.model.units import rounded_down, rounded_up

REMEMBERED_ORDERS = 1_000  # closed orders per account whose cids stay known
REMEMBERED_NS = 24 * 60 * 60 * 1_000_000_000  # of game time, which no clock can make jump
_BUY = Side.BUY  # a global is found faster than an enum's member


def asset_held(market: Market, order: Order) -> int:
    """The ledger column in which an order's hold lies."""
    return market.quote_asset if order.side is _BUY else market.base_asset


def hold(state: State, market: Market, account: Account, order: Order, amount: int) -> None:
    """Set an amount of the account's aside for its order."""
    state.ledger.transfer(account.free, account.held, asset_held(market, order), amount)
    order.hold += amount


def release(state: State, order: Order, amount: int) -> None:
    """Give back a part of what is held for an order."""
    account = state.accounts[order.account]
    asset = asset_held(state.markets[order.market].market, order)
    state.ledger.transfer(account.held, account.free, asset, amount)
    order.hold -= amount


def lower_hold(state: State, order: Order) -> None:
    """Give back what an order that goes on no longer needs.

    One that has waited may hold less: then its account adds to that when it is filled.
    """
    surplus = order.hold - hold_for_rest(state.markets[order.market].market, order)
    if surplus > 0:
        release(state, order, surplus)


def trade(
    state: State,
    place: MarketState,
    taker_side: Side,
    taker: Order | None,
    maker: Order | None,
    price: int,
    lots: int,
    applied: Applied,
) -> None:
    """Let two orders trade; None is the house, which holds nothing and pays no fee."""
    market = place.market
    value = price * lots * market.tick_lot_units
    buy, sell = (taker, maker) if taker_side is _BUY else (maker, taker)
    buy_fee = sell_fee = 0
    if market.charges:
        buy_fee = _charge(market, buy, Role.TAKER if buy is taker else Role.MAKER, value)
        sell_fee = _charge(market, sell, Role.TAKER if sell is taker else Role.MAKER, value)
    if taker is not None:
        if not taker.budget:
            taker.left -= lots
        taker.filled += lots
        taker.taker_value += value
    if maker is not None:
        maker.left -= lots
        maker.filled += lots
        maker.maker_value += value
        assert maker.level is not None
        maker.level.lots -= lots
    buyer = seller = house = state.house
    pays = gives = house.free
    buy_id = buy_left = sell_id = sell_left = 0
    if buy is not None:
        buyer = state.accounts[buy.account]
        pays, buy_id, buy_left = buyer.held, buy.id, buy.left
        buy.hold -= value + buy_fee
    if sell is not None:
        seller = state.accounts[sell.account]
        gives, sell_id, sell_left = seller.held, sell.id, sell.left
        sell.hold -= lots * market.lot_units
    transfer, quote_asset = state.ledger.transfer, market.quote_asset
    transfer(pays, seller.free, quote_asset, value)
    transfer(gives, buyer.free, market.base_asset, lots * market.lot_units)
    if buy_fee:
        transfer(pays, house.free, quote_asset, buy_fee)
    if sell_fee:
        if sell is not None and sell.fee_hold:
            _release_fee(state, market, sell, min(sell_fee, sell.fee_hold))
        transfer(seller.free, house.free, quote_asset, sell_fee)
    if state.has_totals:
        _count(buyer, (market.id, _BUY), lots, value, buy_fee)
        _count(seller, (market.id, Side.SELL), lots, value, sell_fee)
    state.last_trade_id += 1
    applied.events.append(
        Trade(
            market.id,
            state.last_trade_id,
            price,
            lots,
            taker_side,
            buy_id,
            sell_id,
            buyer.id,
            seller.id,
            buy_left,
            sell_left,
            str(buy_fee) if buy_fee else "0",
            str(sell_fee) if sell_fee else "0",
        )
    )


def _release_fee(state: State, market: Market, order: Order, amount: int) -> None:
    """Give back quote that was held for a seller's fee; what it sold pays for that."""
    account = state.accounts[order.account]
    state.ledger.transfer(account.held, account.free, market.quote_asset, amount)
    order.fee_hold -= amount


def _count(account: Account, key: tuple[int, Side], lots: int, value: int, fee: int) -> None:
    if account.id != HOUSE:
        total = account.totals.setdefault(key, Total())
        total.count += 1
        total.lots += lots
        total.value += value
        total.fee += fee


def _charge(market: Market, order: Order | None, role: Role, value: int) -> int:
    """What an order owes for trading `value` more in a role; noted on the order."""
    if order is None:
        return 0
    if role is Role.TAKER:
        fee = share(market.taker_rate, order.taker_value + value) - order.taker_fee
        order.taker_fee += fee
    else:
        fee = share(market.maker_rate, order.maker_value + value) - order.maker_fee
        order.maker_fee += fee
    return fee


def reduce(state: State, order: Order, lots: int, applied: Applied) -> None:
    """Cut an order without a trade; its hold is not lowered here."""
    if order.level is not None:
        order.level.lots -= lots
    if not order.budget:
        order.left -= lots
    applied.events.append(OrderReduced(order.market, order.id, order.account, lots, order.left))


def fill_up(state: State, order: Order, applied: Applied) -> None:
    """End an order that is complete."""
    applied.events.append(OrderFilled(order.market, order.id, order.account))
    end(state, order, OrderStatus.FILLED, applied)


def close(state: State, order: Order, reason: Reason, applied: Applied) -> None:
    """End an order with something left."""
    facts, trigger = (order.market, order.id, order.account, reason, order.left), order.trigger
    if trigger is not None and trigger.armed:  # nobody else has seen it
        applied.events.append(TriggerClosed(*facts, trigger.trigger2))
    else:
        applied.events.append(OrderClosed(*facts))
    end(state, order, OrderStatus.CANCEL, applied, reason)


def reject_order(state: State, order: Order, comment: str, applied: Applied) -> None:
    """End an accepted order that cannot be filled with what it holds."""
    applied.events.append(OrderRejected(order.market, order.id, order.account, order.left, comment))
    end(state, order, OrderStatus.REJECTED, applied, Reason.REJECTED, comment)


def lack_of_hold(market: Market, order: Order, cost: int = 0) -> str:
    """What an order that cannot be filled lacks: for the rest of it, or for what a fill costs."""
    due, has = cost or hold_for_rest(market, order), order.hold
    if order.side is _BUY:
        asset, places, purpose = market.quote, 2, "to buy"
    else:
        asset, places, purpose = market.base, 8, "for sell"
        if due <= has:  # then it is the fee that was cut
            value = order.price * order.left * market.tick_lot_units
            due, has, asset, places = need(market, value) - value, order.fee_hold, market.quote, 2
            purpose = "for sell to pay fee"
    numbers = f"need {rounded_up(due, places)}, have {rounded_down(has, places)}"
    return f"Insufficient {asset} reserved {purpose} ({numbers})"


def end(
    state: State,
    order: Order,
    status: OrderStatus,
    applied: Applied,
    reason: Reason | None = None,
    comment: str = "",
) -> None:
    """Release what an order holds and forget it; the event is the caller's."""
    order.reason = reason
    order.comment = comment
    order.ended_ms = state.wall_ms
    if order.hold:
        release(state, order, order.hold)
    if order.fee_hold:
        _release_fee(state, state.markets[order.market].market, order, order.fee_hold)
    state.forget(order, status)
    applied.ended.append(order)
    account = state.accounts[order.account]
    account.closed_orders += 1
    if order.cid:
        account.closed_cids.append((account.closed_orders, state.game_time_ns, order.cid))
    if account.closed_cids:
        forget_old_cids(account, state.game_time_ns)


def remembers(state: State, account: Account, cid: str) -> bool:
    """Whether a cid in the account's list still names its order.

    Old ones leave the list when something happens to the account; until then this tells that their
    day is over. To answer a repeat changes nothing, so it must not clear the list either.
    """
    too_old = state.game_time_ns - REMEMBERED_NS
    closed = account.closed_cids
    if not closed or closed[0][1] > too_old:
        return True
    return all(name != cid or closed_ns > too_old for _, closed_ns, name in closed)


def forget_old_cids(account: Account, now_ns: int) -> None:
    """Drop the cids that are out of reach; one or none at a time, as a rule."""
    while account.closed_cids:
        number, closed_ns, cid = account.closed_cids[0]
        recent = number > account.closed_orders - REMEMBERED_ORDERS
        if recent and closed_ns > now_ns - REMEMBERED_NS:
            return
        account.closed_cids.popleft()
        del account.cids[cid]
