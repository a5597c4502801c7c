"""What can be refused before looking at the book: filters, limits, the maker rule, funds."""

from cxgame.engine.fees import need
from cxgame.engine.ledger import Account
from cxgame.engine.orders import Order
from cxgame.engine.state import MarketState
from cxgame.model.enums import OrderType, Side, TimeInForce, Verb
from cxgame.model.errors import Code, Rejection, reject
from cxgame.model.market import Market
from cxgame.model.units import (
    MAX_LOTS,
    MAX_TICKS,
    MAX_TRADE_LOTS,
    UNIT_PLACES,
    format_decimal,
)

# Globals are found faster than an enum's members.
_BUY = Side.BUY
_LIMIT = OrderType.LIMIT
RESTING = (TimeInForce.GTC, TimeInForce.GTD, TimeInForce.DAY)  # the most frequent first
_ORDER = Verb.ORDER


def too_late(deadline_ms: int, wall_ms: int) -> Rejection:
    """Refuse what has come after its deadline."""
    return reject(Code.STATE_DEADLINE, limit=str(deadline_ms), got=str(wall_ms))


def not_found(order: Order | None, account: int, id: int) -> Rejection | None:
    """Refuse what names nobody's open order by `id`, or another's; one's own is found.

    Of another's that has not come to the market nobody learns that it is there.
    """
    if order is None or (order.account != account and order.is_hidden):
        return reject(Code.ORDER_NOT_FOUND, got=str(id))
    return reject(Code.ORDER_NOT_FOUND) if order.account != account else None


def check(
    place: MarketState, account: Account, order: Order, amount: int, max_open_orders: int
) -> Rejection | None:
    """The first check that fails, in the order of docs/matching.md.

    `amount` is what `amount_needed` says.
    """
    market = place.market
    if not (order.type is not _LIMIT or market.min_ticks <= order.price <= MAX_TICKS):
        return _refuse_price(market, order.price)
    if order.budget:
        if order.budget < market.min_amount:
            got = format_decimal(order.budget, UNIT_PLACES, 2)
            return reject(Code.FILTER_MIN_AMOUNT, limit=market.rules.min_amount, got=got)
    elif not market.min_lots <= order.quantity <= MAX_LOTS:
        return _refuse_size(market, order)
    if max_open_orders and len(account.orders) >= max_open_orders and may_rest(order):
        return too_many_orders(account, max_open_orders)
    if order.verb is not _ORDER and not _is_maker(place, order):
        return _refuse_taker(place, order)
    return enough(market, account, order.side, amount)


def check_price(market: Market, price: int, name: str = "Price") -> Rejection | None:
    """Refuse a price, of any kind, that no limit order could name."""
    if market.min_ticks <= price <= MAX_TICKS:
        return None
    return _refuse_price(market, price, name)


def check_trade(market: Market, lots: int) -> Rejection | None:
    """Refuse a trade of more lots than can be written down."""
    if lots <= MAX_TRADE_LOTS:
        return None
    limit, got = market.size_text(MAX_TRADE_LOTS), market.size_text(lots)
    return reject(Code.FILTER_MAX, name="Size of one trade", limit=limit, got=got)


def too_many_orders(account: Account, limit: int) -> Rejection:
    """Refuse one more open order."""
    return reject(Code.LIMIT_ORDERS, limit=str(limit), got=str(len(account.orders)))


def may_rest(order: Order) -> bool:
    """Whether what does not fill at once stays in the book."""
    return order.type is _LIMIT and order.time_in_force in RESTING


def amount_needed(market: Market, order: Order) -> int:
    """What an order needs free, whomever it meets; a market buy by quantity is 0 until planned."""
    if order.side is not _BUY:
        return order.quantity * market.lot_units
    if order.type is _LIMIT:
        return need(market, order.price * order.quantity * market.tick_lot_units)
    return order.budget


def enough(market: Market, account: Account, side: Side, amount: int) -> Rejection | None:
    """Refuse when an account does not have `amount` free to pay with."""
    free = account.free[market.quote_asset if side is _BUY else market.base_asset]
    if amount <= free:
        return None
    if side is _BUY:
        return _refuse_funds(Code.FUNDS_QUOTE, market.quote, free, amount, 2)
    return _refuse_funds(Code.FUNDS_BASE, market.base, free, amount, 1)


def _refuse_funds(code: Code, asset: str, free: int, amount: int, places: int) -> Rejection:
    limit = format_decimal(free, UNIT_PLACES, places)
    return reject(code, asset=asset, limit=limit, got=format_decimal(amount, UNIT_PLACES, places))


def _refuse_price(market: Market, price: int, name: str = "Price") -> Rejection:
    """Refuse a price below the market's minimum, or above the highest there is."""
    got = market.price_text(price)
    if price > MAX_TICKS:
        return reject(Code.FILTER_MAX, name=name, limit=market.price_text(MAX_TICKS), got=got)
    return reject(Code.FILTER_MIN_PRICE, limit=market.rules.min_price, got=got)


def _refuse_size(market: Market, order: Order) -> Rejection:
    got = market.size_text(order.quantity)
    if order.quantity > MAX_LOTS:
        return reject(Code.FILTER_MAX, name="Size", limit=market.size_text(MAX_LOTS), got=got)
    return reject(Code.FILTER_MIN_SIZE, limit=market.rules.min_size, got=got)


def _is_maker(place: MarketState, order: Order) -> bool:
    """The rule of the verbs `buy` and `sell`: buy below the mid, sell at or above it."""
    if order.verb is Verb.BUY:
        return 2 * order.price < place.mid2
    return order.verb is not Verb.SELL or 2 * order.price >= place.mid2


def _refuse_taker(place: MarketState, order: Order) -> Rejection:
    return reject(
        Code.ORDER_NOT_MAKER,
        relation="<" if order.side is _BUY else ">=",
        limit=place.market.mid_text(place.mid2),
        got=place.market.price_text(order.price),
    )
