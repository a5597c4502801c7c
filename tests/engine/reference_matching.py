"""Matching in the reference exchange: one list of orders, sorted whenever somebody looks."""

from __future__ import annotations

from hashlib import blake2b
from typing import Any

from cxgame.model.enums import Liquidity
from tests.engine.reference_fractions import Fraction
from tests.engine.reference_state import Kept, Order
from tests.engine.reference_terms import NOTHING, Terms, shown

HOUSE = 0
OTHER = {"buy": "sell", "sell": "buy"}
QUOTE_FOR = {"buy": "ask", "sell": "bid"}  # which quote of the house a side meets
MILLIONTH = Fraction(1, 10**6)


class Matching(Kept):
    """The part of the exchange in which orders meet."""

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
            if other is not None and self.is_short(other):
                order["met"] = True
                self.reject(other)
                continue
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
            (other["price"], other["place"], other, self.left(other))
            for other in self.book(order["symbol"], OTHER[order["side"]])
            if other["id"] not in passed
        ]
        if self.house_quotes():
            which = QUOTE_FOR[order["side"]]
            quote = self.quotes[order["symbol"]]
            volume = quote[which + "_volume"]
            if volume is not None and order["allowance"] is not None:
                volume = order["allowance"]
            if quote[which] > 0 and volume != 0:
                last_of_all = self.arrivals + 1
                endless = Fraction(10**40)
                size = endless if volume is None else volume
                rows.append((quote[which], last_of_all, None, size))
        better = -1 if order["side"] == "sell" else 1
        rows.sort(key=lambda row: (better * row[0], row[1]))
        bound = order["price"] if order["type"] == "limit" else order["highest"]
        return [
            (price, other, size)
            for price, _, other, size in rows
            if bound is None or better * price <= better * bound
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
        for account, side, fee in zip((buyer, seller), ("buy", "sell"), fees, strict=True):
            if account != HOUSE and self.rules.cash_asset:
                self.tape.append((account, terms.symbol, side, size, value, fee))
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
            if party["allowance"] is not None:
                party["allowance"] -= size
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
        if order["pot"] is not None:
            order["pot"] -= value + fee if order["side"] == "buy" else size
        self.seen["fee rounded"] += fee != self.terms_of(order).rates[role] * value
        return fee

    def end(self, order: Order, why: str) -> None:
        """The order is over; its hold ends with it, as only open orders hold."""
        order["state"] = "filled" if why == "filled" else "cancel"
        if why == "filled":
            self.facts.append(("filled", order["id"]))
        else:
            order["why"] = why
            word, where = ("disarmed", [order["trigger"]]) if order["hidden"] else ("closed", [])
            self.facts.append((word, order["id"], why, self.shown_left(order), *where))
        self.bury(order)

    def reject(self, order: Order, lack: tuple[str, Fraction, Fraction] | None = None) -> None:
        """An open order cannot be filled with what it holds; `lack` is asset, needed, there."""
        terms, purpose = self.terms_of(order), "to buy" if order["side"] == "buy" else "for sell"
        if lack is None:
            lack = self.asset_held(order), self.should_hold(order), self.held(order)
            if not order["taken"]:  # then it is the fee
                fee = terms.need(order["price"] * self.left(order))
                fee -= order["price"] * self.left(order)
                lack = terms.quote, fee, self.fee_held(order)
                purpose += " to pay fee"
        asset, needed, there = lack
        places = 2 if asset == terms.quote else 8
        numbers = f"need {shown(needed, places, up=True)}, have {shown(there, places)}"
        self.reject_saying(order, f"Insufficient {asset} reserved {purpose} ({numbers})")

    def reject_saying(self, order: Order, comment: str) -> None:
        """An open order ends with a sentence for its owner."""
        order.update(state="rejected", why="rejected", comment=comment)
        self.facts.append(("rejected", order["id"], self.shown_left(order), comment))
        self.bury(order)

    def bury(self, order: Order) -> None:
        """From the open orders to the others."""
        order["gone_ns"] = self.now_ns
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

    def house_fills(self, terms: Terms, draw: int | None = None) -> None:
        """The house takes the resting orders that its quotes cross, at its quotes."""
        for side, which in QUOTE_FOR.items():
            better = -1 if side == "buy" else 1  # the book's best comes first
            for order in sorted(
                self.crossed(terms.symbol, side),
                key=lambda row: (better * row["price"], row["place"]),
            ):
                quote = self.quotes[terms.symbol]
                if not self.house_quotes() or quote[which + "_volume"] == 0:
                    continue
                if self.is_short(order):
                    self.reject(order)
                    continue
                volume = self.share(order, quote[which + "_volume"], draw)
                size = self.left(order) if volume is None else min(volume, self.left(order))
                if size > 0:
                    buy, sell = (order, None) if side == "buy" else (None, order)
                    self.trade(buy, sell, OTHER[side], quote[which], size)

    def crossed(self, symbol: str, side: str) -> list[Order]:
        """The resting orders of a side that the house's quote reaches."""
        better, price = -1 if side == "buy" else 1, self.quotes[symbol][QUOTE_FOR[side]]
        return [
            order
            for order in self.book(symbol, side)
            if price > 0 and better * order["price"] <= better * price
        ]

    def share(self, order: Order, volume: Any, draw: int | None) -> Any:
        """What an order gets of a volume: all of it, or as chance will have it.

        Chance is close to normal, around 1: the sum of twelve even numbers.
        """
        sigma = Fraction(self.rules.fill_sigma)
        if volume is None or draw is None or not sigma:
            return volume
        digest = blake2b(f"{draw}\0{order['id']}".encode(), digest_size=24).digest()
        words = [256 * digest[place] + digest[place + 1] for place in range(0, 24, 2)]
        part = 1 + sigma * (Fraction(sum(words), 2**16) - 6)
        part = max(Fraction(0), min(Fraction(1), part // MILLIONTH * MILLIONTH))
        lot = self.terms_of(order).lot
        self.seen["share of a volume"] += 0 < part < 1
        self.seen["no share of a volume"] += part == 0
        return part * volume // lot * lot
