"""The matcher decides: whom an order would meet, in which order, and with what outcome.

It changes nothing. `make_plan` walks the other side of the book and lists steps; `placing` then
judges the plan (post-only, fill-or-kill, funds) and only an accepted one is carried out. The rules
are those of docs/matching.md.
"""

from collections.abc import Iterator
from enum import IntEnum
from typing import NamedTuple

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


class Step(NamedTuple):
    """One meeting; `maker` None is the house."""

    meeting: Meeting
    maker: Order | None
    price: int
    lots: int


class Quote(NamedTuple):
    """The house's level on one side. `lots` None is without end; no quote at all is price 0."""

    price: int
    lots: int | None


NO_QUOTE = Quote(0, 0)


class Plan:
    """The steps of one order, and what they add up to."""

    __slots__ = (
        "budget",
        "by_budget",
        "fee",
        "last_price",
        "left",
        "lots",
        "market",
        "quantity",
        "steps",
        "stopped",
        "value",
    )

    def __init__(self, market: Market, order: Order) -> None:
        self.market = market
        self.steps: list[Step] = []
        self.by_budget = order.budget > 0
        self.left = order.left  # lots to go, for an order by quantity
        self.budget = order.budget  # units to go, for an order by budget
        self.quantity = order.quantity
        self.lots = 0  # traded
        self.value = 0  # units of quote traded
        self.fee = 0  # taker fee on it
        self.last_price = 0  # of the last level visited
        self.stopped = False  # by the taker's self-trade mode

    def room(self, price: int) -> int:
        """How many lots the order could still take at a price."""
        if self.by_budget:
            return most_lots(self.market, price, self.budget, self.value, self.fee)
        return self.left

    def trade(self, maker: Order | None, price: int, lots: int) -> None:
        """Add a trade and charge it."""
        self.steps.append(Step(Meeting.TRADE, maker, price, lots))
        value = price * lots * self.market.tick_lot_units
        fee = share(self.market.taker_rate, self.value + value) - self.fee
        self.lots += lots
        self.value += value
        self.fee += fee
        if self.by_budget:
            self.budget -= value + fee
        else:
            self.left -= lots

    def reduce(self, maker: Order, lots: int) -> None:
        """Add a cut of both orders."""
        self.steps.append(Step(Meeting.REDUCE, maker, maker.price, lots))
        if self.by_budget:
            self.budget -= maker.price * lots * self.market.tick_lot_units
        else:
            self.left -= lots

    def complete(self) -> bool:
        """Whether trades alone fill the order; a budget, when not one more lot fits it."""
        if self.by_budget:
            return self.lots > 0 and not self.stopped and not self.room(self.last_price)
        return self.lots == self.quantity


def make_plan(
    market: Market, half: BookSide, quote: Quote, order: Order, accounts: list[Account]
) -> Plan:
    """Whom `order` would meet in `half`, the other side of the book, and at `quote`."""
    plan = Plan(market, order)
    limit = order.price if order.type is OrderType.LIMIT else None
    taker = accounts[order.account]
    for price, level in _levels(half, quote, limit):
        plan.last_price = price
        if level is None:
            room = plan.room(price)
            if not room:
                break
            plan.trade(None, price, room if quote.lots is None else min(room, quote.lots))
        elif not _meet_level(plan, level, order.self_trade, taker, accounts):
            break
    return plan


def _meet_level(
    plan: Plan, level: Level, mode: SelfTrade, taker: Account, accounts: list[Account]
) -> bool:
    """Meet the orders of one level; False when the plan has ended."""
    price = level.price
    maker = level.first
    while maker is not None:
        room = plan.room(price)
        if not room:
            return False
        own = accounts[maker.account].same_team(taker)
        if not own or mode is SelfTrade.NONE:
            plan.trade(maker, price, min(room, maker.left))
        elif mode is SelfTrade.DECREMENT:
            plan.reduce(maker, min(room, maker.left))
        elif mode is not SelfTrade.SKIP:
            if mode is not SelfTrade.EXPIRE_TAKER:
                plan.steps.append(Step(Meeting.EXPIRE, maker, price, maker.left))
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
