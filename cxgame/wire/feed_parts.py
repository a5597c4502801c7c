"""What stands inside the feed's frames: orders, matches, markets, rows of the standings.

Money, ids and sizes are text.
"""

from msgspec import UNSET, Struct, UnsetType

from cxgame.model.rules import MarketRules


class Row(Struct, frozen=True):
    """One place in the standings."""

    rank: int
    user: str
    equity: str
    bot: bool


class EquityCurve(Struct, frozen=True):
    """What somebody was worth at each time of a history; null: not among the best then."""

    user: str
    equity: list[str | None]


class MarketInfo(Struct, frozen=True):
    """A market as the `markets` command lists it."""

    symbol: str
    base: str
    quote: str
    tick: str
    lot: str
    min_size: str
    min_price: str
    min_amount: str
    maker_fee: str
    taker_fee: str


class LimitOrder(Struct, frozen=True):
    """A limit order as placed, before anything matched."""

    timestamp: float
    id: str
    size: str
    price: str
    side: str
    status: str
    filled_size: str
    user: str
    symbol: str
    quantity: str
    type: str
    time_in_force: str
    usd_used: str | UnsetType = UNSET  # its value, of a buy


class MarketOrder(Struct, frozen=True):
    """A market order as placed; `amount` is the quote to spend, or the quantity where one is."""

    timestamp: float
    id: str
    price: str  # the mid at the time
    amount: str
    side: str
    status: str
    filled_size: str
    user: str
    symbol: str
    quantity: str | None  # None: a buy by an amount of quote
    type: str


class MatchedOrders(Struct, frozen=True):
    """Which orders met; id "0" is the house."""

    size: str
    price: str
    buy_id: str
    sell_id: str


class RestingOrder(Struct, frozen=True):
    """An order in a book; `size` is what is left of it."""

    id: str
    price: str
    size: str


class Cut(Struct, frozen=True):
    """What self-trade prevention took from an order."""

    id: str
    size: str
    left: str


class Amended(Struct, frozen=True):
    """An order as it is now, before anything matches at its new price; `size` as if placed so."""

    order_id: str
    price: str
    size: str
    left: str
    in_place: bool  # whether it kept its place in the queue


def market_info(rules: MarketRules) -> MarketInfo:
    """What everybody is told of a market."""
    return MarketInfo(*(getattr(rules, name) for name in MarketInfo.__struct_fields__))
