"""Matching in the reference exchange: one list of orders, sorted whenever somebody looks.

An order is a dict; its `deals` are tuples (role, size, value), its `cut` is what self-trade
prevention took from it. What is left, paid and held follows from these each time.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from fractions import Fraction
from typing import Any

from cxgame.model.enums import Liquidity
from tests.engine.reference_terms import NOTHING, Fact, Terms, round_up

Order = dict[str, Any]
HOUSE = 0
OTHER = {"buy": "sell", "sell": "buy"}
QUOTE_FOR = {"buy": "ask", "sell": "bid"}  # which quote of the house a side meets


class Matching:
    """The part of the exchange in which orders meet."""

    def __init__(self) -> None:
        self.rules: Any = None
        self.terms: list[Terms] = []  # as the rules list them
        self.markets: dict[str, Terms] = {}  # the same by symbol
        self.people: list[dict[str, Any]] = [{"name": "house", "team": "", "bot": True}]
        self.purse: defaultdict[tuple[int, str], Fraction] = defaultdict(Fraction)
        self.orders: list[Order] = []  # open ones
        self.gone: list[Order] = []  # all others
        self.quotes: dict[str, dict[str, Any]] = {}
        self.mid: dict[str, Fraction] = {}
        self.phase, self.wanted, self.round = "registration", False, 1
        self.order_count = self.trade_count = 0
        self.now_ns = self.wall_ms = 0
        self.facts: list[Fact] = []
        self.seen: Counter[str] = Counter()  # for tests that ask what a game was made of

    def remember(self) -> dict[str, Any]:
        """A copy of everything that placing an order can change."""
        return {
            "orders": [dict(order) for order in self.orders],
            "gone": list(self.gone),
            "purse": self.purse.copy(),
            "quotes": {symbol: dict(quote) for symbol, quote in self.quotes.items()},
            "order_count": self.order_count,
            "trade_count": self.trade_count,
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
        size: Fraction = order["size"] - order["cut"]
        return size - self.traded(order)

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

    def held(self, order: Order) -> Fraction:
        """What a resting order keeps from being spent: base of a sell, quote of a buy."""
        if order["side"] == "sell":
            return self.left(order)
        spent = self.spent(order)
        most = self.terms_of(order).need(spent + order["price"] * self.left(order))
        return most - spent - self.fees(order)

    def asset_held(self, order: Order) -> str:
        """Quote is held for a buy, base for a sell."""
        terms = self.terms_of(order)
        return terms.quote if order["side"] == "buy" else terms.base

    def held_of(self, account: int, asset: str) -> Fraction:
        """Everything that an account's open orders hold of an asset."""
        holding = [
            order
            for order in self.orders
            if order["account"] == account and self.asset_held(order) == asset
        ]
        return sum((self.held(order) for order in holding), NOTHING)

    def free(self, account: int, asset: str) -> Fraction:
        """What an account may spend."""
        return self.purse[account, asset] - self.held_of(account, asset)

    def prices(self, symbol: str, side: str) -> set[Fraction]:
        """The price levels of one half of the book."""
        return {
            order["price"]
            for order in self.orders
            if (order["symbol"], order["side"]) == (symbol, side)
        }

    def pay(self, giver: int, taker: int, asset: str, amount: Fraction) -> None:
        """Move an amount between accounts."""
        self.purse[giver, asset] -= amount
        self.purse[taker, asset] += amount

    # How an order meets others ------------------------------------------------------------

    def execute(self, order: Order) -> None:
        """Let an order meet the others for as long as it wants and can."""
        passed: set[int] = set()
        while order["budget"] is not None or self.left(order) > 0:
            offers = self.offers(order, passed)
            if not offers:
                return
            price, other, size = offers[0]
            order["last_price"] = price
            size = min(size, self.room(order, price))
            if size == 0:
                return
            own = other is not None and self.same_team(order, other)
            if own:
                self.seen["own orders met: " + order["mode"]] += 1
            if not own or order["mode"] == "none":
                buy, sell = (order, other) if order["side"] == "buy" else (other, order)
                self.trade(buy, sell, order["side"], price, size)
            elif self.meet_own(order, other, price, size) == "stop":
                return
            else:
                passed.add(other["id"])  # each is met once

    def offers(self, order: Order, passed: set[int]) -> list[tuple[Fraction, Any, Fraction]]:
        """(price, order or None for the house, size) that an order may meet, the best first."""
        rows: list[tuple[Fraction, int, Any, Fraction]] = [
            (other["price"], other["id"], other, self.left(other))
            for other in self.orders
            if (other["symbol"], other["side"]) == (order["symbol"], OTHER[order["side"]])
            and other["id"] not in passed
        ]
        if self.house_quotes():
            which = QUOTE_FOR[order["side"]]
            quote = self.quotes[order["symbol"]]
            volume = quote[which + "_volume"]
            if quote[which] > 0 and volume != 0:
                last_of_all = self.order_count + 1
                endless = Fraction(10**40)
                size = endless if volume is None else volume
                rows.append((quote[which], last_of_all, None, size))
        better = -1 if order["side"] == "sell" else 1
        rows.sort(key=lambda row: (better * row[0], row[1]))
        return [
            (price, other, size)
            for price, _, other, size in rows
            if order["type"] == "market" or better * price <= better * order["price"]
        ]

    def room(self, order: Order, price: Fraction) -> Fraction:
        """How much more the order wants at a price."""
        if order["budget"] is None:
            return self.left(order)
        money = order["budget"] - order["budget_cut"] - self.spent(order) - self.fees(order)
        return self.terms_of(order).most(money, price, self.spent(order))

    def all_bought(self, order: Order) -> bool:
        """Whether a budget is used up, as far as it can be where the order came to a stop."""
        return order["deals"] != () and self.room(order, order["last_price"]) == 0

    def same_team(self, order: Order, other: Order) -> bool:
        """Whether two orders are of one account or one team."""
        one, two = self.people[order["account"]], self.people[other["account"]]
        same_team = one["team"] != "" and one["team"] == two["team"]
        return same_team or bool(order["account"] == other["account"])

    def meet_own(self, order: Order, other: Order, price: Fraction, size: Fraction) -> str:
        """An order meets one of its own team; says whether it goes on."""
        if order["mode"] == "decrement":
            order["met"] = True
            order["last_was_trade"] = False
            order["budget_cut"] += size * price
            for one in (other, order):
                one["cut"] += size if one["budget"] is None else NOTHING
                self.facts.append(("reduced", one["id"], size, self.shown_left(one)))
            if self.left(other) == 0:
                self.end(other, "self_trade")
            return "go on"
        if order["mode"] in ("expire_maker", "expire_both"):
            order["met"] = True
            self.end(other, "self_trade")
        if order["mode"] in ("expire_taker", "expire_both"):
            order["stopped_by_own"] = True
            return "stop"
        return "go on"

    def trade(
        self,
        buy: Order | None,
        sell: Order | None,
        taker_side: str,
        price: Fraction,
        size: Fraction,
    ) -> None:
        """Two orders exchange `size` at `price`; None is the house, which pays no fee."""
        party: Any = buy or sell
        terms, value = self.terms_of(party), price * size
        fees = [
            self.deal(order, "taker" if side == taker_side else "maker", size, value)
            for side, order in (("buy", buy), ("sell", sell))
        ]
        buyer, seller = (HOUSE if order is None else order["account"] for order in (buy, sell))
        self.pay(buyer, seller, terms.quote, value)
        self.pay(seller, buyer, terms.base, size)
        for account, fee in zip((buyer, seller), fees, strict=True):
            self.pay(account, HOUSE, terms.quote, fee)
        self.trade_count += 1
        ids = [0 if order is None else order["id"] for order in (buy, sell)]
        left = [self.shown_left(order) for order in (buy, sell)]
        what = (self.trade_count, terms.symbol, taker_side, price, size)
        self.facts.append(("trade", *what, *ids, buyer, seller, *left, *fees))
        if buy is None or sell is None:
            self.seen[
                "house taker" if (buy is None) == (taker_side == "buy") else "house maker"
            ] += 1
            self.use_up(terms.symbol, "bid" if buy is None else "ask", size)
        resting = sell if taker_side == "buy" else buy
        if resting is not None and self.left(resting) == 0:
            self.end(resting, "filled")

    def deal(self, order: Order | None, role: str, size: Fraction, value: Fraction) -> Fraction:
        """Note an order's part in a trade; returns the fee for it."""
        if order is None:
            return NOTHING
        before = self.fees(order)
        order["deals"] += ((role, size, value),)
        order["met"] = order["last_was_trade"] = True
        fee = self.fees(order) - before
        self.seen["fee rounded"] += fee != self.terms_of(order).rates[role] * value
        return fee

    def end(self, order: Order, why: str) -> None:
        """The order is over; its hold ends with it, as only open orders hold."""
        order["state"], order["gone_ns"] = ("filled" if why == "filled" else "cancel"), self.now_ns
        if why == "filled":
            self.facts.append(("filled", order["id"]))
        else:
            self.facts.append(("closed", order["id"], why, self.shown_left(order)))
        self.orders = [other for other in self.orders if other["id"] != order["id"]]
        self.gone.append(order)

    def shown_left(self, order: Order | None) -> Fraction:
        """What is said to be left: nothing for the house and for orders by budget."""
        return NOTHING if order is None or order["budget"] is not None else self.left(order)

    # The house ----------------------------------------------------------------------------

    def house_quotes(self) -> bool:
        """Whether the house trades now."""
        return self.phase == "open" and self.rules.liquidity == Liquidity.HOUSE

    def use_up(self, symbol: str, which: str, size: Fraction) -> None:
        """The house has so much less to trade at its quote."""
        if self.quotes[symbol][which + "_volume"] is not None:
            self.quotes[symbol][which + "_volume"] -= size

    def house_fills(self, terms: Terms) -> None:
        """The house takes the resting orders that its quotes cross, at its quotes."""
        for side, which in QUOTE_FOR.items():
            better = -1 if side == "buy" else 1  # the book's best comes first
            quote = self.quotes[terms.symbol]
            crossed = [
                order
                for order in self.orders
                if (order["symbol"], order["side"]) == (terms.symbol, side)
                and quote[which] > 0
                and better * order["price"] <= better * quote[which]
            ]
            for order in sorted(crossed, key=lambda row: (better * row["price"], row["id"])):
                volume = quote[which + "_volume"]
                size = self.left(order) if volume is None else min(volume, self.left(order))
                if self.house_quotes() and size > 0:
                    buy, sell = (order, None) if side == "buy" else (None, order)
                    self.trade(buy, sell, OTHER[side], quote[which], size)
