"""What the reference exchange keeps, and what follows from it.

An order is a dict; its `deals` are tuples (role, size, value), its `cut` is what self-trade
prevention took from it. What is left, paid and held follows from these each time. Only an order
that waits has a `pot`: what was set aside for it when it was booked, and what its account has added
since; and an admin may have `taken` something from what an order holds.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from typing import Any

from tests.engine.reference_fractions import Fraction
from tests.engine.reference_terms import NOTHING, Fact, Terms, round_up

Order = dict[str, Any]


class Kept:
    """The state, and questions about it."""

    def __init__(self) -> None:
        self.rules: Any = None
        self.terms: list[Terms] = []  # as the rules list them
        self.markets: dict[str, Terms] = {}  # the same by symbol
        self.people: list[dict[str, Any]] = [{"name": "house", "team": "", "bot": True}]
        self.purse: defaultdict[tuple[int, str], Fraction] = defaultdict(Fraction)
        self.kept_by_admin: defaultdict[tuple[int, str], Fraction] = defaultdict(Fraction)
        self.other_assets: set[str] = set()  # that were given to somebody, market or not
        self.flows: list[tuple[str, int, str, Fraction, Fraction]] = []  # way, who, what, worth
        self.tape: list[tuple[int, str, str, Fraction, Fraction, Fraction]] = []  # each side's part
        self.shown_from: defaultdict[int, int] = defaultdict(int)  # a reset hides older orders
        self.orders: list[Order] = []  # open ones
        self.gone: list[Order] = []  # all others
        self.quotes: dict[str, dict[str, Any]] = {}
        self.mid: dict[str, Fraction] = {}
        self.phase, self.wanted, self.round = "registration", False, 1
        self.order_count = self.trade_count = self.command_count = 0
        self.limit_set_by = 0  # the command that has set the time limit
        self.now_ns = self.wall_ms = 0
        self.arrivals = 0  # how often an order has come to a book, which gives it its place
        self.watched: set[str] = set()  # markets that have had an order with a trigger
        self.last_traded: dict[str, Fraction] = {}  # of those, from their next trade on
        self.queue: list[int] = []  # orders that have fired, and have not come to the market
        self.facts: list[Fact] = []
        self.seen: Counter[str] = Counter()  # for tests that ask what a game was made of

    def remember(self) -> dict[str, Any]:
        """A copy of everything that placing or filling an order can change."""
        return {
            "orders": [dict(order) for order in self.orders],
            "gone": list(self.gone),
            "purse": self.purse.copy(),
            "tape": list(self.tape),
            "watched": set(self.watched),
            "last_traded": dict(self.last_traded),
            "queue": list(self.queue),
            "quotes": {symbol: dict(quote) for symbol, quote in self.quotes.items()},
            "order_count": self.order_count,
            "trade_count": self.trade_count,
            "facts": list(self.facts),
        }

    def put_back(self, before: dict[str, Any]) -> None:
        """Forget what has happened since `remember`."""
        vars(self).update(before)

    # What follows from an order -----------------------------------------------------------

    def terms_of(self, order: Order) -> Terms:
        """The market of an order."""
        return self.markets[order["symbol"]]

    def left(self, order: Order) -> Fraction:
        """Size that is neither traded nor cut."""
        size: Fraction = order["size"] - order["cut"] if order["cut"] else order["size"]
        return size - self.traded(order) if order["deals"] else size

    def traded(self, order: Order) -> Fraction:
        """Size traded."""
        return sum((size for _, size, _ in order["deals"]), NOTHING)

    def spent(self, order: Order) -> Fraction:
        """Value traded, fees not counted."""
        return sum((value for _, _, value in order["deals"]), NOTHING)

    def fees(self, order: Order) -> Fraction:
        """Fees paid: each role's rate on all that was traded in it, rounded up once."""
        return sum(
            (
                round_up(rate * sum(value for which, _, value in order["deals"] if which == role))
                for role, rate in self.terms_of(order).rates.items()
                if rate and order["deals"]
            ),
            NOTHING,
        )

    def should_hold(self, order: Order) -> Fraction:
        """What covers the rest of an order at its price: base of a sell, quote of a buy."""
        if order["side"] == "sell":
            return self.left(order)
        if not order["deals"]:
            return self.terms_of(order).need(order["price"] * self.left(order))
        spent = self.spent(order)
        most = self.terms_of(order).need(spent + order["price"] * self.left(order))
        return most - spent - self.fees(order)

    def held(self, order: Order) -> Fraction:
        """What an open order keeps from being spent."""
        pot = self.should_hold(order) if order["pot"] is None else order["pot"]
        return Fraction(pot - order["taken"] if order["taken"] else pot)

    def fee_held(self, order: Order) -> Fraction:
        """What is left of the quote that a seller has set aside for the fee."""
        if not order["fee_booked"] and not order["fee_taken"]:
            return NOTHING
        return Fraction(max(order["fee_booked"] - self.fees(order), NOTHING) - order["fee_taken"])

    def is_short(self, order: Order) -> bool:
        """Whether an admin has taken from what it holds."""
        return bool(order["taken"] or order["fee_taken"])

    def asset_held(self, order: Order) -> str:
        """Quote is held for a buy, base for a sell."""
        terms = self.terms_of(order)
        return terms.quote if order["side"] == "buy" else terms.base

    def held_for(self, order: Order, asset: str) -> Fraction:
        """What an order holds of an asset, fee included."""
        amount = self.held(order) if self.asset_held(order) == asset else NOTHING
        return amount + (self.fee_held(order) if self.terms_of(order).quote == asset else NOTHING)

    def held_by_orders(self, account: int, asset: str) -> Fraction:
        """Everything that an account's open orders hold of an asset."""
        mine = [order for order in self.orders if order["account"] == account]
        return sum((self.held_for(order, asset) for order in mine), NOTHING)

    def held_of(self, account: int, asset: str) -> Fraction:
        """That and what an admin has set aside."""
        return self.held_by_orders(account, asset) + self.kept_by_admin[account, asset]

    def free(self, account: int, asset: str) -> Fraction:
        """What an account may spend."""
        return self.purse[account, asset] - self.held_of(account, asset)

    # What follows from the orders ---------------------------------------------------------

    def book(self, symbol: str, side: str) -> list[Order]:
        """The orders of one half of a book; those that wait for a time or price are not in it."""
        return [
            order
            for order in self.orders
            if (order["symbol"], order["side"]) == (symbol, side)
            and order["due_ns"] is None
            and not order["hidden"]
        ]

    def prices(self, symbol: str, side: str) -> set[Fraction]:
        """The price levels of one half of the book."""
        return {order["price"] for order in self.book(symbol, side)}

    def waiting(self, symbol: str) -> list[Order]:
        """The orders of a market that wait, oldest first."""
        mine = [order for order in self.orders if order["symbol"] == symbol]
        return [order for order in mine if order["due_ns"] is not None]

    def find(self, ids: list[int]) -> list[Order]:
        """Open orders by id."""
        return [order for order in self.orders if order["id"] in ids]

    def pay(self, giver: int, taker: int, asset: str, amount: Fraction) -> None:
        """Move an amount between accounts."""
        self.purse[giver, asset] -= amount
        self.purse[taker, asset] += amount
