"""The matcher decides: whom an order would meet, in which order, and with what outcome.

It changes nothing. `make_plan` walks the other side of the book and lists steps; `placing` then
judges the plan (post-only, fill-or-kill, funds) and only an accepted one is carried out. The rules
are those of docs/matching.md.
"""

from collections.abc import Iterator
from enum import IntEnum
from typing import NamedTuple, TypeAlias

from cxgame.engine.book import BookSide, Level
from cxgame.engine.fees import most_lots, share
from cxgame.engine.ledger import Account
from cxgame.engine.orders import Order
from cxgame.model.enums import OrderType, SelfTrade, Side
from cxgame.model.market import Market


class Meeting(IntEnum):
    """What happens when an order meets a resting one."""

    TRADE = 0
    EXPIRE = 1  # the resting order is cancelled
    REDUCE = 2  # both are cut, without a trade
    FAIL = 3  # the resting order's hold was cut by an admin: it is rejected


# One meeting: its kind, whom (None is the house), at which price, how many lots.
Step: TypeAlias = tuple[Meeting, Order | None, int, int]


class Quote(NamedTuple):
    """The house's level on one side. `lots` None is without end; no quote at all is price 0."""

    price: int
    lots: int | None


NO_QUOTE = Quote(0, 0)
# Globals are found faster than an enum's members.
_TRADE = Meeting.TRADE
_LIMIT = OrderType.LIMIT
_NONE = SelfTrade.NONE


class Plan:
    """The steps of one order, and what they add up to."""

    __slots__ = (
        "budget",
        "fee",
        "last_price",
        "left",
        "lots",
        "market",
        "order",
        "steps",
        "stopped",
        "value",
    )

    def __init__(self, market: Market, order: Order) -> None:
        self.market = market
        self.order = order
        self.steps: list[Step] = []
        self.left = order.left  # lots to go, for an order by quantity
        self.budget = order.budget  # units to go, for an order by budget
        self.lots = 0  # traded
        self.value = 0  # units of quote traded, and taker fee on it: for market orders only
        self.fee = 0
        self.last_price = 0  # of the last level visited
        self.stopped = False  # by the taker's self-trade mode

    def room(self, price: int) -> int:
        """How many lots the order could still take at a price."""
        if self.order.budget:
            return most_lots(self.market, price, self.budget, self.value, self.fee)
        return self.left

    def trade(self, maker: Order | None, price: int, lots: int) -> None:
        """Add a trade and charge it."""
        self.steps.append((_TRADE, maker, price, lots))
        self.lots += lots
        self.left -= lots
        if self.order.type is not _LIMIT:
            self._charge(price * lots * self.market.tick_lot_units)

    def _charge(self, value: int) -> None:
        fee = share(self.market.taker_rate, self.value + value) - self.fee
        self.value += value
        self.fee += fee
        self.budget -= value + fee

    def reduce(self, maker: Order, lots: int) -> None:
        """Add a cut of both orders."""
        self.steps.append((Meeting.REDUCE, maker, maker.price, lots))
        self.left -= lots
        self.budget -= maker.price * lots * self.market.tick_lot_units

    def largest(self) -> int:
        """The most lots of one step; there must be one."""
        return max(lots for _, _, _, lots in self.steps)

    def complete(self) -> bool:
        """Whether trades alone fill the order; a budget, when not one more lot fits it."""
        if self.order.budget:
            return self.lots > 0 and not self.stopped and not self.room(self.last_price)
        return self.lots == self.order.quantity


def make_plan(
    market: Market,
    half: BookSide,
    quote: Quote,
    order: Order,
    accounts: list[Account],
    max_price: int = 0,
) -> Plan:
    """Whom `order` would meet in `half`, the other side of the book, and at `quote`.

    `max_price` is how far a market buy goes; 0 without end.
    """
    plan = Plan(market, order)
    limit = order.price if order.type is _LIMIT else max_price or None
    taker = accounts[order.account]
    for price, level in _levels(half, quote, limit):
        plan.last_price = price
        if level is None:
            room = plan.room(price)
            if not room:
                break
            plan.trade(None, price, room if quote.lots is None else min(room, quote.lots))
        elif not _meet_level(plan, level, taker, accounts):
            break
    return plan


def _meet_level(plan: Plan, level: Level, taker: Account, accounts: list[Account]) -> bool:
    """Meet the orders of one level; False when the plan has ended."""
    price, mode = level.price, plan.order.self_trade
    maker = level.first
    while maker is not None:
        room = plan.room(price)
        if not room:
            return False
        if maker.short:
            plan.steps.append((Meeting.FAIL, maker, price, maker.left))
        elif mode is _NONE or not accounts[maker.account].same_team(taker):
            plan.trade(maker, price, min(room, maker.left))
        elif mode is SelfTrade.DECREMENT:
            plan.reduce(maker, min(room, maker.left))
        elif mode is not SelfTrade.SKIP:
            if mode is not SelfTrade.EXPIRE_TAKER:
                plan.steps.append((Meeting.EXPIRE, maker, price, maker.left))
            if mode is not SelfTrade.EXPIRE_MAKER:
                plan.stopped = True
                return False
        maker = maker.next
    return True


def _levels(half: BookSide, quote: Quote, limit: int | None) -> Iterator[tuple[int, Level | None]]:
    """Levels within the limit, best first; the house's (None) after the players' of its price."""
    sign = half.sign
    worst = None if limit is None else sign * limit
    house = sign * quote.price if quote.price and quote.lots != 0 else None
    for key in reversed(half.keys):
        if house is not None and house > key:
            if worst is not None and house < worst:
                return
            yield quote.price, None
            house = None
        if worst is not None and key < worst:
            return
        yield sign * key, half.levels[sign * key]
    if house is not None and (worst is None or house >= worst):
        yield quote.price, None


def crossed(half: BookSide, price: int) -> Iterator[Order]:
    """Resting orders of `half` that a house quote at `price` reaches, in priority order."""
    for key in reversed(half.keys):
        if key < half.sign * price:
            return
        yield from half.levels[half.sign * key]


def other_side(side: Side) -> Side:
    """Sell for buy and buy for sell."""
    return Side.SELL if side is Side.BUY else Side.BUY
