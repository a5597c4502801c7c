"""Fees: the only place where anything is rounded, and always up, in the house's favour.

A fee is due on an order's cumulative value in a role, less what it already paid in it. So the sum
over any number of partial fills is the fee of one fill, to the unit.
"""

from cxgame.engine.orders import Order
from cxgame.model.enums import Side
from cxgame.model.market import RATE_ONE, Market

_BUY = Side.BUY  # a global is found faster than an enum's member


def share(rate: int, value: int) -> int:
    """ceil(rate * value), rate in 1e-12, value in units."""
    return -(-rate * value // RATE_ONE)


def need(market: Market, value: int) -> int:
    """What a buyer must hold so that `value` can be traded in any mix of roles."""
    if not market.charges:
        return value
    rate = max(market.maker_rate, market.taker_rate)
    return value + share(rate, value) + _two_roundings(market)


def _two_roundings(market: Market) -> int:
    """1 unit where an order could be rounded up in both roles, else 0."""
    maker, taker = market.maker_rate, market.taker_rate
    if not (maker and taker):
        return 0
    step = market.tick_lot_units
    return 1 if maker * step % RATE_ONE or taker * step % RATE_ONE else 0


def hold_for_rest(market: Market, order: Order) -> int:
    """What must stay held for a limit order with `left` to go: base for a sell, quote for a buy."""
    if order.side is not _BUY:
        return order.left * market.lot_units
    rest = order.left * order.price * market.tick_lot_units
    if not market.charges:
        return rest
    traded = order.maker_value + order.taker_value
    return need(market, traded + rest) - traded - order.maker_fee - order.taker_fee


def hold_before_market(market: Market, order: Order) -> int:
    """What an order with a trigger holds before it comes to the market, at the most it may pay."""
    return order.budget or hold_for_rest(market, order)


def most_lots(market: Market, price: int, budget: int, taker_value: int, taker_fee: int) -> int:
    """The most lots at `price` whose value + taker fee fit `budget`.

    `taker_value` and `taker_fee` are what the order has traded and paid so far as a taker.
    """
    step = price * market.tick_lot_units
    rate = market.taker_rate
    if not rate:
        return budget // step
    # value + ceil(rate * (taker_value + value)) <= budget + taker_fee, with value a whole number,
    # holds exactly when (value + rate * (taker_value + value)) <= budget + taker_fee.
    # What was paid was rounded up, so the room is never below zero.
    room = (budget + taker_fee) * RATE_ONE - rate * taker_value
    return room // ((RATE_ONE + rate) * step)
